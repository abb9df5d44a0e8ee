//! Records at one moment, from wherever they are kept: a database as it is now, a database or a snapshot file as of an
//! earlier commit, records in memory.
//!
//! Whoever turns records into something (the encoder, the store's visible state, `inspect`) reads a [`RecordSource`] and
//! knows nothing of versions and tombstones; which version is the state of its key is decided here, in [`Newest`]. Whoever
//! draws how records came to be reads a [`VersionSource`] beside it.

mod history;
mod newest;
mod source;
mod versions;

pub use history::HistoryView;
pub use newest::{Newest, OrderFault};
pub use source::{Namespace, RecordSource, SourceError, StoredRecord, Visit, visit_records};
pub use versions::{StoredVersion, VersionSource};
