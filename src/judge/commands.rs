//! What each command does to the keys that it names, as far as the model says that it has done anything.

use super::Judge;
use super::effect::{Effect, IsMove};
use super::limits::length;
use crate::command::{Command, End, KeyCommand, ListCommand, Reply, UserKey};
use crate::model::Model;

impl Judge {
    /// A command that the model has just run, and its reply.
    pub fn command(&mut self, command: &Command, reply: &Reply, model: &Model) {
        match command {
            Command::List(command) => self.list_command(command, reply, model),
            Command::Key(command) => self.key_command(command, reply, model),
        }
    }

    /// A command that the store refused because of its own limits, and that the model has not run. At most it deletes what an
    /// expiry has ended. Says whether it would have broken a limit.
    pub fn refused(&mut self, command: &Command, model: &Model) -> bool {
        let is_right = self.must_refuse(command, model);
        match command {
            Command::List(
                ListCommand::Move { source, destination, .. } | ListCommand::RPopLPush { source, destination },
            ) => {
                self.name(source);
                self.name(destination);
            }
            _ => command.first_key().into_iter().for_each(|key| {
                self.name(key);
            }),
        }
        is_right
    }

    fn list_command(&mut self, command: &ListCommand, reply: &Reply, model: &Model) {
        match command {
            ListCommand::Push { key, end, values, .. } => {
                let count = i64::try_from(values.len()).unwrap_or(i64::MAX);
                let has_pushed = matches!(reply, Reply::Integer(1..));
                self.effect_if(has_pushed, key, Effect::Push(*end, count), model);
            }
            ListCommand::Pop { key, end, .. } => self.pop(key, *end, popped(reply), model),
            ListCommand::MultiPop { keys, end, .. } => {
                let (from, count) = match reply {
                    Reply::Array(parts) => match &parts[..] {
                        [Reply::Bulk(key), items] => (Some(key), popped(items)),
                        _ => (None, 0),
                    },
                    _ => (None, 0),
                };
                for key in keys {
                    if from.is_some_and(|from| from == key.as_bytes()) {
                        return self.pop(key, *end, count, model);
                    }
                    self.name(key);
                }
            }
            ListCommand::Set { key, .. } => self.rewrite_if(*reply == Reply::OK, key, model),
            ListCommand::Insert { key, .. } | ListCommand::Remove { key, .. } => {
                self.rewrite_if(matches!(reply, Reply::Integer(1..)), key, model);
            }
            ListCommand::Trim { key, .. } => {
                let is_there = self.name(key).visible_len > 0;
                self.rewrite_if(is_there, key, model);
            }
            ListCommand::RPopLPush { source, destination } => {
                self.move_item((source, End::Right), (destination, End::Left), reply, model);
            }
            ListCommand::Move { source, destination, from, to } => {
                self.move_item((source, *from), (destination, *to), reply, model);
            }
            ListCommand::Length { .. }
            | ListCommand::Range { .. }
            | ListCommand::Index { .. }
            | ListCommand::Position { .. } => {}
        }
    }

    fn key_command(&mut self, command: &KeyCommand, reply: &Reply, model: &Model) {
        let is_done = *reply == Reply::Integer(1);
        match command {
            KeyCommand::Delete { keys } => {
                for key in keys {
                    let is_there = self.name(key).visible_len > 0;
                    self.effect_if(is_there, key, Effect::Delete, model);
                }
            }
            KeyCommand::Rename { source, destination } => {
                self.name(source);
                if *reply == Reply::OK && source != destination {
                    self.effect(source, Effect::Delete, model);
                    let effect = Effect::Replace(length(model, destination), expiry(model, destination));
                    self.effect(destination, effect, model);
                }
            }
            KeyCommand::Expire { key, .. } => {
                let effect = expiry(model, key).map_or(Effect::Delete, Effect::Expire);
                self.effect_if(is_done, key, effect, model);
            }
            KeyCommand::Persist { key } => self.effect_if(is_done, key, Effect::Persist, model),
            KeyCommand::Type { .. } | KeyCommand::Exists { .. } | KeyCommand::ExpireTime { .. } => {}
        }
    }

    fn pop(&mut self, key: &UserKey, end: End, count: i64, model: &Model) {
        self.effect_if(count > 0, key, Effect::Pop(end, count, IsMove::No), model);
        if count > 0 {
            self.effect(key, Effect::Emptied, model);
        }
    }

    fn move_item(
        &mut self,
        (source, from): (&UserKey, End),
        (destination, to): (&UserKey, End),
        reply: &Reply,
        model: &Model,
    ) {
        let is_moved = matches!(reply, Reply::Bulk(_));
        self.effect_if(is_moved, source, Effect::Pop(from, 1, IsMove::Yes), model);
        if is_moved {
            // A list of one item that is moved within its key is never empty in between.
            if source != destination {
                self.effect(source, Effect::Emptied, model);
            }
            self.effect(destination, Effect::Push(to, 1), model);
        }
    }

    fn rewrite_if(&mut self, is_rewritten: bool, key: &UserKey, model: &Model) {
        self.effect_if(is_rewritten, key, Effect::Rewrite(length(model, key)), model);
    }

    fn effect_if(&mut self, is_done: bool, key: &UserKey, effect: Effect, model: &Model) {
        if is_done {
            self.effect(key, effect, model);
        } else {
            self.name(key);
        }
    }

    fn effect(&mut self, key: &UserKey, effect: Effect, model: &Model) {
        let order = self.orders;
        self.orders += u32::from(matches!(effect, Effect::Push(..) | Effect::Pop(..) | Effect::Rewrite(1..)));
        let visible_len = length(model, key);
        let tracked = self.name(key);
        let moved = match effect {
            Effect::Push(_, count) | Effect::Pop(_, count, _) | Effect::Replace(count, _) => count,
            Effect::Rewrite(count) => count.max(tracked.visible_len),
            _ => 0,
        };
        tracked.effects.push((order, effect));
        tracked.visible_len = visible_len;
        self.most_moved = self.most_moved.max(moved);
    }
}

fn popped(reply: &Reply) -> i64 {
    match reply {
        Reply::Bulk(_) => 1,
        Reply::Array(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        _ => 0,
    }
}

fn expiry(model: &Model, key: &UserKey) -> Option<u64> {
    model.get(key)?.expire_at_ms.and_then(|ms| u64::try_from(ms).ok())
}
