//! What a suite returns.

use crate::case::CaseError;
use crate::finding::{Finding, FindingKind};
use crate::workload::{Header, Step, Trace};

/// A finding, the first of its class.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// The number of the case, from 0; `None` where it is about no case, but a shape of snapshots.
    pub case: Option<u64>,
    /// The class, by name. It is the same for every seed that meets the bug.
    pub class: String,
    /// What kind of thing is wrong.
    pub kind: FindingKind,
    /// The user key that is concerned, where there is one.
    pub key: Option<Vec<u8>>,
    /// What was expected and what was found, in one or more lines.
    pub detail: String,
    /// The steps that it takes, as JSON lines, for [`Suite::of_trace`](super::Suite::of_trace).
    pub trace: String,
}

impl Found {
    pub(super) fn new(case: Option<u64>, seed: u64, finding: Finding, steps: Vec<Step>) -> Result<Found, SuiteError> {
        let (class, kind) = (finding.fingerprint(), finding.kind);
        let mut trace = Vec::new();
        let header = Some(Header::new(Some(seed), Vec::new()));
        Trace { header, steps }.write(&mut trace).map_err(|error| SuiteError(error.to_string()))?;
        let trace = String::from_utf8_lossy(&trace).into_owned();
        Ok(Found { case, class, kind, key: finding.user_key, detail: finding.detail, trace })
    }
}

/// The case, the kind, what was expected and found, and the trace.
impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Found { case, kind, detail, trace, .. } = self;
        let case = case.map_or_else(String::new, |case| format!("case {case}: "));
        writeln!(f, "{case}{}: {}\n{detail}\ntrace:\n{trace}", kind.name(), kind.meaning())
    }
}

/// Why cases could not be run, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SuiteError(pub(super) String);

impl From<CaseError> for SuiteError {
    fn from(error: CaseError) -> SuiteError {
        match error {
            CaseError::Input(message) => SuiteError(message),
            CaseError::Interrupted => SuiteError("interrupted".to_owned()),
        }
    }
}
