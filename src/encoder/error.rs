//! Why a dump ends early.

use std::path::Path;

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
    #[error("write {path}: {source}")]
    Write {
        /// The path relative to the tree's root, unless [`EncodeError::below`] has made it whole.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl EncodeError {
    /// The same with the whole path of a file, in a tree that is at `root`.
    pub fn below(self, root: &Path) -> EncodeError {
        match self {
            EncodeError::Write { path, source } => {
                EncodeError::Write { path: root.join(path).display().to_string(), source }
            }
            error => error,
        }
    }

    /// Whether the environment is to blame, and not what was to be dumped.
    pub fn is_environment(&self) -> bool {
        matches!(self, EncodeError::Write { .. } | EncodeError::Source(_))
    }
}

/// What a record is; a malformed one ends the dump.
#[inline]
pub(super) fn record_of<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, EncodeError> {
    classify(key, value).map_err(|error| EncodeError::Record(error.to_string()))
}
