//! Where results and remarks go. Broken pipes and closed streams are dealt with here and nowhere else.
//!
//! Lines for people may be cut short: whoever reads them has seen enough. A stream that a flag asked for is for a program,
//! which would take a part for the whole, so nobody must be told that it was written.

use std::io::{BufWriter, Error, ErrorKind, Stdout, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use rustix::fs::OFlags;

use super::ended::Failure;
use super::style;
use crate::bounds::one_line;
use crate::staging::StagedFile;

/// A line on standard error, whatever somebody else has said in it.
pub(super) fn note(line: &str) {
    text_on_stderr(&style::severity(&one_line(line)));
}

/// Lines of our own on standard error. There is nobody to tell when that fails.
pub(super) fn text_on_stderr(text: &str) {
    let _ = writeln!(style::on_stderr(), "{text}");
}

/// A result: standard output, or a file that appears when it is whole.
pub(super) enum Output {
    /// For people.
    Standard(BufWriter<AutoStream<Stdout>>),
    /// For a program.
    Stream(BufWriter<AutoStream<Stdout>>),
    File(PathBuf, StagedFile),
}

impl Output {
    /// Standard output, for what programs read as well: every byte comes through.
    pub(super) fn standard() -> Output {
        Output::Standard(buffered(ColorChoice::AlwaysAnsi))
    }

    /// Standard output, for people alone: colour comes through where it is wanted.
    pub(super) fn people() -> Output {
        Output::Standard(buffered(AutoStream::choice(&std::io::stdout())))
    }

    /// `-` is standard output.
    pub(super) fn create(path: &Path) -> Result<Output, Failure> {
        if path == Path::new("-") {
            require_open("output", std::io::stdout()).map_err(Failure::input)?;
            return Ok(Output::Stream(buffered(ColorChoice::AlwaysAnsi)));
        }
        Ok(Output::File(path.to_owned(), StagedFile::new(path).map_err(Failure::input)?))
    }

    /// Runs `write` over the output and finishes it.
    pub(super) fn write_all(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if matches!(self, Output::Standard(_)) {
            require_open("output", std::io::stdout()).map_err(Failure::input)?;
        }
        write(&mut self)?;
        self.finish()
    }

    /// Flushes standard output, or puts the file in its place.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        match self {
            Output::Standard(_) | Output::Stream(_) => self.flush().map_err(write_failure),
            Output::File(_, file) => file.publish().map_err(Failure::input),
        }
    }

    fn named(&self, error: Error) -> Error {
        let path = match self {
            // So that `write_failure` knows it.
            Output::Standard(_) if error.kind() == ErrorKind::BrokenPipe => return error,
            Output::Standard(_) | Output::Stream(_) => "standard output".to_owned(),
            Output::File(path, _) => path.display().to_string(),
        };
        match error.kind() {
            ErrorKind::BrokenPipe => Error::other(format!("{path} is cut short: whoever read it has stopped")),
            kind => Error::new(kind, format!("write {path}: {error}")),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = match self {
            Output::Standard(out) | Output::Stream(out) => out.write(bytes),
            Output::File(_, file) => file.write(bytes),
        };
        written.map_err(|error| self.named(error))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = match self {
            Output::Standard(out) | Output::Stream(out) => out.flush(),
            Output::File(_, file) => file.flush(),
        };
        flushed.map_err(|error| self.named(error))
    }
}

fn buffered(colour: ColorChoice) -> BufWriter<AutoStream<Stdout>> {
    BufWriter::with_capacity(1 << 16, AutoStream::new(std::io::stdout(), colour))
}

/// Fails if a standard stream was closed when we were started. The runtime opens /dev/null in its place, for reading and
/// writing, before anything of ours runs, so that no file of ours gets its number; and what is written there is lost. A
/// shell's `> /dev/null` is for writing only.
pub(super) fn require_open(name: &str, stream: impl AsFd) -> std::io::Result<()> {
    let is_both_ways = rustix::fs::fcntl_getfl(&stream).is_ok_and(|flags| flags & OFlags::RWMODE == OFlags::RDWR);
    let null = std::fs::metadata("/dev/null").map(|metadata| metadata.rdev());
    let is_null = |stat: rustix::fs::Stat| null.is_ok_and(|null| null == stat.st_rdev);
    if is_both_ways && rustix::fs::fstat(&stream).is_ok_and(is_null) {
        return Err(Error::other(format!("standard {name} is closed; open it, or name a file")));
    }
    Ok(())
}

/// Takes what came of printing a verdict: somebody who stops reading does not change it.
pub(super) fn despite_broken_pipe(printed: Result<(), Failure>) -> Result<(), Failure> {
    match printed {
        Err(Failure::BrokenPipe) => Ok(()),
        printed => printed,
    }
}

/// What a failed write to an [`Output`] is.
pub(super) fn write_failure(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::BrokenPipe,
        _ => Failure::input(error),
    }
}
