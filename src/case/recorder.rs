//! The trace of a case, written down as it is run.

use std::io::BufWriter;
use std::path::Path;

use super::stop::{Stop, environment};
use crate::workload::{Header, Step};

/// Writes the steps down as they are run, so that a case that never ends well leaves its trace too.
pub(super) struct Recorder(Option<BufWriter<std::fs::File>>);

impl Recorder {
    pub(super) fn new(folder: &Path, header: Option<Header>) -> Result<Recorder, Stop> {
        let Some(header) = header else { return Ok(Recorder(None)) };
        let file = std::fs::File::create(folder.join("trace.jsonl")).map_err(environment)?;
        let mut out = BufWriter::new(file);
        header.write(&mut out).map_err(environment)?;
        Ok(Recorder(Some(out)))
    }

    pub(super) fn record(&mut self, step: &Step) -> Result<(), Stop> {
        match &mut self.0 {
            Some(out) => step.write(out).map_err(environment),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), Stop> {
        match self.0 {
            Some(out) => out.into_inner().map(drop).map_err(environment),
            None => Ok(()),
        }
    }
}
