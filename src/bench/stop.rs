//! Why a run of benchmarks ends early.

use crate::case::CaseError;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Somebody wished so.
    #[error("interrupted")]
    Interrupted,
    /// The environment is to blame, such as a full disk.
    #[error("{0}")]
    Environment(String),
    /// What was measured gave a wrong result: a defect of this tool.
    #[error("{0}")]
    Wrong(String),
}

impl BenchError {
    /// A failure of the environment, at something.
    pub(super) fn at<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> BenchError {
        move |error| BenchError::Environment(format!("{what}: {error}"))
    }
}

impl From<CaseError> for BenchError {
    fn from(error: CaseError) -> BenchError {
        match error {
            CaseError::Interrupted => BenchError::Interrupted,
            CaseError::Input(message) => BenchError::Environment(message),
        }
    }
}
