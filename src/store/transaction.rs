//! A transaction: reads that see its own writes, and writes that wait for the commit.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{MetaWidth, StoreError};
use crate::database::{Database, Rows};
use crate::format::{CommitTs, ListDelta, list_keys};

/// Rows to write, by key: a value, or `None` for a deletion. A key that is deleted and put again has one row, the last.
pub(super) struct Changes {
    pub(super) rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) commit_ts: CommitTs,
}

/// What a scan calls for each key and value.
type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

pub(super) struct Transaction<'a> {
    database: &'a Database,
    pub(super) width: MetaWidth,
    pub(super) now_ms: u64,
    next_seq_in_txn: u32,
    changes: Changes,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(database: &'a Database, width: MetaWidth, now_ms: u64, commit_ts: CommitTs) -> Transaction<'a> {
        let changes = Changes { rows: BTreeMap::new(), commit_ts };
        Transaction { database, width, now_ms, next_seq_in_txn: 0, changes }
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }

    pub(super) fn commit_ts(&self) -> CommitTs {
        self.changes.commit_ts
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: impl Into<Vec<u8>>) {
        self.changes.rows.insert(key, Some(value.into()));
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.changes.rows.insert(key, None);
    }

    /// Puts a delta under this transaction's timestamp and its next number.
    pub(super) fn put_delta(&mut self, user_key: &[u8], delta: ListDelta) -> Vec<u8> {
        let key = list_keys::delta_key(user_key, self.commit_ts(), self.next_seq_in_txn);
        self.next_seq_in_txn += 1;
        self.put(key.clone(), delta.to_bytes());
        key
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.rows.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.database.get(key)?),
        }
    }

    /// Visits the rows from `lower` up to but not with `upper` (`None`: to the end), in key order.
    pub(super) fn scan(&self, lower: &[u8], upper: Option<&[u8]>, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut stored = self.database.rows(lower, upper);
        let bounds = (Bound::Included(lower), upper.map_or(Bound::Unbounded, Bound::Excluded));
        for (key, value) in self.changes.rows.range::<[u8], _>(bounds) {
            visit_stored_before(&mut stored, key, visit)?;
            if let Some(value) = value {
                visit(key, value)?;
            }
        }
        while let Some((key, value)) = stored.current()? {
            visit(key, value)?;
            stored.step();
        }
        Ok(())
    }
}

/// Visits the stored rows before `key`, and passes over the one at `key`, which the transaction has written anew.
fn visit_stored_before(stored: &mut Rows<'_>, key: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
    while let Some((stored_key, value)) = stored.current()? {
        if stored_key > key {
            break;
        }
        if stored_key < key {
            visit(stored_key, value)?;
        }
        stored.step();
    }
    Ok(())
}
