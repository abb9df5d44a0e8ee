//! The judge of records: whether each batch that the store commits is what the format says that its commands write.
//!
//! ```text
//! commands, with the model's replies --> what must be written --.
//! the batch as it was committed ---------> what was written ----+--> equal?     (each step)
//! ```
//!
//! What a store writes wrongly may show many steps later, as a wrong reply to an innocent command, or never: a claim that is
//! missing hurts only a store with several clients. So the judge looks at the records themselves, in the step that writes them.
//! It checks only what the batch and the commands touch, so its cost does not grow with the size of a list.
//!
//! It shares no code with `store` or `format`. It has a decoder of its own (`record`), and for each key it keeps what the
//! records must be (`tracked`): the base meta, the deltas, the claims, the expiry, and the window, in which every seq has its
//! item. The truth about lists comes from the model. It decides whether a command had an effect, what the items are, and when a
//! key expires. The judge derives from it which records say so (`commands`, `draft`), and compares (`compared`).
//!
//! What must be written, by command (`h` and `t` are head and tail before it):
//!
//! ```text
//! push of n left      items at h-1 .. h-n, fence, delta {-n, +n}
//! push of n right     items at t .. t+n-1, fence, delta {0, +n}
//! pop of n left       a claim and no item at h .. h+n-1, fence, delta {+n, -n}
//! pop of n right      a claim and no item at t-n .. t-1, fence, delta {0, -n}
//!   that empties      also the four fences, and no TTL record; a base meta with an expiry goes with all deltas, and then no
//!                     delta is written
//! LSET LINSERT LREM   no old record but the TTL record; the four fences; items at 0 .. n-1, and either a delta {0, +n} or a
//!   LTRIM             base meta {0, n, n}; without items, a deletion
//! RENAME              nothing of either key but their fences; at the destination items at 0 .. n-1, a base meta {0, n, n},
//!                     the source's expiry
//! RPOPLPUSH LMOVE     a pop, whose claim may be left out, and a push
//! DEL, expiry <= now  nothing is left but the four fences
//! EXPIRE family       TTL record; with 32-byte metas the deltas folded into a base meta with the expiry
//! PERSIST             no TTL record; the expiry of a 32-byte meta is 0
//! 1024 deltas         the next push or pop folds them first
//! compaction          the deltas that were read folded into the base meta; no claim that was outside the window then
//! ```
//!
//! A command that would break a limit (`limits`) is refused, and no other.
//!
//! Deleting what is not there changes nothing, so it is allowed; so is writing again what is there. A write that names an
//! expired key may delete it even if it has no other effect.

mod batch;
mod begun;
mod clients;
mod commands;
mod compaction;
mod compared;
mod draft;
mod effect;
mod limits;
mod record;
#[cfg(test)]
mod tests;
mod tracked;
mod violation;

use std::collections::HashMap;

pub use batch::Batch;
pub use violation::{RULES, Violation, WrittenRow};

use crate::command::UserKey;
use begun::Clients;
use tracked::Tracked;

/// Judges the batches of one case. Each step is told to it in this order: the time ([`Judge::advance_to`]), each request that
/// the model has run ([`Judge::command`]) or the operation of the store's own, and at last the batch ([`Judge::verdict`]).
#[derive(Debug)]
pub struct Judge {
    /// Whether base metas are written with 32 bytes.
    wide: bool,
    now_ms: u64,
    last_commit: u64,
    places: HashMap<Vec<u8>, usize>,
    tracked: Vec<Tracked>,
    /// The keys that this step's commands name, by their places.
    named: Vec<usize>,
    /// Pushes, pops and rewrites of this step so far: each may have written a delta.
    orders: u32,
    /// The most items that a command of this step has moved.
    most_moved: i64,
    clients: Clients,
}

impl Judge {
    /// For a store that has no records yet; `wide` says whether it writes base metas of 32 bytes.
    pub fn new(wide: bool) -> Judge {
        Judge {
            wide,
            now_ms: 0,
            last_commit: 0,
            places: HashMap::new(),
            tracked: Vec::new(),
            named: Vec::new(),
            orders: 0,
            most_moved: 0,
            clients: Clients::default(),
        }
    }

    /// Moves the time, in Unix milliseconds. It never goes back.
    pub fn advance_to(&mut self, at_ms: u64) {
        self.now_ms = self.now_ms.max(at_ms);
    }

    /// From now on base metas have 32 bytes.
    pub fn upgrade(&mut self) {
        self.wide = true;
    }

    /// Where a key is kept, which need not have records.
    fn place(&mut self, key: &UserKey) -> usize {
        if let Some(place) = self.places.get(key.as_bytes()) {
            return *place;
        }
        self.places.insert(key.0.clone(), self.tracked.len());
        self.tracked.push(Tracked::new(key));
        self.tracked.len() - 1
    }

    /// What is kept of a key, with its place.
    fn known(&self, user_key: &[u8]) -> Option<(usize, &Tracked)> {
        let place = *self.places.get(user_key)?;
        Some((place, self.tracked.get(place)?))
    }

    /// A key that the step names.
    fn name(&mut self, key: &UserKey) -> &mut Tracked {
        let (place, now_ms) = (self.place(key), self.clients.seen_ms(self.now_ms));
        let tracked = self.tracked.get_mut(place).unwrap_or_else(|| unreachable!("a place is one of these"));
        if !tracked.is_named {
            tracked.is_named = true;
            tracked.visible_len = if tracked.is_expired(now_ms) { 0 } else { tracked.len };
            self.named.push(place);
        }
        tracked
    }
}
