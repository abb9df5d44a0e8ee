//! Faults in which records make a list, and whose list it is.

use std::collections::BTreeSet;

use super::edits::{item_keys, item_of};
use crate::faults::changed::Pair;
use crate::faults::edits::{cut, keep, values_of};
use crate::faults::fault::kinds::{ENCODER, EXPIRY, ITEMS, LISTS, ORDER, WARNING};
use crate::faults::fault::{Act, Fault};
use crate::format::list::{item_key, meta_key};
use crate::format::record::classify;
use crate::format::{ListMeta, ListRecord, Record, Seq};

/// What is taken for a sign of a list, or of another one.
pub(in crate::faults) const SIGNS: &[Fault] = &[
    Fault {
        name: "seq-through-a-float",
        breaks: "sequence numbers pass through a floating-point number, so that those near the ends fall together",
        rule: "sequence-range",
        act: Act::Records(|records| {
            let through_a_float = |seq: i64| seq as f64 as i64;
            let mut seen = BTreeSet::new();
            let together: BTreeSet<Vec<u8>> = records
                .iter()
                .filter_map(|(key, _)| item_of(key))
                .filter(|(user_key, seq)| !seen.insert((user_key.to_vec(), through_a_float(*seq))))
                .map(|(user_key, _)| user_key.to_vec())
                .collect();
            // Where they do not fall together, they are in their order still, and only a warning says that the place is wrong.
            item_keys(records, |user_key, seq| {
                let falls = together.contains(user_key);
                item_key(user_key, Seq(if falls { through_a_float(seq) } else { seq }))
            });
        }),
        reported: &[ITEMS],
    },
    Fault {
        name: "seq-in-32-bits",
        breaks: "sequence numbers are cut to 32 bits",
        rule: "sequence-range",
        act: Act::Records(|records| {
            item_keys(records, |user_key, seq| item_key(user_key, Seq(i64::from(seq as i32))));
        }),
        reported: &[ITEMS, WARNING],
    },
    Fault {
        name: "key-ends-at-nul",
        breaks: "a user key ends at its first NUL byte",
        rule: "key-bytes",
        act: Act::Records(|records| {
            item_keys(records, |user_key, seq| {
                item_key(user_key.split(|byte| *byte == 0).next().unwrap_or_default(), Seq(seq))
            });
        }),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "key-made-text",
        breaks: "bytes of a user key that are not UTF-8 become replacement characters",
        rule: "key-bytes",
        act: Act::Records(|records| {
            item_keys(records, |user_key, seq| item_key(String::from_utf8_lossy(user_key).as_bytes(), Seq(seq)));
        }),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "empty-key-skipped",
        breaks: "a list whose user key is empty is left out",
        rule: "key-bytes",
        act: Act::Records(|records| {
            keep(records, |record| !matches!(record, Record::List(ListRecord::Item { user_key: b"", .. })));
        }),
        reported: &[LISTS],
    },
    Fault {
        name: "meta-required",
        breaks: "a list without a base meta is left out",
        rule: "items-are-the-truth",
        act: Act::Records(|records| {
            let based = with_base_meta(records);
            keep(records, |record| match record {
                Record::List(ListRecord::Item { user_key, .. }) => based.iter().any(|based| based == user_key),
                _ => true,
            });
        }),
        reported: &[LISTS],
    },
    Fault {
        name: "meta-cut",
        breaks: "a base meta has lost its last byte",
        rule: "malformed-record",
        act: Act::Records(|records| {
            values_of(records, |record| matches!(record, Record::List(ListRecord::Meta { .. })), cut);
        }),
        reported: &[ENCODER],
    },
];

/// What the sorting way alone takes for a sign of a list. No client sees such a list: it is the two ways that differ.
pub(in crate::faults) const SHUFFLED_SIGNS: &[Fault] = &[
    Fault {
        name: "deltas-make-a-list",
        breaks: "deltas without items make an empty list",
        rule: "deltas-alone",
        act: Act::Shuffled(|records| {
            make_lists(records, |record| match record {
                Record::List(ListRecord::Delta { user_key, .. }) => Some(user_key),
                _ => None,
            });
        }),
        reported: &[ORDER],
    },
    Fault {
        name: "fence-makes-a-list",
        breaks: "a write fence is taken for a sign that its list is there",
        rule: "fences",
        act: Act::Shuffled(|records| {
            make_lists(records, |record| match record {
                Record::Fence { user_key, .. } => Some(user_key),
                _ => None,
            });
        }),
        reported: &[ORDER],
    },
];

/// What hangs on a base meta.
pub(in crate::faults) const METAS: &[Fault] = &[
    Fault {
        name: "d-key-refused",
        breaks: "the meta of a user key that starts with d| is taken for a delta, which it does not have the size of",
        rule: "delta-namespace",
        act: Act::Records(|records| {
            values_of(records, is_meta_of_d_key, |value| value.truncate(ListMeta::SHORT_BYTES - 1));
        }),
        reported: &[ENCODER],
    },
    Fault {
        name: "ttl-unread-without-meta",
        breaks: "a TTL record counts only for a list with a base meta",
        rule: "ttl-record",
        act: Act::Records(|records| {
            let based = with_base_meta(records);
            keep(records, |record| match record {
                Record::Ttl { user_key, .. } => based.iter().any(|based| based == user_key),
                _ => true,
            });
        }),
        reported: &[EXPIRY],
    },
];

fn is_meta_of_d_key(record: &Record<'_>) -> bool {
    matches!(record, Record::List(ListRecord::Meta { user_key, .. }) if user_key.starts_with(b"d|"))
}

/// The user keys of those records that `owner` names one of.
fn owners(records: &[Pair], owner: impl for<'a> Fn(Record<'a>) -> Option<&'a [u8]>) -> Vec<Vec<u8>> {
    let named = |(key, value): &Pair| classify(key, value).ok().and_then(&owner).map(<[u8]>::to_vec);
    records.iter().filter_map(named).collect()
}

fn with_base_meta(records: &[Pair]) -> Vec<Vec<u8>> {
    owners(records, |record| match record {
        Record::List(ListRecord::Meta { user_key, .. }) => Some(user_key),
        _ => None,
    })
}

/// Gives each such user key a base meta of length 0, unless it has one.
fn make_lists(records: &mut Vec<Pair>, owner: impl for<'a> Fn(Record<'a>) -> Option<&'a [u8]>) {
    let nothing = ListMeta { head: 0, tail: 0, len: 0, expiry_field: None }.to_bytes();
    let has_items = owners(records, |record| match record {
        Record::List(ListRecord::Item { user_key, .. }) | Record::List(ListRecord::Meta { user_key, .. }) => {
            Some(user_key)
        }
        _ => None,
    });
    let made = owners(records, owner).into_iter().filter(|user_key| !has_items.contains(user_key));
    let made: Vec<Pair> = made.map(|user_key| (meta_key(&user_key), nothing.clone())).collect();
    records.extend(made);
}
