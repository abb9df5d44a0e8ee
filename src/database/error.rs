//! Why a database could not be used.

use std::path::PathBuf;

/// Why a database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// There is no database at this path.
    #[error("there is no RocksDB database at {0}; `apply --db` makes one")]
    Missing(PathBuf),
    /// The folder is a database of Pebble, which RocksDB cannot read.
    #[error(
        "{0} is a Pebble database, not RocksDB's; have its engine write a snapshot file, and name that as fsm:FILE"
    )]
    Pebble(PathBuf),
    /// RocksDB says no: the database is corrupt, in use, or the disk is full or fails.
    #[error("database {path}: {problem}")]
    RocksDb {
        /// The database.
        path: PathBuf,
        /// What RocksDB says, and what to do where that can be said.
        problem: String,
    },
    /// A log of the database has what no crash leaves.
    #[error(
        "database file {file}: {problem}, at byte {offset}; the database is damaged, restore a copy or make it again"
    )]
    Damaged {
        /// The log.
        file: PathBuf,
        /// Where, in bytes from its start.
        offset: u64,
        /// A clause.
        problem: &'static str,
    },
    /// A file of the database cannot be read.
    #[error("read {file}: {source}")]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The record of how much it holds is not as this version writes it.
    #[error(
        "database {0}: the record of how much it holds is malformed; the database is corrupt, restore a copy or make it again"
    )]
    Tally(PathBuf),
    /// The tables end before the log begins.
    #[error(
        "database {path}: its manifest names tables up to write {held} only, and its log begins after write {writes}; the \
         database is damaged, restore a copy or make it again"
    )]
    Gap {
        /// The database.
        path: PathBuf,
        /// How many writes the tables have.
        held: u64,
        /// How many came before the log.
        writes: u64,
    },
    /// The clock record does not have 8 bytes.
    #[error("database {path}: the commit clock's record has {bytes} bytes, must have 8; the database is corrupt")]
    Clock {
        /// The database.
        path: PathBuf,
        /// The size found.
        bytes: usize,
    },
}
