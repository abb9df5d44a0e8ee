//! Files that are read; `-` is standard input.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

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
