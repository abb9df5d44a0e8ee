//! What a transaction is about to write, and answer.

use std::collections::BTreeSet;

use super::answer::Answer;
use super::transaction::{Changes, Transaction};
use crate::format::CommitTs;

/// What a transaction is about to write, and answer.
#[derive(Clone, Default)]
pub struct Planned {
    pub(super) changes: Changes,
    pub(super) answers: Vec<Answer>,
    pub(super) names: Vec<&'static str>,
    /// The keys that the commands name, where a screen asks for them.
    pub(super) user_keys: Vec<Vec<u8>>,
    /// The commit of the versions, if it is not the one that the commands have seen: one that went out a second time.
    pub(super) version_ts: Option<CommitTs>,
    /// The keys that others are told of, if they are not those of the rows.
    pub(super) noted: Option<BTreeSet<Vec<u8>>>,
}

impl Planned {
    /// What a transaction of the store's own writes.
    pub(super) fn writing(transaction: Transaction<'_>) -> Planned {
        let names = vec!["compaction"];
        Planned { changes: transaction.into_changes(), names, ..Planned::default() }
    }

    /// The commit of the versions.
    pub(super) fn version_ts(&self) -> CommitTs {
        self.version_ts.unwrap_or(self.changes.commit_ts)
    }

    /// The commit that its deltas name.
    pub fn delta_ts(&self) -> CommitTs {
        self.changes.commit_ts
    }

    /// Whether it writes anything.
    pub fn is_empty(&self) -> bool {
        self.changes.rows.is_empty()
    }

    /// One for each request.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }
}
