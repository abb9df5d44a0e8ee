//! A transaction: reads that see its own writes, and writes that wait for the commit.
//!
//! The pending rows are an overlay over the database: a sorted map, which reads merge with what is stored. The commit
//! writes the map as one batch in key order. So a key that is deleted and put again has one row, the last, without
//! extra care.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{Bound, ControlFlow};

use super::error::StoreError;
use super::list::List;
use super::width::MetaWidth;
use crate::database::Database;
use crate::format::{CommitTs, ExpireAtMs};

/// Rows to write, by key: a value, or `None` for a deletion. A key that is deleted and put again has one row, the last.
#[derive(Clone, Default)]
pub(super) struct Changes {
    pub(super) rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) commit_ts: CommitTs,
    /// What becomes of the store's [`DeltaFloors`] with this commit.
    pub(super) delta_floors: DeltaFloors,
    /// The keys that must be as they were read, where anybody asks.
    pub(super) reads: Option<BTreeSet<Vec<u8>>>,
    /// The first expiry among those that it has read, or set, and that have not passed for it.
    pub(super) first_expiry: Option<ExpireAtMs>,
}

/// For user keys whose deltas have all been deleted at some time: the last delta that was. There is none up to it any
/// more, as later ones have later timestamps, so a scan can begin there. It would otherwise step over what RocksDB keeps of
/// every delta that a much-pushed key ever had.
pub(super) type DeltaFloors = HashMap<Vec<u8>, Vec<u8>>;

/// What a scan calls for each key and value.
type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

pub(super) struct Transaction<'a> {
    database: &'a Database,
    pub(super) width: MetaWidth,
    pub(super) now_ms: u64,
    next_seq_in_txn: u32,
    changes: Changes,
    delta_floors: &'a DeltaFloors,
    /// The list that was read last. Nothing else writes meanwhile, so it is as it was until the transaction writes.
    last_read: Option<List>,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(
        database: &'a Database,
        width: MetaWidth,
        now_ms: u64,
        commit_ts: CommitTs,
        delta_floors: &'a DeltaFloors,
    ) -> Transaction<'a> {
        let changes = Changes { commit_ts, ..Changes::default() };
        Transaction { database, width, now_ms, next_seq_in_txn: 0, changes, delta_floors, last_read: None }
    }

    /// The same transaction, which keeps in mind what it has read.
    pub(super) fn noting_reads(mut self) -> Transaction<'a> {
        self.changes.reads = Some(BTreeSet::new());
        self
    }

    /// These keys must be as they were read when the transaction commits.
    pub(super) fn note_reads<I: IntoIterator<Item = Vec<u8>>>(&mut self, keys: impl FnOnce() -> I) {
        if let Some(reads) = &mut self.changes.reads {
            reads.extend(keys());
        }
    }

    /// The transaction has seen or set an expiry that has not passed.
    pub(super) fn note_expiry(&mut self, expire_at: ExpireAtMs) {
        let first = self.changes.first_expiry.map_or(expire_at, |first| first.min(expire_at));
        self.changes.first_expiry = Some(first);
    }

    /// Keeps a list in mind that was read, until something is written.
    pub(super) fn keep_read(&mut self, list: &List) {
        self.last_read = Some(list.clone());
    }

    /// The list of a user key, if it was the last to be read and nothing was written since.
    pub(super) fn last_read(&self, user_key: &[u8]) -> Option<&List> {
        self.last_read.as_ref().filter(|list| list.key.as_bytes() == user_key)
    }

    /// Where a scan for the deltas of a user key, which start with `prefix`, can begin.
    pub(super) fn delta_floor(&self, user_key: &[u8], prefix: &[u8]) -> Vec<u8> {
        self.delta_floors.get(user_key).map_or_else(|| prefix.to_vec(), Vec::clone)
    }

    /// Deletes deltas of a user key: all that it has, up to the last of these.
    pub(super) fn delete_deltas(&mut self, user_key: &[u8], delta_keys: Vec<Vec<u8>>) {
        if let Some(last) = delta_keys.last() {
            self.changes.delta_floors.insert(user_key.to_vec(), last.clone());
        }
        for delta_key in delta_keys {
            self.delete(delta_key);
        }
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }

    pub(super) fn commit_ts(&self) -> CommitTs {
        self.changes.commit_ts
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: impl Into<Vec<u8>>) {
        self.last_read = None;
        self.changes.rows.insert(key, Some(value.into()));
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.last_read = None;
        self.changes.rows.insert(key, None);
    }

    /// The number of the next delta of this transaction.
    pub(super) fn take_seq_in_txn(&mut self) -> u32 {
        self.next_seq_in_txn += 1;
        self.next_seq_in_txn - 1
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.rows.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.database.get(key)?),
        }
    }

    /// Visits the rows from `lower` up to but not with `upper` (`None`: to the end), in key order.
    pub(super) fn scan(&self, lower: &[u8], upper: Option<&[u8]>, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let bounds = (Bound::Included(lower), upper.map_or(Bound::Unbounded, Bound::Excluded));
        let mut pending = self.changes.rows.range::<[u8], _>(bounds).peekable();
        let mut visit_merged = |stored_key: &[u8], stored: &[u8]| {
            // As it is for all that a command reads first.
            if pending.peek().is_none() {
                return visit(stored_key, stored);
            }
            while let Some((key, value)) = pending.next_if(|(key, _)| key.as_slice() < stored_key) {
                value.as_ref().map_or(Ok(()), |value| visit(key, value))?;
            }
            // The transaction has written it anew.
            match pending.next_if(|(key, _)| key.as_slice() == stored_key) {
                Some((key, value)) => value.as_ref().map_or(Ok(()), |value| visit(key, value)),
                None => visit(stored_key, stored),
            }
        };
        let mut visited = Ok(());
        self.database.visit(lower, upper, &mut |(key, value)| {
            visited = visit_merged(key, value);
            if visited.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        visited?;
        pending.try_for_each(|(key, value)| value.as_ref().map_or(Ok(()), |value| visit(key, value)))
    }
}
