//! Changes that faults make to the words of commands, and to records, whether they stand in a stream or in a batch.

use super::changed::Pair;
use crate::database::Batch;
use crate::format::record::classify;
use crate::format::{Record, expiry};

/// Whether the words are of this command.
pub(super) fn is(words: &[Vec<u8>], name: &[u8]) -> bool {
    words.first().is_some_and(|word| word.eq_ignore_ascii_case(name))
}

/// Makes one command another.
pub(super) fn rename(words: &mut [Vec<u8>], from: &[u8], to: &[u8]) {
    if is(words, from)
        && let Some(name) = words.first_mut()
    {
        *name = to.to_vec();
    }
}

/// The records of a stream, their values to be changed.
pub(super) fn values(records: &mut [Pair]) -> impl Iterator<Item = (&[u8], &mut Vec<u8>)> {
    records.iter_mut().map(|(key, value)| (key.as_slice(), value))
}

/// The records that a batch writes, their values to be changed.
pub(super) fn puts(batch: &mut Batch) -> impl Iterator<Item = (&[u8], &mut Vec<u8>)> {
    batch.iter_mut().filter_map(|(key, value)| Some((key.as_slice(), value.as_mut()?)))
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

/// Keeps the records of which `is_kept` says so, and what is no record.
pub(super) fn keep(records: &mut Vec<Pair>, mut is_kept: impl FnMut(&Record<'_>) -> bool) {
    records.retain(|(key, value)| classify(key, value).map_or(true, |record| is_kept(&record)));
}

/// Takes the last byte away.
pub(super) fn cut(value: &mut Vec<u8>) {
    value.pop();
}
