//! Snapshot files, written.

use std::collections::BTreeMap;
use std::io::Write;

use super::extras::{Extras, add_noise, add_raw_rows, free_start};
use super::lag::Lag;
use crate::database::{Database, DatabaseError, Rows, end_of_prefix};
use crate::format::CommitTs;
use crate::format::snapshot::{Framing, Row, bare_header, classify_row, write_row};
use crate::records::Newest;

/// Bytes to gather before they are written.
const CHUNK_BYTES: usize = 1 << 16;

/// Which versions a snapshot keeps, of those up to its last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The newest of each key, and no tombstones: one version of each record.
    Latest,
    /// All of them, tombstones included.
    All,
    /// All of the last so many milliseconds, and what was the state then: what a live engine keeps.
    WindowMs(u64),
}

/// How a snapshot file is made, beside what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotShape {
    /// What is around the rows.
    pub framing: Framing,
    /// Whether it holds rows of the engine's own.
    pub raw_rows: bool,
    /// Whether it holds rows of other types.
    pub noise: bool,
}

impl SnapshotShape {
    /// Nothing but lists.
    pub const BARE: SnapshotShape = SnapshotShape { framing: Framing::Bare, raw_rows: false, noise: false };
}

/// Why a snapshot could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database could not be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The output failed.
    #[error("{0}")]
    Output(std::io::Error),
    /// The database has no versions to write.
    #[error("{path} keeps no history, only its present state; make it with `apply --history`")]
    NoHistory {
        /// The database.
        path: String,
    },
    /// The commit is not there yet.
    #[error("commit {at} is after the last one of {path}, {last}; name an earlier one")]
    AfterLast {
        /// The database.
        path: String,
        /// The commit asked for.
        at: u64,
        /// The last commit.
        last: u64,
    },
    /// A history row that is no version.
    #[error("{path}: {problem}; the database is corrupt")]
    Corrupt {
        /// The database.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

/// A snapshot file under construction. Its rows must come in the order of their raw keys.
pub struct SnapshotWriter<W> {
    out: W,
    framing: Framing,
    crc: u32,
    pending: Vec<u8>,
    previous_key: Vec<u8>,
    rows: u64,
}

impl<W: Write> SnapshotWriter<W> {
    /// Begins a file whose last commit is `last_commit_ts`.
    pub fn new(out: W, framing: Framing, last_commit_ts: CommitTs) -> SnapshotWriter<W> {
        let mut pending = framing.outer_header(last_commit_ts.unix_ms(), last_commit_ts.0);
        pending.extend_from_slice(&bare_header(last_commit_ts));
        SnapshotWriter { out, framing, crc: 0, pending, previous_key: Vec::new(), rows: 0 }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// What the output says.
    pub fn row(&mut self, raw_key: &[u8], raw_value: &[u8]) -> std::io::Result<()> {
        assert!(self.rows == 0 || raw_key > self.previous_key.as_slice(), "rows ascend by their raw keys");
        self.previous_key.clear();
        self.previous_key.extend_from_slice(raw_key);
        self.rows += 1;
        write_row(raw_key, raw_value, &mut self.pending);
        if self.pending.len() >= CHUNK_BYTES { self.write_pending() } else { Ok(()) }
    }

    /// Ends the file with its checksum, if its framing has one, and gives the number of rows.
    ///
    /// # Errors
    ///
    /// What the output says.
    pub fn finish(mut self) -> std::io::Result<u64> {
        self.write_pending()?;
        if self.framing.has_footer() {
            self.out.write_all(&self.crc.to_be_bytes())?;
        }
        self.out.flush()?;
        Ok(self.rows)
    }

    fn write_pending(&mut self) -> std::io::Result<()> {
        self.crc = crc32c::crc32c_append(self.crc, &self.pending);
        self.out.write_all(&self.pending)?;
        self.pending.clear();
        Ok(())
    }
}

/// Rows of lists and others, merged.
struct Merged<W> {
    writer: SnapshotWriter<W>,
    extras: Extras,
}

impl<W: Write> Merged<W> {
    /// Begins a file; `is_taken` says whether there is a record whose key starts with these bytes.
    fn new(
        out: W,
        shape: SnapshotShape,
        at: CommitTs,
        kept: Kept,
        is_taken: impl FnMut(&[u8]) -> Result<bool, WriteError>,
    ) -> Result<Merged<W>, WriteError> {
        let mut extras = Extras::new();
        if shape.raw_rows {
            add_raw_rows(at, kept.cut(at).unwrap_or(CommitTs(1)), &mut extras);
        }
        if shape.noise {
            add_noise(at, &free_start(is_taken)?, &mut extras);
        }
        Ok(Merged { writer: SnapshotWriter::new(out, shape.framing, at), extras })
    }

    fn row(&mut self, raw_key: &[u8], raw_value: &[u8]) -> Result<(), WriteError> {
        while let Some(entry) = self.extras.first_entry().filter(|entry| entry.key().as_slice() < raw_key) {
            let (extra_key, extra_value) = entry.remove_entry();
            self.writer.row(&extra_key, &extra_value).map_err(WriteError::Output)?;
        }
        self.writer.row(raw_key, raw_value).map_err(WriteError::Output)
    }

    fn finish(mut self) -> Result<u64, WriteError> {
        for (extra_key, extra_value) in std::mem::take(&mut self.extras) {
            self.writer.row(&extra_key, &extra_value).map_err(WriteError::Output)?;
        }
        self.writer.finish().map_err(WriteError::Output)
    }
}

impl Kept {
    /// The commit from which on every version is kept; `None` when all are.
    fn cut(self, at: CommitTs) -> Option<CommitTs> {
        match self {
            Kept::Latest => Some(at),
            Kept::All => None,
            Kept::WindowMs(window_ms) => Some(CommitTs::at_ms(at.unix_ms().saturating_sub(window_ms)).min(at)),
        }
    }
}

/// Writes records as a snapshot in which each has the one version `at`; gives the number of rows.
///
/// # Errors
///
/// What the output says.
pub fn write_records<W: Write>(
    records: &BTreeMap<Vec<u8>, Vec<u8>>,
    at: CommitTs,
    shape: SnapshotShape,
    out: W,
) -> Result<u64, WriteError> {
    let starts = |start: &[u8]| records.range(start.to_vec()..).next().is_some_and(|(key, _)| key.starts_with(start));
    let mut merged = Merged::new(out, shape, at, Kept::Latest, |start| Ok(starts(start)))?;
    let mut lag = Lag::new(at);
    for (key, value) in records {
        push_lagging(&mut lag, key, value, &mut merged)?;
    }
    finish_lagging(lag, merged)
}

/// Writes a database's versions, or its present state where that is all that is wanted; gives the number of rows. `at` is
/// the last commit of the snapshot, by default that of the database.
///
/// # Errors
///
/// The database has not what is asked for or cannot be read, or the output fails.
pub fn write_snapshot<W: Write>(
    database: &Database,
    at: Option<CommitTs>,
    kept: Kept,
    shape: SnapshotShape,
    out: W,
) -> Result<u64, WriteError> {
    let path = || format!("database {}", database.path().display());
    let last = database.clock()?.unwrap_or_default();
    let at = at.unwrap_or(last);
    if at > last {
        return Err(WriteError::AfterLast { path: path(), at: at.0, last: last.0 });
    }
    let is_taken = |start: &[u8]| {
        let end = end_of_prefix(start);
        let (present, past) = (database.rows(start, end.as_deref()), database.history_rows(start, end.as_deref()));
        Ok(present.current()?.is_some() || past.current()?.is_some())
    };
    if database.keeps_history() {
        return write_versions(database, at, kept, Merged::new(out, shape, at, kept, is_taken)?);
    }
    if at < last || kept != Kept::Latest {
        return Err(WriteError::NoHistory { path: path() });
    }
    let mut merged = Merged::new(out, shape, at, kept, is_taken)?;
    let mut lag = Lag::new(at);
    let snapshot = database.snapshot();
    let mut rows: Rows<'_> = snapshot.rows(b"", None);
    while let Some((key, value)) = rows.current()? {
        push_lagging(&mut lag, key, value, &mut merged)?;
        rows.step();
    }
    finish_lagging(lag, merged)
}

fn push_lagging<W: Write>(lag: &mut Lag, key: &[u8], value: &[u8], merged: &mut Merged<W>) -> Result<(), WriteError> {
    while let Some((raw_key, raw_value)) = lag.pop_before(Some(key)) {
        merged.row(&raw_key, &raw_value)?;
    }
    lag.push(key, value);
    Ok(())
}

fn finish_lagging<W: Write>(mut lag: Lag, mut merged: Merged<W>) -> Result<u64, WriteError> {
    while let Some((raw_key, raw_value)) = lag.pop_before(None) {
        merged.row(&raw_key, &raw_value)?;
    }
    merged.finish()
}

fn write_versions<W: Write>(
    database: &Database,
    at: CommitTs,
    kept: Kept,
    mut merged: Merged<W>,
) -> Result<u64, WriteError> {
    let corrupt = |problem: String| WriteError::Corrupt { path: database.path().display().to_string(), problem };
    let cut = kept.cut(at).unwrap_or_default();
    let mut newest = Newest::at(cut);
    let mut rows = database.history_rows(b"", None);
    while let Some((raw_key, raw_value)) = rows.current()? {
        let row = classify_row(raw_key, raw_value).map_err(|fault| corrupt(fault.to_string()))?;
        let Row::Version { key, commit_ts, value } = row else {
            return Err(corrupt("its history holds a row that is no version".to_owned()));
        };
        let is_state = newest
            .is_state(raw_key, key.len(), commit_ts)
            .map_err(|_| corrupt("its history is out of order".to_owned()))?;
        let is_kept = match commit_ts > cut {
            true => commit_ts <= at,
            // Below the cut there is only what was the state then, and a tombstone there hides nothing.
            false => is_state && value.is_some(),
        };
        if is_kept {
            merged.row(raw_key, raw_value)?;
        }
        rows.step();
    }
    merged.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::History;
    use crate::format::list::ITEM_PREFIX;
    use crate::format::snapshot::{mvcc_key, mvcc_value};

    const FIRST: CommitTs = CommitTs(5);
    const LAST: CommitTs = CommitTs(7);

    /// A database with one record, which another has been deleted from.
    fn database(history: History, deleted: &[u8], kept: &[u8]) -> Database {
        let database = Database::in_memory(history);
        database.commit([(deleted, Some(b"1".as_slice())), (kept, Some(b"2".as_slice()))], FIRST).expect("a commit");
        database.commit([(deleted, None)], LAST).expect("a commit");
        database
    }

    #[test]
    fn without_history_there_is_only_the_present() {
        let database = database(History::Dropped, b"a", b"b");
        let write = |at: Option<CommitTs>, kept| write_snapshot(&database, at, kept, SnapshotShape::BARE, Vec::new());
        for at in [None, Some(LAST)] {
            assert_eq!(write(at, Kept::Latest).expect("the present"), 1);
        }
        for (at, kept) in [(Some(FIRST), Kept::Latest), (None, Kept::All), (Some(LAST), Kept::WindowMs(1))] {
            let error = write(at, kept).expect_err("no versions");
            assert!(matches!(error, WriteError::NoHistory { .. }), "{at:?} {kept:?}: {error}");
        }
        let error = write(Some(CommitTs(8)), Kept::Latest).expect_err("not there yet");
        assert!(matches!(error, WriteError::AfterLast { at: 8, last: 7, .. }), "{error}");
    }

    #[test]
    fn noise_keeps_away_from_keys_like_it_present_or_past() {
        let like_noise = [ITEM_PREFIX, b"ekv-roundtrip:noise:0:k"].concat();
        let shape = SnapshotShape { noise: true, ..SnapshotShape::BARE };
        for (history, deleted, kept) in [
            (History::Dropped, b"a".as_slice(), like_noise.as_slice()),
            (History::Kept, b"a", &like_noise),
            (History::Kept, &like_noise, b"a"),
        ] {
            let mut out = Vec::new();
            let database = database(history, deleted, kept);
            let kept = if database.keeps_history() { Kept::All } else { Kept::Latest };
            write_snapshot(&database, None, kept, shape, &mut out).expect("a snapshot");
            let rows_with = |part: &[u8]| out.windows(part.len()).filter(|window| *window == part).count();
            assert!(rows_with(b"noise:0:") <= 2, "only the versions of the key itself");
            assert!(rows_with(b"noise:1:") > 2);
        }
    }

    #[test]
    fn records_are_written_and_counted() {
        let records = BTreeMap::from([(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2".to_vec())]);
        let mut out = Vec::new();
        assert_eq!(write_records(&records, LAST, SnapshotShape::BARE, &mut out).expect("a snapshot"), 2);
        let mut expected = bare_header(LAST).to_vec();
        for (key, value) in &records {
            let (raw_key, raw_value) = (mvcc_key(key, LAST), mvcc_value(Some(value)));
            write_row(&raw_key, &raw_value, &mut expected);
        }
        assert_eq!(out, expected);
    }
}
