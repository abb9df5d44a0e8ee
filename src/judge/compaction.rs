//! Compactions: what one has read, and what it must write then.

use std::collections::BTreeSet;

use super::Judge;
use super::effect::Effect;
use super::tracked::{Base, Deltas, Reading, Tracked};
use crate::command::UserKey;
use crate::model::Model;

/// What the committing half must write.
#[derive(Clone, Debug)]
pub(super) struct Folded {
    pub(super) base: Option<Base>,
    /// The deltas that go.
    pub(super) deltas: Deltas,
    /// The claims that go, if they are still there.
    pub(super) claims: BTreeSet<i64>,
}

/// What a compaction that begins now reads.
fn read(tracked: &Tracked) -> Reading {
    let Tracked { base, head, len, .. } = *tracked;
    let is_inside = |seq: &&i64| (head..head.saturating_add(len)).contains(*seq);
    let stale_claims = tracked.claims.iter().filter(|seq| !is_inside(seq)).copied().collect();
    Reading { base, deltas: tracked.deltas.clone(), head, len, stale_claims, is_stale: false }
}

/// What is to be written of what was read, or nothing where it has gone stale.
pub(super) fn folded(read: &Reading, wide: bool) -> Option<Folded> {
    if read.is_stale {
        return None;
    }
    let has_window = read.base.is_some() || !read.deltas.is_empty();
    let base = (has_window && read.len > 0).then_some(Base { head: read.head, len: read.len, wide });
    Some(Folded { base, deltas: read.deltas.clone(), claims: read.stale_claims.clone() })
}

impl Judge {
    /// A key without a list gets a head, as if pushes and pops had led there; one with a list stays as it is.
    pub fn seed(&mut self, key: &UserKey, head: i64, model: &Model) {
        if model.get(key).is_none() {
            let tracked = self.name(key);
            tracked.effects.push((0, Effect::Seed(head)));
            // A user key that is too long for any record gets none.
            tracked.may_be_nothing = true;
        }
    }

    /// A compaction of a key in one go.
    pub fn compact(&mut self, key: &UserKey) {
        let tracked = self.name(key);
        tracked.committing = Some(read(tracked));
    }

    /// The reading half of a compaction.
    pub fn compact_read(&mut self, key: &UserKey) {
        let place = self.place(key);
        if let Some(tracked) = self.tracked.get_mut(place) {
            tracked.reading = Some(read(tracked));
        }
    }

    /// The committing half; without a reading half nothing is to be written.
    pub fn compact_commit(&mut self, key: &UserKey) {
        let tracked = self.name(key);
        tracked.committing = tracked.reading.take();
    }
}
