//! What a step reaches of lists.

use super::tracks::{Latest, Reading, Touch, View};
use crate::command::{Command, KeyCommand, ListCommand, Reply, Request, UserKey};
use crate::format::ExpireAtMs;
use crate::situations::table::Mark;
use crate::situations::walk::Walk;
use crate::store::{Answer, Refusal};

/// Within so many seqs of a border is near it.
const NEAR: i128 = 1000;
/// The most deltas that a key may have: the next one folds them.
const MOST_DELTAS: u32 = 1024;

impl Walk {
    fn now(&mut self, touch: &Touch) -> View {
        self.tracks.at(touch.place).map(|track| track.view()).unwrap_or_default()
    }

    /// What holds of a key after any batch.
    pub(in crate::situations) fn resting(&mut self, touch: &Touch) {
        let (old, new) = (touch.old, self.now(touch));
        if new.has_items() {
            self.tick(Mark::NegativeHead, new.head < 0);
            self.tick(Mark::BothSigns, new.head < 0 && new.tail() > 0);
            self.tick(Mark::HeadNearLowest, new.head < i128::from(i64::MIN) + NEAR);
            self.tick(Mark::TailNearHighest, new.tail() > i128::from(i64::MAX) - NEAR);
            self.tick(Mark::ExpiryHighest, new.expiry() == Some(ExpireAtMs::RECORD_MAX));
        }
        for (deltas, mark) in [
            (63, Mark::Deltas63),
            (64, Mark::Deltas64),
            (65, Mark::Deltas65),
            (1023, Mark::Deltas1023),
            (1024, Mark::Deltas1024),
        ] {
            self.tick(mark, new.deltas == deltas);
        }
        let is_wide = |view: &View| view.base.map(|base| base.expiry_field.is_some());
        let is_upgraded = is_wide(&old) == Some(false) && is_wide(&new) == Some(true);
        self.tick(Mark::MetaUpgraded, is_upgraded);
        self.tick(Mark::UpgradedWithExpiry, is_upgraded && old.ttl.is_some() && new.inline_expiry().is_some());
    }

    /// What clients' writes do to the keys that they touch.
    pub(in crate::situations) fn writes(&mut self, touches: &[Touch]) {
        for touch in touches {
            let (old, new) = (touch.old, self.now(touch));
            let is_inline = touch.deltas_gone >= MOST_DELTAS && touch.base_put && new.deltas > 0;
            self.tick(Mark::InlineCompaction, is_inline);
            self.tick(Mark::InlineCompactionWithExpiry, is_inline && new.has_items() && new.expiry().is_some());
            self.tick(Mark::TxnSeveralDeltas, touch.pushes + touch.pops > 1);
            self.tick(Mark::WrittenAfterExpiry, old.is_expired(self.now_ms));
            let is_pushed = !old.has_items() && new.has_items();
            let is_on_old_base = old.base.is_some_and(|base| base.len > 0 && Some(base) == new.base);
            self.tick(Mark::RebornOnOldBase, is_pushed && is_on_old_base);
            let Some(track) = self.tracks.at(touch.place) else { continue };
            let is_reborn_without = is_pushed && track.lost_expiry && new.expiry().is_none();
            track.lost_expiry = !new.has_items() && (track.lost_expiry || old.expiry().is_some());
            if let Some(reading) = &mut track.reading {
                reading.pushed_since |= touch.pushes > 0;
                reading.popped_since |= touch.pops > 0;
            }
            let is_after_compaction = track.latest == Latest::CompactionAfterPop;
            track.latest = if touch.pops > 0 && touch.pushes == 0 { Latest::Pop } else { Latest::Other };
            self.tick(Mark::RebornWithoutExpiry, is_reborn_without);
            self.tick(Mark::CompactionBetweenPopAndPush, is_after_compaction && touch.pushes > 0 && touch.pops == 0);
        }
    }

    pub(in crate::situations) fn command(&mut self, command: &Command, answer: &Answer, touches: &[Touch]) {
        let reply = match answer {
            Answer::Reply(reply) => reply,
            Answer::Refused(refusal) => {
                self.tick(Mark::PushRefusedAtTheEnd, matches!(refusal, Refusal::SequenceRange { .. }));
                return;
            }
        };
        match command {
            Command::List(ListCommand::Pop { .. }) | Command::List(ListCommand::MultiPop { .. }) => {
                self.emptied(touches)
            }
            Command::List(ListCommand::Move { source, destination, .. })
            | Command::List(ListCommand::RPopLPush { source, destination }) => {
                let is_moved = matches!(reply, Reply::Bulk(_));
                let len = self.tracks.get(source.as_bytes()).map_or(0, |track| track.view().len);
                self.tick(Mark::MoveWithinKey, is_moved && source == destination && len > 1);
                self.tick(Mark::MoveBetweenKeys, is_moved && source != destination);
                self.emptied(touches);
            }
            Command::List(ListCommand::Set { .. })
            | Command::List(ListCommand::Insert { .. })
            | Command::List(ListCommand::Remove { .. })
            | Command::List(ListCommand::Trim { .. }) => {
                self.rewritten(touches);
            }
            Command::Key(KeyCommand::Rename { source, destination }) if source != destination => {
                self.renamed(destination, touches);
            }
            Command::Key(KeyCommand::Expire { key, .. }) => {
                let is_gone = self.touch_of(key, touches).is_some_and(|(_, new)| !new.has_items());
                self.tick(Mark::ExpiryInThePast, *reply == Reply::Integer(1) && is_gone);
            }
            Command::Key(KeyCommand::Persist { .. }) if *reply == Reply::Integer(1) => {
                self.tick(Mark::ExpiryTakenAway, true);
                self.comes_after(touches, Latest::Persist);
            }
            _ => {}
        }
    }

    /// Notes what has happened to the keys last.
    fn comes_after(&mut self, touches: &[Touch], latest: Latest) {
        for touch in touches {
            if let Some(track) = self.tracks.at(touch.place) {
                track.latest = latest;
            }
        }
    }

    fn touch_of<'t>(&mut self, key: &UserKey, touches: &'t [Touch]) -> Option<(&'t Touch, View)> {
        touches.iter().find_map(|touch| {
            let track = self.tracks.at(touch.place).filter(|track| track.user_key == key.as_bytes())?;
            Some((touch, track.view()))
        })
    }

    fn emptied(&mut self, touches: &[Touch]) {
        for touch in touches {
            let is_emptied = touch.old.is_alive(self.now_ms) && !self.now(touch).has_items();
            self.tick(Mark::PopEmptiesInlineExpiry, is_emptied && touch.old.inline_expiry().is_some());
            self.tick(Mark::PopEmptiesTtl, is_emptied && touch.old.ttl.is_some());
        }
    }

    fn rewritten(&mut self, touches: &[Touch]) {
        let now_ms = self.now_ms;
        for touch in touches.iter().filter(|touch| touch.old.is_alive(now_ms)) {
            let new = self.now(touch);
            let is_delta = new.has_items() && new.base.is_none() && new.deltas == 1;
            self.tick(Mark::RewriteAsDelta, is_delta);
            self.tick(Mark::RewriteAfterPersist, is_delta && touch.before == Latest::Persist);
            self.tick(Mark::RewriteAfterRename, is_delta && touch.before == Latest::RenameWithExpiry);
            self.tick(Mark::RewriteAsBase, new.has_items() && new.base.is_some() && new.deltas == 0);
            let is_kept = touch.old.expiry().is_some() && touch.old.expiry() == new.expiry();
            self.tick(Mark::RewriteKeepsExpiry, new.has_items() && is_kept);
            self.tick(Mark::RewriteLeavesNothing, !new.has_items());
        }
    }

    fn renamed(&mut self, destination: &UserKey, touches: &[Touch]) {
        let Some((touch, new)) = self.touch_of(destination, touches).filter(|(_, new)| new.has_items()) else { return };
        let is_over = touch.old.is_alive(self.now_ms);
        self.tick(Mark::RenameCarriesExpiry, new.expiry().is_some());
        if new.expiry().is_some() {
            self.comes_after(std::slice::from_ref(touch), Latest::RenameWithExpiry);
        }
        self.tick(Mark::RenameOverList, is_over);
        self.tick(Mark::RenameDropsTargetExpiry, is_over && touch.old.expiry().is_some() && new.expiry().is_none());
    }

    pub(in crate::situations) fn transaction(&mut self, requests: &[Request], answers: &[Answer]) {
        let mut deleted = Vec::new();
        for (request, answer) in requests.iter().zip(answers) {
            let (Request::Valid(command), Answer::Reply(Reply::Integer(1..))) = (request, answer) else { continue };
            match command {
                Command::Key(KeyCommand::Delete { keys }) if keys.len() == 1 => deleted.extend(keys),
                Command::List(ListCommand::Push { key, .. }) => {
                    self.tick(Mark::TxnDeletedAndPut, deleted.contains(&key))
                }
                _ => {}
            }
        }
    }

    pub(in crate::situations) fn compaction_read(&mut self, key: &UserKey) {
        if let Some(track) = self.tracks.get_mut(key.as_bytes()) {
            let saw_deltas = track.view().deltas > 0;
            track.reading = Some(Reading { saw_deltas, pushed_since: false, popped_since: false });
        }
    }

    pub(in crate::situations) fn compaction(&mut self, key: &UserKey, reading: Option<Reading>, touches: &[Touch]) {
        let Some((touch, new)) = self.touch_of(key, touches) else {
            self.tick(Mark::CompactionGivesUp, reading.is_some_and(|reading| reading.saw_deltas));
            return;
        };
        let folds = touch.base_put && touch.deltas_gone > 0;
        self.tick(Mark::CompactionFolds, folds);
        self.tick(Mark::CompactionDropsClaims, touch.claims_gone > 0);
        let head = i64::try_from(new.head).ok().filter(|_| folds && new.has_items());
        let claims = self.tracks.get(key.as_bytes()).map(|track| &track.claims);
        let is_kept = claims.zip(head).is_some_and(|(claims, head)| claims.contains(&head));
        self.tick(Mark::CompactionKeepsClaimAtHead, is_kept);
        self.tick(Mark::CompactionDeletesBase, touch.old.base.is_some() && new.base.is_none() && !new.has_items());
        let takes_ttl = touch.old.inline_expiry().is_none() && touch.old.ttl.is_some() && new.inline_expiry().is_some();
        self.tick(Mark::CompactionTakesTtl, takes_ttl);
        let is_overtaken = touch.deltas_gone > 0 && new.deltas > 0;
        let since = |of: fn(&Reading) -> bool| is_overtaken && reading.as_ref().is_some_and(of);
        self.tick(Mark::CompactionOvertakenByPush, since(|reading| reading.pushed_since));
        self.tick(Mark::CompactionOvertakenByPop, since(|reading| reading.popped_since));
        self.compactions.push(self.last_commit);
        if let Some(track) = self.tracks.at(touch.place) {
            let is_between = folds && track.latest == Latest::Pop;
            track.latest = if is_between { Latest::CompactionAfterPop } else { Latest::Other };
        }
    }
}
