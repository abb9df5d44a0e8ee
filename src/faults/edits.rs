//! Changes that faults make to records, whether they stand in a stream or in a batch.

use super::fault::Pair;
use crate::database::Batch;
use crate::format::record::classify;
use crate::format::{ListDelta, ListMeta, ListRecord, Record, expiry};

/// The records of a stream, their values to be changed.
pub(super) fn values(records: &mut [Pair]) -> impl Iterator<Item = (&[u8], &mut Vec<u8>)> {
    records.iter_mut().map(|(key, value)| (key.as_slice(), value))
}

/// The records that a batch writes, their values to be changed.
pub(super) fn puts(batch: &mut Batch) -> impl Iterator<Item = (&[u8], &mut Vec<u8>)> {
    batch.iter_mut().filter_map(|(key, value)| Some((key.as_slice(), value.as_mut()?)))
}

pub(super) fn deltas<'a>(records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>, change: impl Fn(&mut ListDelta)) {
    for (key, value) in records {
        let Ok(Record::List(ListRecord::Delta { mut delta, .. })) = classify(key, value) else { continue };
        change(&mut delta);
        *value = delta.to_bytes().to_vec();
    }
}

pub(super) fn metas<'a>(records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>, change: impl Fn(&mut ListMeta)) {
    for (key, value) in records {
        let Ok(Record::List(ListRecord::Meta { mut meta, .. })) = classify(key, value) else { continue };
        change(&mut meta);
        *value = meta.to_bytes();
    }
}

/// Changes what TTL records say, in Unix milliseconds.
pub(super) fn ttls<'a>(records: impl Iterator<Item = (&'a [u8], &'a mut Vec<u8>)>, change: impl Fn(u64) -> u64) {
    for (_, value) in records.filter(|(key, _)| key.starts_with(expiry::TTL_PREFIX)) {
        if let Ok(bytes) = <[u8; 8]>::try_from(value.as_slice()) {
            *value = change(u64::from_be_bytes(bytes)).to_be_bytes().to_vec();
        }
    }
}

/// Changes the values of those records that `is_meant` says.
pub(super) fn values_of(records: &mut [Pair], is_meant: impl Fn(&Record<'_>) -> bool, change: impl Fn(&mut Vec<u8>)) {
    for (key, value) in records {
        if classify(key, value).is_ok_and(|record| is_meant(&record)) {
            change(value);
        }
    }
}

/// The user key and the sequence number of an item's key.
pub(super) fn item_of(key: &[u8]) -> Option<(&[u8], i64)> {
    match classify(key, b"") {
        Ok(Record::List(ListRecord::Item { user_key, seq, .. })) => Some((user_key, seq.0)),
        _ => None,
    }
}

/// Puts another key in the place of each item's.
pub(super) fn item_keys(records: &mut [Pair], mut other: impl FnMut(&[u8], i64) -> Vec<u8>) {
    for (key, _) in records {
        if let Some(changed) = item_of(key).map(|(user_key, seq)| other(user_key, seq)) {
            *key = changed;
        }
    }
}

/// Keeps the records of which `is_kept` says so, and what is no record.
pub(super) fn keep(records: &mut Vec<Pair>, mut is_kept: impl FnMut(&Record<'_>) -> bool) {
    records.retain(|(key, value)| classify(key, value).map_or(true, |record| is_kept(&record)));
}
