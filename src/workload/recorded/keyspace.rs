//! One database of the server that made a recording: its lists, and what is known of its other keys.

use std::collections::BTreeMap;

use crate::command::{Command, KeyCommand, ListCommand, Request, UserKey};
use crate::model::Model;

/// The types of keys that are not lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Set,
    SortedSet,
    Hash,
    Stream,
    /// A type that Redis 7.0 has not, or a module's.
    Newer,
    /// One of them.
    Any,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    Nothing,
    List,
    /// A key that is no list.
    Other(Kind),
    /// No list: nothing, or a key of another type.
    Unsure,
}

/// A key that is no list.
#[derive(Clone, Copy, Debug)]
pub(super) struct OtherKey {
    pub(super) kind: Kind,
    /// Whether it is there at all.
    pub(super) is_certain: bool,
    /// The last millisecond in which it is.
    pub(super) expire_at_ms: Option<i64>,
}

impl OtherKey {
    pub(super) fn certain(kind: Kind) -> OtherKey {
        OtherKey { kind, is_certain: true, expire_at_ms: None }
    }

    pub(super) fn unsure(kind: Kind) -> OtherKey {
        OtherKey { kind, is_certain: false, expire_at_ms: None }
    }
}

/// One database. It begins empty.
#[derive(Debug)]
pub(super) struct Keyspace {
    /// By logical time.
    lists: Model,
    /// The recording's own time, which may be ahead of that.
    now_ms: u64,
    /// No list expires earlier than this, so that asking for expired lists costs nothing as long as there are none.
    earliest_expiry_ms: i64,
    /// Lists that have expired by the recording's time while logical time waited, and their expiries: should the clock go
    /// back before such an expiry, it is not known whether the server had noticed.
    reaped: BTreeMap<UserKey, i64>,
    /// `None` where nobody keeps count of them.
    others: Option<BTreeMap<UserKey, OtherKey>>,
}

impl Keyspace {
    pub(super) fn new(tracks_others: bool) -> Keyspace {
        Keyspace {
            lists: Model::new(),
            now_ms: 0,
            earliest_expiry_ms: i64::MAX,
            reaped: BTreeMap::new(),
            others: tracks_others.then(BTreeMap::new),
        }
    }

    /// Lets time go on: the recording's own, which may go back, and the logical one.
    pub(super) fn advance_to(&mut self, now_ms: u64, logical_ms: u64) {
        if let Some(others) = self.others.as_mut().filter(|_| now_ms < self.now_ms) {
            // What had expired may have been noticed, or not.
            let (since, until) = (as_expiry(now_ms), as_expiry(self.now_ms));
            for other in others.values_mut() {
                other.is_certain &= !other.expire_at_ms.is_some_and(|at_ms| since <= at_ms && at_ms < until);
            }
        }
        self.now_ms = now_ms;
        self.lists.advance_to(logical_ms);
        self.reaped.retain(|_, expire_at_ms| *expire_at_ms >= as_expiry(logical_ms));
    }

    /// The lists that have expired by the recording's own time, but not by logical time. They count as reaped.
    pub(super) fn reap(&mut self) -> Vec<UserKey> {
        let now_ms = as_expiry(self.now_ms);
        if now_ms <= self.earliest_expiry_ms || self.now_ms == self.lists.now_ms() {
            return Vec::new();
        }
        let expiries = |lists: &Model| -> Vec<(UserKey, i64)> {
            lists.keys().filter_map(|(key, list)| Some((key.clone(), list.expire_at_ms?))).collect()
        };
        let (expired, left): (Vec<_>, Vec<_>) =
            expiries(&self.lists).into_iter().partition(|(_, at_ms)| *at_ms < now_ms);
        self.earliest_expiry_ms = left.iter().map(|(_, at_ms)| *at_ms).min().unwrap_or(i64::MAX);
        let keys = expired.iter().map(|(key, _)| key.clone()).collect();
        self.reaped.extend(expired);
        keys
    }

    /// Whether the key is a list that had expired before the clock was set back to a time at which it has not.
    pub(super) fn is_doubtful(&self, key: &[u8]) -> bool {
        !self.reaped.is_empty()
            && self.reaped.get(&UserKey(key.to_vec())).is_some_and(|at_ms| *at_ms >= as_expiry(self.now_ms))
    }

    /// A list of which it is not known whether it is still there.
    pub(super) fn doubtful(&self) -> Option<&UserKey> {
        let now_ms = as_expiry(self.now_ms);
        self.reaped.iter().find(|(_, at_ms)| **at_ms >= now_ms).map(|(key, _)| key)
    }

    /// The server has looked the key up, and by then it has noticed that it is expired; or it is another one now.
    pub(super) fn settle(&mut self, key: &UserKey) {
        self.reaped.remove(key);
    }

    pub(super) fn lists(&self) -> &Model {
        &self.lists
    }

    pub(super) fn list_keys(&self) -> Vec<UserKey> {
        self.lists.keys().map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn holds(&self, key: &UserKey) -> Holding {
        if self.lists.get(key).is_some() {
            return Holding::List;
        }
        if self.others.is_none() {
            return Holding::Unsure;
        }
        match self.other(key) {
            None => Holding::Nothing,
            Some(other) if other.is_certain => Holding::Other(other.kind),
            Some(_) => Holding::Unsure,
        }
    }

    /// What is known of a key that is no list, and has not expired.
    pub(super) fn other(&self, key: &UserKey) -> Option<OtherKey> {
        let now_ms = as_expiry(self.now_ms);
        let other = self.others.as_ref()?.get(key)?;
        other.expire_at_ms.is_none_or(|expire_at_ms| now_ms <= expire_at_ms).then_some(*other)
    }

    pub(super) fn put_other(&mut self, key: UserKey, other: Option<OtherKey>) {
        self.settle(&key);
        if let Some(others) = &mut self.others {
            match other {
                Some(other) => others.insert(key, other),
                None => others.remove(&key),
            };
        }
    }

    /// All keys are gone that are no lists.
    pub(super) fn forget_others(&mut self) {
        self.reaped.clear();
        if let Some(others) = &mut self.others {
            others.clear();
        }
    }

    /// Of keys of these types none is certain any more.
    pub(super) fn unsettle(&mut self, kinds: &[Kind]) {
        for other in self.others.iter_mut().flat_map(BTreeMap::values_mut) {
            other.is_certain &= !kinds.contains(&other.kind);
        }
    }

    /// Runs a command on the lists. Where it leaves one, there is no other key any more.
    pub(super) fn run(&mut self, command: &Command) {
        self.lists.execute(&Request::Valid(command.clone()));
        if let Command::Key(KeyCommand::Expire { key, .. }) = command {
            let expire_at_ms = self.lists.get(key).and_then(|list| list.expire_at_ms);
            self.earliest_expiry_ms = self.earliest_expiry_ms.min(expire_at_ms.unwrap_or(i64::MAX));
        }
        if let Command::List(ListCommand::Push { key, .. })
        | Command::List(ListCommand::RPopLPush { destination: key, .. })
        | Command::List(ListCommand::Move { destination: key, .. })
        | Command::Key(KeyCommand::Rename { destination: key, .. }) = command
            && self.lists.get(key).is_some()
        {
            self.put_other(key.clone(), None);
        }
    }
}

/// A time as expiries are written.
fn as_expiry(at_ms: u64) -> i64 {
    i64::try_from(at_ms).unwrap_or(i64::MAX)
}
