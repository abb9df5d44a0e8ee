//! The limits of the store, and whether a command that it refused would have broken one.
//!
//! ```text
//! a whole logical key           1 MiB; the longest record key of a user key is that of a delta: 12 + 4 + key + 12 bytes
//! a value                       256 MiB
//! items moved by one command    100 000: those that it pushes or pops, or the whole list before and after a rewrite
//! sequence numbers              head >= i64::MIN, tail <= i64::MAX
//! ```

use super::Judge;
use super::draft::{Draft, RewriteForm};
use crate::command::{Command, End, IndexArgument, KeyCommand, ListCommand, UserKey};
use crate::model::{Model, ModelValue};

/// The most bytes of a logical key.
pub(super) const KEY_BYTES: usize = 1_048_576;
/// The most bytes of a value.
pub(super) const VALUE_BYTES: usize = 268_435_456;
/// The most items that one command moves.
pub(super) const ITEMS: i64 = 100_000;

/// The bytes of a delta's key beside the user key.
const DELTA_KEY_BYTES: usize = 12 + 4 + 12;

impl Judge {
    /// Whether a command that the store refused would have broken a limit. The model has not run it.
    pub(super) fn must_refuse(&self, command: &Command, model: &Model) -> bool {
        match command {
            Command::List(command) => self.must_refuse_of_list(command, model),
            Command::Key(KeyCommand::Rename { source, destination }) => {
                let len = length(model, source);
                len > 0 && source != destination && (len > ITEMS || is_key_too_long(destination))
            }
            Command::Key(_) => false,
        }
    }

    fn must_refuse_of_list(&self, command: &ListCommand, model: &Model) -> bool {
        match command {
            ListCommand::Push { key, end, values, only_existing } => {
                let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
                let may_push = !only_existing || length(model, key) > 0;
                let is_too_large = count > ITEMS || values.iter().any(|value| value.len() > VALUE_BYTES);
                may_push && (is_too_large || is_key_too_long(key) || !self.has_room(key, *end, count))
            }
            ListCommand::Pop { key, count, .. } => popped(length(model, key), *count) > ITEMS,
            ListCommand::MultiPop { keys, count, .. } => {
                let lens = keys.iter().map(|key| length(model, key));
                lens.filter(|len| *len > 0).take(1).any(|len| popped(len, *count) > ITEMS)
            }
            ListCommand::Set { key, index, value } => {
                let len = length(model, key);
                let IndexArgument::Index(index) = index else { return false };
                (-len..len).contains(index) && (len > ITEMS || value.len() > VALUE_BYTES)
            }
            ListCommand::Insert { key, pivot, value, .. } => {
                let len = length(model, key);
                len > ITEMS || (len == ITEMS || value.len() > VALUE_BYTES) && has_item(model, key, pivot)
            }
            ListCommand::Remove { key, .. } | ListCommand::Trim { key, .. } => length(model, key) > ITEMS,
            ListCommand::RPopLPush { source, destination } => {
                self.must_refuse_move((source, End::Right), (destination, End::Left), model)
            }
            ListCommand::Move { source, destination, from, to } => {
                self.must_refuse_move((source, *from), (destination, *to), model)
            }
            ListCommand::Length { .. }
            | ListCommand::Range { .. }
            | ListCommand::Index { .. }
            | ListCommand::Position { .. } => false,
        }
    }

    /// A move at one end of one list puts the item back where it was, so it needs no room.
    fn must_refuse_move(
        &self,
        (source, from): (&UserKey, End),
        (destination, to): (&UserKey, End),
        model: &Model,
    ) -> bool {
        let needs_room = (source, from) != (destination, to);
        length(model, source) > 0 && needs_room && (is_key_too_long(destination) || !self.has_room(destination, to, 1))
    }

    /// Whether so many items fit at an end of a list, as the step has left it so far.
    fn has_room(&self, key: &UserKey, end: End, count: i64) -> bool {
        let (head, len) = self.known(key.as_bytes()).map_or((0, 0), |(_, tracked)| {
            // Which form a rewrite has makes no difference to the window.
            let form = (tracked.is_expired(self.read_ms()), self.wide, RewriteForm::Delta);
            let draft = Draft::of(tracked, &tracked.effects, form);
            (draft.head, draft.len)
        });
        match end {
            End::Left => head.checked_sub(count).is_some(),
            End::Right => head.checked_add(len).and_then(|tail| tail.checked_add(count)).is_some(),
        }
    }
}

fn is_key_too_long(key: &UserKey) -> bool {
    key.as_bytes().len() + DELTA_KEY_BYTES > KEY_BYTES
}

/// How many of `len` items a pop takes.
fn popped(len: i64, count: Option<u64>) -> i64 {
    count.unwrap_or(1).min(len.unsigned_abs()).cast_signed()
}

/// The length of the list that the model shows.
pub(super) fn length(model: &Model, key: &UserKey) -> i64 {
    model.get(key).map_or(0, |found| match &found.value {
        ModelValue::List(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
    })
}

fn has_item(model: &Model, key: &UserKey, item: &[u8]) -> bool {
    model.get(key).is_some_and(|found| match &found.value {
        ModelValue::List(items) => items.iter().any(|found| found == item),
    })
}

#[cfg(test)]
mod tests;
