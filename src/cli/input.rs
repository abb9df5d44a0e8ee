//! Files that are read; `-` is standard input.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Failure;
use crate::workload::TraceReader;

pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(std::io::stdin())));
    }
    let failed = |error: std::io::Error| Failure::Input(format!("read {}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(Failure::Input(format!("read {}: it is a folder, not a file", path.display())));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

pub(super) fn open_trace(path: &Path) -> Result<TraceReader<Box<dyn BufRead>>, Failure> {
    TraceReader::new(open(path)?).map_err(|error| trace_failure(path, &error))
}

/// A trace that can be read more than once.
pub(super) struct RereadableTrace {
    path: PathBuf,
    /// What came through standard input or another pipe, for as long as this lives.
    _spooled: Option<NamedTempFile>,
}

impl RereadableTrace {
    pub(super) fn open(path: &Path) -> Result<RereadableTrace, Failure> {
        let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        let is_pipe = path == Path::new("-") || !is_file && path.exists() && !path.is_dir();
        if !is_pipe {
            return Ok(RereadableTrace { path: path.to_owned(), _spooled: None });
        }
        let failed = |error| Failure::Input(format!("copy trace {} to a file: {error}", path.display()));
        let mut copy = NamedTempFile::with_prefix("ekv-roundtrip-trace-").map_err(failed)?;
        std::io::copy(&mut open(path)?, &mut copy).map_err(failed)?;
        Ok(RereadableTrace { path: copy.path().to_owned(), _spooled: Some(copy) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

pub(super) fn trace_failure(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Input(format!("trace {}: {error}", path.display()))
}

/// Writing over what is being read would destroy it, whatever names the two have.
pub(super) fn refuse_to_overwrite(input: &Path, output: Option<&Path>, flag: &str) -> Result<(), Failure> {
    let Some(output) = output.filter(|output| *output != Path::new("-")) else { return Ok(()) };
    let input = if input == Path::new("-") { Path::new("/dev/stdin") } else { input };
    let identity = |path: &Path| {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    if identity(input).is_some_and(|identity_of_input| identity(output) == Some(identity_of_input)) {
        let output = output.display();
        return Err(Failure::Input(format!("{flag} {output}: that is the trace being read; name another file")));
    }
    Ok(())
}
