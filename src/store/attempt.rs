//! One attempt of a transaction to commit, and the test that it has to pass.
//!
//! A transaction reads one snapshot. When it is applied, under one lock, these are asked in turn:
//!
//! 1. Is it there already? Each mutated key has a version at exactly its commit, or it has gone out before, and the smallest
//!    mutated key has a version at exactly the commit of then. Then nothing is written.
//! 2. Has a mutated key a version that was applied since its snapshot, a tombstone included? Then it conflicts.
//! 3. Has a key that it has read such a version? Then it conflicts.
//!
//! "Since" goes by the order in which versions are applied, not by their commit timestamps: one that was drawn early may be
//! applied late.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::format::CommitTs;

/// What the test of an attempt goes by.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// The commands' names; `compaction` for one of the store's own.
    pub names: Vec<&'static str>,
    /// The user keys of the commands, in the order of their words; empty where no screen asks.
    pub user_keys: Vec<Vec<u8>>,
    /// The last commit that its snapshot shows.
    pub start: CommitTs,
    /// The commit that its versions get.
    pub commit_ts: CommitTs,
    /// The commit under which it has gone out before.
    pub former: Option<CommitTs>,
    /// The keys that it writes or deletes, as the test knows them. What is written does not change with them.
    pub mutated: BTreeSet<Vec<u8>>,
    /// The keys that it has read and that must be as they were.
    pub read: BTreeSet<Vec<u8>>,
    /// The versions that were applied since its snapshot, in that order.
    pub since: Vec<Version>,
}

/// A version of a key that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The logical key.
    pub key: Vec<u8>,
    /// Its commit.
    pub commit_ts: CommitTs,
}

/// What every attempt passes before it is tested. It may look at the attempt, and change it.
pub type Screen = Arc<dyn Fn(&mut Attempt) + Send + Sync>;

/// What comes of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be applied.
    Free,
    /// It has been applied before.
    Done,
    /// This key has changed since its snapshot.
    Conflict(Vec<u8>),
}

impl Attempt {
    pub(super) fn verdict(&self) -> Verdict {
        let has_version = |key: &[u8], at| self.since.iter().any(|found| found.key == key && found.commit_ts == at);
        let is_there = !self.mutated.is_empty() && self.mutated.iter().all(|key| has_version(key, self.commit_ts));
        let is_there_before =
            self.former.zip(self.mutated.first()).is_some_and(|(former, smallest)| has_version(smallest, former));
        if is_there || is_there_before {
            return Verdict::Done;
        }
        let changed = |keys: &BTreeSet<Vec<u8>>| self.since.iter().find(|found| keys.contains(&found.key)).cloned();
        match changed(&self.mutated).or_else(|| changed(&self.read)) {
            Some(found) => Verdict::Conflict(found.key),
            None => Verdict::Free,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> BTreeSet<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    fn attempt(mutated: &[&str], read: &[&str], since: &[(&str, u64)]) -> Attempt {
        let since = since.iter().map(|(key, at)| Version { key: key.as_bytes().to_vec(), commit_ts: CommitTs(*at) });
        let (start, commit_ts) = (CommitTs(10), CommitTs(12));
        let (mutated, read) = (keys(mutated), keys(read));
        Attempt { start, commit_ts, mutated, read, since: since.collect(), ..Attempt::default() }
    }

    #[test]
    fn whatever_was_applied_since_conflicts_whenever_its_commit_was_drawn() {
        assert_eq!(attempt(&["a"], &["b"], &[("c", 13)]).verdict(), Verdict::Free);
        for at in [9, 11, 13] {
            assert_eq!(attempt(&["a"], &["b"], &[("b", at)]).verdict(), Verdict::Conflict(b"b".to_vec()));
            assert_eq!(attempt(&["a"], &["b"], &[("a", at)]).verdict(), Verdict::Conflict(b"a".to_vec()));
        }
        assert_eq!(attempt(&["a"], &["b"], &[("b", 11), ("a", 13)]).verdict(), Verdict::Conflict(b"a".to_vec()));
    }

    #[test]
    fn what_is_there_already_is_done() {
        assert_eq!(attempt(&["a", "b"], &[], &[("a", 12), ("b", 12)]).verdict(), Verdict::Done);
        assert_eq!(attempt(&["a", "b"], &[], &[("a", 12)]).verdict(), Verdict::Conflict(b"a".to_vec()));
        assert_eq!(attempt(&[], &["a"], &[("b", 12)]).verdict(), Verdict::Free);
        let again = |since| Attempt { former: Some(CommitTs(11)), ..attempt(&["a", "b"], &[], since) };
        assert_eq!(again(&[("a", 11), ("b", 11)]).verdict(), Verdict::Done);
        assert_eq!(again(&[("b", 11)]).verdict(), Verdict::Conflict(b"b".to_vec()));
        assert_eq!(again(&[]).verdict(), Verdict::Free);
    }
}
