//! A case, step by step, seen from what each committed and replied.

use super::list::tracks::Tracks;
use super::reached::Reached;
use super::table::Mark;
use crate::command::Request;
use crate::format::CommitTs;
use crate::store::{Answer, MetaWidth};
use crate::workload::{Action, Step};

/// A case under way.
#[derive(Debug)]
pub(super) struct Walk {
    /// Of lists.
    pub(super) tracks: Tracks,
    pub(super) reached: Reached,
    pub(super) width: MetaWidth,
    pub(super) now_ms: u64,
    pub(super) last_commit: CommitTs,
    /// The commits that compactions made.
    pub(super) compactions: Vec<CommitTs>,
}

impl Walk {
    pub(super) fn new(width: MetaWidth) -> Walk {
        let (tracks, reached) = (Tracks::default(), Reached::default());
        Walk { tracks, reached, width, now_ms: 0, last_commit: CommitTs::default(), compactions: Vec::new() }
    }

    /// A step is over, and its batch, if it had one, has been seen.
    pub(super) fn step(&mut self, step: &Step, answers: &[Answer]) {
        self.now_ms = self.now_ms.max(step.at_ms.unwrap_or(0));
        let touches = self.tracks.take_touches();
        match &step.action {
            Action::Command(request) => {
                self.writes(&touches);
                if let (Request::Valid(command), [answer]) = (request, answers) {
                    self.command(command, answer, &touches);
                }
            }
            Action::Transaction(requests) => {
                self.writes(&touches);
                self.transaction(requests, answers);
            }
            Action::Compact(key) => self.compaction(key, None, &touches),
            Action::CompactRead(key) => self.compaction_read(key),
            Action::CompactCommit(key) => {
                let reading = self.tracks.get_mut(key.as_bytes()).and_then(|track| track.reading.take());
                self.compaction(key, reading, &touches);
            }
            Action::Seed { .. } => {}
            Action::Upgrade => self.width = MetaWidth::Long,
        }
        for touch in &touches {
            self.resting(touch);
        }
        self.tracks.recycle(touches);
    }

    pub(super) fn tick(&mut self, mark: Mark, reached: bool) {
        self.reached.tick_if(mark, reached);
    }
}
