//! How a subcommand ends.

use crate::report::Report;
use crate::report::sight::{miscounted, unexpectedly_missed};

/// How a subcommand ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was asked for holds, or was done.
    Holds,
    /// Something is not as it should be; it has been printed.
    Finding,
}

/// Why a subcommand could not end.
#[derive(Debug)]
pub enum Failure {
    /// Usage, environment or corrupt input; the message says what, where and what to do.
    Input(String),
    /// A defect of this tool.
    Defect(String),
    /// Whoever read our output has had enough, which is nobody's fault.
    BrokenPipe,
}

impl Failure {
    /// A failure that an error describes well by itself.
    pub fn input(error: impl std::fmt::Display) -> Failure {
        Failure::Input(error.to_string())
    }
}

/// Fails if a run has not reached what every run of its kind reaches, or if reports are miscounted.
pub(super) fn require_reach(report: &Report) -> Result<(), Failure> {
    if let Some(how) = miscounted(report) {
        let message = format!("the report is miscounted: {how}; this is a bug of ekv-roundtrip, please report it");
        return Err(Failure::Defect(message));
    }
    let missed = unexpectedly_missed(report);
    if missed.is_empty() {
        return Ok(());
    }
    Err(Failure::Defect(format!(
        "the generator is broken: of {} cases none reached: {}; this is a bug of ekv-roundtrip, please report it",
        report.cases,
        missed.join(", ")
    )))
}

pub(super) type Ended = Result<Verdict, Failure>;
