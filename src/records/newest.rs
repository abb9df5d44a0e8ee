//! Which versions are the state at a commit, out of versions in the order of their raw keys.
//!
//! The state of a logical key is its newest version at or before the commit; a tombstone says that there is none. A key's
//! newest version comes first, but what follows need not be its older ones: a key that extends it can come in between,
//! wherever the bytes after the shorter key sort among the inverted timestamps.
//!
//! ```text
//! raw key                                  at 00..05
//! k | ff ff ff ff ff ff ff f9              of commit 6: too new
//! k | ff ff ff ff ff ff ff fa              of commit 5: the state of k
//! k ff ff ff ff ff ff ff fb | ff .. fc     of another key, which starts with k: its state
//! k | ff ff ff ff ff ff ff fd              of commit 2: older
//! ```
//!
//! All versions of a key start with it. So of the keys that have been decided only those can come again that the present
//! raw key starts with, and since all of these are starts of one and the same raw key, their lengths say which they are.

use crate::format::CommitTs;

/// Picks the newest versions at or before a commit. Memory: one raw key.
#[derive(Debug)]
pub struct Newest {
    at: CommitTs,
    previous: Vec<u8>,
    /// The lengths of those starts of `previous` that are logical keys whose state has been found, ascending.
    decided: Vec<usize>,
    is_first: bool,
}

/// Raw keys that do not ascend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFault {
    /// This one sorts before the last.
    Descends,
    /// This one is the last again.
    Repeated,
}

impl Newest {
    /// Begins a pass.
    pub fn at(at: CommitTs) -> Newest {
        Newest { at, previous: Vec::new(), decided: Vec::new(), is_first: true }
    }

    /// Takes the next raw key, whose first `key_bytes` bytes are the logical key and whose rest is the timestamp of
    /// `commit_ts`; says whether this version is the state of its key.
    ///
    /// # Errors
    ///
    /// The raw key does not come after the last one. It is passed over then.
    pub fn is_state(&mut self, raw_key: &[u8], key_bytes: usize, commit_ts: CommitTs) -> Result<bool, OrderFault> {
        self.advance_to(raw_key)?;
        Ok(self.decide(key_bytes, commit_ts))
    }

    /// The second half of [`Newest::is_state`], after [`Newest::advance_to`].
    #[inline]
    pub fn decide(&mut self, key_bytes: usize, commit_ts: CommitTs) -> bool {
        if commit_ts > self.at {
            return false;
        }
        // The next is nearly always the longest.
        if self.decided.last().is_none_or(|longest| *longest < key_bytes) {
            self.decided.push(key_bytes);
            return true;
        }
        let Err(place) = self.decided.binary_search(&key_bytes) else { return false };
        self.decided.insert(place, key_bytes);
        true
    }

    /// Takes the next raw key, which need not be a version's but is part of the same order; says how many bytes it shares
    /// with the one before.
    ///
    /// # Errors
    ///
    /// As [`Newest::is_state`].
    #[inline]
    pub fn advance_to(&mut self, raw_key: &[u8]) -> Result<usize, OrderFault> {
        let shared = shared_bytes(raw_key, &self.previous);
        if !self.is_first {
            // What ends comes before what goes on.
            match raw_key.get(shared).cmp(&self.previous.get(shared)) {
                std::cmp::Ordering::Less => return Err(OrderFault::Descends),
                std::cmp::Ordering::Equal => return Err(OrderFault::Repeated),
                std::cmp::Ordering::Greater => {}
            }
        }
        self.is_first = false;
        while self.decided.pop_if(|length| *length > shared).is_some() {}
        self.previous.truncate(shared);
        self.previous.extend_from_slice(raw_key.get(shared..).unwrap_or_default());
        Ok(shared)
    }
}

/// How many bytes two keys begin with in common, found by eight at a time: keys of a list share nearly all.
#[inline]
fn shared_bytes(one: &[u8], other: &[u8]) -> usize {
    const WORD_BYTES: usize = size_of::<u64>();
    let mut shared = 0;
    for (word, other_word) in one.as_chunks::<WORD_BYTES>().0.iter().zip(other.as_chunks::<WORD_BYTES>().0) {
        let differing = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other_word);
        if differing != 0 {
            return shared + differing.trailing_zeros() as usize / 8;
        }
        shared += WORD_BYTES;
    }
    let [one_rest, other_rest] = [one, other].map(|key| key.get(shared..).unwrap_or_default());
    shared + one_rest.iter().zip(other_rest).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::{RngExt as _, SeedableRng as _};

    use super::*;
    use crate::format::snapshot::{mvcc_key, split_mvcc_key};

    /// The states that a pass over sorted raw keys finds.
    fn states(raw_keys: &[Vec<u8>], at: CommitTs) -> BTreeMap<Vec<u8>, CommitTs> {
        let mut newest = Newest::at(at);
        let mut found = BTreeMap::new();
        for raw_key in raw_keys {
            let (key, commit_ts) = split_mvcc_key(raw_key).expect("a version");
            if newest.is_state(raw_key, key.len(), commit_ts).expect("sorted") {
                assert_eq!(found.insert(key.to_vec(), commit_ts), None, "a key has one state");
            }
        }
        found
    }

    #[test]
    fn the_versions_of_a_key_need_not_be_neighbours() {
        let versions = [
            mvcc_key(b"k", CommitTs(6)),
            mvcc_key(b"k", CommitTs(5)),
            mvcc_key(b"k\xff\xff\xff\xff\xff\xff\xff\xfb", CommitTs(3)),
            mvcc_key(b"k", CommitTs(2)),
        ];
        assert!(versions.is_sorted());
        let expected = [(b"k".to_vec(), CommitTs(5)), (b"k\xff\xff\xff\xff\xff\xff\xff\xfb".to_vec(), CommitTs(3))];
        assert_eq!(states(&versions, CommitTs(5)), expected.into());
        assert_eq!(states(&versions, CommitTs(1)), BTreeMap::new());
    }

    #[test]
    fn a_pass_finds_what_a_map_of_all_versions_would() {
        let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2000 {
            // Keys of few different bytes, which are also those of the timestamps, extend one another in every way.
            let bytes = [0xff_u8, 0xfe, 0xfd];
            let mut versions = BTreeMap::new();
            for _ in 0..dice.random_range(1..60) {
                let length = dice.random_range(0..20_usize);
                let mut key: Vec<u8> = (0..length).map(|_| bytes[dice.random_range(0..bytes.len())]).collect();
                if dice.random_range(0..2) == 0 {
                    key = [vec![0xff; 7], key].concat();
                }
                let commit_ts = CommitTs(dice.random_range(0..4));
                versions.insert(mvcc_key(&key, commit_ts), (key, commit_ts));
            }
            let at = CommitTs(dice.random_range(0..4));
            let mut expected: BTreeMap<Vec<u8>, CommitTs> = BTreeMap::new();
            for (key, commit_ts) in versions.values().filter(|(_, commit_ts)| *commit_ts <= at) {
                let newest = expected.entry(key.clone()).or_insert(*commit_ts);
                *newest = (*newest).max(*commit_ts);
            }
            assert_eq!(states(&versions.into_keys().collect::<Vec<_>>(), at), expected);
        }
    }

    #[test]
    fn keys_share_what_they_begin_with_in_common() {
        let long: Vec<u8> = (0..40).collect();
        for length in 0..=long.len() {
            assert_eq!(shared_bytes(&long, &long[..length]), length);
            assert_eq!(shared_bytes(&long[..length], &long), length);
            let mut other = long.clone();
            if let Some(byte) = other.get_mut(length) {
                *byte ^= 0x80;
            }
            assert_eq!(shared_bytes(&long, &other), length);
        }
    }

    #[test]
    fn raw_keys_must_ascend() {
        let mut newest = Newest::at(CommitTs(9));
        let raw_key = mvcc_key(b"k", CommitTs(5));
        assert_eq!(newest.is_state(&raw_key, 1, CommitTs(5)), Ok(true));
        assert_eq!(newest.is_state(&raw_key, 1, CommitTs(5)), Err(OrderFault::Repeated));
        assert_eq!(newest.is_state(&mvcc_key(b"k", CommitTs(6)), 1, CommitTs(6)), Err(OrderFault::Descends));
        assert_eq!(newest.is_state(b"", 0, CommitTs(6)), Err(OrderFault::Descends));
        assert_eq!(newest.is_state(&mvcc_key(b"k", CommitTs(4)), 1, CommitTs(4)), Ok(false));
    }
}
