//! What a step reaches of several clients.

use super::overlaps::{Change, Deed, Done, Effect, done};
use super::pairs::{ALONE, PAIRS, Pair, Side};
use crate::command::Request;
use crate::situations::table::Mark;
use crate::situations::walk::Walk;
use crate::store::Answer;
use crate::workload::{Action, Delivery, Step};

impl Walk {
    /// A step is over: as it was sent, and as it took effect. Its batch has been seen, and its touches are there.
    pub(in crate::situations) fn overlap(&mut self, sent: &Step, step: &Step, answers: &[Answer]) {
        // A transaction that lands has the time of its snapshot, so the present is that of the step that was sent.
        self.now_ms = self.now_ms.max(sent.at_ms.unwrap_or(0));
        let count = self.overlaps.count;
        let mut effect = Effect { place: count, begun: count, ..Effect::default() };
        match &sent.action {
            Action::Begin { client, .. } if matches!(step.action, Action::Begin { .. }) => {
                self.overlaps.open.insert(*client, count);
                return;
            }
            Action::Begin { client, .. } => drop(self.overlaps.open.remove(client)),
            Action::Commit { client, .. } => match self.overlaps.open.remove(client) {
                Some(begun) => effect.begun = begun,
                None => return,
            },
            Action::CompactRead(key) => {
                let view = self.tracks.get(key.as_bytes()).map(|track| track.view()).unwrap_or_default();
                self.overlaps.readings.insert(key.0.clone(), (count, view));
                return;
            }
            Action::CompactCommit(key) => match self.overlaps.readings.remove(key.as_bytes()) {
                Some((begun, seen)) => (effect.begun, effect.seen) = (begun, Some(seen)),
                None => return,
            },
            _ => {}
        }
        let is_late = self.overlaps.take_late();
        let is_unheard = matches!(sent.action, Action::Commit { delivery: Delivery::Lost, .. });
        let is_overlapped =
            effect.begun < count || !self.overlaps.open.is_empty() || !self.overlaps.readings.is_empty();
        // Most steps are those of one client, and nothing has to be worked out for them.
        if !(is_overlapped || is_late || is_unheard || !self.overlaps.late.is_empty()) {
            self.overlaps.keep(effect);
            return;
        }
        self.fill(&mut effect, step, answers);
        self.late_pushes(&effect, is_late);
        for change in &effect.changes {
            let side = Side { effect: &effect, key: &change.key };
            for (mark, holds) in ALONE {
                self.reached.tick_if(*mark, is_unheard && holds(&side));
            }
        }
        let overlapped = self.overlaps.effects.iter().filter(|first| first.place >= effect.begun);
        for first in overlapped {
            let is_start = first.is_first && first.pushes() && effect.pushes();
            self.reached.tick_if(Mark::ClientsPushIntoEmptyStore, is_start);
            for change in &effect.changes {
                let Some(pair) = Pair::of(&change.key, first, &effect) else { continue };
                for (mark, holds) in PAIRS {
                    if !self.reached.has(*mark) {
                        self.reached.tick_if(*mark, holds(&pair));
                    }
                }
            }
        }
        self.overlaps.count += 1;
        self.overlaps.keep(effect);
    }

    /// What a step has done, and how the records of its keys were before and are now.
    fn fill(&self, effect: &mut Effect, step: &Step, answers: &[Answer]) {
        match &step.action {
            Action::Compact(key) | Action::CompactCommit(key) => {
                let deed = Done { key: key.0.clone(), deed: Deed::Compaction, works: true };
                effect.done.push(deed);
            }
            action => {
                for (request, answer) in action.requests().iter().zip(answers) {
                    if let (Request::Valid(command), Answer::Reply(reply)) = (request, answer) {
                        effect.done.extend(done(command, reply));
                    }
                }
            }
        }
        for Done { key, .. } in &effect.done {
            if effect.changes.iter().any(|change| change.key == *key) {
                continue;
            }
            let new = self.tracks.get(key).map(|track| track.view()).unwrap_or_default();
            let is_its = |place| self.tracks.peek(place).is_some_and(|track| track.user_key == *key);
            let touch = self.tracks.touches().iter().find(|touch| is_its(touch.place));
            let old = touch.map_or(new, |touch| touch.old);
            let was_expired = old.is_expired(self.now_ms);
            effect.changes.push(Change { key: key.clone(), old, new, was_expired, is_written: touch.is_some() });
        }
        effect.is_first = self.overlaps.commits == 1 && effect.changes.iter().any(|change| change.is_written);
    }

    fn late_pushes(&mut self, effect: &Effect, is_late: bool) {
        for change in &effect.changes {
            if (Side { effect, key: &change.key }).pushes() {
                let was_late = self.overlaps.late.remove(&change.key);
                self.reached.tick_if(Mark::ClientsPushAfterLate, was_late);
                if is_late {
                    self.overlaps.late.insert(change.key.clone());
                }
            }
        }
    }
}
