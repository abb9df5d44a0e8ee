//! A list as a transaction has read it.

use crate::command::UserKey;
use crate::format::{CommitTs, ExpireAtMs, ListMeta};

/// A list as its records say, seen by one transaction.
#[derive(Clone)]
pub(in crate::store) struct List {
    pub(in crate::store) key: UserKey,
    pub(in crate::store) base: Option<ListMeta>,
    /// Its deltas by what tells them apart, in the order of their keys. There can be a thousand, and every command reads them.
    pub(in crate::store) deltas: Vec<DeltaId>,
    /// Of the resolved meta.
    pub(in crate::store) head: i64,
    /// Of the resolved meta, 0 or more.
    pub(in crate::store) len: i64,
    /// What a long base meta says, or else the TTL record.
    pub(in crate::store) expire_at: Option<ExpireAtMs>,
}

/// What tells the deltas of a list apart: the commit, and the number within it.
pub(in crate::store) type DeltaId = (CommitTs, u32);

impl List {
    pub(in crate::store) fn tail(&self) -> i64 {
        self.head + self.len
    }

    /// The length as a number of items.
    pub(in crate::store) fn count(&self) -> u64 {
        self.len.unsigned_abs()
    }

    pub(super) fn is_alive(&self, now_ms: u64) -> bool {
        self.len > 0 && self.expire_at.is_none_or(|expire_at| !expire_at.is_past(now_ms))
    }

    pub(super) fn user_key(&self) -> &[u8] {
        self.key.as_bytes()
    }
}
