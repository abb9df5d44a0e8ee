//! Canaries in what the store commits: one for each rule of the judge of records.

use super::row::{Canary, How, shorten};
use super::scene::Scene;
use crate::database::Batch;
use crate::faults::Act;
use crate::finding::FindingKind;
use crate::format::list::{
    CLAIM_PREFIX, DELTA_PREFIX, FENCE_PREFIX, ITEM_PREFIX, META_PREFIX, claim_key, fence_key, item_key, meta_key,
};
use crate::format::{CommitTs, Seq, expiry};
use crate::store::MetaWidth;

/// A change of each batch: what it is, the rule, the steps, and how it is made.
type Edit = (&'static str, &'static str, &'static [&'static str], fn(&mut Batch));

const PUSH: &[&str] = &["RPUSH a# one two"];
const POP: &[&str] = &["RPUSH a# one two", "LPOP a#"];
const EXPIRE: &[&str] = &["RPUSH a# one", "PEXPIRE a# 100000"];
const COMPACT: &[&str] = &["RPUSH a# one", "COMPACT a#"];
const MANY: &[&str] = &["RPUSH a# x*60000", "RPUSH a# x*60000", "LTRIM a# 0 -1"];
const EMPTIED: &[&str] = &["RPUSH a# one", "PEXPIRE a# 100000", "LPOP a#"];
const DELETED: &[&str] = &["RPUSH a# one two", "LPOP a#", "COMPACT a#", "DEL a#"];
const TWO_POPS: &[&str] = &["RPUSH a# one two three", "RPOP a#", "RPOP a#"];
const TWO_PUSHES: &[&str] = &["RPUSH a# one", "COMPACT a#", "PEXPIRE a# 100000", "RPUSH a# two"];
const TWO_KEYS: &[&str] = &["MULTI RPUSH a# one;RPUSH b# two"];
const TWO: &[&str] = &["MULTI RPUSH a# one;RPUSH a# two"];

const EDITS: &[Edit] = &[
    ("an item has another byte", "item", PUSH, |batch| puts(batch, ITEM_PREFIX, |value| value.push(b'~'))),
    ("an item is not written", "item", PUSH, |batch| {
        let last = batch.keys().rfind(|key| key.starts_with(ITEM_PREFIX)).cloned();
        last.into_iter().for_each(|key| drop(batch.remove(&key)));
    }),
    ("a popped item stays", "item", POP, |batch| {
        batch.retain(|key, value| value.is_some() || !key.starts_with(ITEM_PREFIX));
    }),
    ("a pop leaves no claim", "claim", POP, |batch| batch.retain(|key, _| !key.starts_with(CLAIM_PREFIX))),
    ("a push leaves no delta", "delta", PUSH, |batch| batch.retain(|key, _| !key.starts_with(DELTA_PREFIX))),
    ("a delta counts one item more", "delta", PUSH, |batch| {
        puts(batch, DELTA_PREFIX, |value| value.last_mut().into_iter().for_each(|byte| *byte += 1));
    }),
    ("a push leaves no fence", "fence", PUSH, |batch| {
        batch.retain(|key, _| !key.starts_with(b"!redis|txn-wide-list|"))
    }),
    ("a base meta has another head", "base-meta", COMPACT, |batch| flip(batch, META_PREFIX, 0)),
    ("an expiry is a millisecond late", "ttl", EXPIRE, |batch| {
        puts(batch, expiry::TTL_PREFIX, |value| value.last_mut().into_iter().for_each(|byte| *byte ^= 1));
    }),
    ("an expiry is not written", "ttl", EXPIRE, |batch| batch.retain(|key, _| !key.starts_with(expiry::TTL_PREFIX))),
    ("the deltas of a transaction are numbered from 1", "delta-number", TWO, |batch| {
        let numbered = std::mem::take(batch).into_iter().map(|(mut key, value)| {
            if key.starts_with(DELTA_PREFIX) {
                key.last_mut().into_iter().for_each(|byte| *byte += 1);
            }
            (key, value)
        });
        *batch = numbered.collect();
    }),
    ("a record of a key that nobody named", "unnamed-key", PUSH, |batch| {
        batch.insert(item_key(b"zz", Seq(0)), Some(b"x".to_vec()));
    }),
    ("an item more than was pushed", "item", PUSH, |batch| {
        let last = batch
            .iter()
            .rfind(|(key, _)| key.starts_with(ITEM_PREFIX))
            .map(|(key, value)| (key.clone(), value.clone()));
        batch.extend(last.map(|(mut key, value)| {
            key.last_mut().into_iter().for_each(|byte| *byte += 1);
            (key, value)
        }));
    }),
    ("a claim of a push", "claim", PUSH, |batch| add(batch, |user_key| claim_key(user_key, Seq(0)), b"")),
    ("a second delta", "delta", PUSH, |batch| {
        let delta = batch
            .iter()
            .find(|(key, _)| key.starts_with(DELTA_PREFIX))
            .map(|(key, value)| (key.clone(), value.clone()));
        batch.extend(delta.map(|(mut key, value)| {
            key.last_mut().into_iter().for_each(|byte| *byte += 1);
            (key, value)
        }));
    }),
    ("a base meta of a push", "base-meta", PUSH, |batch| add(batch, meta_key, &[0; 24])),
    ("a compaction writes no base meta", "base-meta", COMPACT, |batch| {
        batch.retain(|key, _| !key.starts_with(META_PREFIX) || key.starts_with(DELTA_PREFIX));
    }),
    ("a compaction keeps the deltas", "delta", COMPACT, |batch| batch.retain(|_, value| value.is_some())),
    ("an expiry of a push", "ttl", PUSH, |batch| add(batch, expiry::ttl_key, &[1; 8])),
    ("an expiry that stays", "ttl", EMPTIED, |batch| {
        batch.retain(|key, value| value.is_some() || !key.starts_with(expiry::TTL_PREFIX));
    }),
    ("two deltas of a transaction have one number", "delta-number", TWO_KEYS, |batch| {
        let numbered = std::mem::take(batch).into_iter().map(|(mut key, value)| {
            if key.starts_with(DELTA_PREFIX) {
                key.last_mut().into_iter().for_each(|byte| *byte = 0);
            }
            (key, value)
        });
        *batch = numbered.collect();
    }),
    ("a key that the format does not know", "malformed", PUSH, |batch| {
        batch.insert([CLAIM_PREFIX, b"x"].concat(), Some(Vec::new()));
    }),
    ("a key of more than 1 MiB", "limit", PUSH, |batch| {
        batch.insert([ITEM_PREFIX, &vec![b'k'; 1 << 20]].concat(), Some(Vec::new()));
    }),
    ("a fence with a value", "malformed", PUSH, |batch| puts(batch, b"!redis|txn-wide-list|", |value| value.push(0))),
    ("a delta lacks a byte", "malformed", PUSH, |batch| puts(batch, DELTA_PREFIX, shorten)),
    ("an expiry lacks a byte", "malformed", EXPIRE, |batch| puts(batch, expiry::TTL_PREFIX, shorten)),
    ("an item has another letter", "item", PUSH, |batch| flip(batch, ITEM_PREFIX, 0)),
    ("a delta moves the head", "delta", PUSH, |batch| flip(batch, DELTA_PREFIX, 7)),
    ("a base meta has another tail", "base-meta", COMPACT, |batch| flip(batch, META_PREFIX, 15)),
    ("a base meta has another length", "base-meta", COMPACT, |batch| flip(batch, META_PREFIX, 23)),
    ("a base meta has 32 bytes", "base-meta", COMPACT, |batch| {
        puts(batch, META_PREFIX, |value| value.extend_from_slice(&[0; 8]));
    }),
    ("a popped item is written again", "item", POP, |batch| written(batch, ITEM_PREFIX, b"one")),
    ("a pushed item is deleted", "item", PUSH, |batch| deleted(batch, ITEM_PREFIX)),
    ("an item that stays is deleted", "item", POP, |batch| {
        let popped = batch.iter().find(|(key, value)| key.starts_with(ITEM_PREFIX) && value.is_none());
        let next = popped.map(|(key, _)| moved(key, 1));
        batch.extend(next.map(|key| (key, None)));
    }),
    ("a claim of a pop is deleted", "claim", POP, |batch| deleted(batch, CLAIM_PREFIX)),
    ("a claim stays without its list", "claim", &["RPUSH a# one two", "LPOP a#", "DEL a#"], |batch| {
        kept(batch, CLAIM_PREFIX);
    }),
    ("a claim is written anew without its list", "claim", &["RPUSH a# one two", "LPOP a#", "DEL a#"], |batch| {
        written(batch, CLAIM_PREFIX, b"");
    }),
    ("a claim that stays is deleted", "claim", TWO_POPS, |batch| {
        let before = batch.keys().find(|key| key.starts_with(CLAIM_PREFIX)).map(|key| moved(key, 1));
        batch.extend(before.map(|key| (key, None)));
    }),
    ("a delta of a push is deleted", "delta", PUSH, |batch| deleted(batch, DELTA_PREFIX)),
    ("a delta that is folded is written again", "delta", COMPACT, |batch| written(batch, DELTA_PREFIX, &[0; 16])),
    ("a delta that stays is deleted", "delta", &["RPUSH a# one", "RPUSH a# two"], |batch| {
        // The commit is a millisecond later: of the 16 bits of its counter and the number that follow, none differs.
        let is_second = batch.keys().any(|key| key.starts_with(ITEM_PREFIX) && key.last() == Some(&1));
        let delta = batch.keys().find(|key| key.starts_with(DELTA_PREFIX)).filter(|_| is_second);
        let before = delta.and_then(|key| {
            let (start, end) = key.split_last_chunk::<12>()?;
            let both = end.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte)) - (1 << 48);
            Some([start, both.to_be_bytes().get(4..)?].concat())
        });
        batch.extend(before.map(|key| (key, None)));
    }),
    ("a push deletes the fence", "fence", PUSH, |batch| deleted(batch, FENCE_PREFIX)),
    ("an expiry deletes the fence", "fence", EXPIRE, |batch| with_ttl(batch, fence_key, None)),
    ("a compaction writes a fence", "fence", COMPACT, |batch| {
        let metas = batch.keys().filter(|key| !key.starts_with(DELTA_PREFIX));
        let fences: Vec<Vec<u8>> = metas.filter_map(|key| key.strip_prefix(META_PREFIX).map(fence_key)).collect();
        batch.extend(fences.into_iter().map(|key| (key, Some(Vec::new()))));
    }),
    ("a base meta stays without its list", "base-meta", DELETED, |batch| kept(batch, META_PREFIX)),
    ("a base meta is written anew without its list", "base-meta", DELETED, |batch| {
        written(batch, META_PREFIX, &[0; 24]);
    }),
    ("a compaction deletes the base meta", "base-meta", COMPACT, |batch| deleted(batch, META_PREFIX)),
    ("a push deletes the base meta", "base-meta", TWO_PUSHES, |batch| with_item(batch, meta_key, None)),
    ("an expiry is deleted for a new one", "ttl", EXPIRE, |batch| deleted(batch, expiry::TTL_PREFIX)),
    ("an expiry is written anew without its list", "ttl", EMPTIED, |batch| {
        written(batch, expiry::TTL_PREFIX, &[1; 8]);
    }),
    ("a push deletes the expiry", "ttl", TWO_PUSHES, |batch| with_item(batch, expiry::ttl_key, None)),
    ("a record of a key of another step", "unnamed-key", &["SEED a# 5", "RPUSH b# two"], |batch| {
        with_item(
            batch,
            |user_key| item_key(&[b"a", user_key.get(1..).unwrap_or_default()].concat(), Seq(9)),
            Some(b"x"),
        );
    }),
    ("a pop of nothing writes an item", "item", &["MULTI RPUSH a# one;LPOP b#"], |batch| {
        with_item(
            batch,
            |user_key| item_key(&[b"b", user_key.get(1..).unwrap_or_default()].concat(), Seq(0)),
            Some(b"x"),
        );
    }),
];

/// The same where base metas have 32 bytes.
const LONG: &[Edit] = &[
    ("a base meta has another expiry", "base-meta", EXPIRE, |batch| flip(batch, META_PREFIX, 31)),
    ("a base meta has 24 bytes", "base-meta", COMPACT, |batch| {
        puts(batch, META_PREFIX, |value| value.truncate(24));
    }),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let canary = |name, rule, steps, act| Canary {
        scene: Scene::of(steps),
        how: How::Act(act),
        ..Canary::of(name, FindingKind::Record, rule)
    };
    let edit = |(name, rule, steps, change): &Edit| canary(name, rule, steps, Act::Batch(*change));
    let long = LONG
        .iter()
        .map(edit)
        .map(|canary| Canary { scene: Scene { width: MetaWidth::Long, ..canary.scene }, ..canary });
    let edits = EDITS.iter().map(edit);
    let behind = canary("a commit is before the time", "commit-clock", PUSH, Act::Clock(|_| CommitTs(1)));
    let same = canary(
        "all commits have one time",
        "commit-clock",
        // No delta tells of the first commit's time.
        &["SEED a# 5", "RPUSH a# one"],
        Act::Clock(|commit_ts| CommitTs(commit_ts.0 | 0xfff_ffff_ffff)),
    );
    // The store gets another key, of which it says the same.
    let many = canary(
        "more items are moved than a command may",
        "limit",
        MANY,
        Act::Command(|words| {
            if let [name, key, ..] = &mut words[..]
                && name == b"LTRIM"
            {
                key.push(b'~');
            }
        }),
    );
    edits.chain([many]).chain(long).chain([behind, same]).collect()
}

/// Changes the values of the records that are put under keys that start so.
fn puts(batch: &mut Batch, start: &[u8], change: impl Fn(&mut Vec<u8>)) {
    of(batch, start).filter_map(Option::as_mut).for_each(change);
}

/// Turns the last bit of a byte of the values that are put under keys that start so.
fn flip(batch: &mut Batch, start: &[u8], at: usize) {
    puts(batch, start, |value| value.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1));
}

/// Deletes what is put under keys that start so.
fn deleted(batch: &mut Batch, start: &[u8]) {
    of(batch, start).filter(|value| value.is_some()).for_each(|value| *value = None);
}

/// Writes a value where keys that start so are deleted.
fn written(batch: &mut Batch, start: &[u8], value: &[u8]) {
    of(batch, start).filter(|found| found.is_none()).for_each(|found| *found = Some(value.to_vec()));
}

/// Keeps what is deleted under keys that start so.
fn kept(batch: &mut Batch, start: &[u8]) {
    batch.retain(|key, value| value.is_some() || !key.starts_with(start) || is_other(key, start));
}

fn of<'b>(batch: &'b mut Batch, start: &'b [u8]) -> impl Iterator<Item = &'b mut Option<Vec<u8>>> {
    batch.iter_mut().filter(move |(key, _)| key.starts_with(start) && !is_other(key, start)).map(|(_, value)| value)
}

/// Whether a key that starts like a base meta's is a delta's.
fn is_other(key: &[u8], start: &[u8]) -> bool {
    start == META_PREFIX && key.starts_with(DELTA_PREFIX)
}

/// A key whose last byte is greater by so much.
fn moved(key: &[u8], by: u8) -> Vec<u8> {
    let mut key = key.to_vec();
    key.last_mut().into_iter().for_each(|byte| *byte += by);
    key
}

/// Adds a record of the key whose expiry is written.
fn with_ttl(batch: &mut Batch, key: impl Fn(&[u8]) -> Vec<u8>, value: Option<&[u8]>) {
    let added = batch.keys().find_map(|found| found.strip_prefix(expiry::TTL_PREFIX)).map(key);
    batch.extend(added.map(|key| (key, value.map(<[u8]>::to_vec))));
}

/// Adds a record of the key whose item is pushed.
fn add(batch: &mut Batch, key: impl Fn(&[u8]) -> Vec<u8>, value: &[u8]) {
    with_item(batch, key, Some(value));
}

/// Adds a record, or a deletion, of the key whose item is pushed.
fn with_item(batch: &mut Batch, key: impl Fn(&[u8]) -> Vec<u8>, value: Option<&[u8]>) {
    let item = batch.keys().find_map(|key| key.strip_prefix(ITEM_PREFIX)?.split_last_chunk::<{ Seq::BYTES }>());
    let added = item.map(|(user_key, _)| key(user_key));
    batch.extend(added.map(|key| (key, value.map(<[u8]>::to_vec))));
}
