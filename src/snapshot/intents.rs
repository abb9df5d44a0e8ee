//! What a snapshot file holds of transactions that commit in two phases, and which of their values count.
//!
//! ```text
//! the file has of an intent's (primary, startTS)     the intent is
//! a commit record, at or before the moment           the value of its key at the commit that the record names
//! a rollback record                                  nothing
//! neither                                            in flight: counted, and nothing
//! ```
//!
//! The primary is in the lock of the intent's key. It can belong to another group of keys, whose records are in no file of this
//! one; so what is in flight here may be committed or rolled back there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::rows::RowPlace;
use crate::format::CommitTs;
use crate::format::snapshot::{mvcc_key, split_mvcc_key};
use crate::format::transaction::{TransactionFault, TransactionRecord, classify_transaction, is_transaction_key};

/// The newest versions of such records at or before a moment, as far as a pass has come.
#[derive(Debug)]
pub(super) struct Intents {
    at: CommitTs,
    newest: BTreeMap<Vec<u8>, Newest>,
}

#[derive(Debug)]
struct Newest {
    commit_ts: CommitTs,
    place: RowPlace,
    /// `None` is a tombstone.
    value: Option<Vec<u8>>,
}

/// What intents add to the versions of a file.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// What committed intents say, by the raw keys that their versions have.
    pub(super) versions: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// The keys whose intents are in flight.
    pub(super) in_flight: u64,
}

/// A committed intent as a version of its key.
pub(super) struct StoredIntent<'a> {
    pub(super) stored_key: &'a [u8],
    pub(super) key: &'a [u8],
    pub(super) commit_ts: CommitTs,
    /// `None` is a deletion.
    pub(super) value: Option<&'a [u8]>,
}

impl Settled {
    /// The committed intents whose raw keys start with a prefix, in the order of those.
    pub(super) fn of<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = StoredIntent<'a>> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let found = self.versions.range::<[u8], _>(from).take_while(move |(raw_key, _)| raw_key.starts_with(prefix));
        found.filter_map(|(stored_key, value)| {
            let (key, commit_ts) = split_mvcc_key(stored_key)?;
            Some(StoredIntent { stored_key, key, commit_ts, value: value.as_deref() })
        })
    }

    /// Whether a committed intent is the version with this raw key.
    pub(super) fn has(&self, raw_key: &[u8]) -> bool {
        self.versions.contains_key(raw_key)
    }
}

impl Intents {
    /// Begins a pass.
    pub(super) fn at(at: CommitTs) -> Intents {
        Intents { at, newest: BTreeMap::new() }
    }

    /// Takes a version, if it is of such a record.
    pub(super) fn take(&mut self, key: &[u8], commit_ts: CommitTs, value: Option<&[u8]>, place: RowPlace) {
        if !is_transaction_key(key) || commit_ts > self.at {
            return;
        }
        if self.newest.get(key).is_none_or(|newest| newest.commit_ts < commit_ts) {
            let value = value.map(<[u8]>::to_vec);
            self.newest.insert(key.to_vec(), Newest { commit_ts, place, value });
        }
    }

    /// Which intents are values.
    ///
    /// # Errors
    ///
    /// A record is malformed. What has been replaced or deleted since is not looked at.
    pub(super) fn settle(&self) -> Result<Settled, (RowPlace, TransactionFault)> {
        let (mut primaries, mut intents) = (BTreeMap::new(), Vec::new());
        let (mut commits, mut rollbacks) = (BTreeMap::new(), BTreeSet::new());
        for (key, Newest { place, value, .. }) in &self.newest {
            let Some(value) = value else { continue };
            let Some(record) = classify_transaction(key, value).map_err(|fault| (*place, fault))? else { continue };
            match record {
                TransactionRecord::Lock { key, start_ts, primary } => drop(primaries.insert((key, start_ts), primary)),
                TransactionRecord::Intent { key, start_ts, value } => intents.push((key, start_ts, value)),
                TransactionRecord::Commit { primary, start_ts, commit_ts } if commit_ts <= self.at => {
                    commits.insert((primary, start_ts), commit_ts);
                }
                TransactionRecord::Commit { .. } => {}
                TransactionRecord::Rollback { primary, start_ts } => drop(rollbacks.insert((primary, start_ts))),
            }
        }
        let mut settled = Settled::default();
        for (key, start_ts, value) in intents {
            let transaction = primaries.get(&(key, start_ts)).map(|primary| (*primary, start_ts));
            if let Some(commit_ts) = transaction.and_then(|transaction| commits.get(&transaction)) {
                settled.versions.insert(mvcc_key(key, *commit_ts), value.map(<[u8]>::to_vec));
            } else if !transaction.is_some_and(|transaction| rollbacks.contains(&transaction)) {
                settled.in_flight += 1;
            }
        }
        Ok(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: RowPlace = RowPlace { offset: 32, row: 3 };

    fn lock(start: u64, primary: &[u8]) -> Vec<u8> {
        let length = (primary.len() as u64).to_be_bytes();
        [b"\x01", start.to_be_bytes().as_slice(), &[0; 8], &[0], &length, primary].concat()
    }

    fn intent(start: u64, operation: u8, value: &[u8]) -> Vec<u8> {
        let length = (value.len() as u64).to_be_bytes();
        [b"\x01", start.to_be_bytes().as_slice(), &[operation], &length, value].concat()
    }

    fn ended(prefix: &str, primary: &[u8], start: u64) -> Vec<u8> {
        [prefix.as_bytes(), primary, &start.to_be_bytes()].concat()
    }

    /// A logical key, a commit and a value.
    type Version = (Vec<u8>, u64, Option<Vec<u8>>);
    /// A raw key and a value.
    type Found = (Vec<u8>, Option<Vec<u8>>);

    /// What intents add, and how many are in flight.
    fn settled(at: u64, rows: &[Version]) -> (Vec<Found>, u64) {
        let mut intents = Intents::at(CommitTs(at));
        for (key, commit_ts, value) in rows {
            intents.take(key, CommitTs(*commit_ts), value.as_deref(), PLACE);
        }
        let Settled { versions, in_flight } = intents.settle().expect("in order");
        (versions.into_iter().collect(), in_flight)
    }

    fn prepared(start: u64) -> Vec<Version> {
        vec![
            (b"!txn|int|a".to_vec(), start, Some(intent(start, 0, b"v"))),
            (b"!txn|lock|a".to_vec(), start, Some(lock(start, b"a"))),
            (b"!txn|int|b".to_vec(), start, Some(intent(start, 1, b""))),
            (b"!txn|lock|b".to_vec(), start, Some(lock(start, b"a"))),
        ]
    }

    #[test]
    fn a_committed_intent_is_the_value_at_its_commit() {
        let mut rows = prepared(5);
        assert_eq!(settled(9, &rows), (vec![], 2), "neither committed nor rolled back");
        assert_eq!(settled(4, &rows), (vec![], 0), "not yet there");
        let commit = [b"\x01", 7_u64.to_be_bytes().as_slice()].concat();
        rows.push((ended("!txn|cmt|", b"a", 5), 7, Some(commit.clone())));
        let versions = vec![(mvcc_key(b"a", CommitTs(7)), Some(b"v".to_vec())), (mvcc_key(b"b", CommitTs(7)), None)];
        assert_eq!(settled(9, &rows), (versions.clone(), 0));
        assert_eq!(settled(7, &rows), (versions, 0));
        assert_eq!(settled(6, &rows), (vec![], 2), "the commit is later");
        // The values have been written, and their tombstones with them.
        let done: Vec<_> = prepared(5).into_iter().map(|(key, ..)| (key, 8, None)).collect();
        rows.extend(done);
        assert_eq!(settled(9, &rows), (vec![], 0));
        assert_eq!(settled(7, &rows).0.len(), 2, "not yet");
    }

    #[test]
    fn what_is_rolled_back_or_of_another_transaction_is_no_value() {
        let commit = |start, at: u64| {
            (ended("!txn|cmt|", b"a", start), at, Some([b"\x01", at.to_be_bytes().as_slice()].concat()))
        };
        let rolled_back = [prepared(5), vec![(ended("!txn|rb|", b"a", 5), 6, Some(vec![1]))]].concat();
        assert_eq!(settled(9, &rolled_back), (vec![], 0));
        assert_eq!(settled(9, &[prepared(5), vec![commit(4, 7)]].concat()), (vec![], 2), "another startTS");
        let mut of_another = prepared(5);
        of_another.retain(|(key, ..)| !key.starts_with(b"!txn|lock|"));
        of_another.push((b"!txn|lock|a".to_vec(), 5, Some(lock(5, b"0"))));
        of_another.push((b"!txn|lock|b".to_vec(), 4, Some(lock(4, b"a"))));
        of_another.push(commit(5, 7));
        assert_eq!(settled(9, &of_another), (vec![], 2), "another primary, and a lock of another transaction");
        let mut newer = prepared(5);
        newer.extend(prepared(6));
        newer.reverse();
        newer.push(commit(6, 8));
        let (versions, in_flight) = settled(9, &newer);
        assert_eq!((versions.len(), in_flight), (2, 0), "the newest version counts, whatever the order");
    }

    #[test]
    fn a_malformed_record_is_refused_where_it_counts() {
        for (key, value) in [
            (&b"!txn|lock|a"[..], &b"\x01"[..]),
            (b"!txn|int|a", b""),
            (b"!txn|cmt|a", b"\x01"),
            (b"!txn|rb|", b"\x01"),
        ] {
            let mut intents = Intents::at(CommitTs(5));
            intents.take(key, CommitTs(9), Some(value), PLACE);
            assert!(intents.settle().is_ok(), "it is later");
            intents.take(key, CommitTs(4), Some(value), PLACE);
            let (place, _) = intents.settle().expect_err("malformed");
            assert_eq!((place.row, place.offset), (PLACE.row, PLACE.offset));
            intents.take(key, CommitTs(5), None, PLACE);
            assert!(intents.settle().is_ok(), "it has been deleted");
        }
    }
}
