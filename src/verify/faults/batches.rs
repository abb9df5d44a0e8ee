//! Faults in what a transaction writes.

use std::collections::BTreeSet;

use super::kinds::{EXPIRY, REPLY, STORE_STATE, WARNING};
use super::{Act, Fault, FindingKind, Reports};
use crate::database::Batch;
use crate::format::list_keys::{self, CLAIM_PREFIX, ITEM_PREFIX, META_PREFIX};
use crate::format::record::classify;
use crate::format::{ListDelta, ListMeta, Record, Seq, expiry};

const REFUSED: Reports = (FindingKind::Refusal, &[]);
const STORE_RECORDS: Reports = (FindingKind::StoreRecords, &[]);

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "delta-with-wrong-sign",
        breaks: "a push writes the length that a pop would",
        rule: "delta",
        act: Act::Batch(|batch| deltas(batch, |delta| delta.len_delta = delta.len_delta.saturating_neg())),
        reported: &[REPLY, STORE_STATE],
    },
    Fault {
        name: "delta-not-written",
        breaks: "pushes and pops leave no delta",
        rule: "delta",
        act: Act::Batch(|batch| batch.retain(|key, value| !(value.is_some() && is_delta(key, value.as_deref())))),
        reported: &[REPLY, STORE_STATE],
    },
    Fault {
        name: "delta-written-twice",
        breaks: "each delta is there again under another number of its transaction",
        rule: "delta",
        act: Act::Batch(|batch| {
            let again = batch.iter().filter(|(key, value)| is_delta(key, value.as_deref()));
            let again: Batch = again.map(|(key, value)| (with_high_number(key), value.clone())).collect();
            batch.extend(again);
        }),
        reported: &[REPLY, STORE_RECORDS, STORE_STATE],
    },
    Fault {
        name: "delta-little-endian",
        breaks: "deltas are written in little-endian order",
        rule: "delta",
        act: Act::Batch(|batch| {
            deltas(batch, |delta| {
                delta.head_delta = delta.head_delta.swap_bytes();
                delta.len_delta = delta.len_delta.swap_bytes();
            });
        }),
        reported: &[REPLY, REFUSED, STORE_RECORDS, STORE_STATE],
    },
    Fault {
        name: "head-not-moved",
        breaks: "deltas say nothing of the head",
        rule: "push-left",
        act: Act::Batch(|batch| deltas(batch, |delta| delta.head_delta = 0)),
        reported: &[REPLY, STORE_RECORDS, STORE_STATE],
    },
    Fault {
        name: "item-one-too-far",
        breaks: "each item stands one place after its own",
        rule: "sequence-order",
        act: Act::Batch(|batch| {
            let moved = std::mem::take(batch).into_iter().map(|(key, value)| (next_place(key), value));
            *batch = moved.collect();
        }),
        reported: &[REPLY, STORE_RECORDS, STORE_STATE],
    },
    Fault {
        name: "pop-leaves-items",
        breaks: "a pop moves the window and leaves the items",
        rule: "pop",
        act: Act::Batch(|batch| {
            if batch.keys().any(|key| key.starts_with(CLAIM_PREFIX)) {
                batch.retain(|key, value| value.is_some() || !key.starts_with(ITEM_PREFIX));
            }
        }),
        reported: &[REPLY, STORE_STATE, WARNING, (FindingKind::DumpState, &[])],
    },
    Fault {
        name: "expiry-survives-the-list",
        breaks: "a list that is emptied leaves its TTL record behind, to the next list of its name",
        rule: "emptied-list",
        act: Act::Batch(|batch| batch.retain(|key, value| value.is_some() || !key.starts_with(expiry::TTL_PREFIX))),
        reported: &[REPLY, STORE_STATE, WARNING],
    },
    Fault {
        name: "expiry-not-written",
        breaks: "EXPIRE writes no TTL record",
        rule: "ttl-record",
        act: Act::Batch(|batch| batch.retain(|key, value| value.is_none() || !key.starts_with(expiry::TTL_PREFIX))),
        reported: &[REPLY, STORE_STATE, EXPIRY],
    },
    Fault {
        name: "expiry-one-off",
        breaks: "the TTL record says a millisecond more",
        rule: "ttl-record",
        act: Act::Batch(|batch| {
            for (_, value) in batch.iter_mut().filter(|(key, _)| key.starts_with(expiry::TTL_PREFIX)) {
                *value = value.as_deref().map(|value| match <[u8; 8]>::try_from(value) {
                    Ok(bytes) => u64::from_be_bytes(bytes).wrapping_add(1).to_be_bytes().to_vec(),
                    Err(_) => value.to_vec(),
                });
            }
        }),
        reported: &[REPLY, STORE_STATE, EXPIRY],
    },
    Fault {
        name: "rename-loses-expiry",
        breaks: "RENAME leaves the expiry of the source behind",
        rule: "rewrite-keeps-expiry",
        act: Act::Batch(|batch| {
            let ttls = |is_put: bool| {
                let is_ttl = move |(key, value): &(&Vec<u8>, &Option<Vec<u8>>)| {
                    key.starts_with(expiry::TTL_PREFIX) && value.is_some() == is_put
                };
                batch.iter().filter(is_ttl).count()
            };
            if ttls(true) > 0 && ttls(false) > 0 {
                batch.retain(|key, value| value.is_none() || !key.starts_with(expiry::TTL_PREFIX));
            }
        }),
        reported: &[REPLY, STORE_STATE],
    },
    Fault {
        name: "inline-expiry-not-written",
        breaks: "a 32-byte meta says no expiry",
        rule: "inline-expiry",
        act: Act::Batch(|batch| {
            metas(batch, |meta| meta.expiry_field = meta.expiry_field.map(|_| 0));
        }),
        reported: &[REPLY, STORE_STATE, EXPIRY],
    },
    Fault {
        name: "compaction-forgets-an-item",
        breaks: "a compaction folds one push too few, as if it had been committed in between",
        rule: "compaction",
        act: Act::Batch(|batch| {
            let folds = batch.iter().any(|(key, value)| value.is_none() && is_delta(key, None));
            let is_rewrite = batch.keys().any(|key| key.starts_with(ITEM_PREFIX));
            if folds && !is_rewrite {
                metas(batch, |meta| {
                    meta.len = meta.len.saturating_sub(1).max(0);
                    meta.tail = meta.head.saturating_add(meta.len);
                });
            }
        }),
        reported: &[REPLY, STORE_STATE],
    },
    Fault {
        name: "numbers-in-transaction-lost",
        breaks: "every delta of a transaction has the number 0, so that one of a key takes the place of the others",
        rule: "one-transaction",
        act: Act::Batch(|batch| {
            let numbered = std::mem::take(batch).into_iter().map(|(key, value)| match &value {
                Some(bytes) if is_delta(&key, Some(bytes)) => (with_number_0(&key), value),
                _ => (key, value),
            });
            *batch = numbered.collect();
        }),
        reported: &[REPLY, REFUSED, STORE_RECORDS, STORE_STATE],
    },
    Fault {
        name: "old-meta-survives",
        breaks: "the base meta of a list that is deleted stays, and counts for the next one of its name",
        rule: "rebirth",
        act: Act::Batch(|batch| {
            let is_meta = |key: &[u8]| key.starts_with(META_PREFIX) && !is_delta(key, None);
            batch.retain(|key, value| value.is_some() || !is_meta(key));
        }),
        reported: &[REPLY, REFUSED, STORE_RECORDS, STORE_STATE, WARNING],
    },
    Fault {
        name: "old-deltas-survive",
        breaks: "the deltas of a list that is deleted or folded stay, and count again",
        rule: "rebirth",
        act: Act::Batch(|batch| batch.retain(|key, value| value.is_some() || !is_delta(key, None))),
        reported: &[REPLY, REFUSED, STORE_RECORDS, STORE_STATE],
    },
    Fault {
        name: "rewrite-loses-expiry",
        breaks: "a rewrite takes the expiry away",
        rule: "rewrite-keeps-expiry",
        act: Act::Batch(|batch| {
            let items = |is_put: bool| {
                let owner = move |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| match classify(key, b"") {
                    Ok(Record::ListItem { user_key, .. }) if value.is_some() == is_put => Some(user_key.to_vec()),
                    _ => None,
                };
                batch.iter().filter_map(owner).collect::<BTreeSet<Vec<u8>>>()
            };
            let rewritten: Vec<Vec<u8>> = items(true).intersection(&items(false)).cloned().collect();
            metas(batch, |meta| {
                if !rewritten.is_empty() {
                    meta.expiry_field = meta.expiry_field.map(|_| 0);
                }
            });
            batch.extend(rewritten.into_iter().map(|user_key| (expiry::ttl_key(&user_key), None)));
        }),
        reported: &[REPLY, STORE_STATE],
    },
];

/// A delta's key says so; one that is written has the size of a delta besides.
fn is_delta(key: &[u8], value: Option<&[u8]>) -> bool {
    let value = value.unwrap_or(&[0; ListDelta::BYTES]);
    matches!(classify(key, value), Ok(Record::ListDelta { .. }))
}

fn deltas(batch: &mut Batch, change: impl Fn(&mut ListDelta)) {
    for (key, value) in batch.iter_mut() {
        if let Some(value) = value
            && let Ok(Record::ListDelta { mut delta, .. }) = classify(key, &value.clone())
        {
            change(&mut delta);
            *value = delta.to_bytes().to_vec();
        }
    }
}

fn metas(batch: &mut Batch, change: impl Fn(&mut ListMeta)) {
    for (key, value) in batch.iter_mut() {
        if let Some(value) = value
            && let Ok(Record::ListMeta { mut meta, .. }) = classify(key, &value.clone())
        {
            change(&mut meta);
            *value = meta.to_bytes();
        }
    }
}

/// A delta's key with the highest bit of its number set.
fn with_high_number(key: &[u8]) -> Vec<u8> {
    let mut key = key.to_vec();
    if let Some(byte) = key.len().checked_sub(size_of::<u32>()).and_then(|at| key.get_mut(at)) {
        *byte |= 0x80;
    }
    key
}

/// A delta's key with the number 0.
fn with_number_0(key: &[u8]) -> Vec<u8> {
    let kept = key.len().saturating_sub(size_of::<u32>());
    [key.get(..kept).unwrap_or_default(), &[0; size_of::<u32>()]].concat()
}

fn next_place(key: Vec<u8>) -> Vec<u8> {
    match classify(&key, b"") {
        Ok(Record::ListItem { user_key, seq, .. }) => list_keys::item_key(user_key, Seq(seq.0.saturating_add(1))),
        _ => key,
    }
}
