//! Why the store could not run a command.

use crate::database::DatabaseError;
use crate::records::SourceError;

/// Why the store could not run a command. What a client is to blame for is a reply, not an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Records that are not in the database could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A record that the store met is malformed, or makes no sense beside the others.
    #[error("{0}")]
    Corrupt(String),
}
