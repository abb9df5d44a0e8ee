//! Canaries in records: on their way into each dump, in any order, out of the history, and restored from a dump.

use super::row::{Canary, How, shorten};
use super::scene::Scene;
use crate::database::{Batch, History};
use crate::faults::{Act, Pair};
use crate::finding::FindingKind;
use crate::format::list::{CLAIM_PREFIX, DELTA_PREFIX, FENCE_PREFIX, ITEM_PREFIX, item_key};
use crate::format::record::classify;
use crate::format::{ListRecord, Record, Seq, expiry};

/// A change of records: what it is, what a finding must say of it, and how it is made.
type Edit = (&'static str, &'static str, fn(&mut Vec<Pair>));

/// Changes of what a client sees, with the aspect that a comparison must report.
const SEEN: &[Edit] = &[
    ("an item has another byte", "items", |records| last_item(records, |value| value.push(b'~'))),
    ("two items are in each other's place", "items", |records| {
        let mut items = values(records, is_item).rev();
        if let (Some(last), Some(before)) = (items.next(), items.next()) {
            std::mem::swap(last, before);
        }
    }),
    ("an item is missing", "items", |records| {
        let last = records.iter().rposition(|(key, value)| is_of(key, value, is_item));
        last.into_iter().for_each(|at| drop(records.remove(at)));
    }),
    ("the last item is empty", "items", |records| last_item(records, Vec::clear)),
    ("an empty item is too many", "items", |records| {
        let last = records.iter().rfind(|(key, value)| is_of(key, value, is_item)).map(|(key, _)| key.clone());
        records.extend(last.map(|mut key| {
            key.last_mut().into_iter().for_each(|byte| *byte += 1);
            (key, Vec::new())
        }));
    }),
    ("the items of a list are missing", "missing-list", |records| {
        records.retain(|(key, value)| !is_of(key, value, is_item));
    }),
    ("a list is too many", "extra-list", |records| records.push((item_key(b"zz", Seq(0)), b"x".to_vec()))),
    ("an expiry is a millisecond late", "expiry", |records| ttl(records, |value| last_byte(value, 1))),
    ("an expiry is lost", "expiry", |records| records.retain(|(key, _)| !key.starts_with(expiry::TTL_PREFIX))),
];

/// Malformed records, with what the encoder must say of each.
const MALFORMED: &[Edit] = &[
    ("a meta lacks a byte", "meta value has 23 bytes", |records| {
        values(records, is_meta).for_each(shorten);
    }),
    ("a meta has a byte more", "meta value has 25 bytes", |records| {
        values(records, is_meta).for_each(|value| value.push(0))
    }),
    ("a meta's length is above the limit", "meta length 18446744073709551615", |records| {
        values(records, is_meta).for_each(|value| value.iter_mut().skip(16).take(8).for_each(|byte| *byte = 0xff));
    }),
    ("a delta lacks a byte", "delta value has 15 bytes", |records| {
        values(records, is_delta).for_each(shorten);
    }),
    ("an item's key has no place", "item key has 7 bytes", |records| {
        records.push(([ITEM_PREFIX, b"1234567"].concat(), b"x".to_vec()));
    }),
    ("a claim's key ends early", "the claim key's length field", |records| {
        records.push(([CLAIM_PREFIX, b"\0\0\0\x011"].concat(), Vec::new()));
    }),
    ("a delta's key ends early", "the delta key's length field", |records| {
        records.push(([DELTA_PREFIX, b"\0\0\0\x011"].concat(), vec![0; 16]));
    }),
    ("the key of a meta starts like that of a delta", "meta value has 5 bytes", |records| {
        records.push(([DELTA_PREFIX, b"x"].concat(), vec![0; 5]));
    }),
    ("a TTL record lacks a byte", "TTL value has 7 bytes", |records| ttl(records, shorten)),
];

/// What is odd about records and changes no list, with the warning.
const ODD: &[Edit] = &[
    ("the length is another one", "redis_list_length_mismatch", |records| {
        records.retain(|(key, value)| !is_of(key, value, is_delta));
    }),
    ("an item is outside the window", "redis_list_item_outside_window", |records| {
        for (key, _) in records.iter_mut().filter(|(key, _)| key.starts_with(ITEM_PREFIX)) {
            let place = key.len().saturating_sub(Seq::BYTES);
            key.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x40);
        }
    }),
    ("the tail is not head and length", "redis_list_meta_invariant", |records| {
        values(records, is_meta).for_each(|value| value.iter_mut().skip(15).take(1).for_each(|byte| *byte ^= 1));
    }),
    ("an expiry has no list", "redis_orphan_ttl", orphan),
];

/// Changes of shuffled records, with what the finding must say, if anything.
const SHUFFLED: &[Edit] = &[
    ("an item has another byte", "", |records| last_item(records, |value| value.push(b'~'))),
    ("items stand as they came", "", |records| {
        let mut items: Vec<&mut Pair> = records.iter_mut().filter(|(key, value)| is_of(key, value, is_item)).collect();
        let mut keys: Vec<Vec<u8>> = items.iter().map(|(key, _)| key.clone()).collect();
        keys.rotate_left(1);
        items.iter_mut().zip(keys).for_each(|((key, _), other)| *key = other);
    }),
    ("the last record is not flushed", "", |records| {
        let last = records.iter().rposition(|(key, _)| key.starts_with(ITEM_PREFIX));
        last.into_iter().for_each(|at| drop(records.remove(at)));
    }),
    ("a list is too many", "", |records| records.push((item_key(b"zz", Seq(0)), b"x".to_vec()))),
    ("an expiry is a millisecond late", "", |records| ttl(records, |value| last_byte(value, 1))),
    ("an expiry is lost", "", |records| records.retain(|(key, _)| !key.starts_with(expiry::TTL_PREFIX))),
    ("only a warning differs", "OrphanTtl", orphan),
    ("an item comes twice", "came twice", |records| again(records, ITEM_PREFIX)),
    ("a meta comes twice", "came twice", |records| again(records, b"!lst|meta|a")),
    ("an expiry comes twice", "came twice", |records| again(records, expiry::TTL_PREFIX)),
    ("a record is malformed", "meta value has 23 bytes", |records| {
        values(records, is_meta).for_each(shorten);
    }),
];

/// Changes of restored records.
const RESTORED: &[Edit] = &[
    ("an item has another byte", "", |records| last_item(records, |value| value.push(b'~'))),
    ("an item is missing", "", |records| {
        let last = records.iter().rposition(|(key, _)| key.starts_with(ITEM_PREFIX));
        last.into_iter().for_each(|at| drop(records.remove(at)));
    }),
    ("a list is too many", "", |records| records.push((item_key(b"zz", Seq(0)), b"x".to_vec()))),
    ("an empty list is lost", "", |records| records.retain(|(key, _)| !key.starts_with(b"!lst|meta|n"))),
    ("an expiry is a millisecond late", "", |records| {
        let inline = records.iter_mut().filter(|(key, _)| key.starts_with(b"!lst|meta|t"));
        inline.for_each(|(_, value)| last_byte(value, 1));
    }),
    ("only a warning differs", "OrphanTtl", orphan),
    ("a record is malformed", "meta value has", |records| {
        values(records, is_meta).for_each(shorten);
    }),
];

/// Three steps, so that each is a moment that is looked at.
const MOMENTS: Scene =
    Scene { history: History::Kept, ..Scene::of(&["RPUSH a# one two three", "RPUSH t# x", "PEXPIRE t# 100000"]) };

/// Two moments, each of three lists.
const THREE_LISTS: Scene = Scene {
    history: History::Kept,
    ..Scene::of(&["MULTI RPUSH a# one two three;RPUSH t# x;RPUSH u# y", "RPUSH a# four"])
};

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let seen = |scene, kind, act: fn(fn(&mut Vec<Pair>)) -> How| {
        let canary =
            move |(name, aspect, change): &Edit| Canary { scene, how: act(*change), ..Canary::of(name, kind, aspect) };
        SEEN.iter().map(canary)
    };
    let told = |edits: &'static [Edit], kind, act: fn(fn(&mut Vec<Pair>)) -> Act| {
        let canary = move |(name, says, change): &Edit| Canary {
            says,
            how: How::Act(act(*change)),
            ..Canary::of(name, kind, "")
        };
        edits.iter().map(canary)
    };
    let whole = Canary::of("", FindingKind::DumpState, "").scene;
    let mut all: Vec<Canary> = seen(whole, FindingKind::DumpState, |change| How::Act(Act::Records(change))).collect();
    all.extend(seen(MOMENTS, FindingKind::History, |change| How::Act(Act::Then(change))));
    let of_three = seen(THREE_LISTS, FindingKind::History, |change| How::Act(Act::Then(change))).take(1);
    let first = "an item of the first commit has another byte";
    all.push(Canary {
        scene: MOMENTS,
        how: How::Act(Act::Then(|records| {
            if !records.iter().any(|(key, _)| key.starts_with(expiry::TTL_PREFIX)) {
                last_item(records, |value| value.push(b'~'));
            }
        })),
        ..Canary::of(first, FindingKind::History, "items")
    });
    all.extend(of_three.map(|canary| Canary { name: "an item of one of three lists has another byte", ..canary }));
    all.extend(seen(whole, FindingKind::DumpState, |change| How::OnEngine(Act::Records(change))).take(1));
    all.extend(told(MALFORMED, FindingKind::Encoder, Act::Records));
    all.extend(told(ODD, FindingKind::Warning, Act::Records));
    all.extend(told(SHUFFLED, FindingKind::Order, Act::Shuffled));
    all.extend(told(RESTORED, FindingKind::Restored, Act::Restored));
    let in_history = told(MALFORMED, FindingKind::History, Act::Then).take(1);
    all.extend(in_history.map(|canary| Canary { scene: Scene { steps: COMPACTED, ..MOMENTS }, ..canary }));
    // The judge speaks of what it sees before the store reads it. What the store shows in the end leaves out a missing item.
    all.push(Canary {
        scene: Scene::of(&["RPUSH a# one", "LMOVE a# b# LEFT RIGHT"]),
        says: "the item to be moved is missing",
        how: How::Act(Act::Unseen(|batch| batch.retain(|key, _| !key.starts_with(ITEM_PREFIX)), with_item)),
        ..Canary::of("an item is missing that the judge has seen", FindingKind::StoreRecords, "")
    });
    let kept = told(MALFORMED, FindingKind::StoreRecords, Act::Kept);
    all.extend(kept.filter(|canary| !canary.name.contains("key")));
    all
}

const COMPACTED: &[&str] = &["RPUSH a# one", "COMPACT a#"];

/// Puts the item back into the batch of a push.
fn with_item(batch: &mut Batch) {
    let pushed = batch.keys().find_map(|key| key.strip_prefix(FENCE_PREFIX)).map(|user_key| item_key(user_key, Seq(0)));
    batch.extend(pushed.map(|key| (key, Some(b"one".to_vec()))));
}

/// The records that a fault gets of `a`, of one kind.
fn is_of(key: &[u8], value: &[u8], is_meant: fn(&ListRecord<'_>) -> bool) -> bool {
    matches!(classify(key, value), Ok(Record::List(record)) if record.user_key().starts_with(b"a") && is_meant(&record))
}

fn values(
    records: &mut [Pair],
    is_meant: fn(&ListRecord<'_>) -> bool,
) -> impl DoubleEndedIterator<Item = &mut Vec<u8>> {
    records.iter_mut().filter(move |(key, value)| is_of(key, value, is_meant)).map(|(_, value)| value)
}

fn last_item(records: &mut [Pair], change: impl Fn(&mut Vec<u8>)) {
    values(records, is_item).rev().take(1).for_each(change);
}

fn is_item(record: &ListRecord<'_>) -> bool {
    matches!(record, ListRecord::Item { .. })
}

fn is_meta(record: &ListRecord<'_>) -> bool {
    matches!(record, ListRecord::Meta { .. })
}

fn is_delta(record: &ListRecord<'_>) -> bool {
    matches!(record, ListRecord::Delta { .. })
}

/// The value of the TTL record of `t`.
fn ttl(records: &mut [Pair], change: impl Fn(&mut Vec<u8>)) {
    let key = [expiry::TTL_PREFIX, b"t"].concat();
    records.iter_mut().filter(|(found, _)| found.starts_with(&key)).for_each(|(_, value)| change(value));
}

/// A big-endian number becomes a neighbour of it.
fn last_byte(value: &mut [u8], bit: u8) {
    value.last_mut().into_iter().for_each(|byte| *byte ^= bit);
}

/// Adds a record again whose key starts so.
fn again(records: &mut Vec<Pair>, start: &[u8]) {
    let again = records.iter().find(|(key, _)| key.starts_with(start)).cloned();
    records.extend(again);
}

fn orphan(records: &mut Vec<Pair>) {
    records.push((expiry::ttl_key(b"of no list"), vec![0x7f; 8]));
}
