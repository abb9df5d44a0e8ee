//! What has taken effect while somebody's transaction, or a compaction, was open.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::command::{Command, End, KeyCommand, ListCommand, Reply, UserKey};
use crate::format::CommitTs;
use crate::situations::list::tracks::View;

/// So many effects are remembered: a trace may leave a transaction open for ever.
const MOST_EFFECTS: usize = 128;

/// What a command does to one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Read,
    Push(End),
    Pop(End),
    /// `LSET`, `LREM` or `LINSERT`.
    Edit,
    /// `LSET`, beside the above.
    Set,
    Trim,
    Delete,
    Expire,
    RenameFrom,
    RenameTo,
    MoveFrom,
    MoveTo,
    Compaction,
}

/// What a transaction has done to a key.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) key: Vec<u8>,
    pub(super) deed: Deed,
    /// Its reply says that it has found something to do.
    pub(super) works: bool,
}

/// The records of a key, before and after.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) key: Vec<u8>,
    pub(super) old: View,
    pub(super) new: View,
    pub(super) was_expired: bool,
    /// Whether anything was written.
    pub(super) is_written: bool,
}

/// What has taken effect in a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Effect {
    /// How many effects there were before it.
    pub(super) place: u64,
    /// As many as there were when it began.
    pub(super) begun: u64,
    pub(super) done: Vec<Done>,
    pub(super) changes: Vec<Change>,
    /// What a compaction has read.
    pub(super) seen: Option<View>,
    /// Nothing was written before it.
    pub(super) is_first: bool,
}

/// What overlaps in a case.
#[derive(Debug, Default)]
pub(in crate::situations) struct Overlaps {
    /// The effects so far when each client began.
    pub(super) open: BTreeMap<u32, u64>,
    /// As many when each compaction read, and what it read.
    pub(super) readings: BTreeMap<Vec<u8>, (u64, View)>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) count: u64,
    /// The keys to which a push was committed below a later commit, and none since.
    pub(super) late: BTreeSet<Vec<u8>>,
    /// The batches so far.
    pub(super) commits: u64,
    latest: CommitTs,
    is_late: bool,
}

impl Overlaps {
    /// A batch is committed at that time.
    pub(in crate::situations) fn commits_at(&mut self, commit_ts: CommitTs) {
        self.commits += 1;
        self.is_late = commit_ts < self.latest;
        self.latest = self.latest.max(commit_ts);
    }

    /// Whether the last batch was committed below an earlier one.
    pub(super) fn take_late(&mut self) -> bool {
        std::mem::take(&mut self.is_late)
    }

    /// Keeps an effect for as long as somebody is open who overlaps it.
    pub(super) fn keep(&mut self, effect: Effect) {
        if self.open.is_empty() && self.readings.is_empty() {
            self.effects.clear();
            return;
        }
        self.effects.push_back(effect);
        if self.effects.len() > MOST_EFFECTS {
            self.effects.pop_front();
        }
    }
}

/// What a command that got this reply has done to its keys, apart from what only their records say.
pub(super) fn done(command: &Command, reply: &Reply) -> Vec<Done> {
    let works = match reply {
        Reply::Integer(number) => *number > 0,
        Reply::Bulk(_) => true,
        Reply::Status(_) => true,
        Reply::Array(items) => !items.is_empty(),
        Reply::Error(_) | Reply::Null | Reply::NullArray => false,
    };
    let one = |key: &UserKey, deed| Done { key: key.0.clone(), deed, works };
    match command {
        Command::List(command) => match command {
            ListCommand::Push { key, end, .. } => vec![one(key, Deed::Push(*end))],
            ListCommand::Pop { key, end, .. } => vec![one(key, Deed::Pop(*end))],
            ListCommand::Set { key, .. } => vec![one(key, Deed::Edit), one(key, Deed::Set)],
            ListCommand::Insert { key, .. } | ListCommand::Remove { key, .. } => vec![one(key, Deed::Edit)],
            ListCommand::Trim { key, .. } => vec![one(key, Deed::Trim)],
            ListCommand::RPopLPush { source, destination } | ListCommand::Move { source, destination, .. } => {
                vec![one(source, Deed::MoveFrom), one(destination, Deed::MoveTo)]
            }
            ListCommand::MultiPop { keys, end, .. } => keys.iter().map(|key| one(key, Deed::Pop(*end))).collect(),
            ListCommand::Length { key }
            | ListCommand::Range { key, .. }
            | ListCommand::Index { key, .. }
            | ListCommand::Position { key, .. } => vec![one(key, Deed::Read)],
        },
        Command::Key(command) => match command {
            KeyCommand::Delete { keys } => keys.iter().map(|key| one(key, Deed::Delete)).collect(),
            KeyCommand::Rename { source, destination } => {
                vec![one(source, Deed::RenameFrom), one(destination, Deed::RenameTo)]
            }
            KeyCommand::Expire { key, .. } => vec![one(key, Deed::Expire)],
            KeyCommand::Persist { .. }
            | KeyCommand::Type { .. }
            | KeyCommand::Exists { .. }
            | KeyCommand::ExpireTime { .. } => Vec::new(),
        },
    }
}
