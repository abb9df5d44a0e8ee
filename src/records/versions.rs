//! Every version of every record, also those that have been replaced or deleted since.

use super::source::SourceError;
use crate::format::CommitTs;

/// A version on its way.
#[derive(Clone, Copy, Debug)]
pub struct StoredVersion<'a> {
    /// The logical key.
    pub key: &'a [u8],
    /// The commit that wrote it.
    pub commit_ts: CommitTs,
    /// What it wrote; `None` is a deletion.
    pub value: Option<&'a [u8]>,
}

/// Versions up to one moment, which can be read more than once. They come in no particular order.
pub trait VersionSource {
    /// Visits every version at or before the moment of the source.
    ///
    /// # Errors
    ///
    /// The source could not be read.
    fn scan_versions(&self, visit: &mut dyn FnMut(StoredVersion<'_>)) -> Result<(), SourceError>;
}
