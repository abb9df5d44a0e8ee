//! A case, step by step, seen from what each committed and replied.

use super::walk::Walk;
use crate::command::Request;
use crate::store::{Answer, MetaWidth};
use crate::workload::{Action, Step};

impl Walk {
    /// A step is over, and its batch, if it had one, has been seen.
    pub(super) fn take_step(&mut self, step: &Step, answers: &[Answer]) {
        self.now_ms = self.now_ms.max(step.at_ms.unwrap_or(0));
        let touches = self.tracks.take_touches();
        match &step.action {
            Action::Command(request) => {
                self.writes(&touches);
                if let [answer] = answers {
                    self.command_rows(request, answer, &touches);
                    if let Request::Valid(command) = request {
                        self.command(command, answer, &touches);
                    }
                }
            }
            Action::Transaction(requests) => {
                self.writes(&touches);
                self.transaction_rows(requests, answers);
                self.transaction(requests, answers);
            }
            Action::Compact(key) => self.compaction(key, None, &touches),
            Action::CompactRead(key) => self.compaction_read(key),
            Action::CompactCommit(key) => {
                let reading = self.tracks.get_mut(key.as_bytes()).and_then(|track| track.reading.take());
                self.compaction(key, reading, &touches);
            }
            // What a client's transaction does is told when it takes effect, as the commands that it is.
            Action::Begin { .. } | Action::Commit { .. } => {}
            Action::Seed { .. } => {}
            Action::Upgrade => self.width = MetaWidth::Long,
        }
        for touch in &touches {
            self.resting(touch);
        }
        self.tracks.recycle(touches);
    }
}
