//! The transactions that have begun, and what was applied since.

use std::collections::BTreeMap;

use super::attempt::{Attempt, Screen, Verdict, Version};
use super::planned::Planned;
use super::width::MetaWidth;
use crate::command::Request;
use crate::format::CommitTs;

/// A transaction that has begun.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) requests: Vec<Request>,
    pub(super) planned: Planned,
    pub(super) view: View,
    pub(super) read_ms: u64,
    pub(super) width: MetaWidth,
    /// The commit under which it has gone out before.
    pub(super) former: Option<CommitTs>,
}

/// Where in the order of applied versions a snapshot was read.
#[derive(Clone, Copy, Default)]
pub(super) struct View {
    pub(super) start: CommitTs,
    pub(super) position: usize,
}

/// The transactions that have begun, and what was applied meanwhile.
#[derive(Clone, Default)]
pub(super) struct Clients {
    pub(super) open: BTreeMap<u32, Open>,
    /// Compactions that have read and not committed.
    pub(super) compactions: usize,
    pub(super) applied: Vec<Version>,
    /// The latest commit timestamp that was drawn.
    pub(super) drawn: CommitTs,
    pub(super) screen: Option<Screen>,
}

/// A transaction that may be written: by `Store::commit`, before anything else is.
pub struct Landing {
    /// What it writes and answers; it writes nothing if it was there already.
    pub planned: Planned,
    /// Its requests.
    pub requests: Vec<Request>,
    /// The time that its commands saw, in Unix milliseconds: that of its snapshot.
    pub read_ms: u64,
    /// How often it was tried, at least 1.
    pub tries: u32,
    /// Whether it gave up.
    pub gave_up: bool,
}

impl Clients {
    /// Whether anybody has to be told of what is applied.
    fn is_watched(&self) -> bool {
        !self.open.is_empty() || self.compactions > 0
    }

    /// Whether anybody looks at attempts.
    pub(super) fn is_screened(&self) -> bool {
        self.screen.is_some()
    }

    pub(super) fn drawn(&self) -> CommitTs {
        self.drawn
    }

    pub(super) fn attempt(&self, view: View, planned: &Planned, former: Option<CommitTs>) -> Attempt {
        let mut attempt = Attempt {
            names: planned.names.clone(),
            user_keys: planned.user_keys.clone(),
            start: view.start,
            commit_ts: planned.version_ts(),
            mutated: planned.changes.rows.keys().cloned().collect(),
            read: planned.changes.reads.clone().unwrap_or_default(),
            since: self.applied.get(view.position..).unwrap_or_default().to_vec(),
            former,
        };
        if let Some(screen) = &self.screen {
            screen(&mut attempt);
        }
        attempt
    }

    /// A compaction has read.
    pub(super) fn compaction_reads(&mut self, start: CommitTs) -> View {
        self.compactions += 1;
        View { start, position: self.applied.len() }
    }

    /// It commits, or is forgotten.
    pub(super) fn compaction_ends(&mut self) {
        self.compactions = self.compactions.saturating_sub(1);
    }

    /// Whether a compaction may write what it has planned.
    pub(super) fn lets_pass(&self, view: View, planned: &mut Planned) -> bool {
        let attempt = self.attempt(view, planned, None);
        let verdict = attempt.verdict();
        planned.noted = Some(attempt.mutated);
        verdict == Verdict::Free
    }

    /// What a plan has written was applied.
    pub(super) fn applied(&mut self, planned: &Planned) {
        if !self.is_watched() {
            self.applied.clear();
            return;
        }
        let commit_ts = planned.version_ts();
        let noted = match (&planned.noted, &self.screen) {
            (Some(noted), _) => noted.clone(),
            (None, None) => planned.changes.rows.keys().cloned().collect(),
            (None, Some(_)) => self.attempt(View::default(), planned, None).mutated,
        };
        self.applied.extend(noted.into_iter().map(|key| Version { key, commit_ts }));
    }
}
