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
//! A database that keeps history has a third column family, `history`, of MVCC rows.
//!
//! RocksDB is built without its compression libraries, because its C++ takes a quarter of an hour to compile as it is.
//! The price is that a database with compressed files cannot be opened.

use std::path::{Path, PathBuf};

use rocksdb::{
    ColumnFamily, DB, DBRawIterator, DBRecoveryMode, ErrorKind, FlushOptions, LogLevel, Options, ReadOptions, Snapshot,
    WriteBatch,
};

use super::batch::{Changes, Row};
use super::choice::History;
use super::error::DatabaseError;
use super::files;
use crate::format::CommitTs;
use crate::format::snapshot::{mvcc_key, mvcc_value};

const CLOCK_FAMILY: &str = "clock";
const HISTORY_FAMILY: &str = "history";
const CLOCK_KEY: &[u8] = b"last_commit_ts";

/// An open RocksDB.
pub(super) struct RocksDb {
    db: DB,
    path: PathBuf,
    /// The column families that are open, beside the default one.
    families: Vec<&'static str>,
    /// What of its files is left out, a sentence each.
    warnings: Vec<String>,
}

impl RocksDb {
    pub(super) fn create(path: &Path, history: History) -> Result<RocksDb, DatabaseError> {
        let mut options = quiet_options();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_error_if_exists(true);
        let families = match history {
            History::Dropped => vec![CLOCK_FAMILY],
            History::Kept => vec![CLOCK_FAMILY, HISTORY_FAMILY],
        };
        RocksDb::over(DB::open_cf(&options, path, with_default(&families)), path, families)
    }

    pub(super) fn open(path: &Path) -> Result<RocksDb, DatabaseError> {
        require(path)?;
        let options = quiet_options();
        let families = present_families(&options, path)?;
        RocksDb::over(DB::open_cf(&options, path, with_default(&families)), path, families)
    }

    pub(super) fn open_read_only(path: &Path) -> Result<RocksDb, DatabaseError> {
        require(path)?;
        let mut warnings = files::torn_logs(path)?;
        let mut options = quiet_options();
        // By default RocksDB stops at the first damage in the log, and shows an older state as if nothing were wrong.
        // What a crash leaves, an unfinished last entry, is still taken.
        options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
        let families = present_families(&options, path)?;
        let db = DB::open_cf_for_read_only(&options, path, with_default(&families), false);
        let opened = RocksDb::over(db, path, families)?;
        let live = opened.db.live_files().map_err(|source| opened.error(&source))?;
        let live = live.iter().map(|table| table.name.trim_start_matches('/').to_owned()).collect();
        warnings.extend(files::stray_tables(path, &live)?);
        Ok(RocksDb { warnings, ..opened })
    }

    fn over(
        db: Result<DB, rocksdb::Error>,
        path: &Path,
        families: Vec<&'static str>,
    ) -> Result<RocksDb, DatabaseError> {
        let db = db.map_err(|source| rocksdb_error(path, &source))?;
        Ok(RocksDb { db, path: path.to_owned(), families, warnings: Vec::new() })
    }

    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(super) fn keeps_history(&self) -> bool {
        self.families.contains(&HISTORY_FAMILY)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        self.db.get(key).map_err(|source| self.error(&source))
    }

    pub(super) fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> RocksCursor<'_> {
        self.cursor(self.db.raw_iterator_opt(range_options(lower, upper)))
    }

    pub(super) fn history_rows(&self, lower: &[u8], upper: Option<&[u8]>) -> RocksCursor<'_> {
        let Some(family) = self.family(HISTORY_FAMILY) else {
            // A range that holds nothing.
            return self.cursor(self.db.raw_iterator_opt(range_options(b"", Some(b""))));
        };
        let mut options = range_options(lower, upper);
        options.fill_cache(false);
        self.cursor(self.db.raw_iterator_cf_opt(family, options))
    }

    fn cursor<'a>(&'a self, mut iterator: DBRawIterator<'a>) -> RocksCursor<'a> {
        iterator.seek_to_first();
        RocksCursor { iterator, database: self }
    }

    pub(super) fn snapshot(&self) -> RocksSnapshot<'_> {
        RocksSnapshot { snapshot: self.db.snapshot(), database: self }
    }

    pub(super) fn commit(&self, changes: &mut Changes<'_, '_>, clock: CommitTs) -> Result<(), DatabaseError> {
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
        self.db.write(batch).map_err(|source| self.error(&source))
    }

    pub(super) fn clock(&self) -> Result<Option<CommitTs>, DatabaseError> {
        let Some(family) = self.family(CLOCK_FAMILY) else { return Ok(None) };
        let value = self.db.get_cf(family, CLOCK_KEY).map_err(|source| self.error(&source))?;
        let Some(value) = value else { return Ok(None) };
        match <[u8; 8]>::try_from(value.as_slice()) {
            Ok(bytes) => Ok(Some(CommitTs(u64::from_le_bytes(bytes)))),
            Err(_) => Err(DatabaseError::Clock { path: self.path.clone(), bytes: value.len() }),
        }
    }

    pub(super) fn flush(&self) -> Result<(), DatabaseError> {
        let families: Vec<_> = with_default(&self.families).filter_map(|name| self.db.cf_handle(name)).collect();
        let families: Vec<_> = families.iter().collect();
        self.db.flush_cfs_opt(&families, &FlushOptions::default()).map_err(|source| self.error(&source))?;
        self.db.flush_wal(true).map_err(|source| self.error(&source))
    }

    fn family(&self, name: &'static str) -> Option<&ColumnFamily> {
        self.db.cf_handle(name).filter(|_| self.families.contains(&name))
    }

    fn error(&self, source: &rocksdb::Error) -> DatabaseError {
        rocksdb_error(&self.path, source)
    }
}

/// A consistent view of a RocksDB.
pub(super) struct RocksSnapshot<'a> {
    snapshot: Snapshot<'a>,
    database: &'a RocksDb,
}

impl RocksSnapshot<'_> {
    pub(super) fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> RocksCursor<'_> {
        let mut options = range_options(lower, upper);
        // A whole pass over a large database must not push everything else out of memory, nor grow this process.
        options.fill_cache(false);
        self.database.cursor(self.snapshot.raw_iterator_opt(options))
    }
}

/// A cursor over rows in RocksDB.
pub struct RocksCursor<'a> {
    iterator: DBRawIterator<'a>,
    database: &'a RocksDb,
}

impl RocksCursor<'_> {
    pub(super) fn current(&self) -> Result<Option<Row<'_>>, DatabaseError> {
        match self.iterator.item() {
            Some(row) => Ok(Some(row)),
            None => self.iterator.status().map_err(|source| self.database.error(&source)).map(|()| None),
        }
    }

    pub(super) fn step(&mut self) {
        if self.iterator.valid() {
            self.iterator.next();
        }
    }
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

/// Those of our column families that a database has.
fn present_families(options: &Options, path: &Path) -> Result<Vec<&'static str>, DatabaseError> {
    let present = DB::list_cf(options, path).map_err(|source| rocksdb_error(path, &source))?;
    let ours = [CLOCK_FAMILY, HISTORY_FAMILY].into_iter();
    Ok(ours.filter(|name| present.iter().any(|family| family == name)).collect())
}

fn with_default(families: &[&'static str]) -> impl Iterator<Item = &'static str> {
    std::iter::once(rocksdb::DEFAULT_COLUMN_FAMILY_NAME).chain(families.to_vec())
}

fn require(path: &Path) -> Result<(), DatabaseError> {
    if is_pebble(path) {
        return Err(DatabaseError::Pebble(path.to_owned()));
    }
    // The file that names the current manifest is in every database and nowhere else.
    if path.join("CURRENT").is_file() { Ok(()) } else { Err(DatabaseError::Missing(path.to_owned())) }
}

/// Whether there are files by which only Pebble marks its format and its manifest, or options that name it.
fn is_pebble(path: &Path) -> bool {
    let mut entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.any(|entry| match entry.file_name().to_string_lossy() {
        name if name.starts_with("marker.format-version.") || name.starts_with("marker.manifest.") => true,
        name if name.starts_with("OPTIONS-") => {
            std::fs::read_to_string(entry.path()).is_ok_and(|options| options.contains("pebble_version="))
        }
        _ => false,
    })
}

fn rocksdb_error(path: &Path, source: &rocksdb::Error) -> DatabaseError {
    let what_to_do = match source.kind() {
        ErrorKind::Corruption => "; the database is damaged, restore a copy or make it again",
        _ => "",
    };
    DatabaseError::RocksDb { path: path.to_owned(), problem: format!("{source}{what_to_do}") }
}
