//! Files that are read; `-` is standard input.

use std::fs::File;
use std::io::{BufRead, BufReader};
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
