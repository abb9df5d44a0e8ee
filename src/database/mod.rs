//! RocksDB as this tool uses it: opened quietly, read in key order, written in atomic batches.
//!
//! The default column family holds the store's records and nothing else, so that whoever reads the database sees what
//! the live store would have written. The column family `clock` holds one record, the last reading of the commit clock,
//! which the live store keeps in its engine's own metadata:
//!
//! ```text
//! "last_commit_ts" -> u64 LE
//! ```
//!
//! A database that keeps history has a third column family, `history`: every version that a commit has written, as an
//! MVCC row of a snapshot file has it ([`crate::format::snapshot`]), tombstones included. Nothing is ever deleted there.

use std::path::{Path, PathBuf};

use rocksdb::{
    ColumnFamily, DB, DBRawIterator, DBRecoveryMode, ErrorKind, FlushOptions, LogLevel, Options, ReadOptions, Snapshot,
    WriteBatch,
};

use crate::format::CommitTs;
use crate::format::snapshot::{mvcc_key, mvcc_value};

const CLOCK_FAMILY: &str = "clock";
const HISTORY_FAMILY: &str = "history";
const CLOCK_KEY: &[u8] = b"last_commit_ts";

/// Why a database could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// There is no database at this path.
    #[error("there is no RocksDB database at {0}; `apply --db` makes one")]
    Missing(PathBuf),
    /// RocksDB says no: the database is corrupt, in use, or the disk is full or fails.
    #[error("database {path}: {source}{hint}", hint = what_to_do(source))]
    RocksDb {
        /// The database.
        path: PathBuf,
        /// What RocksDB says.
        source: rocksdb::Error,
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

/// Whether a new database keeps every version of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Only the present state.
    Dropped,
    /// The present state, and all versions beside it.
    Kept,
}

/// An open database.
pub struct Database {
    db: DB,
    path: PathBuf,
    /// The column families that are open, beside the default one.
    families: Vec<&'static str>,
}

impl Database {
    /// Makes a new database in a folder that is absent or empty.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn create(path: &Path, history: History) -> Result<Database, DatabaseError> {
        let mut options = quiet_options();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_error_if_exists(true);
        let families = match history {
            History::Dropped => vec![CLOCK_FAMILY],
            History::Kept => vec![CLOCK_FAMILY, HISTORY_FAMILY],
        };
        Database::over(DB::open_cf(&options, path, with_default(&families)), path, families)
    }

    /// Opens a database that [`Database::create`] made, for reading and writing.
    ///
    /// # Errors
    ///
    /// No database there, or what RocksDB says.
    pub fn open(path: &Path) -> Result<Database, DatabaseError> {
        require(path)?;
        let options = quiet_options();
        let families = present_families(&options, path)?;
        Database::over(DB::open_cf(&options, path, with_default(&families)), path, families)
    }

    /// Opens any database for reading; nothing in its folder changes. The clock's column family may be missing.
    ///
    /// # Errors
    ///
    /// No database there, or what RocksDB says.
    pub fn open_read_only(path: &Path) -> Result<Database, DatabaseError> {
        require(path)?;
        let mut options = quiet_options();
        // By default RocksDB stops at the first damage in the log, and shows an older state as if nothing were wrong.
        // What a crash leaves, an unfinished last entry, is still taken.
        options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
        let families = present_families(&options, path)?;
        Database::over(DB::open_cf_for_read_only(&options, path, with_default(&families), false), path, families)
    }

    fn over(
        db: Result<DB, rocksdb::Error>,
        path: &Path,
        families: Vec<&'static str>,
    ) -> Result<Database, DatabaseError> {
        Ok(Database { db: db.map_err(|source| rocksdb_error(path, source))?, path: path.to_owned(), families })
    }

    /// Whether every version of its records is kept.
    pub fn keeps_history(&self) -> bool {
        self.families.contains(&HISTORY_FAMILY)
    }

    /// The folder that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.db.get(key).map_err(|source| self.error(source))
    }

    /// The rows from `lower` up to but not with `upper` (`None`: to the end), in key order.
    pub fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Rows<'_> {
        let mut iterator = self.db.raw_iterator_opt(range_options(lower, upper));
        iterator.seek_to_first();
        Rows { iterator, database: self }
    }

    /// The versions whose raw keys are from `lower` up to but not with `upper` (`None`: to the end), as MVCC rows in the
    /// order of their raw keys; none in a database that keeps no history.
    pub fn history_rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Rows<'_> {
        let Some(family) = self.family(HISTORY_FAMILY) else {
            // A range that holds nothing.
            return Rows { iterator: self.db.raw_iterator_opt(range_options(b"", Some(b""))), database: self };
        };
        let mut options = range_options(lower, upper);
        options.fill_cache(false);
        let mut iterator = self.db.raw_iterator_cf_opt(family, options);
        iterator.seek_to_first();
        Rows { iterator, database: self }
    }

    /// A view of the database as it is now, whatever is written later.
    pub fn snapshot(&self) -> DatabaseSnapshot<'_> {
        DatabaseSnapshot { snapshot: self.db.snapshot(), database: self }
    }

    /// Writes `changes` (a value, or `None` for a deletion) and the clock's reading in one atomic batch, and the versions
    /// that they are where history is kept.
    ///
    /// # Errors
    ///
    /// What RocksDB says; then nothing was written.
    pub fn commit<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        clock: CommitTs,
    ) -> Result<(), DatabaseError> {
        let mut batch = WriteBatch::default();
        let history = self.family(HISTORY_FAMILY);
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
            if let Some(history) = history {
                batch.put_cf(history, mvcc_key(key, clock), mvcc_value(value));
            }
        }
        if let Some(family) = self.family(CLOCK_FAMILY) {
            batch.put_cf(family, CLOCK_KEY, clock.0.to_le_bytes());
        }
        self.db.write(batch).map_err(|source| self.error(source))
    }

    /// The last reading of the commit clock; `None` in a database that keeps none.
    ///
    /// # Errors
    ///
    /// What RocksDB says, or a malformed record.
    pub fn clock(&self) -> Result<Option<CommitTs>, DatabaseError> {
        let Some(family) = self.family(CLOCK_FAMILY) else { return Ok(None) };
        let value = self.db.get_cf(family, CLOCK_KEY).map_err(|source| self.error(source))?;
        let Some(value) = value else { return Ok(None) };
        match <[u8; 8]>::try_from(value.as_slice()) {
            Ok(bytes) => Ok(Some(CommitTs(u64::from_le_bytes(bytes)))),
            Err(_) => Err(DatabaseError::Clock { path: self.path.clone(), bytes: value.len() }),
        }
    }

    /// Moves everything from the log into sorted files and syncs it: a reader need not replay the log in memory, and
    /// the manifest vouches for every file that matters, which it does not for the log.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn flush(&self) -> Result<(), DatabaseError> {
        let families: Vec<_> = with_default(&self.families).filter_map(|name| self.db.cf_handle(name)).collect();
        let families: Vec<_> = families.iter().collect();
        self.db.flush_cfs_opt(&families, &FlushOptions::default()).map_err(|source| self.error(source))?;
        self.db.flush_wal(true).map_err(|source| self.error(source))
    }

    fn family(&self, name: &'static str) -> Option<&ColumnFamily> {
        self.db.cf_handle(name).filter(|_| self.families.contains(&name))
    }

    fn error(&self, source: rocksdb::Error) -> DatabaseError {
        rocksdb_error(&self.path, source)
    }
}

/// A consistent view of a [`Database`].
pub struct DatabaseSnapshot<'a> {
    snapshot: Snapshot<'a>,
    database: &'a Database,
}

impl DatabaseSnapshot<'_> {
    /// As [`Database::rows`].
    pub fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Rows<'_> {
        let mut options = range_options(lower, upper);
        // A whole pass over a large database must not push everything else out of memory, nor grow this process.
        options.fill_cache(false);
        let mut iterator = self.snapshot.raw_iterator_opt(options);
        iterator.seek_to_first();
        Rows { iterator, database: self.database }
    }
}

/// A key and its value.
pub type Row<'a> = (&'a [u8], &'a [u8]);

/// A cursor over rows in key order.
pub struct Rows<'a> {
    iterator: DBRawIterator<'a>,
    database: &'a Database,
}

impl Rows<'_> {
    /// The key and value under the cursor, or `None` at the end.
    ///
    /// # Errors
    ///
    /// What RocksDB says, such as a block whose checksum is wrong.
    pub fn current(&self) -> Result<Option<Row<'_>>, DatabaseError> {
        match self.iterator.item() {
            Some(row) => Ok(Some(row)),
            None => self.iterator.status().map_err(|source| self.database.error(source)).map(|()| None),
        }
    }

    /// Moves to the next row; at the end it stays there.
    pub fn step(&mut self) {
        if self.iterator.valid() {
            self.iterator.next();
        }
    }
}

/// The first key after all those that start with `prefix`; `None` when there is none.
pub fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

fn range_options(lower: &[u8], upper: Option<&[u8]>) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_lower_bound(lower);
    if let Some(upper) = upper {
        options.set_iterate_upper_bound(upper);
    }
    options
}

/// RocksDB would write a log file of its own into every folder that it opens, also for reading.
fn quiet_options() -> Options {
    let mut options = Options::default();
    options.set_info_logger(rocksdb::InfoLogger::new_callback_logger(LogLevel::Fatal, |_, _| {}));
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_max_open_files(256);
    options
}

fn what_to_do(error: &rocksdb::Error) -> &'static str {
    match error.kind() {
        ErrorKind::Corruption => "; the database is damaged, restore a copy or make it again",
        _ => "",
    }
}

/// Those of our column families that a database has.
fn present_families(options: &Options, path: &Path) -> Result<Vec<&'static str>, DatabaseError> {
    let present = DB::list_cf(options, path).map_err(|source| rocksdb_error(path, source))?;
    let ours = [CLOCK_FAMILY, HISTORY_FAMILY].into_iter();
    Ok(ours.filter(|name| present.iter().any(|family| family == name)).collect())
}

fn with_default(families: &[&'static str]) -> impl Iterator<Item = &'static str> {
    std::iter::once(rocksdb::DEFAULT_COLUMN_FAMILY_NAME).chain(families.to_vec())
}

fn require(path: &Path) -> Result<(), DatabaseError> {
    // The file that names the current manifest is in every database and nowhere else.
    if path.join("CURRENT").is_file() { Ok(()) } else { Err(DatabaseError::Missing(path.to_owned())) }
}

fn rocksdb_error(path: &Path, source: rocksdb::Error) -> DatabaseError {
    DatabaseError::RocksDb { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_read_back_in_key_order_and_by_range() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("db");
        let database = Database::create(&path, History::Kept).expect("a new database");
        let changes: [(&[u8], Option<&[u8]>); 4] =
            [(b"b", Some(b"2")), (b"a", Some(b"1")), (b"c", Some(b"3")), (b"a", None)];
        database.commit(changes, CommitTs(7)).expect("a commit");
        let before = database.snapshot();
        database.commit([(&b"d"[..], Some(&b"4"[..]))], CommitTs(8)).expect("a commit");

        let collect = |mut rows: Rows<'_>| {
            let mut found = Vec::new();
            while let Some((key, value)) = rows.current().expect("readable") {
                found.push((key.to_vec(), value.to_vec()));
                rows.step();
            }
            found
        };
        let row = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(collect(before.rows(b"", None)), [row("b", "2"), row("c", "3")]);
        assert_eq!(collect(database.rows(b"c", None)), [row("c", "3"), row("d", "4")]);
        assert_eq!(collect(database.rows(b"", Some(b"c"))), [row("b", "2")]);
        let history: Vec<_> =
            [(&b"a"[..], 7, None), (b"b", 7, Some(&b"2"[..])), (b"c", 7, Some(b"3")), (b"d", 8, Some(b"4"))]
                .map(|(key, commit_ts, value)| (mvcc_key(key, CommitTs(commit_ts)), mvcc_value(value)))
                .into();
        assert_eq!(collect(database.history_rows(b"", None)), history);
        assert_eq!(collect(database.history_rows(b"c", Some(b"d"))), history[2..3]);

        drop(before);
        drop(database);
        assert!(!path.join("LOG").exists(), "opening must not leave a log file");
        let reopened = Database::open_read_only(&path).expect("the database");
        assert_eq!(reopened.clock().expect("readable"), Some(CommitTs(8)));
        assert_eq!(reopened.get(b"d").expect("readable"), Some(b"4".to_vec()));
        assert!(reopened.keeps_history());
        assert_eq!(collect(reopened.history_rows(b"", None)), history);

        let path = folder.path().join("without");
        let without = Database::create(&path, History::Dropped).expect("a new database");
        without.commit(changes, CommitTs(7)).expect("a commit");
        assert!(!without.keeps_history());
        assert_eq!(collect(without.history_rows(b"", None)), []);
    }

    #[test]
    fn a_folder_without_a_database_is_told_apart_from_a_corrupt_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(Database::open_read_only(folder.path()), Err(DatabaseError::Missing(_))));
        std::fs::write(folder.path().join("CURRENT"), "nonsense").expect("a file");
        assert!(matches!(Database::open_read_only(folder.path()), Err(DatabaseError::RocksDb { .. })));
    }

    #[test]
    fn the_end_of_a_prefix_carries() {
        assert_eq!(end_of_prefix(b"a\xff"), Some(b"b".to_vec()));
        assert_eq!(end_of_prefix(b"\xff"), None);
    }
}
