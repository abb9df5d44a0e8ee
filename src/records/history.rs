//! A database's records as of an earlier commit, out of the versions that it keeps.

use super::newest::Newest;
use super::source::{Namespace, RecordSource, SourceError, StoredRecord, Visit};
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
}

impl RecordSource for HistoryView<'_> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        let mut newest = Newest::at(self.at);
        for prefix in namespace.prefixes() {
            let mut rows = self.database.history_rows(prefix, end_of_prefix(prefix).as_deref());
            while let Some((raw_key, raw_value)) = rows.current()? {
                let corrupt = |problem: &dyn std::fmt::Display| {
                    let (path, key) = (self.database.path().display(), key_text::quoted(raw_key));
                    SourceError(format!("database {path}: history row {key}: {problem}; the database is corrupt"))
                };
                let row = classify_row(raw_key, raw_value).map_err(|fault| corrupt(&fault))?;
                let Row::Version { key, commit_ts, value } = row else {
                    return Err(corrupt(&"it is not a version"));
                };
                let is_state =
                    newest.is_state(raw_key, key.len(), commit_ts).map_err(|_| corrupt(&"it is out of order"))?;
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
