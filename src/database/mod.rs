//! The records of a store: read in key order, written in atomic batches, kept by RocksDB or in memory.
//!
//! A database on disk is RocksDB's (`rocks`). One in memory (`memory`) behaves alike for as long as the process lives,
//! costs no files, and can be forked: for cases that are tiny and many, and for builds without the feature `rocksdb`.
//!
//! Beside its records a database keeps the last reading of the commit clock, one on disk how much it holds, and, if it keeps
//! history, every version that a commit has written, as an MVCC row of a snapshot file has it ([`crate::format::snapshot`]),
//! tombstones included. Nothing is ever deleted there.

mod batch;
mod choice;
mod error;
#[cfg(feature = "rocksdb")]
mod files;
#[cfg(any(feature = "rocksdb", test))]
mod log_frames;
mod memory;
#[cfg(feature = "rocksdb")]
mod rocks;
#[cfg(not(feature = "rocksdb"))]
#[path = "no_rocks.rs"]
mod rocks;
#[cfg(feature = "rocksdb")]
mod tally;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use batch::{Batch, Change, Gate, Row, Visit, Watch};
pub use choice::{Engine, Files, History, Logging};
pub use error::DatabaseError;

use crate::format::CommitTs;
use batch::Changes;
use memory::{Cursor, Memory};
use rocks::{RocksCursor, RocksDb, RocksSnapshot};

/// An open database.
pub struct Database {
    kept: Kept,
    path: PathBuf,
    gate: Option<Gate>,
    watch: Option<Watch>,
}

enum Kept {
    RocksDb(RocksDb),
    Memory(Memory),
}

impl Database {
    /// Makes a new database in a folder that is absent or empty.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn create(path: &Path, history: History) -> Result<Database, DatabaseError> {
        Ok(Database::over(Kept::RocksDb(RocksDb::create(path, history)?), path))
    }

    /// Makes a new database for a case that nobody keeps: one with small buffers, which is quickly made and thrown away, and
    /// otherwise like any other. With [`Files::InMemory`] its folder is empty.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn create_for_case(
        path: &Path,
        history: History,
        files: Files,
        logging: Logging,
    ) -> Result<Database, DatabaseError> {
        Ok(Database::over(Kept::RocksDb(RocksDb::create_for_case(path, history, files, logging)?), path))
    }

    /// Closes a database, and opens it from what is left: from its files, or if it is in memory, itself. Gate and watch are gone.
    ///
    /// # Errors
    ///
    /// As [`Database::open`].
    pub fn opened_again(self) -> Result<Database, DatabaseError> {
        let kept = match self.kept {
            Kept::RocksDb(rocks) => Kept::RocksDb(rocks.opened_again()?),
            Kept::Memory(memory) => Kept::Memory(memory),
        };
        Ok(Database::over(kept, &self.path))
    }

    /// Opens a database that [`Database::create`] made, for reading and writing.
    ///
    /// # Errors
    ///
    /// No database there, or what RocksDB says.
    pub fn open(path: &Path) -> Result<Database, DatabaseError> {
        Ok(Database::over(Kept::RocksDb(RocksDb::open(path)?), path))
    }

    /// Opens any database for reading; nothing in its folder changes. The clock may be missing. What of its files is left
    /// out, [`Database::warnings`] says.
    ///
    /// # Errors
    ///
    /// No database there, a log that no crash leaves so, or what RocksDB says.
    pub fn open_read_only(path: &Path) -> Result<Database, DatabaseError> {
        Ok(Database::over(Kept::RocksDb(RocksDb::open_read_only(path)?), path))
    }

    /// Makes a new database in memory.
    pub fn in_memory(history: History) -> Database {
        Database::over(Kept::Memory(Memory::new(history)), Path::new("(memory)"))
    }

    fn over(kept: Kept, path: &Path) -> Database {
        Database { kept, path: path.to_owned(), gate: None, watch: None }
    }

    /// The same database, with a gate that every batch passes from now on.
    #[must_use]
    pub fn with_gate(self, gate: Gate) -> Database {
        Database { gate: Some(gate), ..self }
    }

    /// The same database, watched from now on.
    #[must_use]
    pub fn watched(self, watch: Watch) -> Database {
        Database { watch: Some(watch), ..self }
    }

    /// Another database with the same records, which goes its own way from here; only one in memory has that.
    pub fn fork(&self) -> Option<Database> {
        match &self.kept {
            Kept::RocksDb(_) => None,
            Kept::Memory(memory) => {
                let (kept, path) = (Kept::Memory(memory.fork()), self.path.clone());
                Some(Database { kept, path, gate: self.gate.clone(), watch: self.watch.clone() })
            }
        }
    }

    /// Whether every version of its records is kept.
    pub fn keeps_history(&self) -> bool {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.keeps_history(),
            Kept::Memory(memory) => memory.keeps_history(),
        }
    }

    /// What of its files is left out, a sentence each: the end of a log that is not whole, a table that no version has; and what
    /// it lacks of what it says that it holds.
    pub fn warnings(&self) -> &[String] {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.warnings(),
            Kept::Memory(_) => &[],
        }
    }

    /// Whether its write-ahead log is gone, with the last that was written, perhaps.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read.
    pub fn lacks_log(&self) -> Result<bool, DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.lacks_log(),
            Kept::Memory(_) => Ok(false),
        }
    }

    /// The folder that was opened; a word in brackets for one in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a key.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.get(key),
            Kept::Memory(memory) => Ok(memory.get(key)),
        }
    }

    /// The rows from `lower` up to but not with `upper` (`None`: to the end), in key order.
    pub fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Rows<'_> {
        match &self.kept {
            Kept::RocksDb(rocks) => Rows::RocksDb(rocks.rows(lower, upper)),
            Kept::Memory(memory) => Rows::Memory(memory.rows(lower, upper)),
        }
    }

    /// Visits the rows from `lower` up to but not with `upper` (`None`: to the end), in key order.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn visit(&self, lower: &[u8], upper: Option<&[u8]>, visit: &mut Visit<'_>) -> Result<(), DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.rows(lower, upper).visit(visit),
            Kept::Memory(memory) => {
                memory.visit(lower, upper, visit);
                Ok(())
            }
        }
    }

    /// The versions whose raw keys are from `lower` up to but not with `upper` (`None`: to the end), as MVCC rows in the
    /// order of their raw keys; none in a database that keeps no history.
    pub fn history_rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Rows<'_> {
        match &self.kept {
            Kept::RocksDb(rocks) => Rows::RocksDb(rocks.history_rows(lower, upper)),
            Kept::Memory(memory) => Rows::Memory(memory.history_rows(lower, upper)),
        }
    }

    /// A view of the database as it is now, whatever is written later.
    pub fn snapshot(&self) -> DatabaseSnapshot<'_> {
        match &self.kept {
            Kept::RocksDb(rocks) => DatabaseSnapshot(View::RocksDb(rocks.snapshot())),
            Kept::Memory(memory) => DatabaseSnapshot(View::Memory(memory.fork())),
        }
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
        self.commit_at(changes, (clock, clock), None)
    }

    /// As [`Database::commit`], with the commit that the versions get beside the clock's reading: a commit that was drawn early
    /// may be applied when the clock is further. With `progress`, by which whoever writes the database knows how far it came, the
    /// batch has that too, and is on the disk when this returns.
    ///
    /// # Errors
    ///
    /// As [`Database::commit`].
    pub fn commit_at<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        times: (CommitTs, CommitTs),
        progress: Option<&[u8]>,
    ) -> Result<(), DatabaseError> {
        let Some(gate) = &self.gate else { return self.write(&mut changes.into_iter(), times, progress) };
        let owned = changes.into_iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
        let mut batch: Batch = owned.collect();
        gate(times.0, &mut batch);
        let mut changes = batch.iter().map(|(key, value)| (key.as_slice(), value.as_deref()));
        self.write(&mut changes, times, progress)
    }

    fn write(
        &self,
        changes: &mut Changes<'_, '_>,
        times: (CommitTs, CommitTs),
        progress: Option<&[u8]>,
    ) -> Result<(), DatabaseError> {
        let Some(watch) = &self.watch else { return self.write_unwatched(changes, times, progress) };
        let changes: Vec<Change<'_>> = changes.collect();
        self.write_unwatched(&mut changes.iter().copied(), times, progress)?;
        watch(times.0, &changes);
        Ok(())
    }

    fn write_unwatched(
        &self,
        changes: &mut Changes<'_, '_>,
        times: (CommitTs, CommitTs),
        progress: Option<&[u8]>,
    ) -> Result<(), DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.commit(changes, times, progress),
            Kept::Memory(memory) => {
                memory.commit(changes, times, progress);
                Ok(())
            }
        }
    }

    /// The progress of the last batch that had one.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn progress(&self) -> Result<Option<Vec<u8>>, DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.progress(),
            Kept::Memory(memory) => Ok(memory.progress()),
        }
    }

    /// The last reading of the commit clock; `None` in a database that keeps none.
    ///
    /// # Errors
    ///
    /// What RocksDB says, or a malformed record.
    pub fn clock(&self) -> Result<Option<CommitTs>, DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.clock(),
            Kept::Memory(memory) => Ok(memory.clock()),
        }
    }

    /// Moves everything from the log into sorted files and syncs it: a reader need not replay the log in memory, and
    /// the manifest vouches for every file that matters, which it does not for the log. The database says from then on how much
    /// it holds, until the next commit.
    ///
    /// # Errors
    ///
    /// What RocksDB says.
    pub fn flush(&self) -> Result<(), DatabaseError> {
        match &self.kept {
            Kept::RocksDb(rocks) => rocks.flush(),
            Kept::Memory(_) => Ok(()),
        }
    }
}

/// A consistent view of a [`Database`].
pub struct DatabaseSnapshot<'a>(View<'a>);

enum View<'a> {
    RocksDb(RocksSnapshot<'a>),
    Memory(Memory),
}

impl DatabaseSnapshot<'_> {
    /// As [`Database::rows`].
    pub fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Rows<'_> {
        match &self.0 {
            View::RocksDb(snapshot) => Rows::RocksDb(snapshot.rows(lower, upper)),
            View::Memory(memory) => Rows::Memory(memory.rows(lower, upper)),
        }
    }

    /// As [`Database::visit`].
    ///
    /// # Errors
    ///
    /// As [`Database::visit`].
    pub fn visit(&self, lower: &[u8], upper: Option<&[u8]>, visit: &mut Visit<'_>) -> Result<(), DatabaseError> {
        match &self.0 {
            View::RocksDb(snapshot) => snapshot.rows(lower, upper).visit(visit),
            View::Memory(memory) => {
                memory.visit(lower, upper, visit);
                Ok(())
            }
        }
    }
}

/// A cursor over rows in key order.
#[expect(missing_docs, reason = "one for each engine")]
pub enum Rows<'a> {
    RocksDb(RocksCursor<'a>),
    Memory(Cursor),
}

impl Rows<'_> {
    /// The key and value under the cursor, or `None` at the end.
    ///
    /// # Errors
    ///
    /// What RocksDB says, such as a block whose checksum is wrong.
    pub fn current(&self) -> Result<Option<Row<'_>>, DatabaseError> {
        match self {
            Rows::RocksDb(cursor) => cursor.current(),
            Rows::Memory(cursor) => Ok(cursor.current()),
        }
    }

    /// Moves to the next row; at the end it stays there.
    pub fn step(&mut self) {
        match self {
            Rows::RocksDb(cursor) => cursor.step(),
            Rows::Memory(cursor) => cursor.step(),
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
