//! What Redis would do: plain lists in memory, with a clock that the caller sets.
//!
//! This is the oracle. It is written from what Redis 7.0 documents and does, knows nothing of records, sequence numbers
//! or deltas, and imports only [`crate::command`]: were it to share code with the store or the encoder, it would share
//! their bugs too, and agreement would prove nothing. `tests/redis/random.rs` holds it against a real server, reply by reply.
//!
//! A `MULTI .. EXEC` is the caller's: [`Request::exec_abort`] first, then [`Model::execute`] per request.

mod expiry;
mod list;

use std::collections::{BTreeMap, VecDeque};

use crate::command::{
    Command, End, ExpireCondition, ExpireUnit, IndexArgument, KeyCommand, ListCommand, Reply, Request, UserKey, error,
};

/// One list. Inside a [`Model`] it has at least one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelList {
    /// The items, head first.
    pub items: VecDeque<Vec<u8>>,
    /// The last Unix millisecond in which the key exists; `None` when it stays.
    pub expire_at_ms: Option<i64>,
}

/// All lists, and the time in Unix milliseconds. The default is empty at time 0.
#[derive(Clone, Debug, Default)]
pub struct Model {
    lists: BTreeMap<UserKey, ModelList>,
    now_ms: u64,
    /// No list expires earlier than this, so that asking for expired keys costs nothing as long as there are none. It
    /// may be too early, as when the list it came from is gone.
    earliest_expiry_ms: Option<i64>,
}

impl Model {
    /// No lists, time 0.
    pub fn new() -> Model {
        Model::default()
    }

    /// Moves the clock, in Unix milliseconds. Logical time only moves forward: an earlier `at_ms` than the last leaves
    /// the clock where it is.
    pub fn advance_to(&mut self, at_ms: u64) {
        self.now_ms = self.now_ms.max(at_ms);
    }

    /// The time in Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The lists that a client sees now, in the byte order of their keys.
    pub fn lists(&self) -> impl Iterator<Item = (&UserKey, &ModelList)> {
        self.lists.iter().filter(|(_, list)| !expiry::is_past(list.expire_at_ms, self.now_ms))
    }

    /// The list that a client sees now under `key`.
    pub fn get(&self, key: &UserKey) -> Option<&ModelList> {
        self.lists.get(key).filter(|list| !expiry::is_past(list.expire_at_ms, self.now_ms))
    }

    /// Removes the lists whose expiry has passed, and returns their keys in byte order. A write to an expired key
    /// removes it as well; such a key is not returned any more.
    pub fn take_expired(&mut self) -> Vec<UserKey> {
        if !expiry::is_past(self.earliest_expiry_ms, self.now_ms) {
            return Vec::new();
        }
        let mut keys = Vec::new();
        self.lists.retain(|key, list| {
            let expired = expiry::is_past(list.expire_at_ms, self.now_ms);
            if expired {
                keys.push(key.clone());
            }
            !expired
        });
        self.earliest_expiry_ms = self.lists.values().filter_map(|list| list.expire_at_ms).min();
        keys
    }

    /// Runs one request at the current time.
    pub fn execute(&mut self, request: &Request) -> Reply {
        match request {
            Request::Valid(command) => self.run(command).unwrap_or_else(Reply::Error),
            Request::Rejected { error, .. } => Reply::error(error.as_str()),
        }
    }

    /// An `Err` is an error reply.
    fn run(&mut self, command: &Command) -> Result<Reply, String> {
        Ok(match command {
            Command::List(ListCommand::Push { key, end, values, only_existing }) => {
                self.push(key, *end, values, *only_existing)
            }
            Command::List(ListCommand::Pop { key, end, count: None }) => {
                self.edit(key, |items| list::pop(items, *end)).flatten().map_or(Reply::Null, Reply::Bulk)
            }
            Command::List(ListCommand::Pop { key, end, count: Some(count) }) => {
                self.edit(key, |items| list::pop_many(items, *end, *count)).map_or(Reply::NullArray, Reply::bulks)
            }
            Command::List(ListCommand::Set { key, index, value }) => {
                let list = self.live(key).ok_or(error::NO_SUCH_KEY)?;
                let index = list::resolve_index(list.items.len(), integer(index)?);
                let item = index.and_then(|index| list.items.get_mut(index)).ok_or(error::INDEX_OUT_OF_RANGE)?;
                item.clone_from(value);
                Reply::OK
            }
            Command::List(ListCommand::Insert { key, side, pivot, value }) => {
                match self.edit(key, |items| list::insert(items, *side, pivot, value).then_some(items.len())) {
                    None => Reply::Integer(0),
                    Some(None) => Reply::Integer(-1),
                    Some(Some(length)) => Reply::length(length),
                }
            }
            Command::List(ListCommand::Remove { key, count, value }) => {
                Reply::length(self.edit(key, |items| list::remove(items, *count, value)).unwrap_or(0))
            }
            Command::List(ListCommand::Trim { key, start, stop }) => {
                self.edit(key, |items| list::trim(items, *start, *stop));
                Reply::OK
            }
            Command::List(ListCommand::RPopLPush { source, destination }) => {
                self.transfer(source, destination, End::Right, End::Left)
            }
            Command::List(ListCommand::Move { source, destination, from, to }) => {
                self.transfer(source, destination, *from, *to)
            }
            Command::List(ListCommand::MultiPop { keys, end, count }) => self.multi_pop(keys, *end, count.unwrap_or(1)),
            Command::Key(KeyCommand::Delete { keys }) => {
                Reply::length(keys.iter().filter(|key| self.delete(key)).count())
            }
            Command::Key(KeyCommand::Rename { source, destination }) => self.rename(source, destination)?,
            Command::Key(KeyCommand::Expire { key, unit, time, condition }) => {
                self.expire(key, *unit, *time, *condition)?
            }
            Command::Key(KeyCommand::Persist { key }) => {
                let dropped = self.live(key).and_then(|list| list.expire_at_ms.take());
                Reply::Integer(i64::from(dropped.is_some()))
            }
            Command::List(ListCommand::Length { key }) => {
                Reply::length(self.get(key).map_or(0, |list| list.items.len()))
            }
            Command::List(ListCommand::Range { key, start, stop }) => {
                Reply::bulks(self.get(key).map(|list| list::range(&list.items, *start, *stop)).unwrap_or_default())
            }
            Command::List(ListCommand::Index { key, index }) => match self.get(key) {
                None => Reply::Null,
                Some(list) => list::resolve_index(list.items.len(), integer(index)?)
                    .and_then(|index| list.items.get(index))
                    .map_or(Reply::Null, |item| Reply::Bulk(item.clone())),
            },
            Command::List(ListCommand::Position { key, value, rank, count, max_len }) => {
                let items = self.get(key).map(|list| &list.items);
                let found = items.map(|items| list::positions(items, value, *rank, *count, *max_len));
                let mut found = found.unwrap_or_default().into_iter().map(Reply::length);
                if count.is_some() { Reply::Array(found.collect()) } else { found.next().unwrap_or(Reply::Null) }
            }
            Command::Key(KeyCommand::Type { key }) => {
                Reply::status(if self.get(key).is_some() { "list" } else { "none" })
            }
            Command::Key(KeyCommand::Exists { keys }) => {
                Reply::length(keys.iter().filter(|key| self.get(key).is_some()).count())
            }
            Command::Key(KeyCommand::ExpireTime { key }) => {
                Reply::Integer(self.get(key).map_or(-2, |list| list.expire_at_ms.unwrap_or(-1)))
            }
        })
    }

    /// The list under `key`, for a command that may change it. An expired one goes away here, so that whatever is
    /// written next starts from a missing key.
    fn live(&mut self, key: &UserKey) -> Option<&mut ModelList> {
        if self.get(key).is_none() {
            self.lists.remove(key);
        }
        self.lists.get_mut(key)
    }

    /// Changes the items under `key`, if there are any. A list that ends up empty is gone, and its expiry with it.
    fn edit<R>(&mut self, key: &UserKey, change: impl FnOnce(&mut VecDeque<Vec<u8>>) -> R) -> Option<R> {
        let list = self.live(key)?;
        let result = change(&mut list.items);
        if list.items.is_empty() {
            self.lists.remove(key);
        }
        Some(result)
    }

    fn push(&mut self, key: &UserKey, end: End, values: &[Vec<u8>], only_existing: bool) -> Reply {
        if self.live(key).is_none() && only_existing {
            return Reply::Integer(0);
        }
        let list = self.lists.entry(key.clone()).or_default();
        for value in values {
            list::push(&mut list.items, end, value.clone());
        }
        Reply::length(list.items.len())
    }

    fn transfer(&mut self, source: &UserKey, destination: &UserKey, from: End, to: End) -> Reply {
        // A list that is moved onto itself is never empty in between: a list of one item keeps its expiry.
        let item = if source == destination {
            self.live(source).and_then(|list| {
                let item = list::pop(&mut list.items, from)?;
                list::push(&mut list.items, to, item.clone());
                Some(item)
            })
        } else {
            let item = self.edit(source, |items| list::pop(items, from)).flatten();
            if let Some(item) = &item {
                self.push(destination, to, std::slice::from_ref(item), false);
            }
            item
        };
        item.map_or(Reply::Null, Reply::Bulk)
    }

    fn multi_pop(&mut self, keys: &[UserKey], end: End, count: u64) -> Reply {
        for key in keys {
            if let Some(popped) = self.edit(key, |items| list::pop_many(items, end, count)) {
                return Reply::Array(vec![Reply::Bulk(key.0.clone()), Reply::bulks(popped)]);
            }
        }
        Reply::NullArray
    }

    /// Whether there was something to delete, as a client sees it.
    fn delete(&mut self, key: &UserKey) -> bool {
        self.live(key).is_some() && self.lists.remove(key).is_some()
    }

    fn rename(&mut self, source: &UserKey, destination: &UserKey) -> Result<Reply, String> {
        self.live(source).ok_or(error::NO_SUCH_KEY)?;
        // The source goes with its expiry and replaces all of the destination. Onto itself that changes nothing.
        if let Some(list) = self.lists.remove(source) {
            self.lists.insert(destination.clone(), list);
        }
        Ok(Reply::OK)
    }

    fn expire(
        &mut self,
        key: &UserKey,
        unit: ExpireUnit,
        time: i64,
        condition: ExpireCondition,
    ) -> Result<Reply, String> {
        let now_ms = self.now_ms;
        // Redis refuses the time before it looks for the key.
        let at_ms =
            expiry::unix_ms(unit, time, now_ms).ok_or_else(|| error::invalid_expire_time(unit.command_name()))?;
        let Some(list) = self.live(key) else {
            return Ok(Reply::Integer(0));
        };
        if !expiry::admits(condition, list.expire_at_ms, at_ms) {
            return Ok(Reply::Integer(0));
        }
        if expiry::deletes_at_once(at_ms, now_ms) {
            self.lists.remove(key);
        } else {
            list.expire_at_ms = Some(at_ms);
            self.earliest_expiry_ms = Some(self.earliest_expiry_ms.map_or(at_ms, |earliest| earliest.min(at_ms)));
        }
        Ok(Reply::Integer(1))
    }
}

fn integer(index: &IndexArgument) -> Result<i64, String> {
    match index {
        IndexArgument::Index(index) => Ok(*index),
        IndexArgument::NotAnInteger(_) => Err(error::NOT_AN_INTEGER.to_owned()),
    }
}

#[cfg(test)]
mod tests;
