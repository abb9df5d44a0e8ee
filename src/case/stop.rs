//! What ends a case early, and how code under test is run so that its panic is a finding.

use std::path::Path;

use super::outcome::CaseReport;
use super::panics::caught;
use crate::encoder::EncodeError;
use crate::finding::{Finding, FindingKind};
use crate::server::ServerError;
use crate::store::StoreError;

/// Why a case could not be run to its end.
#[derive(Debug)]
pub enum CaseError {
    /// The environment or the trace is to blame; the message says what and where.
    Input(String),
    /// Somebody wished to end.
    Interrupted,
}

impl std::fmt::Display for CaseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CaseError::Input(message) => f.write_str(message),
            CaseError::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl From<ServerError> for CaseError {
    fn from(error: ServerError) -> CaseError {
        match error {
            ServerError::Interrupted { .. } => CaseError::Interrupted,
            error => CaseError::Input(error.to_string()),
        }
    }
}

/// Ends a case early.
pub(super) enum Stop {
    Finding(Finding),
    Error(CaseError),
}

/// What came of a case that has ended in either way. A finding is no error.
pub(super) fn concluded(ended: Result<(), Stop>, mut report: CaseReport) -> Result<CaseReport, CaseError> {
    match ended {
        Ok(()) => Ok(report),
        Err(Stop::Finding(finding)) => {
            report.finding = Some(finding);
            Ok(report)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

pub(super) fn environment(error: impl std::fmt::Display) -> Stop {
    Stop::Error(CaseError::Input(error.to_string()))
}

/// What a failed write to a file is.
pub(super) fn unwritten(path: &Path) -> impl Fn(std::io::Error) -> Stop {
    move |error| environment(format!("write {}: {error}", path.display()))
}

/// A server that could not be asked.
pub(super) fn unanswered(error: ServerError) -> Stop {
    Stop::Error(error.into())
}

/// A finding that is about no step and no single key.
pub(super) fn plain(kind: FindingKind, detail: String) -> Stop {
    Stop::Finding(Finding::new(kind, detail))
}

/// Runs code under test. A panic of it is a finding like any other, and not a defect of what checks it.
pub(super) fn guarded<T>(step: Option<u64>, run: impl FnOnce() -> T) -> Result<T, Stop> {
    caught(run).map_err(|detail| Stop::Finding(Finding { step, ..Finding::new(FindingKind::Panic, detail) }))
}

pub(super) fn stored<T>(run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, Stop> {
    guarded(None, run)?.map_err(|error| store_failure(error, None))
}

/// A store that cannot go on over its own records has a bug; a database that fails is the environment's.
pub(super) fn store_failure(error: StoreError, step: Option<u64>) -> Stop {
    match error {
        StoreError::Database(error) => environment(error),
        StoreError::Source(error) => environment(error),
        StoreError::Corrupt(detail) => {
            Stop::Finding(Finding { step, ..Finding::new(FindingKind::StoreRecords, detail) })
        }
    }
}

pub(super) fn encoder_failure(error: EncodeError, root: &Path, kind: FindingKind) -> Stop {
    match error.below(root) {
        error if error.is_environment() => environment(error),
        error => plain(kind, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_and_a_corrupt_store_are_findings_of_their_step() {
        let Err(Stop::Finding(finding)) = guarded::<()>(Some(7), || panic!("no items")) else { panic!("a finding") };
        assert_eq!((finding.kind, finding.step), (FindingKind::Panic, Some(7)));
        assert!(finding.detail.contains("no items"), "{}", finding.detail);
        let corrupt = StoreError::Corrupt("a meta of 3 bytes".to_owned());
        let Stop::Finding(finding) = store_failure(corrupt, Some(8)) else { panic!("a finding") };
        assert_eq!((finding.kind, finding.step), (FindingKind::StoreRecords, Some(8)));
        assert_eq!(finding.detail, "a meta of 3 bytes");
    }

    #[test]
    fn what_the_encoder_cannot_write_is_no_finding_and_what_it_refuses_is_one() {
        let (root, kind) = (Path::new("out"), FindingKind::Encoder);
        let full = EncodeError::Write { path: "a.json".to_owned(), source: std::io::Error::other("no space left") };
        let Stop::Error(error) = encoder_failure(full, root, kind) else { panic!("an error") };
        assert_eq!(error.to_string(), "write out/a.json: no space left");
        let refused = encoder_failure(EncodeError::Record("a meta of 3 bytes".to_owned()), root, kind);
        assert!(
            matches!(refused, Stop::Finding(finding) if finding.kind == kind && finding.detail == "a meta of 3 bytes")
        );
    }

    #[test]
    fn an_error_is_shown_by_its_message() {
        let errors = [CaseError::Input("no space left".to_owned()), CaseError::Interrupted];
        assert_eq!(errors.map(|error| error.to_string()), ["no space left", "interrupted"]);
    }
}
