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
    lists: Model,
    /// `None` where nobody keeps count of them.
    others: Option<BTreeMap<UserKey, OtherKey>>,
}

impl Keyspace {
    pub(super) fn new(tracks_others: bool) -> Keyspace {
        Keyspace { lists: Model::new(), others: tracks_others.then(BTreeMap::new) }
    }

    pub(super) fn advance_to(&mut self, at_ms: u64) {
        self.lists.advance_to(at_ms);
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
        let now_ms = i64::try_from(self.lists.now_ms()).unwrap_or(i64::MAX);
        let other = self.others.as_ref()?.get(key)?;
        other.expire_at_ms.is_none_or(|expire_at_ms| now_ms <= expire_at_ms).then_some(*other)
    }

    pub(super) fn put_other(&mut self, key: UserKey, other: Option<OtherKey>) {
        if let Some(others) = &mut self.others {
            match other {
                Some(other) => others.insert(key, other),
                None => others.remove(&key),
            };
        }
    }

    pub(super) fn forget_others(&mut self) {
        if let Some(others) = &mut self.others {
            others.clear();
        }
    }

    /// Runs a command on the lists. Where it leaves one, there is no other key any more.
    pub(super) fn run(&mut self, command: &Command) {
        self.lists.execute(&Request::Valid(command.clone()));
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
