//! The page of a job on GitHub Actions: its runner shows the file that GITHUB_STEP_SUMMARY names.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::annotations::is_on_github;
use super::ended::Failure;
use crate::report::Report;
use crate::report::step_summary::step_summary;

/// Adds the report to the page of the step, if this runs on GitHub Actions; `lines` as in [`step_summary`].
pub(super) fn write_step_summary(report: &Report, lines: &[String]) -> Result<(), Failure> {
    match std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| is_on_github() && !path.is_empty()) {
        Some(path) => append(Path::new(&path), &step_summary(report, lines)),
        None => Ok(()),
    }
}

/// Other steps write to the file too.
fn append(path: &Path, page: &str) -> Result<(), Failure> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(page.as_bytes()))
        .map_err(|error| Failure::Input(format!("GITHUB_STEP_SUMMARY {}: {error}", path.display())))
}
