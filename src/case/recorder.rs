//! The trace of a case, written down as it is run.

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use super::stop::{Stop, unwritten};
use crate::workload::{Header, Step};

/// Writes the steps down as they are run, so that a case that never ends well leaves its trace too.
pub(super) struct Recorder(Option<(PathBuf, BufWriter<std::fs::File>)>);

impl Recorder {
    pub(super) fn new(folder: &Path, header: Option<Header>) -> Result<Recorder, Stop> {
        let Some(header) = header else { return Ok(Recorder(None)) };
        let path = folder.join("trace.jsonl");
        let mut out = BufWriter::new(std::fs::File::create(&path).map_err(unwritten(&path))?);
        header.write(&mut out).map_err(unwritten(&path))?;
        Ok(Recorder(Some((path, out))))
    }

    pub(super) fn record(&mut self, step: &Step) -> Result<(), Stop> {
        match &mut self.0 {
            Some((path, out)) => step.write(out).map_err(unwritten(path)),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), Stop> {
        match self.0 {
            Some((path, mut out)) => out.flush().map_err(unwritten(&path)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_cannot_be_written_to_its_end_is_an_error() {
        // Only Linux has a file that is always full.
        if !Path::new("/dev/full").exists() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink("/dev/full", folder.path().join("trace.jsonl")).expect("a link");
        let recorder = Recorder::new(folder.path(), Some(Header::new(None, Vec::new())));
        let Ok(recorder) = recorder else { panic!("the first lines wait in memory") };
        assert!(matches!(recorder.finish(), Err(Stop::Error(_))));
    }
}
