//! What the records of each list say, kept up to date batch by batch.
//!
//! Only what is committed is looked at. That the window of a list is the base meta and the deltas added up is worked out
//! here once more, so that the ledger does not take the store's word for where a case has been.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::database::Change;
use crate::format::record::classify;
use crate::format::{CommitTs, ExpireAtMs, ListDelta, ListMeta, ListRecord, Record, list};

/// What the records of a key say.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::situations) struct View {
    pub(in crate::situations) head: i128,
    /// Never below 0.
    pub(in crate::situations) len: i128,
    pub(in crate::situations) base: Option<ListMeta>,
    pub(in crate::situations) deltas: usize,
    /// Of the TTL record.
    pub(in crate::situations) ttl: Option<ExpireAtMs>,
}

impl View {
    pub(in crate::situations) fn tail(&self) -> i128 {
        self.head + self.len
    }

    pub(in crate::situations) fn has_items(&self) -> bool {
        self.len > 0
    }

    /// What a 32-byte base meta carries.
    pub(in crate::situations) fn inline_expiry(&self) -> Option<ExpireAtMs> {
        self.base.and_then(|base| base.owned_expiry()).flatten()
    }

    pub(in crate::situations) fn expiry(&self) -> Option<ExpireAtMs> {
        match self.base.and_then(|base| base.owned_expiry()) {
            Some(owned) => owned,
            None => self.ttl.map(ExpireAtMs::clamped),
        }
    }

    pub(in crate::situations) fn is_expired(&self, now_ms: u64) -> bool {
        self.has_items() && self.expiry().is_some_and(|expiry| expiry.is_past(now_ms))
    }

    /// Whether a client sees the list.
    pub(in crate::situations) fn is_alive(&self, now_ms: u64) -> bool {
        self.has_items() && !self.is_expired(now_ms)
    }
}

/// A compaction that has read.
#[derive(Clone, Copy, Debug)]
pub(in crate::situations) struct Reading {
    /// There was something to fold.
    pub(in crate::situations) saw_deltas: bool,
    pub(in crate::situations) pushed_since: bool,
    pub(in crate::situations) popped_since: bool,
}

/// What happened to a list last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::situations) enum Latest {
    #[default]
    Other,
    Pop,
    CompactionAfterPop,
    /// PERSIST took its expiry away.
    Persist,
    /// RENAME brought it with its expiry.
    RenameWithExpiry,
}

/// A key, and its records.
#[derive(Debug, Default)]
pub(in crate::situations) struct Track {
    pub(in crate::situations) user_key: Vec<u8>,
    base: Option<ListMeta>,
    deltas: BTreeMap<(CommitTs, u32), ListDelta>,
    head_sum: i128,
    len_sum: i128,
    ttl: Option<ExpireAtMs>,
    pub(in crate::situations) claims: BTreeSet<i64>,
    pub(in crate::situations) latest: Latest,
    pub(in crate::situations) reading: Option<Reading>,
    /// It had an expiry when its last item went.
    pub(in crate::situations) lost_expiry: bool,
}

impl Track {
    pub(in crate::situations) fn view(&self) -> View {
        let (head, len) = self.base.map_or((0, 0), |base| (i128::from(base.head), i128::from(base.len)));
        View {
            head: head + self.head_sum,
            len: (len + self.len_sum).max(0),
            base: self.base,
            deltas: self.deltas.len(),
            ttl: self.ttl,
        }
    }

    fn add(&mut self, delta: ListDelta, sign: i128) {
        self.head_sum += sign * i128::from(delta.head_delta);
        self.len_sum += sign * i128::from(delta.len_delta);
    }
}

/// What a batch does to a key.
#[derive(Clone, Copy, Debug)]
pub(in crate::situations) struct Touch {
    /// The place of its track.
    pub(in crate::situations) place: usize,
    /// Before the batch.
    pub(in crate::situations) old: View,
    /// What had happened last before it.
    pub(in crate::situations) before: Latest,
    pub(in crate::situations) pushes: u32,
    pub(in crate::situations) pops: u32,
    pub(in crate::situations) deltas_gone: u32,
    pub(in crate::situations) base_put: bool,
    pub(in crate::situations) claims_gone: u32,
}

/// All keys that have, or had, records of lists.
#[derive(Debug, Default)]
pub(in crate::situations) struct Tracks {
    all: Vec<Track>,
    places: HashMap<Vec<u8>, usize>,
    /// What was done to keys since the touches were taken last; mostly one or two.
    touches: Vec<Touch>,
}

/// What a row says, and of whom; a deletion by what it deletes.
enum Fact<'a> {
    Base(&'a [u8], Option<ListMeta>),
    Delta(&'a [u8], (CommitTs, u32), Option<ListDelta>),
    Claim(&'a [u8], i64, bool),
    Ttl(&'a [u8], Option<ExpireAtMs>),
}

impl Tracks {
    pub(in crate::situations) fn get(&self, user_key: &[u8]) -> Option<&Track> {
        self.all.get(*self.places.get(user_key)?)
    }

    pub(in crate::situations) fn get_mut(&mut self, user_key: &[u8]) -> Option<&mut Track> {
        self.all.get_mut(*self.places.get(user_key)?)
    }

    pub(in crate::situations) fn peek(&self, place: usize) -> Option<&Track> {
        self.all.get(place)
    }

    pub(in crate::situations) fn at(&mut self, place: usize) -> Option<&mut Track> {
        self.all.get_mut(place)
    }

    pub(in crate::situations) fn iter(&self) -> impl Iterator<Item = &Track> {
        self.all.iter()
    }

    pub(in crate::situations) fn touches(&self) -> &[Touch] {
        &self.touches
    }

    pub(in crate::situations) fn take_touches(&mut self) -> Vec<Touch> {
        std::mem::take(&mut self.touches)
    }

    /// Gives the room back, to be used again.
    pub(in crate::situations) fn recycle(&mut self, mut touches: Vec<Touch>) {
        touches.clear();
        self.touches = touches;
    }

    /// Takes in what was committed.
    pub(in crate::situations) fn commit(&mut self, changes: &[Change<'_>]) {
        // No item comes or goes without a delta or a base meta.
        for (key, value) in changes.iter().filter(|(key, _)| !key.starts_with(list::ITEM_PREFIX)) {
            if let Some(fact) = self.fact(key, *value) {
                self.take(&fact);
            }
        }
    }

    fn fact<'a>(&self, key: &'a [u8], value: Option<&'a [u8]>) -> Option<Fact<'a>> {
        // Of a deletion only the key is known, so it is read with a value of the right size.
        match classify(key, value.unwrap_or(&[0; ListDelta::BYTES])).ok() {
            Some(Record::List(ListRecord::Delta { user_key, commit_ts, seq_in_txn, delta })) => {
                let id = (commit_ts, seq_in_txn);
                let is_there = || self.get(user_key).is_some_and(|track| track.deltas.contains_key(&id));
                match value {
                    Some(_) => Some(Fact::Delta(user_key, id, Some(delta))),
                    None if is_there() => Some(Fact::Delta(user_key, id, None)),
                    None => base_of(key),
                }
            }
            Some(Record::List(ListRecord::Meta { user_key, meta })) => Some(Fact::Base(user_key, Some(meta))),
            Some(Record::List(ListRecord::Claim { user_key, seq })) => {
                Some(Fact::Claim(user_key, seq.0, value.is_some()))
            }
            Some(Record::Ttl { user_key, expire_at }) => Some(Fact::Ttl(user_key, Some(expire_at))),
            None if value.is_none() => base_of(key).or_else(|| ttl_of(key)),
            _ => None,
        }
    }

    fn take(&mut self, fact: &Fact<'_>) {
        let (Fact::Base(user_key, _) | Fact::Delta(user_key, ..) | Fact::Claim(user_key, ..) | Fact::Ttl(user_key, _)) =
            *fact;
        let Some((track, touch)) = self.touched(user_key) else { return };
        match *fact {
            Fact::Base(_, base) => {
                track.base = base;
                touch.base_put = base.is_some();
            }
            Fact::Delta(_, id, Some(delta)) => {
                track.deltas.insert(id, delta);
                track.add(delta, 1);
                if delta.len_delta > 0 {
                    touch.pushes += 1;
                } else {
                    touch.pops += 1;
                }
            }
            Fact::Delta(_, id, None) => {
                if let Some(delta) = track.deltas.remove(&id) {
                    track.add(delta, -1);
                    touch.deltas_gone += 1;
                }
            }
            Fact::Claim(_, seq, true) => drop(track.claims.insert(seq)),
            Fact::Claim(_, seq, false) => touch.claims_gone += u32::from(track.claims.remove(&seq)),
            Fact::Ttl(_, ttl) => track.ttl = ttl,
        }
    }

    /// The track of a key, which is made if it is new, and what this batch does to it.
    fn touched(&mut self, user_key: &[u8]) -> Option<(&mut Track, &mut Touch)> {
        // The records of a batch are sorted, so most of them are about the same key as the one before.
        let all = &self.all;
        let known = |touch: &&Touch| all.get(touch.place).is_some_and(|track| track.user_key == user_key);
        let place = match self.touches.iter().find(known) {
            Some(touch) => touch.place,
            None => self.place_of(user_key),
        };
        if !self.touches.iter().any(|touch| touch.place == place) {
            let track = self.all.get(place)?;
            self.touches.push(Touch {
                place,
                old: track.view(),
                before: track.latest,
                pushes: 0,
                pops: 0,
                deltas_gone: 0,
                base_put: false,
                claims_gone: 0,
            });
        }
        let touch = self.touches.iter_mut().find(|touch| touch.place == place)?;
        Some((self.all.get_mut(place)?, touch))
    }

    fn place_of(&mut self, user_key: &[u8]) -> usize {
        if let Some(place) = self.places.get(user_key) {
            return *place;
        }
        let place = self.all.len();
        self.all.push(Track { user_key: user_key.to_vec(), ..Track::default() });
        self.places.insert(user_key.to_vec(), place);
        place
    }
}

fn base_of(key: &[u8]) -> Option<Fact<'_>> {
    match classify(key, &[0; ListMeta::SHORT_BYTES]) {
        Ok(Record::List(ListRecord::Meta { user_key, .. })) => Some(Fact::Base(user_key, None)),
        _ => None,
    }
}

fn ttl_of(key: &[u8]) -> Option<Fact<'_>> {
    match classify(key, &[0; 8]) {
        Ok(Record::Ttl { user_key, .. }) => Some(Fact::Ttl(user_key, None)),
        _ => None,
    }
}
