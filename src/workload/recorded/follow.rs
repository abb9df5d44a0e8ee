//! A recorded command on its way to become what it did to lists.
//!
//! Two kinds of recordings say different things ([`Evidence`]). Both are followed by a [`Model`] for each database, which
//! knows the lists, and, where the recording does not say whether a command had an effect, by what is known of the other
//! keys. What cannot be known is refused: a guess would come out as a mismatch, or worse, as none.
//!
//! [`Model`]: crate::model::Model

use std::collections::{BTreeMap, BTreeSet};

use super::error::Refusal;
use super::keyspace::{Holding, Keyspace, Kind, OtherKey};
use super::waiter::Waiter;
use crate::command::{Command, KeyCommand, ListCommand, Request, UserKey};
use crate::model::ModelValue;

/// What a recorded command is evidence of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It took effect: an append-only file holds nothing else. So what is no list and is written to as one is not there.
    Effect,
    /// A client asked for it, and it may have failed: that is what MONITOR shows.
    Request,
}

/// The one database whose lists are taken.
pub(super) const TAKEN: u64 = 0;

/// Items that one push of a copied list carries, well below what a store takes.
pub(super) const ITEMS_PER_PUSH: usize = 10_000;

/// All databases, and the time.
#[derive(Debug)]
pub(super) struct Databases {
    pub(super) evidence: Evidence,
    /// Names of commands, in upper case, of which the user says that they touch no list.
    pub(super) bystanders: BTreeSet<Vec<u8>>,
    pub(super) clock: Clock,
    keyspaces: BTreeMap<u64, Keyspace>,
}

/// The time of the commands that are followed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    /// The recording's own time, if it has one, in Unix milliseconds; it may go back.
    pub(super) now_ms: Option<u64>,
    /// The trace's time, which does not; never later.
    pub(super) logical_ms: u64,
    /// Whether the clock was set back since the recording last said what time it is.
    pub(super) is_behind: bool,
}

impl Databases {
    pub(super) fn new(evidence: Evidence) -> Databases {
        let (bystanders, clock, keyspaces) = (BTreeSet::new(), Clock::default(), BTreeMap::new());
        Databases { evidence, bystanders, clock, keyspaces }
    }

    /// The recording's own time, or the trace's where it has none.
    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms.unwrap_or(self.clock.logical_ms)
    }

    /// By how much the recording's own time is ahead of an expiry that is in force all the same: the clock was set back.
    pub(super) fn ahead_ms(&self, expire_at_ms: i64) -> Option<u64> {
        let expire_at_ms = u64::try_from(expire_at_ms).ok()?;
        self.clock.now_ms?.checked_sub(expire_at_ms).filter(|by_ms| *by_ms > 0)
    }

    pub(super) fn keyspace(&mut self, db: u64) -> &mut Keyspace {
        let (is_asked, now_ms, logical_ms) = (self.evidence == Evidence::Request, self.now_ms(), self.clock.logical_ms);
        let keyspace = self.keyspaces.entry(db).or_insert_with(|| Keyspace::new(is_asked));
        // In an append-only file a key expires by a command of the server's.
        keyspace.advance_to(if is_asked { now_ms } else { logical_ms }, logical_ms);
        keyspace
    }

    /// Deletes the lists that have expired by the recording's own time while logical time waits; those that are taken.
    pub(super) fn reap(&mut self) -> Vec<UserKey> {
        let mut taken = Vec::new();
        for db in self.numbers() {
            let keys = self.keyspace(db).reap();
            if !keys.is_empty() {
                self.keyspace(db).run(&Command::Key(KeyCommand::Delete { keys: keys.clone() }));
            }
            taken.extend(keys.into_iter().filter(|_| db == TAKEN));
        }
        taken
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        self.keyspaces.keys().copied().collect()
    }

    pub(super) fn swap(&mut self, a: u64, b: u64) {
        let (in_a, in_b) = (self.keyspaces.remove(&a), self.keyspaces.remove(&b));
        self.keyspaces.extend(in_a.map(|keyspace| (b, keyspace)));
        self.keyspaces.extend(in_b.map(|keyspace| (a, keyspace)));
    }
}

/// What came of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Followed {
    /// The name in upper case.
    pub(super) name: String,
    /// What it did to lists of the database that is taken.
    pub(super) requests: Vec<Request>,
    /// Whether it did something to lists of another database.
    pub(super) is_elsewhere: bool,
    /// By how much the clock must have been set back before it.
    pub(super) ahead_ms: Option<u64>,
    /// What waits for an item from now on.
    pub(super) waiter: Option<Waiter>,
}

/// A command on its way.
pub(super) struct Follow<'a> {
    pub(super) databases: &'a mut Databases,
    /// The database that the client has selected.
    pub(super) db: u64,
    args: &'a [Vec<u8>],
    /// Whether a blocking command would wait; between MULTI and EXEC and in scripts none does.
    pub(super) may_block: bool,
    pub(super) waiter: Option<Waiter>,
    pub(super) ahead_ms: Option<u64>,
    requests: Vec<Request>,
    is_elsewhere: bool,
}

impl<'a> Follow<'a> {
    /// A command that was sent to database `db`.
    pub(super) fn new(databases: &'a mut Databases, db: u64, args: &'a [Vec<u8>], may_block: bool) -> Follow<'a> {
        let (requests, is_elsewhere, waiter, ahead_ms) = (Vec::new(), false, None, None);
        Follow { databases, db, args, may_block, waiter, ahead_ms, requests, is_elsewhere }
    }

    /// What came of it.
    pub(super) fn into_followed(self, name: String) -> Followed {
        let Follow { requests, is_elsewhere, ahead_ms, waiter, .. } = self;
        Followed { name, requests, is_elsewhere, ahead_ms, waiter }
    }

    /// Whether commands had an effect for sure.
    pub(super) fn took_effect(&self) -> bool {
        self.databases.evidence == Evidence::Effect
    }

    /// An argument, counted from the name, which is 0.
    pub(super) fn arg(&self, at: usize) -> Option<&'a [u8]> {
        self.args.get(at).map(Vec::as_slice)
    }

    pub(super) fn arg_count(&self) -> usize {
        self.args.len()
    }

    /// The arguments from `at` on; none if there are fewer.
    pub(super) fn args_from(&self, at: usize) -> &'a [Vec<u8>] {
        self.args.get(at..).unwrap_or_default()
    }

    pub(super) fn args(&self) -> &'a [Vec<u8>] {
        self.args
    }

    pub(super) fn key(&self, at: usize) -> Result<UserKey, Refusal> {
        self.arg(at).map(|key| UserKey(key.to_vec())).ok_or_else(wrong_number)
    }

    pub(super) fn keys(&self, from: usize) -> Vec<UserKey> {
        self.args_from(from).iter().cloned().map(UserKey).collect()
    }

    pub(super) fn holds(&mut self, db: u64, key: &UserKey) -> Holding {
        self.databases.keyspace(db).holds(key)
    }

    /// Runs a request that is about lists, and notes it down if it is about those that are taken.
    pub(super) fn emit(&mut self, db: u64, request: Request) {
        if let Request::Valid(command) = &request {
            self.databases.keyspace(db).run(command);
        }
        if db == TAKEN {
            self.requests.push(request);
        } else {
            self.is_elsewhere = true;
        }
    }

    pub(super) fn run(&mut self, db: u64, command: Command) {
        self.emit(db, Request::Valid(command));
    }

    /// Notes down what has been done to the lists that are taken.
    pub(super) fn note(&mut self, command: Command) {
        self.requests.push(Request::Valid(command));
    }

    /// Deletes the key if it is a list.
    pub(super) fn drop_list(&mut self, db: u64, key: &UserKey) {
        if self.holds(db, key) == Holding::List {
            self.run(db, Command::Key(KeyCommand::Delete { keys: vec![key.clone()] }));
        }
    }

    /// The key is another one now, or none, whatever it was.
    pub(super) fn replace(&mut self, db: u64, key: &UserKey, other: Option<OtherKey>) {
        self.drop_list(db, key);
        self.put_other(db, key, other);
    }

    pub(super) fn put_other(&mut self, db: u64, key: &UserKey, other: Option<OtherKey>) {
        self.databases.keyspace(db).put_other(key.clone(), other);
    }

    pub(super) fn other(&mut self, db: u64, key: &UserKey) -> Option<OtherKey> {
        self.databases.keyspace(db).other(key)
    }

    /// The key's list as commands that make it anew under `destination`.
    pub(super) fn pushes(&mut self, db: u64, key: &UserKey, destination: &UserKey) -> Vec<Command> {
        let Some(found) = self.databases.keyspace(db).lists().get(key) else { return Vec::new() };
        let ModelValue::List(items) = &found.value;
        let items: Vec<&Vec<u8>> = items.iter().collect();
        let mut commands: Vec<Command> = items
            .chunks(ITEMS_PER_PUSH)
            .map(|items| {
                Command::List(ListCommand::Push {
                    key: destination.clone(),
                    end: crate::command::End::Right,
                    values: items.iter().map(|item| item.to_vec()).collect(),
                    only_existing: false,
                })
            })
            .collect();
        commands.extend(found.expire_at_ms.map(|time| {
            Command::Key(KeyCommand::Expire {
                key: destination.clone(),
                unit: crate::command::ExpireUnit::UnixMilliseconds,
                time,
                condition: crate::command::ExpireCondition::default(),
            })
        }));
        commands
    }

    pub(super) fn first_becomes(&mut self, other: OtherKey) {
        if let Some(key) = self.arg(1) {
            self.becomes(self.db, &UserKey(key.to_vec()), other);
        }
    }

    /// The key becomes what `other` says unless something is there; on a list that fails.
    pub(super) fn becomes(&mut self, db: u64, key: &UserKey, other: OtherKey) {
        match self.holds(db, key) {
            Holding::List | Holding::Other(_) => {}
            Holding::Nothing => self.put_other(db, key, Some(other)),
            // Where it was another type, the command failed, and that is there still.
            Holding::Unsure => {
                let Some(known) = self.other(db, key) else { return };
                let kind = if known.kind == other.kind { other.kind } else { Kind::Any };
                // An expiry holds only for what was there before.
                let is_certain = other.is_certain && known.expire_at_ms.is_none();
                self.put_other(db, key, Some(OtherKey { kind, is_certain, expire_at_ms: None }));
            }
        }
    }

    /// The key may have become one of this kind, or none; on another kind, the command failed.
    pub(super) fn unsettles(&mut self, key: &UserKey, kind: Kind) {
        self.becomes(self.db, key, OtherKey::unsure(kind));
        self.may_lose(self.db, key, kind);
    }

    /// A key of this kind may have become empty, and be gone.
    pub(super) fn may_lose(&mut self, db: u64, key: &UserKey, kind: Kind) {
        if let Some(other) = self.other(db, key)
            && (other.kind == kind || other.kind == Kind::Any)
        {
            self.put_other(db, key, Some(OtherKey { is_certain: false, ..other }));
        }
    }
}

/// No server runs such a command.
pub(super) fn wrong_number() -> Refusal {
    Refusal::new("it has a wrong number of arguments, with which no server runs it")
}
