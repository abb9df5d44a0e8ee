//! A database's records as of an earlier commit, out of the versions that it keeps.

use super::newest::Newest;
use super::source::{Namespace, RecordSource, SourceError, StoredRecord, Visit};
use super::versions::{StoredVersion, VersionSource};
use crate::database::{Database, end_of_prefix};
use crate::format::snapshot::{Row, classify_row};
use crate::format::{CommitTs, key_text};

/// The records of a database that keeps history, as they were when `at` had been committed.
pub struct HistoryView<'a> {
    database: &'a Database,
    at: CommitTs,
}

impl<'a> HistoryView<'a> {
    /// A view as of a commit. The database must keep history; in one that does not, the view is empty.
    pub fn new(database: &'a Database, at: CommitTs) -> HistoryView<'a> {
        HistoryView { database, at }
    }

    fn version<'b>(&self, raw_key: &'b [u8], raw_value: &'b [u8]) -> Result<StoredVersion<'b>, SourceError> {
        match classify_row(raw_key, raw_value).map_err(|fault| self.corrupt(raw_key, &fault))? {
            Row::Version { key, commit_ts, value } => Ok(StoredVersion { key, commit_ts, value }),
            Row::Raw { .. } => Err(self.corrupt(raw_key, &"it is not a version")),
        }
    }

    fn corrupt(&self, raw_key: &[u8], problem: &dyn std::fmt::Display) -> SourceError {
        let (path, key) = (self.database.path().display(), key_text::quoted(raw_key));
        SourceError(format!("database {path}: history row {key}: {problem}; the database is corrupt"))
    }
}

impl VersionSource for HistoryView<'_> {
    fn scan_versions(&self, visit: &mut dyn FnMut(StoredVersion<'_>)) -> Result<(), SourceError> {
        let mut rows = self.database.history_rows(b"", None);
        while let Some((raw_key, raw_value)) = rows.current()? {
            let version = self.version(raw_key, raw_value)?;
            if version.commit_ts <= self.at {
                visit(version);
            }
            rows.step();
        }
        Ok(())
    }
}

impl RecordSource for HistoryView<'_> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let mut newest = Newest::at(self.at);
        for prefix in namespace.prefixes() {
            let mut rows = self.database.history_rows(prefix, end_of_prefix(prefix).as_deref());
            while let Some((raw_key, raw_value)) = rows.current()? {
                let StoredVersion { key, commit_ts, value } = self.version(raw_key, raw_value)?;
                let is_state = newest
                    .is_state(raw_key, key.len(), commit_ts)
                    .map_err(|_| self.corrupt(raw_key, &"it is out of order"))?;
                if let (true, Some(value)) = (is_state, value)
                    && namespace.holds(key)
                    && visit(StoredRecord { key, stored_key: raw_key, value }).is_break()
                {
                    return Ok(());
                }
                rows.step();
            }
        }
        Ok(())
    }
}
