//! Files that are read; `-` is standard input.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::ended::Failure;
use super::output::require_open;
use super::recording_flags::RecordingFlags;
use super::scratch::scratch_dir;
use crate::bounds;
use crate::snapshot::is_beginning;
use crate::staging::{ScratchDir, is_unfinished};
use crate::workload::recorded::{AofPart, MonitorTimes, RecordedSteps, read_aof_manifest};
use crate::workload::{TraceError, TraceForm, TraceReader, TraceSteps};

pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    open_file(path).map_err(|error| Failure::Input(format!("read {}: {error}", path.display())))
}

fn open_file(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        require_open("input", std::io::stdin())?;
    }
    require_finished(path).map_err(std::io::Error::other)?;
    Ok(buffered(bounds::open_stream(path)?))
}

fn buffered(file: File) -> Box<dyn BufRead> {
    Box::new(BufReader::with_capacity(1 << 16, file))
}

/// The text of a file that is read whole, such as a list of known bugs.
pub(super) fn read_text(path: &Path) -> std::io::Result<String> {
    let bytes = bounds::read_document(path, &bounds::TEXT)?;
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("it is not UTF-8"))
}

/// Refuses what another run has not finished, or never will: it may be a part, and look whole.
pub(super) fn require_finished(path: &Path) -> Result<(), String> {
    match is_unfinished(path) {
        true => Err("it is an unfinished output, of a run that goes on or was killed; wait for that, or run it again"
            .to_owned()),
        false => Ok(()),
    }
}

pub(super) fn open_trace(path: &Path, flags: &RecordingFlags) -> Result<TraceSteps, Failure> {
    open_trace_as(path, path, flags)
}

/// Opens a trace that the user calls `named`.
pub(super) fn open_trace_as(path: &Path, named: &Path, flags: &RecordingFlags) -> Result<TraceSteps, Failure> {
    steps_of(path, flags).map_err(|error| match error {
        TraceError::Io(error) => Failure::Input(format!("read {}: {error}", named.display())),
        error => trace_failure(named, &error),
    })
}

/// The steps of a trace in any form: a file, or the folder of an append-only file.
pub(super) fn steps_of(path: &Path, flags: &RecordingFlags) -> Result<TraceSteps, TraceError> {
    if path.is_dir() {
        return steps_of_manifest(&manifest_in(path)?, flags);
    }
    let (start, mut input) = start_of(open_file(path)?)?;
    Ok(match TraceForm::of(&start) {
        TraceForm::Lines => TraceSteps::Lines(Box::new(TraceReader::new(input)?)),
        TraceForm::Monitor => {
            // It is read twice: whether its clock was set back has to be known beforehand.
            if !path.is_file() {
                let mut copy = tempfile::tempfile()?;
                bounds::copy_all(&mut input, &mut copy, &bounds::SPOOL)?;
                copy.rewind()?;
                let times = MonitorTimes::read(Box::new(BufReader::new(copy.try_clone()?)));
                copy.rewind()?;
                return Ok(flags.apply(RecordedSteps::monitor(Box::new(BufReader::new(copy)), times)));
            }
            let times = MonitorTimes::read(start_of(open_file(path)?)?.1);
            flags.apply(RecordedSteps::monitor(input, times))
        }
        TraceForm::Aof => {
            let part = AofPart { name: None, input: Ok(input) };
            flags.apply(RecordedSteps::aof(std::iter::once(part))?)
        }
        TraceForm::AofManifest if path == Path::new("-") => {
            let problem = "it is a manifest, and the files that it names lie beside it; name it by its path";
            return Err(std::io::Error::other(problem).into());
        }
        TraceForm::AofManifest => return steps_of_manifest(path, flags),
        TraceForm::Other(Some(what)) => return Err(TraceError::Other(what)),
        TraceForm::Other(None) => return Err(TraceError::UnknownForm),
    })
}

/// The first bytes of an input, which tell its form, and all of it; both without a byte order mark.
fn start_of(mut input: Box<dyn BufRead>) -> std::io::Result<(Vec<u8>, Box<dyn BufRead>)> {
    let mut start = Vec::new();
    input.by_ref().take(TraceForm::START_BYTES as u64).read_to_end(&mut start)?;
    let text = start.strip_prefix(TraceForm::MARK).unwrap_or(&start).to_vec();
    Ok((text.clone(), Box::new(Cursor::new(text).chain(input))))
}

/// The one manifest in the folder of an append-only file.
fn manifest_in(folder: &Path) -> Result<PathBuf, TraceError> {
    let mut manifests = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "manifest") {
            manifests.push(path);
        }
    }
    // A server writes a new manifest beside the old one before it takes its place; after a crash both are there.
    let is_unfinished =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"temp-"));
    let had_any = !manifests.is_empty();
    manifests.retain(|path| !is_unfinished(path));
    let problem = match manifests.pop() {
        Some(manifest) if manifests.is_empty() => return Ok(manifest),
        Some(_) => "it is a folder with several manifests; name one of them",
        None if had_any => {
            "it is a folder in which only a manifest that the server had not finished is left (temp-*); name a file of it"
        }
        None => "it is a folder without the manifest of an append-only file; name a file, or an appendonlydir",
    };
    Err(std::io::Error::other(problem).into())
}

/// The files that a manifest names lie beside it, and are opened when their turn comes.
fn steps_of_manifest(manifest: &Path, flags: &RecordingFlags) -> Result<TraceSteps, TraceError> {
    let failed = |error| std::io::Error::other(format!("{}: {error}", manifest.display()));
    let names = read_aof_manifest(start_of(buffered(bounds::open_file(manifest).map_err(failed)?))?.1)?;
    let folder = manifest.parent().unwrap_or(Path::new("")).to_owned();
    let parts = names.into_iter().map(move |name| {
        let input = bounds::open_file(&folder.join(&name)).map(buffered);
        AofPart { name: Some(name), input }
    });
    Ok(flags.apply(RecordedSteps::aof(parts)?))
}

/// An input that can be read more than once.
pub(super) struct RereadableFile {
    path: PathBuf,
    /// Holds what came through standard input or another pipe, for as long as this lives.
    _spooled: Option<ScratchDir>,
}

impl RereadableFile {
    /// A trace.
    pub(super) fn trace(path: &Path) -> Result<RereadableFile, Failure> {
        let is_trace = |start: &[u8]| {
            let text = start.strip_prefix(TraceForm::MARK).unwrap_or(start);
            !matches!(TraceForm::of(text), TraceForm::Other(_))
        };
        RereadableFile::open(path, is_trace)
    }

    /// A snapshot.
    pub(super) fn snapshot(path: &Path) -> Result<RereadableFile, Failure> {
        RereadableFile::open(path, is_beginning)
    }

    /// What does not begin as it must is not copied to its end: whoever reads it says what is wrong.
    fn open(path: &Path, is_one: impl FnOnce(&[u8]) -> bool) -> Result<RereadableFile, Failure> {
        let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        let is_pipe = path == Path::new("-") || !is_file && path.exists() && !path.is_dir();
        if !is_pipe {
            let unfinished = |problem| Failure::Input(format!("read {}: {problem}", path.display()));
            require_finished(path).map_err(unfinished)?;
            return Ok(RereadableFile { path: path.to_owned(), _spooled: None });
        }
        let scratch = scratch_dir()?;
        let copy = scratch.path().join("input");
        let failed = |error| {
            let (path, copy) = (path.display(), copy.display());
            Failure::Input(format!("copy {path} to {copy}, to read it more than once: {error}"))
        };
        let mut file = File::create_new(&copy).map_err(failed)?;
        let mut input = open(path)?;
        let mut start = Vec::new();
        bounds::read_exactly(&mut input, TraceForm::START_BYTES as u64, &mut start).map_err(failed)?;
        let mut rest: &mut dyn Read = if is_one(&start) { &mut input } else { &mut std::io::empty() };
        bounds::copy_all(&mut start.as_slice().chain(&mut rest), &mut file, &bounds::SPOOL).map_err(failed)?;
        Ok(RereadableFile { path: copy, _spooled: Some(scratch) })
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
    // The files of an append-only file are not asked for by name.
    let is_inside = input.is_dir() && output.canonicalize().ok().zip(input.canonicalize().ok()).is_some_and(inside);
    if is_inside || identity(input).is_some_and(|identity_of_input| identity(output) == Some(identity_of_input)) {
        let output = output.display();
        return Err(Failure::Input(format!("{flag} {output}: that is being read; name another file")));
    }
    Ok(())
}

fn inside((file, folder): (PathBuf, PathBuf)) -> bool {
    file.starts_with(folder)
}
