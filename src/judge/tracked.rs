//! What the records of one key must be, between two steps.

use std::collections::{BTreeMap, BTreeSet};

use super::effect::Effect;
use super::record::{FENCE_COUNT, Part, Row};
use super::violation::{CLOCK, Violation, plain};
use crate::command::UserKey;

/// A base meta. Its tail is head + len, and the expiry in 32 bytes is that of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) head: i64,
    pub(super) len: i64,
    /// Whether it has 32 bytes.
    pub(super) wide: bool,
}

/// Deltas by commit timestamp and number.
pub(super) type Deltas = BTreeMap<(u64, u32), (i64, i64)>;

/// What the reading half of a compaction saw.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) base: Option<Base>,
    pub(super) deltas: Deltas,
    pub(super) head: i64,
    pub(super) len: i64,
    /// The claims outside the window.
    pub(super) stale_claims: BTreeSet<i64>,
    /// Whether something of it, or that the compaction would write, has been written since.
    pub(super) is_stale: bool,
}

/// A key and its records.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) user_key: UserKey,
    pub(super) base: Option<Base>,
    pub(super) deltas: Deltas,
    pub(super) claims: BTreeSet<i64>,
    /// The resolved head. Where the length is 0, the next push starts there.
    pub(super) head: i64,
    /// The resolved length. The items are those of the seqs `head .. head + len`.
    pub(super) len: i64,
    /// The TTL record.
    pub(super) ttl: Option<u64>,
    /// A compaction that has read and not committed.
    pub(super) reading: Option<Reading>,
    /// Whether the step names the key.
    pub(super) is_named: bool,
    /// What the step does to it, each with the number of effects before it that may write deltas.
    pub(super) effects: Vec<(u32, Effect)>,
    /// The length that a client sees at this point of the step.
    pub(super) visible_len: i64,
    /// What the compaction has read that the step commits.
    pub(super) committing: Option<Reading>,
    /// The step may also leave everything as it was.
    pub(super) may_be_nothing: bool,
    /// The deltas that the step's transaction has seen, if it may have missed some.
    pub(super) seen: Option<BTreeSet<(u64, u32)>>,
    /// The last commits of the fences, the base meta and the TTL record.
    latest: [u64; FENCE_COUNT + 2],
}

impl Tracked {
    pub(super) fn new(user_key: &UserKey) -> Tracked {
        Tracked {
            user_key: user_key.clone(),
            base: None,
            deltas: Deltas::new(),
            claims: BTreeSet::new(),
            head: 0,
            len: 0,
            ttl: None,
            reading: None,
            is_named: false,
            effects: Vec::new(),
            visible_len: 0,
            committing: None,
            may_be_nothing: false,
            seen: None,
            latest: [0; FENCE_COUNT + 2],
        }
    }

    /// Whether a record is there before the step. Fences are, for all that anybody knows.
    pub(super) fn has(&self, part: Part) -> bool {
        match part {
            Part::Item(seq) => (self.head..self.head.saturating_add(self.len)).contains(&seq),
            Part::Claim(seq) => self.claims.contains(&seq),
            Part::Delta(commit_ts, number) => self.deltas.contains_key(&(commit_ts, number)),
            Part::Fence(_) => true,
            Part::Meta => self.base.is_some(),
            Part::Ttl => self.ttl.is_some(),
        }
    }

    /// The deltas that the step's transaction has missed.
    pub(super) fn late_deltas(&self) -> Deltas {
        match &self.seen {
            None => Deltas::new(),
            Some(seen) => {
                let late = self.deltas.iter().filter(|(key, _)| !seen.contains(key));
                late.map(|(key, moved)| (*key, *moved)).collect()
            }
        }
    }

    /// Keeps in mind what was written. A record's versions are applied in the order of their commits.
    pub(super) fn apply(&mut self, rows: &[Row<'_>], commit_ts: u64) -> Result<(), Box<Violation>> {
        for (_, part, _) in rows {
            if let Some(reading) = &mut self.reading {
                reading.is_stale |= match part {
                    Part::Meta | Part::Ttl => true,
                    Part::Delta(at, number) => reading.deltas.contains_key(&(*at, *number)),
                    Part::Claim(seq) => reading.stale_claims.contains(seq),
                    Part::Fence(place) => reading.len == 0 && *place == 0,
                    Part::Item(_) => false,
                };
            }
            let slot = match part {
                Part::Fence(place) => *place,
                Part::Meta => FENCE_COUNT,
                Part::Ttl => FENCE_COUNT + 1,
                Part::Item(_) | Part::Claim(_) | Part::Delta(..) => continue,
            };
            let Some(latest) = self.latest.get_mut(slot) else { continue };
            if commit_ts <= *latest {
                let problem = format!("commit {commit_ts} is applied over commit {latest} of the same record");
                return Err(plain(CLOCK, problem, Vec::new()));
            }
            *latest = commit_ts;
        }
        Ok(())
    }

    /// Forgets the step.
    pub(super) fn end_step(&mut self) {
        self.effects.clear();
        (self.is_named, self.may_be_nothing, self.committing, self.seen) = (false, false, None, None);
    }

    /// Whether the expiry of what was there before the step has passed.
    pub(super) fn is_expired(&self, now_ms: u64) -> bool {
        self.len > 0 && self.ttl.is_some_and(|ttl| now_ms > ttl)
    }
}
