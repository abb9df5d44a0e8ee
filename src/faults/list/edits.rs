//! Changes that faults make to the records of lists.

use crate::faults::changed::Pair;
use crate::format::record::classify;
use crate::format::{ListDelta, ListMeta, ListRecord, Record};

pub(in crate::faults) fn deltas<'a>(
    records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>,
    change: impl Fn(&mut ListDelta),
) {
    for (key, value) in records {
        let Ok(Record::List(ListRecord::Delta { mut delta, .. })) = classify(key, value) else { continue };
        change(&mut delta);
        *value = delta.to_bytes().to_vec();
    }
}

pub(in crate::faults) fn metas<'a>(
    records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>,
    change: impl Fn(&mut ListMeta),
) {
    for (key, value) in records {
        let Ok(Record::List(ListRecord::Meta { mut meta, .. })) = classify(key, value) else { continue };
        change(&mut meta);
        *value = meta.to_bytes();
    }
}

/// Changes what 32-byte metas say of expiries.
pub(in crate::faults) fn inline_expiries<'a>(
    records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>,
    change: impl Fn(u64) -> u64,
) {
    metas(records, |meta| meta.expiry_field = meta.expiry_field.map(&change));
}

/// The user key and the sequence number of an item's key.
pub(in crate::faults) fn item_of(key: &[u8]) -> Option<(&[u8], i64)> {
    match classify(key, b"") {
        Ok(Record::List(ListRecord::Item { user_key, seq, .. })) => Some((user_key, seq.0)),
        _ => None,
    }
}

/// Puts another key in the place of each item's.
pub(in crate::faults) fn item_keys(records: &mut [Pair], mut other: impl FnMut(&[u8], i64) -> Vec<u8>) {
    for (key, _) in records {
        if let Some(changed) = item_of(key).map(|(user_key, seq)| other(user_key, seq)) {
            *key = changed;
        }
    }
}
