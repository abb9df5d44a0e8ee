//! Why a dump ends early.

use crate::format::Record;
use crate::format::record::classify;
use crate::records::SourceError;

/// Why a dump ended.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A malformed record; the sentence names it.
    #[error("{0}")]
    Record(String),
    /// A record that came twice from a source that is not a database; the sentence names it.
    #[error("record {0} came twice")]
    Duplicate(String),
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file of the tree could not be written.
    #[error("write {path} of the dump: {source}")]
    Write {
        /// The path relative to the tree's root.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What a record is; a malformed one ends the dump.
pub(super) fn record_of<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, EncodeError> {
    classify(key, value).map_err(|error| EncodeError::Record(error.to_string()))
}
