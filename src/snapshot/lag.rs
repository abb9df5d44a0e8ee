//! From the order of logical keys to that of raw keys, where all versions are of one commit.
//!
//! The timestamp takes part in the order, so `f10` comes before `f1`: its third byte is less than the first of the
//! timestamp. A record waits here until no later one can come before it, which is so once the logical keys have passed its
//! raw key. Those that wait are starts of one another, and few.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::format::CommitTs;
use crate::format::snapshot::{mvcc_key, mvcc_value};

/// Records that wait, the one with the least raw key on top.
pub(super) struct Lag {
    commit_ts: CommitTs,
    waiting: BinaryHeap<Reverse<(Vec<u8>, Vec<u8>)>>,
}

impl Lag {
    pub(super) fn new(commit_ts: CommitTs) -> Lag {
        Lag { commit_ts, waiting: BinaryHeap::new() }
    }

    /// Takes the next record in the order of logical keys.
    pub(super) fn push(&mut self, key: &[u8], value: &[u8]) {
        self.waiting.push(Reverse((mvcc_key(key, self.commit_ts), mvcc_value(Some(value)))));
    }

    /// The next row, if its turn has come; `next_key` is the logical key that will be pushed next, `None` if there is none.
    pub(super) fn pop_before(&mut self, next_key: Option<&[u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
        let Reverse((raw_key, _)) = self.waiting.peek()?;
        let has_passed = next_key.is_none_or(|next_key| raw_key.as_slice() <= next_key);
        if has_passed { self.waiting.pop().map(|Reverse(row)| row) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{RngExt as _, SeedableRng as _};

    use super::*;

    #[test]
    fn raw_keys_come_out_sorted_and_few_wait() {
        let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let commit_ts = CommitTs(0x01a2_05e1_4e6d_0000);
        for _ in 0..500 {
            let bytes = [0x00_u8, 0x5d, 0xfa, 0xfe, 0xff];
            let key = |dice: &mut rand_chacha::ChaCha8Rng| {
                let length = dice.random_range(0..6);
                (0..length).map(|_| bytes[dice.random_range(0..bytes.len())]).collect::<Vec<u8>>()
            };
            let keys: BTreeSet<Vec<u8>> = (0..60).map(|_| key(&mut dice)).collect();
            let (mut lag, mut out) = (Lag::new(commit_ts), Vec::new());
            for key in &keys {
                out.extend(std::iter::from_fn(|| lag.pop_before(Some(key))));
                lag.push(key, b"v");
                assert!(lag.waiting.len() <= 7, "only starts of one another wait");
            }
            out.extend(std::iter::from_fn(|| lag.pop_before(None)));
            let mut expected: Vec<_> =
                keys.iter().map(|key| (mvcc_key(key, commit_ts), mvcc_value(Some(b"v")))).collect();
            expected.sort();
            assert_eq!(out, expected);
        }
    }
}
