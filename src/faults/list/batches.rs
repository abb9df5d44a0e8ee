//! Faults in what a transaction writes of a list.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::{deltas, item_of, metas};
use crate::database::Batch;
use crate::faults::edits::puts;
use crate::faults::fault::kinds::{DELTA, ITEM, META, NUMBER, TTL};
use crate::faults::fault::{Act, Fault};
use crate::format::list::{self, CLAIM_PREFIX, ITEM_PREFIX, META_PREFIX};
use crate::format::record::classify;
use crate::format::{ListDelta, ListRecord, Record, Seq, expiry};

/// What pushes and pops write.
pub(in crate::faults) const PUSHES_AND_POPS: &[Fault] = &[
    Fault {
        name: "delta-with-wrong-sign",
        breaks: "a push writes the length that a pop would",
        rule: "delta",
        act: Act::Batch(|batch| deltas(puts(batch), |delta| delta.len_delta = delta.len_delta.saturating_neg())),
        reported: &[DELTA],
    },
    Fault {
        name: "delta-not-written",
        breaks: "pushes and pops leave no delta",
        rule: "delta",
        act: Act::Batch(|batch| batch.retain(|key, value| !(value.is_some() && is_delta(key, value.as_deref())))),
        reported: &[DELTA],
    },
    Fault {
        name: "delta-written-twice",
        breaks: "each delta is there again under another number of its transaction",
        rule: "delta",
        act: Act::Batch(|batch| {
            let again = batch.iter().filter(|(key, value)| is_delta(key, value.as_deref()));
            let again: Batch =
                again.map(|(key, value)| (with_number(key, |number| number | 1 << 31), value.clone())).collect();
            batch.extend(again);
        }),
        reported: &[DELTA],
    },
    Fault {
        name: "delta-little-endian",
        breaks: "deltas are written in little-endian order",
        rule: "delta",
        act: Act::Batch(|batch| {
            deltas(puts(batch), |delta| {
                delta.head_delta = delta.head_delta.swap_bytes();
                delta.len_delta = delta.len_delta.swap_bytes();
            });
        }),
        reported: &[DELTA],
    },
    Fault {
        name: "head-not-moved",
        breaks: "deltas say nothing of the head",
        rule: "push-left",
        act: Act::Batch(|batch| deltas(puts(batch), |delta| delta.head_delta = 0)),
        reported: &[DELTA],
    },
    Fault {
        name: "item-one-too-far",
        breaks: "each item stands one place after its own",
        rule: "sequence-order",
        act: Act::Batch(|batch| {
            let moved = std::mem::take(batch).into_iter().map(|(key, value)| (next_place(key), value));
            *batch = moved.collect();
        }),
        reported: &[ITEM],
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
        reported: &[ITEM],
    },
];

/// What compactions, transactions, deletions and rewrites write.
pub(in crate::faults) const WHOLE_LISTS: &[Fault] = &[
    Fault {
        name: "compaction-forgets-an-item",
        breaks: "a compaction folds one push too few, as if it had been committed in between",
        rule: "compaction",
        act: Act::Batch(|batch| {
            let folds = batch.iter().any(|(key, value)| value.is_none() && is_delta(key, None));
            let is_rewrite = batch.keys().any(|key| key.starts_with(ITEM_PREFIX));
            if folds && !is_rewrite {
                metas(puts(batch), |meta| {
                    meta.len = meta.len.saturating_sub(1).max(0);
                    meta.tail = meta.head.saturating_add(meta.len);
                });
            }
        }),
        reported: &[META],
    },
    Fault {
        name: "numbers-in-transaction-lost",
        breaks: "every delta of a transaction has the number 0, so that one of a key takes the place of the others",
        rule: "one-transaction",
        act: Act::Batch(|batch| {
            // One delta alone is right under any number, and only the store that wrote it would look for it elsewhere.
            let mut puts_of: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
            let is_put =
                |(key, value): &(&Vec<u8>, &Option<Vec<u8>>)| value.is_some() && is_delta(key, value.as_deref());
            for (key, _) in batch.iter().filter(is_put) {
                *puts_of.entry(with_number(key, |_| 0)).or_default() += 1;
            }
            let numbered = std::mem::take(batch).into_iter().map(|(key, value)| {
                let first = with_number(&key, |_| 0);
                let is_one_of_several = value.is_some() && puts_of.get(&first).is_some_and(|puts| *puts > 1);
                (if is_one_of_several { first } else { key }, value)
            });
            *batch = numbered.collect();
        }),
        reported: &[DELTA, NUMBER],
    },
    Fault {
        name: "old-meta-survives",
        breaks: "the base meta of a list that is deleted stays, and counts for the next one of its name",
        rule: "rebirth",
        act: Act::Batch(|batch| {
            let is_meta = |key: &[u8]| key.starts_with(META_PREFIX) && !is_delta(key, None);
            batch.retain(|key, value| value.is_some() || !is_meta(key));
        }),
        reported: &[META],
    },
    Fault {
        name: "old-deltas-survive",
        breaks: "the deltas of a list that is deleted or folded stay, and count again",
        rule: "rebirth",
        act: Act::Batch(|batch| batch.retain(|key, value| value.is_some() || !is_delta(key, None))),
        reported: &[DELTA],
    },
    Fault {
        name: "rewrite-loses-expiry",
        breaks: "a rewrite takes the expiry away",
        rule: "rewrite-keeps-expiry",
        act: Act::Batch(|batch| {
            let items = |is_put: bool| {
                let owner = move |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| match classify(key, b"") {
                    Ok(Record::List(ListRecord::Item { user_key, .. })) if value.is_some() == is_put => {
                        Some(user_key.to_vec())
                    }
                    _ => None,
                };
                batch.iter().filter_map(owner).collect::<BTreeSet<Vec<u8>>>()
            };
            let rewritten: Vec<Vec<u8>> = items(true).intersection(&items(false)).cloned().collect();
            if !rewritten.is_empty() {
                metas(puts(batch), |meta| meta.expiry_field = meta.expiry_field.map(|_| 0));
            }
            batch.extend(rewritten.into_iter().map(|user_key| (expiry::ttl_key(&user_key), None)));
        }),
        reported: &[META, TTL],
    },
];

/// What a fold writes: a compaction, or an expiry that folds the deltas into the meta that carries it.
pub(in crate::faults) const PARTIAL_FOLDS: &[Fault] = &[
    Fault {
        name: "fold-leaves-last-delta",
        breaks: "a fold adds up all deltas and deletes all but the last, which counts again",
        rule: "compaction",
        act: Act::Batch(|batch| {
            if batch.values().any(Option::is_some) {
                leave_last_delta(batch);
            }
        }),
        reported: &[DELTA],
    },
    Fault {
        name: "fold-to-nothing-leaves-last-delta",
        breaks: "a fold of an emptied list deletes all deltas but the last, and the next list of the key is too short",
        rule: "compaction",
        act: Act::Batch(|batch| {
            if batch.values().all(Option::is_none) {
                leave_last_delta(batch);
            }
        }),
        reported: &[DELTA],
    },
    Fault {
        name: "fold-to-nothing-keeps-base",
        breaks: "a fold of an emptied list deletes the deltas and keeps the base meta below them, whose length counts again",
        rule: "compaction",
        act: Act::Batch(|batch| {
            if folded(batch).is_some() && batch.values().all(Option::is_none) {
                batch.retain(|key, _| is_delta(key, None) || !key.starts_with(META_PREFIX));
            }
        }),
        reported: &[META],
    },
    Fault {
        name: "fold-without-heads",
        breaks: "a fold adds up the lengths of the deltas and forgets how far they move the head",
        rule: "compaction",
        act: Act::Batch(|batch| {
            if folded(batch).is_some() {
                metas(puts(batch), |meta| (meta.head, meta.tail) = (0, meta.len));
            }
        }),
        reported: &[META],
    },
];

/// The deltas that a batch folds: it deletes them, and neither writes nor deletes an item.
fn folded(batch: &Batch) -> Option<Vec<Vec<u8>>> {
    let gone = batch.iter().filter(|(key, value)| value.is_none() && is_delta(key, None));
    let deltas: Vec<Vec<u8>> = gone.map(|(key, _)| key.clone()).collect();
    let is_rewrite = batch.keys().any(|key| key.starts_with(ITEM_PREFIX));
    (!deltas.is_empty() && !is_rewrite).then_some(deltas)
}

/// A fold of several deltas does not delete the last.
fn leave_last_delta(batch: &mut Batch) {
    if let Some([_, .., last]) = folded(batch).as_deref() {
        batch.remove(last);
    }
}

/// A delta's key says so; one that is written has the size of a delta besides.
fn is_delta(key: &[u8], value: Option<&[u8]>) -> bool {
    let value = value.unwrap_or(&[0; ListDelta::BYTES]);
    matches!(classify(key, value), Ok(Record::List(ListRecord::Delta { .. })))
}

/// A delta's key with another number in its transaction.
fn with_number(key: &[u8], change: impl Fn(u32) -> u32) -> Vec<u8> {
    match key.split_last_chunk() {
        Some((start, number)) => [start, &change(u32::from_be_bytes(*number)).to_be_bytes()].concat(),
        None => key.to_vec(),
    }
}

fn next_place(key: Vec<u8>) -> Vec<u8> {
    match item_of(&key) {
        Some((user_key, seq)) => list::item_key(user_key, Seq(seq.saturating_add(1))),
        None => key,
    }
}
