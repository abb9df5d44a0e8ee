//! What transactions over several groups of keys have left in a snapshot, and which of their values count.
//!
//! An intent's lock says the primary key. If the file has `!txn|cmt|` of that and of the start of the transaction, the intent is
//! the value of its key; if it has `!txn|rb|`, the intent is nothing; otherwise the transaction is in flight.

use std::collections::BTreeMap;

/// A key, the commit of its version, and what that is.
pub(super) type Settled = (Vec<u8>, u64, Option<Vec<u8>>);

/// Whether a record that is there can be a transaction's, or is none.
pub(super) fn is_in_order(key: &[u8], value: &[u8]) -> bool {
    let has_start = |rest: &[u8]| rest.len() >= 8;
    if let Some(rest) = key.strip_prefix(b"!txn|cmt|") {
        return has_start(rest) && value.len() == 9 && value.first() == Some(&1);
    }
    if let Some(rest) = key.strip_prefix(b"!txn|rb|") {
        return has_start(rest) && value == [1];
    }
    if key.starts_with(b"!txn|lock|") {
        return is_whole(value, 26) && matches!(value.get(17), Some(0 | 1));
    }
    if key.starts_with(b"!txn|int|") {
        let is_put_or_deletion = matches!((value.get(9), value.len()), (Some(0), _) | (Some(1), 18));
        return is_whole(value, 18) && is_put_or_deletion;
    }
    true
}

/// A value of format 1, whose fields take so many bytes, with the number of those that follow last.
fn is_whole(value: &[u8], fields: usize) -> bool {
    let Some((start, rest)) = value.split_at_checked(fields) else { return false };
    start.first() == Some(&1) && number(start, fields - 8) == Some(rest.len() as u64)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// What the intents among live records are at a commit, and how many are in flight.
pub(super) fn settled(live: &BTreeMap<Vec<u8>, Vec<u8>>, at: u64) -> (Vec<Settled>, u64) {
    let (mut settled, mut in_flight) = (Vec::new(), 0);
    for (intent_key, intent) in live {
        let Some(key) = intent_key.strip_prefix(b"!txn|int|") else { continue };
        let lock = live.get([b"!txn|lock|", key].concat().as_slice());
        let start = intent.get(1..9).unwrap_or_default();
        let primary = lock.filter(|lock| lock.get(1..9) == Some(start)).and_then(|lock| lock.get(26..));
        let outcome = |prefix: &str| live.get([prefix.as_bytes(), primary?, start].concat().as_slice());
        let commit = outcome("!txn|cmt|").and_then(|record| number(record, 1)).filter(|commit| *commit <= at);
        match commit {
            Some(commit) => {
                let value = intent.get(18..).filter(|_| intent.get(9) == Some(&0));
                settled.push((key.to_vec(), commit, value.map(<[u8]>::to_vec)));
            }
            None if outcome("!txn|rb|").is_some() => {}
            None => in_flight += 1,
        }
    }
    (settled, in_flight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_a_value_where_its_commit_is_recorded() {
        let lock = b"\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01p".to_vec();
        let intent = b"\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\x01v".to_vec();
        let mut live = BTreeMap::from([(b"!txn|lock|k".to_vec(), lock), (b"!txn|int|k".to_vec(), intent)]);
        assert_eq!(settled(&live, 9), (vec![], 1));
        live.insert(b"!txn|rb|p\0\0\0\0\0\0\0\x05".to_vec(), vec![1]);
        assert_eq!(settled(&live, 9), (vec![], 0));
        live.insert(b"!txn|cmt|p\0\0\0\0\0\0\0\x05".to_vec(), b"\x01\0\0\0\0\0\0\0\x07".to_vec());
        assert_eq!(settled(&live, 9), (vec![(b"k".to_vec(), 7, Some(b"v".to_vec()))], 0));
        assert_eq!(settled(&live, 6), (vec![], 0));
        assert!(live.iter().all(|(key, value)| is_in_order(key, value)));
        for (key, value) in live {
            assert!(!is_in_order(&key, &value[1..]) && !is_in_order(&key, &[value.as_slice(), b"v"].concat()));
        }
        assert!(is_in_order(b"!txn|other", b"") && !is_in_order(b"!txn|rb|short", b"\x01"));
    }
}
