//! Canaries in what the store commits: one for each rule of the judge of records.

use super::row::{Canary, How, shorten};
use super::scene::Scene;
use crate::database::Batch;
use crate::faults::Act;
use crate::finding::FindingKind;
use crate::format::list::{CLAIM_PREFIX, DELTA_PREFIX, ITEM_PREFIX, META_PREFIX, claim_key, item_key, meta_key};
use crate::format::{CommitTs, Seq, expiry};

/// A change of each batch: what it is, the rule, the steps, and how it is made.
type Edit = (&'static str, &'static str, &'static [&'static str], fn(&mut Batch));

const PUSH: &[&str] = &["RPUSH a# one two"];
const POP: &[&str] = &["RPUSH a# one two", "LPOP a#"];
const EXPIRE: &[&str] = &["RPUSH a# one", "PEXPIRE a# 100000"];
const COMPACT: &[&str] = &["RPUSH a# one", "COMPACT a#"];
const EMPTIED: &[&str] = &["RPUSH a# one", "PEXPIRE a# 100000", "LPOP a#"];
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
    ("a base meta has another head", "base-meta", COMPACT, |batch| {
        let metas = batch.iter_mut().filter(|(key, _)| key.starts_with(META_PREFIX) && !key.starts_with(DELTA_PREFIX));
        metas
            .filter_map(|(_, value)| value.as_mut())
            .for_each(|value| value.iter_mut().take(1).for_each(|byte| *byte ^= 1));
    }),
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
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let canary = |name, rule, steps, act| Canary {
        scene: Scene::of(steps),
        how: How::Act(act),
        ..Canary::of(name, FindingKind::Record, rule)
    };
    let edits = EDITS.iter().map(|(name, rule, steps, change)| canary(name, rule, steps, Act::Batch(*change)));
    let behind = canary("a commit is before the time", "commit-clock", PUSH, Act::Clock(|_| CommitTs(1)));
    let same = canary(
        "all commits have one time",
        "commit-clock",
        // No delta tells of the first commit's time.
        &["SEED a# 5", "RPUSH a# one"],
        Act::Clock(|commit_ts| CommitTs(commit_ts.0 | 0xfff_ffff_ffff)),
    );
    edits.chain([behind, same]).collect()
}

/// Changes the values of the records that are put under keys that start so.
fn puts(batch: &mut Batch, start: &[u8], change: impl Fn(&mut Vec<u8>)) {
    let meant = batch.iter_mut().filter(|(key, _)| key.starts_with(start));
    meant.filter_map(|(_, value)| value.as_mut()).for_each(change);
}

/// Adds a record of the key whose item is pushed.
fn add(batch: &mut Batch, key: impl Fn(&[u8]) -> Vec<u8>, value: &[u8]) {
    let item = batch.keys().find_map(|key| key.strip_prefix(ITEM_PREFIX)?.split_last_chunk::<{ Seq::BYTES }>());
    let added = item.map(|(user_key, _)| key(user_key));
    batch.extend(added.map(|key| (key, Some(value.to_vec()))));
}
