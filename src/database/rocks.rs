//! RocksDB as this tool uses it: opened quietly, read in key order, written in atomic batches.
//!
//! The default column family holds the store's records and nothing else, so that whoever reads the database sees what
//! the live store would have written. The column family `clock` holds the last reading of the commit clock, which the live
//! store keeps in its engine's own metadata, and how much the database holds (`tally`):
//!
//! ```text
//! "last_commit_ts" -> u64 LE
//! "progress"       -> whatever whoever writes the database needs to go on
//! "tally"          -> 29 bytes
//! ```
//!
//! A database that keeps history has a third column family, `history`, of MVCC rows.
//!
//! RocksDB is built without its compression libraries, because its C++ takes a quarter of an hour to compile as it is.
//! The price is that a database with compressed files cannot be opened.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rocksdb::{
    ColumnFamily, DB, DBRawIterator, DBRecoveryMode, Env, ErrorKind, FlushOptions, LogLevel, Options, ReadOptions,
    Snapshot, WriteBatch, WriteOptions,
};

use super::batch::{Changes, Row, Visit};
use super::choice::{Files, History, Logging};
use super::error::DatabaseError;
use super::files;
use super::tally::{Held, TALLY_KEY, Tally};
use crate::format::snapshot::{mvcc_key, mvcc_value};
use crate::format::{CommitTs, counted};

const CLOCK_FAMILY: &str = "clock";
const HISTORY_FAMILY: &str = "history";
const CLOCK_KEY: &[u8] = b"last_commit_ts";
const PROGRESS_KEY: &[u8] = b"progress";

/// For a database of a case: the size of a write buffer, and of the pieces in which that grows.
const CASE_BUFFER_BYTES: usize = 1 << 20;
const CASE_ARENA_BYTES: usize = 1 << 16;

/// An open RocksDB.
pub(super) struct RocksDb {
    db: DB,
    path: PathBuf,
    /// The column families that are open, beside the default one.
    families: Vec<&'static str>,
    /// How many batches were written since it was made.
    writes: AtomicU64,
    /// Whether it says that nothing was written since it was closed.
    is_closed: AtomicBool,
    /// What of its files is left out, a sentence each.
    warnings: Vec<String>,
    setup: Setup,
}

impl RocksDb {
    pub(super) fn create(path: &Path, history: History) -> Result<RocksDb, DatabaseError> {
        RocksDb::create_with(path, history, Setup::Kept)
    }

    pub(super) fn create_for_case(
        path: &Path,
        history: History,
        files: Files,
        logging: Logging,
    ) -> Result<RocksDb, DatabaseError> {
        let env = match files {
            Files::OnDisk => None,
            Files::InMemory => Some(Env::mem_env().map_err(|source| rocksdb_error(path, &source))?),
        };
        RocksDb::create_with(path, history, Setup::OfCase { env, logging })
    }

    fn create_with(path: &Path, history: History, setup: Setup) -> Result<RocksDb, DatabaseError> {
        let mut options = setup.options();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_error_if_exists(true);
        let families = match history {
            History::Dropped => vec![CLOCK_FAMILY],
            History::Kept => vec![CLOCK_FAMILY, HISTORY_FAMILY],
        };
        let opened = RocksDb::over(DB::open_cf(&options, path, with_default(&families)), path, families)?;
        Ok(RocksDb { setup, ..opened })
    }

    pub(super) fn open(path: &Path) -> Result<RocksDb, DatabaseError> {
        RocksDb::open_with(path, Setup::Kept)
    }

    fn open_with(path: &Path, setup: Setup) -> Result<RocksDb, DatabaseError> {
        if setup.has_a_folder() {
            require(path)?;
            files::torn_logs(path)?;
        }
        let options = setup.options();
        let families = present_families(&options, path)?;
        let opened = RocksDb::over(DB::open_cf(&options, path, with_default(&families)), path, families)?;
        let tally = opened.tally()?.unwrap_or_default();
        let (writes, is_closed) = (AtomicU64::new(tally.writes), AtomicBool::new(tally.is_closed));
        Ok(RocksDb { writes, is_closed, setup, ..opened })
    }

    pub(super) fn opened_again(self) -> Result<RocksDb, DatabaseError> {
        let RocksDb { db, path, setup, .. } = self;
        // RocksDB lets nobody open what is open.
        drop(db);
        RocksDb::open_with(&path, setup)
    }

    pub(super) fn open_read_only(path: &Path) -> Result<RocksDb, DatabaseError> {
        require(path)?;
        let mut warnings = files::torn_logs(path)?;
        let mut options = quiet_options();
        // By default RocksDB stops at the first damage in the log, and shows an older state as if nothing were wrong. That is
        // right where a crash has left it so, of which the warnings tell.
        if warnings.is_empty() {
            options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
        }
        let families = present_families(&options, path)?;
        let db = DB::open_cf_for_read_only(&options, path, with_default(&families), false);
        let opened = RocksDb::over(db, path, families)?;
        if let Some(first) = files::first_batch(path)?.and_then(|batch| Tally::of_batch(&batch)) {
            opened.require_up_to(first.writes.saturating_sub(1))?;
        }
        let live = opened.db.live_files().map_err(|source| opened.error(&source))?;
        let live = live.iter().map(|table| table.name.trim_start_matches('/').to_owned()).collect();
        warnings.extend(files::stray_tables(path, &live)?);
        warnings.extend(opened.shortfall()?);
        Ok(RocksDb { warnings, ..opened })
    }

    fn over(
        db: Result<DB, rocksdb::Error>,
        path: &Path,
        families: Vec<&'static str>,
    ) -> Result<RocksDb, DatabaseError> {
        let db = db.map_err(|source| rocksdb_error(path, &source))?;
        let (writes, is_closed) = (AtomicU64::new(0), AtomicBool::new(false));
        let (path, warnings, setup) = (path.to_owned(), Vec::new(), Setup::Kept);
        Ok(RocksDb { db, path, families, writes, is_closed, warnings, setup })
    }

    pub(super) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(super) fn lacks_log(&self) -> Result<bool, DatabaseError> {
        files::has_log(&self.path).map(|has| !has)
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

    /// A batch with progress is synced.
    pub(super) fn commit(
        &self,
        changes: &mut Changes<'_, '_>,
        (commit_ts, clock): (CommitTs, CommitTs),
        progress: Option<&[u8]>,
    ) -> Result<(), DatabaseError> {
        if self.is_closed.swap(false, Ordering::Relaxed) {
            self.say_open()?;
        }
        let mut batch = WriteBatch::default();
        let history = self.family(HISTORY_FAMILY);
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
            if let Some(history) = history {
                batch.put_cf(history, mvcc_key(key, commit_ts), mvcc_value(value));
            }
        }
        if let Some(family) = self.family(CLOCK_FAMILY) {
            batch.put_cf(family, CLOCK_KEY, clock.0.to_le_bytes());
            if let Some(progress) = progress {
                batch.put_cf(family, PROGRESS_KEY, progress);
            }
            batch.put_cf(family, TALLY_KEY, Tally::open(self.next_write()).to_bytes());
        }
        let mut options = WriteOptions::default();
        options.set_sync(progress.is_some());
        options.disable_wal(!self.setup.is_logged());
        self.db.write_opt(batch, &options).map_err(|source| self.error(&source))
    }

    pub(super) fn progress(&self) -> Result<Option<Vec<u8>>, DatabaseError> {
        let Some(family) = self.family(CLOCK_FAMILY) else { return Ok(None) };
        self.db.get_cf(family, PROGRESS_KEY).map_err(|source| self.error(&source))
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

    fn next_write(&self) -> u64 {
        self.writes.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn tally(&self) -> Result<Option<Tally>, DatabaseError> {
        let Some(family) = self.family(CLOCK_FAMILY) else { return Ok(None) };
        let value = self.db.get_cf(family, TALLY_KEY).map_err(|source| self.error(&source))?;
        let parsed = |value: Vec<u8>| Tally::parse(&value).ok_or_else(|| DatabaseError::Tally(self.path.clone()));
        value.map(parsed).transpose()
    }

    /// What follows is in the log alone at first, and the log may be lost: the files that the manifest vouches for must not go on
    /// saying that nothing was written.
    fn say_open(&self) -> Result<(), DatabaseError> {
        let Some(family) = self.family(CLOCK_FAMILY) else { return Ok(()) };
        let tally = Tally::open(self.next_write());
        let written = self.db.put_cf(family, TALLY_KEY, tally.to_bytes());
        written.and_then(|()| self.db.flush_cf(family)).map_err(|source| self.error(&source))
    }

    fn held(&self) -> Result<Held, DatabaseError> {
        let count = |mut rows: RocksCursor<'_>| {
            let mut count = 0;
            while rows.current()?.is_some() {
                count += 1;
                rows.step();
            }
            Ok(count)
        };
        let mut options = range_options(b"", None);
        options.fill_cache(false);
        let records = count(self.cursor(self.db.raw_iterator_opt(options)))?;
        Ok(Held { records, versions: count(self.history_rows(b"", None))? })
    }

    /// Fails unless the tables have so many writes: the log goes on from there.
    fn require_up_to(&self, writes: u64) -> Result<(), DatabaseError> {
        // A folder without logs: wherever one can be made.
        let no_logs = tempfile::tempdir().or_else(|_| tempfile::tempdir_in("/dev/shm"));
        let no_logs = no_logs.map_err(|source| DatabaseError::Io { file: std::env::temp_dir(), source })?;
        let mut options = quiet_options();
        options.set_wal_dir(no_logs.path());
        let tables = DB::open_cf_for_read_only(&options, &self.path, with_default(&self.families), false);
        let tables = RocksDb::over(tables, &self.path, self.families.clone())?;
        match tables.tally()?.unwrap_or_default().writes {
            held if held < writes => Err(DatabaseError::Gap { path: self.path.clone(), held, writes }),
            _ => Ok(()),
        }
    }

    /// What a database of ours lacks of what it says that it holds, in a sentence.
    fn shortfall(&self) -> Result<Option<String>, DatabaseError> {
        let path = self.path.display();
        // Somebody else's has no clock, and says nothing of itself.
        if self.family(CLOCK_FAMILY).is_none() {
            return Ok(None);
        }
        let Some(tally) = self.tally()? else {
            return Ok(Some(format!(
                "{path}: it does not say how much it holds: nothing was ever written to it, or that is lost, or it was made by \
                 an older version of ekv-roundtrip"
            )));
        };
        if !tally.is_closed {
            let writes = counted(tally.writes, "write");
            return Ok(Some(format!(
                "{path}: it was not closed in order, or is still being written; it has the first {writes}, and what came after \
                 them is left out"
            )));
        }
        let held = self.held()?;
        let words =
            |held: Held| format!("{} and {}", counted(held.records, "record"), counted(held.versions, "version"));
        Ok((held != tally.held).then(|| {
            format!(
                "{path}: it holds {}, but held {} when it was closed: it is damaged, or something else has written to it",
                words(held),
                words(tally.held),
            )
        }))
    }

    pub(super) fn flush(&self) -> Result<(), DatabaseError> {
        if !self.setup.is_logged() {
            return Ok(());
        }
        if let Some(family) = self.family(CLOCK_FAMILY) {
            let tally = Tally { writes: self.next_write(), held: self.held()?, is_closed: true };
            self.db.put_cf(family, TALLY_KEY, tally.to_bytes()).map_err(|source| self.error(&source))?;
            self.is_closed.store(true, Ordering::Relaxed);
        }
        let families: Vec<_> = with_default(&self.families).filter_map(|name| self.db.cf_handle(name)).collect();
        let families: Vec<_> = families.iter().collect();
        self.db.flush_cfs_opt(&families, &FlushOptions::default()).map_err(|source| self.error(&source))?;
        // In memory there is nothing to sync, and RocksDB refuses to.
        self.db.flush_wal(self.setup.has_a_folder()).map_err(|source| self.error(&source))
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
        self.iterator.next();
    }

    /// Visits the row under the cursor and all that follow.
    pub(super) fn visit(mut self, visit: &mut Visit<'_>) -> Result<(), DatabaseError> {
        while let Some(row) = self.iterator.item() {
            if visit(row).is_break() {
                return Ok(());
            }
            self.iterator.next();
        }
        self.iterator.status().map_err(|source| self.database.error(&source))
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

/// What a database is made for.
enum Setup {
    /// To be kept.
    Kept,
    /// To be thrown away after a case. Its files may be in an environment of RocksDB's in memory.
    OfCase { env: Option<Env>, logging: Logging },
}

impl Setup {
    fn options(&self) -> Options {
        let mut options = quiet_options();
        if let Setup::OfCase { env, .. } = self {
            // Whatever is set aside for more writes than a case has costs more than the case: pages of buffers, and of a log that
            // is as long as they are from the start.
            options.set_write_buffer_size(CASE_BUFFER_BYTES);
            options.set_arena_block_size(CASE_ARENA_BYTES);
            options.set_max_total_wal_size(CASE_BUFFER_BYTES as u64);
            options.set_manifest_preallocation_size(CASE_ARENA_BYTES);
            options.set_skip_stats_update_on_db_open(true);
            // By default sixteen threads are started to open the few tables that there are.
            options.set_max_file_opening_threads(1);
            env.iter().for_each(|env| options.set_env(env));
        }
        options
    }

    fn has_a_folder(&self) -> bool {
        !matches!(self, Setup::OfCase { env: Some(_), .. })
    }

    /// Whether what is written is there when it is opened again.
    fn is_logged(&self) -> bool {
        !matches!(self, Setup::OfCase { logging: Logging::Off, .. })
    }
}

/// RocksDB would write a log file of its own into every folder that it opens, also for reading.
fn quiet_options() -> Options {
    let mut options = Options::default();
    options.set_info_logger(rocksdb::InfoLogger::new_callback_logger(LogLevel::Fatal, |_, _| {}));
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_max_open_files(256);
    // The column families come to the disk together: a lost log must not leave the progress of one beside the records of another.
    options.set_atomic_flush(true);
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
    if path.is_dir() {
        files::require_files(path)?;
    }
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
        // The folder's LOCK, or the same one within this process.
        _ if source.as_ref().contains("While lock file") || source.as_ref().starts_with("IO error: lock hold by") => {
            "; another run has it open, wait for that or end it"
        }
        ErrorKind::Corruption => "; the database is damaged, restore a copy or make it again",
        _ => "",
    };
    DatabaseError::RocksDb { path: path.to_owned(), problem: format!("{source}{what_to_do}") }
}
