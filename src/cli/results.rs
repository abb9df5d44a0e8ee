//! The files that `verify` writes its results to.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{Output, despite_broken_pipe, write_failure};
use super::{Failure, input};
use crate::verify::junit::write_junit;
use crate::verify::report::Report;

/// Where results go beside the lines for people.
#[derive(Clone, Debug, Args)]
pub(super) struct ResultFlags {
    /// Write the results as JSON
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// Write the results as JUnit XML, a test case for each profile and size of base metas
    #[arg(long, value_name = "FILE.xml")]
    junit: Option<PathBuf>,
}

/// The outputs, asked for before the work, so that a bad path does not cost an hour.
pub(super) struct ResultFiles {
    report: Option<Output>,
    junit: Option<Output>,
}

impl ResultFlags {
    /// Whether standard output is for a tool, which lines for people would confuse.
    pub(super) fn take_standard_output(&self) -> bool {
        [&self.report, &self.junit].into_iter().flatten().any(|path| path == Path::new("-"))
    }

    /// Opens the outputs; none may take the place of the other or of the trace.
    pub(super) fn create(&self, trace: Option<&Path>) -> Result<ResultFiles, Failure> {
        for (path, flag) in [(&self.report, "--report"), (&self.junit, "--junit")] {
            if let Some(trace) = trace {
                input::refuse_to_overwrite(trace, path.as_deref(), flag)?;
            }
        }
        if let (Some(report), Some(junit)) = (&self.report, &self.junit)
            && report == junit
        {
            let shown = report.display();
            return Err(Failure::Input(format!("--report and --junit both name {shown}; name two files")));
        }
        let create = |path: &Option<PathBuf>| path.as_deref().map(Output::create).transpose();
        Ok(ResultFiles { report: create(&self.report)?, junit: create(&self.junit)? })
    }
}

impl ResultFiles {
    /// Writes both, the second one also when the first one fails.
    pub(super) fn write(self, report: &Report) -> Result<(), Failure> {
        let json = self.report.map_or(Ok(()), |output| {
            output.write_all(|out| {
                serde_json::to_writer_pretty(&mut *out, report).map_err(|error| write_failure(error.into()))?;
                writeln!(out).map_err(write_failure)
            })
        });
        let xml = self.junit.map_or(Ok(()), |output| {
            // Into memory first: what fails there is not the file's fault.
            let mut xml = Vec::new();
            write_junit(report, &mut xml).map_err(|error| Failure::Defect(format!("JUnit XML: {error}")))?;
            output.write_all(|out| out.write_all(&xml).map_err(write_failure))
        });
        despite_broken_pipe(json)?;
        despite_broken_pipe(xml)
    }
}
