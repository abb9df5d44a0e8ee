//! Faults in the records of lists on their way into the encoder: what a decoder that reads them wrongly would make of them.

use std::collections::{BTreeMap, BTreeSet};

use super::edits::{deltas, item_keys, item_of, metas};
use crate::faults::changed::Pair;
use crate::faults::edits::{keep, values, values_of};
use crate::faults::fault::kinds::{ENCODER, EXPIRY, ITEMS, LISTS, ORDER, WARNING};
use crate::faults::fault::{Act, Fault};
use crate::format::list::{self, ITEM_PREFIX};
use crate::format::record::classify;
use crate::format::{ListDelta, ListMeta, ListRecord, Record, Seq};

/// Where a list begins and ends, and in which order its items come.
pub(in crate::faults) const WINDOWS: &[Fault] = &[
    Fault {
        name: "sign-flip-left-out",
        breaks: "sequence numbers are compared without their sign bit flipped",
        rule: "sequence-order",
        act: Act::Records(|records| seqs(records, |seq| seq ^ i64::MIN)),
        // Where no list has seqs of both signs, the order is right, and the place is not.
        reported: &[ITEMS, WARNING],
    },
    Fault {
        name: "seq-little-endian",
        breaks: "sequence numbers are read in little-endian order",
        rule: "sequence-order",
        act: Act::Records(|records| seqs(records, i64::swap_bytes)),
        reported: &[ITEMS, WARNING],
    },
    Fault {
        name: "list-backwards",
        breaks: "items come from the tail to the head",
        rule: "sequence-order",
        act: Act::Records(|records| seqs(records, |seq| !seq)),
        reported: &[ITEMS, WARNING],
    },
    Fault {
        name: "tail-off-by-one",
        breaks: "the item before the tail is left out",
        rule: "items-are-the-truth",
        act: Act::Records(|records| drop_items(records, |list, seq| list.last() == Some(&seq))),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "head-off-by-one",
        breaks: "the item at the head is left out",
        rule: "items-are-the-truth",
        act: Act::Records(|records| drop_items(records, |list, seq| list.first() == Some(&seq))),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "claim-hides-live-item",
        breaks: "an item under a claim is taken for popped",
        rule: "claims-hide-nothing",
        act: Act::Records(|records| claimed(records, 0)),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "claim-range-shifted",
        breaks: "a claim hides the item after its own",
        rule: "claims-hide-nothing",
        act: Act::Records(|records| claimed(records, 1)),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "base-length-taken",
        breaks: "a list ends where its base meta says, though deltas are outstanding",
        rule: "resolved-meta",
        act: Act::Records(|records| {
            let bases = bases(records);
            drop_items_of(records, |user_key, _, seq| {
                bases.get(user_key).is_some_and(|meta| meta.len > 0 && seq >= meta.head.saturating_add(meta.len))
            });
        }),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "deltas-ignored",
        breaks: "deltas are not added to the base meta",
        rule: "resolved-meta",
        act: Act::Records(|records| keep(records, |record| !matches!(record, Record::List(ListRecord::Delta { .. })))),
        reported: &[WARNING],
    },
    Fault {
        name: "delta-counted-twice",
        breaks: "deltas count double",
        rule: "delta",
        act: Act::Records(|records| {
            deltas(values(records), |delta| delta.len_delta = delta.len_delta.saturating_mul(2))
        }),
        reported: &[WARNING],
    },
    Fault {
        name: "delta-of-other-sign",
        breaks: "deltas are subtracted",
        rule: "delta",
        act: Act::Records(|records| {
            deltas(values(records), |delta| delta.len_delta = delta.len_delta.saturating_neg())
        }),
        reported: &[WARNING],
    },
    Fault {
        name: "newest-delta-dropped",
        breaks: "of several deltas the newest is taken for folded by a compaction",
        rule: "compaction",
        act: Act::Records(|records| {
            let newest: BTreeMap<Vec<u8>, Vec<u8>> = records
                .iter()
                .filter_map(|(key, value)| match classify(key, value) {
                    Ok(Record::List(ListRecord::Delta { user_key, .. })) => Some((user_key.to_vec(), key.clone())),
                    _ => None,
                })
                .collect();
            let newest: BTreeSet<Vec<u8>> = newest.into_values().collect();
            records.retain(|(key, _)| !newest.contains(key));
        }),
        reported: &[WARNING],
    },
    Fault {
        name: "meta-tail-off-by-one",
        breaks: "the tail of a base meta is read as the last item's place",
        rule: "meta-value",
        act: Act::Records(|records| metas(values(records), |meta| meta.tail = meta.tail.saturating_sub(1))),
        reported: &[WARNING],
    },
    Fault {
        name: "meta-little-endian",
        breaks: "base metas are read in little-endian order",
        rule: "meta-value",
        act: Act::Records(|records| {
            metas(values(records), |meta| {
                meta.head = meta.head.swap_bytes();
                meta.tail = meta.tail.swap_bytes();
                meta.len = meta.len.swap_bytes() & i64::MAX;
            });
        }),
        reported: &[ENCODER, WARNING],
    },
    Fault {
        name: "delta-namespace-by-prefix",
        breaks: "whatever starts like a delta's key is skipped as one, the meta of a user key d|... too",
        rule: "delta-namespace",
        act: Act::Records(|records| {
            keep(
                records,
                |record| !matches!(record, Record::List(ListRecord::Meta { user_key, .. }) if user_key.starts_with(b"d|")),
            );
        }),
        reported: &[EXPIRY, WARNING],
    },
    Fault {
        name: "meta-under-a-delta-key",
        breaks: "a meta whose key is a delta's key to the byte is skipped as a delta",
        rule: "imitated-delta",
        act: Act::Records(|records| {
            keep(records, |record| match record {
                Record::List(ListRecord::Meta { user_key, .. }) => {
                    let key = list::meta_key(user_key);
                    !matches!(classify(&key, &[0; ListDelta::BYTES]), Ok(Record::List(ListRecord::Delta { .. })))
                }
                _ => true,
            });
        }),
        reported: &[EXPIRY, WARNING],
    },
    Fault {
        name: "scan-ends-at-a-neighbour",
        breaks: "a list ends where a record of a key that extends its own comes in between",
        rule: "keys-that-extend",
        act: Act::Records(|records| {
            let (mut closed, mut last) = (BTreeSet::new(), None::<Vec<u8>>);
            keep(records, |record| {
                let Record::List(ListRecord::Item { user_key, .. }) = record else { return true };
                if last.as_deref() != Some(*user_key) {
                    closed.extend(last.replace(user_key.to_vec()));
                }
                !closed.contains(*user_key)
            });
        }),
        reported: &[ITEMS],
    },
    Fault {
        name: "neighbour-taken-in",
        breaks: "the first eight bytes after the shorter of two keys are taken for a sequence number",
        rule: "keys-that-extend",
        act: Act::Records(|records| {
            let owners = owners(records);
            for (key, _) in records.iter_mut() {
                let shorter = item_of(key).and_then(|(user_key, _)| {
                    let end = user_key.len().checked_sub(Seq::BYTES)?;
                    user_key.get(..end).filter(|shorter| owners.contains(*shorter)).map(<[u8]>::len)
                });
                if let Some(length) = shorter {
                    key.truncate(ITEM_PREFIX.len() + length + Seq::BYTES);
                }
            }
        }),
        reported: &[ITEMS, LISTS],
    },
];

/// The bytes of items, and lists as a whole.
pub(in crate::faults) const CONTENTS: &[Fault] = &[
    Fault {
        name: "empty-item-dropped",
        breaks: "an item without bytes is taken for a hole",
        rule: "item-bytes",
        act: Act::Records(|records| {
            keep(records, |record| !matches!(record, Record::List(ListRecord::Item { value: b"", .. })))
        }),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "duplicates-merged",
        breaks: "an item that equals the one before it is dropped",
        rule: "item-bytes",
        act: Act::Records(|records| {
            let mut last = None::<(Vec<u8>, Vec<u8>)>;
            keep(records, |record| {
                let Record::List(ListRecord::Item { user_key, value, .. }) = record else { return true };
                let item = Some((user_key.to_vec(), value.to_vec()));
                let is_again = last == item;
                last = item;
                !is_again
            });
        }),
        reported: &[ITEMS],
    },
    Fault {
        name: "item-ends-at-nul",
        breaks: "an item ends at its first NUL byte",
        rule: "item-bytes",
        act: Act::Records(|records| {
            items(records, |item| item.truncate(item.iter().position(|byte| *byte == 0).unwrap_or(item.len())));
        }),
        reported: &[ITEMS],
    },
    Fault {
        name: "item-made-text",
        breaks: "bytes that are no UTF-8 are replaced by U+FFFD",
        rule: "item-encoding",
        act: Act::Records(|records| items(records, |item| *item = String::from_utf8_lossy(item).into_owned().into())),
        reported: &[ITEMS],
    },
    Fault {
        name: "item-trimmed",
        breaks: "white space around items is cut off",
        rule: "item-bytes",
        act: Act::Records(|records| items(records, |item| *item = item.trim_ascii().to_vec())),
        reported: &[ITEMS],
    },
    Fault {
        name: "long-item-cut",
        breaks: "items end after 4096 bytes",
        rule: "item-bytes",
        act: Act::Records(|records| items(records, |item| item.truncate(4096))),
        reported: &[ITEMS],
    },
    Fault {
        name: "first-list-skipped",
        breaks: "the first list of the key space is left out",
        rule: "items-are-the-truth",
        act: Act::Records(|records| {
            let first = records.iter().find_map(|(key, _)| item_of(key)).map(|(user_key, _)| user_key.to_vec());
            drop_items_of(records, |user_key, _, _| Some(user_key) == first.as_deref());
        }),
        reported: &[LISTS],
    },
    Fault {
        name: "keys-in-lower-case",
        breaks: "user keys are compared without regard to case",
        rule: "segment-case",
        act: Act::Records(|records| {
            item_keys(records, |user_key, seq| list::item_key(&user_key.to_ascii_lowercase(), Seq(seq)));
        }),
        reported: &[ITEMS, LISTS],
    },
];

/// Records in any order.
pub(in crate::faults) const SHUFFLED: &[Fault] = &[
    Fault {
        name: "arrival-order-kept",
        breaks: "items stand in the order in which their records came",
        rule: "any-order",
        act: Act::Shuffled(|records| {
            let mut places: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
            item_keys(records, |user_key, _| {
                let place = places.entry(user_key.to_vec()).or_default();
                *place += 1;
                list::item_key(user_key, Seq(*place - 1))
            });
        }),
        reported: &[ORDER],
    },
    Fault {
        name: "last-record-not-flushed",
        breaks: "the record that comes last is not flushed",
        rule: "any-order",
        act: Act::Shuffled(|records| {
            if let Some(at) = records.iter().rposition(|(key, _)| key.starts_with(ITEM_PREFIX)) {
                records.remove(at);
            }
        }),
        reported: &[ORDER],
    },
    Fault {
        name: "empty-list-forgotten",
        breaks: "a base meta without items gives no file",
        rule: "empty-list",
        act: Act::Shuffled(|records| {
            let with_items = owners(records);
            keep(records, |record| match record {
                Record::List(ListRecord::Meta { user_key, .. }) => with_items.contains(*user_key),
                _ => true,
            });
        }),
        reported: &[ORDER],
    },
    Fault {
        name: "sorted-as-unsigned",
        breaks: "the sorting way compares sequence numbers as unsigned",
        rule: "sequence-order",
        act: Act::Shuffled(|records| seqs(records, |seq| seq ^ i64::MIN)),
        reported: &[ORDER],
    },
];

fn seqs(records: &mut [Pair], change: impl Fn(i64) -> i64) {
    item_keys(records, |user_key, seq| list::item_key(user_key, Seq(change(seq))));
}

fn items(records: &mut [Pair], change: impl Fn(&mut Vec<u8>)) {
    values_of(records, |record| matches!(record, Record::List(ListRecord::Item { .. })), change);
}

/// The user keys of items.
fn owners(records: &[Pair]) -> BTreeSet<Vec<u8>> {
    records.iter().filter_map(|(key, _)| item_of(key)).map(|(user_key, _)| user_key.to_vec()).collect()
}

/// The places of each list's items, ascending.
fn places(records: &[Pair]) -> BTreeMap<Vec<u8>, BTreeSet<i64>> {
    let mut places: BTreeMap<Vec<u8>, BTreeSet<i64>> = BTreeMap::new();
    for (user_key, seq) in records.iter().filter_map(|(key, _)| item_of(key)) {
        places.entry(user_key.to_vec()).or_default().insert(seq);
    }
    places
}

fn drop_items_of(records: &mut Vec<Pair>, is_dropped: impl Fn(&[u8], &BTreeSet<i64>, i64) -> bool) {
    let places = places(records);
    keep(records, |record| match record {
        Record::List(ListRecord::Item { user_key, seq, .. }) => {
            !places.get(*user_key).is_some_and(|list| is_dropped(user_key, list, seq.0))
        }
        _ => true,
    });
}

fn drop_items(records: &mut Vec<Pair>, is_dropped: impl Fn(&BTreeSet<i64>, i64) -> bool) {
    drop_items_of(records, |_, list, seq| is_dropped(list, seq));
}

/// Drops the items that stand so many places after a claim.
fn claimed(records: &mut Vec<Pair>, places: i64) {
    let claims: BTreeSet<(Vec<u8>, i64)> = records
        .iter()
        .filter_map(|(key, value)| match classify(key, value) {
            Ok(Record::List(ListRecord::Claim { user_key, seq })) => Some((user_key.to_vec(), seq.0)),
            _ => None,
        })
        .collect();
    drop_items_of(records, |user_key, _, seq| claims.contains(&(user_key.to_vec(), seq.saturating_sub(places))));
}

fn bases(records: &[Pair]) -> BTreeMap<Vec<u8>, ListMeta> {
    let base = |(key, value): &Pair| match classify(key, value) {
        Ok(Record::List(ListRecord::Meta { user_key, meta })) => Some((user_key.to_vec(), meta)),
        _ => None,
    };
    records.iter().filter_map(base).collect()
}
