//! Where results and remarks go. Broken pipes are dealt with here and nowhere else.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::ended::Failure;
use crate::staging::StagedFile;

/// A line on standard error. There is nobody to tell when that fails.
pub(super) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A result: standard output, or a file that appears when it is whole.
pub(super) enum Output {
    Standard(BufWriter<std::io::Stdout>),
    File(PathBuf, StagedFile),
}

impl Output {
    pub(super) fn standard() -> Output {
        Output::Standard(BufWriter::with_capacity(1 << 16, std::io::stdout()))
    }

    /// `-` is standard output.
    pub(super) fn create(path: &Path) -> Result<Output, Failure> {
        if path == Path::new("-") {
            return Ok(Output::standard());
        }
        Ok(Output::File(path.to_owned(), StagedFile::new(path).map_err(Failure::input)?))
    }

    /// Runs `write` over the output and finishes it.
    pub(super) fn write_all(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        write(&mut self)?;
        self.finish()
    }

    /// Flushes standard output, or puts the file in its place.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Output::Standard(mut out) => out.flush().map_err(write_failure),
            Output::File(_, file) => file.publish().map_err(Failure::input),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Output::Standard(out) => out.write(bytes),
            Output::File(path, file) => file.write(bytes).map_err(|error| named(path, &error)),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Output::Standard(out) => out.flush(),
            Output::File(path, file) => file.flush().map_err(|error| named(path, &error)),
        }
    }
}

fn named(path: &Path, error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Takes what came of printing a verdict: somebody who stops reading does not change it.
pub(super) fn despite_broken_pipe(printed: Result<(), Failure>) -> Result<(), Failure> {
    match printed {
        Err(Failure::BrokenPipe) => Ok(()),
        printed => printed,
    }
}

/// An output within a folder that is somebody's (a database is RocksDB's, a dump whole as it is) would spoil it.
pub(super) fn refuse_inside(output: &Path, flag: &str, folder: &Path, what: &str) -> Result<(), Failure> {
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), parent.canonicalize()) {
        (Ok(folder), Ok(parent)) if folder.is_dir() && parent.starts_with(&folder) => {
            let output = output.display();
            Err(Failure::Input(format!("{flag} {output}: that is inside {what}; name a place outside of it")))
        }
        _ => Ok(()),
    }
}

/// What a failed write to an [`Output`] is.
pub(super) fn write_failure(error: std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
        _ => Failure::Input(format!("write output: {error}")),
    }
}
