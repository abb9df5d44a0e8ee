//! Transactions of several clients: what each saw when it began, by which its batch is judged when it lands.

use super::Judge;
use super::begun::{Begun, Landing};
use crate::command::UserKey;

impl Judge {
    /// A client's transaction begins, which may fold the deltas of these keys when it lands.
    pub fn client_begins<'k>(&mut self, client: u32, folding: impl IntoIterator<Item = &'k UserKey>) {
        let mut seen = Vec::new();
        for key in folding {
            let place = self.place(key);
            let deltas = self.tracked.get(place).map(|tracked| tracked.deltas.keys().copied().collect());
            seen.push((place, deltas.unwrap_or_default()));
        }
        self.clients.begun.insert(client, Begun { start: self.last_commit, seen });
    }

    /// The step is the landing of a client's transaction. It saw the state as of `read_ms`, in Unix milliseconds, and names
    /// `delta_ts` in its deltas. If `is_anew`, it has begun again in this step.
    pub fn client_lands(&mut self, client: u32, (read_ms, delta_ts, is_anew): (u64, u64, bool)) {
        let begun = self.clients.begun.remove(&client).filter(|_| !is_anew);
        let start = begun.as_ref().map_or(self.last_commit, |begun| begun.start);
        for (place, seen) in begun.into_iter().flat_map(|begun| begun.seen) {
            if let Some(tracked) = self.tracked.get_mut(place) {
                tracked.seen = Some(seen);
            }
        }
        self.clients.landing = Some(Landing { read_ms, delta_ts, start });
    }

    /// The time that the step's commands saw.
    pub(super) fn read_ms(&self) -> u64 {
        self.clients.seen_ms(self.now_ms)
    }

    /// The commit that the step's deltas name, of a step with this commit.
    pub(super) fn delta_ts(&self, commit_ts: u64) -> u64 {
        self.clients.landing.map_or(commit_ts, |landing| landing.delta_ts)
    }

    /// The commit after which the step's own must be.
    pub(super) fn start(&self) -> u64 {
        self.clients.landing.map_or(self.last_commit, |landing| landing.start)
    }

    pub(super) fn client_has_landed(&mut self) {
        self.clients.landing = None;
    }
}
