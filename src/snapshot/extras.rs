//! Rows that a real file has beside lists: the engine's own, and those of other types. A decoder has to pass over them.

use std::collections::BTreeMap;

use crate::format::expiry::{self, TTL_PREFIX};
use crate::format::list::{FENCE_PREFIX, ITEM_PREFIX, META_PREFIX, item_key};
use crate::format::snapshot::{MIN_RETAINED_KEY, RAW_U64_KEYS, WRITERS_PREFIX, mvcc_key, mvcc_value};
use crate::format::{CommitTs, ExpireAtMs, Seq};

/// Raw keys and raw values.
pub(super) type Extras = BTreeMap<Vec<u8>, Vec<u8>>;

/// The engine's own rows: no version, no value header.
pub(super) fn add_raw_rows(at: CommitTs, min_retained: CommitTs, extras: &mut Extras) {
    const APPLIED_INDEX: &[u8] = b"_meta_applied_index";
    const APPLIED: u64 = 9;
    for key in RAW_U64_KEYS {
        let number = match key {
            APPLIED_INDEX => APPLIED,
            MIN_RETAINED_KEY | b"_meta_pending_min_retained_ts" => min_retained.0,
            _ => at.0,
        };
        extras.insert(key.to_vec(), number.to_le_bytes().to_vec());
    }
    for writer in [1, 2] {
        extras.insert([WRITERS_PREFIX, &[0, 0, 0, 0, 0, 0, writer]].concat(), vec![writer; 12]);
    }
}

/// What the user keys of other types' records start with, before a number that no key of the database has.
const OTHER: &str = "ekv-roundtrip:noise:";
const NAMES: [&str; 3] = ["a", "a1", "b"];

/// The start of user keys for noise, such that no record of a list can be meant: `is_taken` says whether there is a record
/// whose key starts with these bytes.
pub(super) fn free_start<E>(mut is_taken: impl FnMut(&[u8]) -> Result<bool, E>) -> Result<String, E> {
    let mut number = 0_u64;
    loop {
        let start = format!("{OTHER}{number}:");
        let mut taken = false;
        for prefix in [ITEM_PREFIX, META_PREFIX, FENCE_PREFIX, TTL_PREFIX] {
            taken |= is_taken(&[prefix, start.as_bytes()].concat())?;
        }
        if !taken {
            return Ok(start);
        }
        number += 1;
    }
}

/// Rows of strings, hashes, sets, sorted sets and streams, fences, and records of the store's own; some in two versions,
/// some deleted, and with expiries that are no list's. Their user keys start with `start`.
pub(super) fn add_noise(at: CommitTs, start: &str, extras: &mut Extras) {
    for name in NAMES {
        let user_key = format!("{start}{name}").into_bytes();
        for (key, value) in records(&user_key, at) {
            let before = CommitTs(at.0.saturating_sub(1));
            if before < at {
                extras.insert(mvcc_key(&key, before), mvcc_value(Some(&value)));
            }
            let mut newest = mvcc_value((name != "b").then_some(value.as_slice()));
            // The engine's own expiry, which is nobody's business.
            if let Some(byte) = newest.get_mut(1) {
                *byte = name.len() as u8;
            }
            extras.insert(mvcc_key(&key, at), newest);
        }
    }
}

/// Whole keys of each type, as a store leaves them: who reads all types must take them.
fn records(start: &[u8], at: CommitTs) -> Vec<(Vec<u8>, Vec<u8>)> {
    let user_key = |kind: &str| [start, b":", kind.as_bytes()].concat();
    let plain =
        |prefix: &str, kind: &str, value: &[u8]| ([prefix.as_bytes(), &user_key(kind)].concat(), value.to_vec());
    let counted = |prefix: &str, kind: &str, rest: &[&[u8]], value: &[&[u8]]| {
        let user_key = user_key(kind);
        let length = u32::try_from(user_key.len()).unwrap_or(u32::MAX).to_be_bytes();
        ([prefix.as_bytes(), length.as_slice(), &user_key, &rest.concat()].concat(), value.concat())
    };
    let (none, one) = (0_u64.to_be_bytes(), 1_u64.to_be_bytes());
    let score = 1.5_f64.to_bits();
    let expire_at = ExpireAtMs(at.unix_ms().saturating_add(3_600_000)).to_record_value();
    let hll = b"\xff\x02\0\0RS\x01\x0a\x06member";
    let entry = b"\0RXE\x01\x0a\x031-0\x12\x04name\x12\x05value";
    // Of transactions over several groups of keys: one whose values are still to be written, one that is not yet committed.
    let committed = [b"!redis|str|".as_slice(), &user_key("committed")].concat();
    let in_flight = item_key(&user_key("in-flight"), Seq(0));
    let of = |prefix: &str, key: &[u8]| [prefix.as_bytes(), key].concat();
    let start = at.0.saturating_sub(1).to_be_bytes();
    let ended = |prefix: &str, primary: &[u8]| [prefix.as_bytes(), primary, &start].concat();
    let with_length = |bytes: &[u8]| [(bytes.len() as u64).to_be_bytes().as_slice(), bytes].concat();
    let intent = |value: &[u8]| [&[1], start.as_slice(), &[0], &with_length(value)].concat();
    let lock = |primary: &[u8]| [&[1], start.as_slice(), &at.0.to_be_bytes(), &[1], &with_length(primary)].concat();
    vec![
        plain("!redis|str|", "string", &[b"\xff\x01\x01".as_slice(), &expire_at, b"text"].concat()),
        (expiry::ttl_key(&user_key("string")), expire_at.to_vec()),
        plain("!redis|txn-wide-list|", "string", b""),
        plain("!redis|str|", "old-string", b"text"),
        plain("!redis|hll|", "hll", hll),
        counted("!hs|meta|", "hash", &[], &[&one]),
        counted("!hs|fld|", "hash", &[b"field"], &[b"value"]),
        (expiry::ttl_key(&user_key("hash")), expire_at.to_vec()),
        plain("!redis|txn-wide-hash|", "hash", b""),
        counted("!st|meta|", "set", &[], &[&one, &none]),
        counted("!st|mem|", "set", &[b"member"], &[]),
        plain("!redis|txn-wide-set|", "set", b""),
        counted("!zs|meta|", "zset", &[], &[&one, &none]),
        counted("!zs|mem|", "zset", &[b"member"], &[&score.to_be_bytes()]),
        // In the order of the scores: the sign bit is turned, and below 0 all bits are.
        counted("!zs|scr|", "zset", &[&(score | 1 << 63).to_be_bytes(), b"member"], &[]),
        plain("!redis|txn-wide-zset|", "zset", b""),
        counted("!stream|meta|", "stream", &[], &[&one, &one, &none, &none, &none, &none]),
        counted("!stream|entry|", "stream", &[&one, &none], &[entry]),
        (ended("!txn|cmt|", &committed), [&[1], at.0.to_be_bytes().as_slice()].concat()),
        (of("!txn|int|", &committed), intent(b"text")),
        (of("!txn|lock|", &committed), lock(&committed)),
        (of("!txn|int|", &in_flight), intent(b"an item that is not there")),
        (of("!txn|lock|", &in_flight), lock(&in_flight)),
        (ended("!txn|rb|", &user_key("string")), vec![1]),
        plain("!dist|route|", "string", b"\x01"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::snapshot::{Row, classify_row};

    #[test]
    fn the_rows_of_the_engine_hold_its_numbers() {
        let mut extras = Extras::new();
        add_raw_rows(CommitTs(7), CommitTs(5), &mut extras);
        let number =
            |key: &[u8]| extras.get(key).map(|value| u64::from_le_bytes(value.as_slice().try_into().expect("u64")));
        assert_eq!(number(b"_meta_applied_index"), Some(9));
        assert_eq!(number(MIN_RETAINED_KEY), Some(5));
        assert_eq!(number(b"_meta_pending_min_retained_ts"), Some(5));
        let of_the_last_commit = RAW_U64_KEYS.iter().filter(|key| number(key) == Some(7)).count();
        assert_eq!(of_the_last_commit, RAW_U64_KEYS.len() - 3);
        assert_eq!(extras.len(), RAW_U64_KEYS.len() + 2);
    }

    #[test]
    fn noise_takes_the_first_start_that_no_record_has() {
        let prefixes = [ITEM_PREFIX, META_PREFIX, FENCE_PREFIX, TTL_PREFIX];
        for taken in [&prefixes[..1], &prefixes[1..2], &prefixes[2..3], &prefixes[3..], &prefixes[..2]] {
            let mut asked = 0;
            let start = free_start(|key| {
                asked += 1;
                assert!(asked < 100, "it comes to an end");
                let is_taken = |prefix: &&[u8]| {
                    [0, 1].iter().any(|n| key == [*prefix, format!("{OTHER}{n}:").as_bytes()].concat())
                };
                Ok::<bool, ()>(taken.iter().any(is_taken))
            });
            assert_eq!(start, Ok(format!("{OTHER}2:")));
        }
    }

    #[test]
    fn noise_has_two_versions_where_there_is_a_commit_before_and_one_user_key_is_deleted() {
        for (at, versions) in [(7, 2), (0, 1)] {
            let mut extras = Extras::new();
            add_noise(CommitTs(at), "n:", &mut extras);
            assert_eq!(extras.len(), versions * NAMES.len() * records(b"n:a", CommitTs(at)).len());
            for (raw_key, raw_value) in &extras {
                let Ok(Row::Version { key, commit_ts, value }) = classify_row(raw_key, raw_value) else {
                    panic!("{raw_key:?} is no version");
                };
                let is_of_b = key.windows(3).any(|window| window == b"n:b");
                assert_eq!(value.is_none(), is_of_b && commit_ts.0 == at, "{raw_key:?}");
            }
        }
    }
}
