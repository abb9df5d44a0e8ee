//! The commands that this tool executes itself, as others sent them.
//!
//! They become steps as they are, with these exceptions. A key may hold another type: then a command of lists fails, and
//! is left out. An expiry that counts from now needs a now. And a rename may bring another type over a list.

use super::error::Refusal;
use super::follow::{Follow, wrong_number};
use super::keyspace::{Holding, Kind, OtherKey};
use crate::command::{
    Command, CommandSpec, ExpireCondition, ExpireUnit, KeyCommand, ListCommand, Request, Stage, UserKey,
};
use crate::workload::resp::unix_ms;

pub(super) fn follow(follow: &mut Follow<'_>, spec: &CommandSpec) -> Result<(), Refusal> {
    let db = follow.db;
    let request = Request::parse(follow.args().to_vec()).map_err(|error| Refusal::new(error.to_string()))?;
    let command = match request {
        Request::Rejected { stage: Stage::Queue, .. } => return Err(wrong_number()),
        Request::Rejected { .. } => {
            follow.emit(db, request);
            return Ok(());
        }
        Request::Valid(command) => command,
    };
    look_up(follow, &command);
    let runs = match &command {
        Command::List(ListCommand::Push { key, only_existing: false, .. }) => may_push(follow, key)?,
        Command::List(ListCommand::RPopLPush { source, destination })
        | Command::List(ListCommand::Move { source, destination, .. }) => may_transfer(follow, source, destination)?,
        Command::List(ListCommand::MultiPop { keys, .. }) => {
            first_list(follow, keys)?.is_some() || !has_other(follow, keys)
        }
        Command::Key(KeyCommand::Rename { source, destination }) => {
            return rename(follow, &command, source, destination);
        }
        Command::Key(KeyCommand::Delete { keys }) => {
            keys.iter().for_each(|key| follow.put_other(db, key, None));
            true
        }
        Command::Key(KeyCommand::Expire { .. }) => return expire(follow, command),
        Command::Key(KeyCommand::Persist { key }) => match follow.other(db, key) {
            Some(other) => {
                follow.put_other(db, key, Some(OtherKey { expire_at_ms: None, ..other }));
                false
            }
            None => true,
        },
        Command::Key(KeyCommand::Type { .. })
        | Command::Key(KeyCommand::Exists { .. })
        | Command::Key(KeyCommand::ExpireTime { .. }) => true,
        _ => command.first_key().is_none_or(|key| !is_other(follow, key)),
    };
    debug_assert_eq!(spec.name, command.name(), "one name for a command");
    if runs {
        follow.run(db, command);
    }
    Ok(())
}

/// The server has seen the first key, and whether it had expired. In an append-only file a list that has is deleted by
/// name, so one that is used later still counts as unexpired: the clock was set back.
fn look_up(follow: &mut Follow<'_>, command: &Command) {
    let (db, took_effect) = (follow.db, follow.took_effect());
    let Some(key) = command.first_key().filter(|_| !matches!(command, Command::Key(KeyCommand::Delete { .. }))) else {
        return;
    };
    if took_effect {
        let found = follow.databases.keyspace(db).lists().get(key).and_then(|list| list.expire_at_ms);
        let ahead_ms = found.and_then(|expire_at_ms| follow.databases.ahead_ms(expire_at_ms));
        follow.ahead_ms = follow.ahead_ms.max(ahead_ms);
    } else if !follow.databases.keyspace(db).is_doubtful(key.as_bytes()) {
        follow.databases.keyspace(db).settle(key);
    }
}

fn is_other(follow: &mut Follow<'_>, key: &UserKey) -> bool {
    matches!(follow.holds(follow.db, key), Holding::Other(_))
}

fn has_other(follow: &mut Follow<'_>, keys: &[UserKey]) -> bool {
    keys.iter().any(|key| is_other(follow, key))
}

/// Whether a push that may make a list does; it fails on another type.
fn may_push(follow: &mut Follow<'_>, key: &UserKey) -> Result<bool, Refusal> {
    match follow.holds(follow.db, key) {
        Holding::List | Holding::Nothing => Ok(true),
        Holding::Other(_) => Ok(false),
        Holding::Unsure if follow.took_effect() => Ok(true),
        Holding::Unsure => Err(Refusal::unknown_type(key.as_bytes(), "it may have failed or made a list")),
    }
}

/// Whether a move from one list to another may run. It looks at the destination only when there is a source.
pub(super) fn may_transfer(follow: &mut Follow<'_>, source: &UserKey, destination: &UserKey) -> Result<bool, Refusal> {
    match follow.holds(follow.db, source) {
        Holding::List => may_push(follow, destination),
        Holding::Nothing => Ok(true),
        Holding::Other(_) => Ok(false),
        Holding::Unsure => Ok(follow.took_effect()),
    }
}

/// The list that a pop from the first of several takes from. A key of another type before it is an error to Redis.
pub(super) fn first_list(follow: &mut Follow<'_>, keys: &[UserKey]) -> Result<Option<UserKey>, Refusal> {
    let mut doubtful = None;
    for key in keys {
        match (follow.holds(follow.db, key), doubtful) {
            (Holding::List, None) => return Ok(Some(key.clone())),
            (Holding::List, Some(doubtful)) => {
                return Err(Refusal::unknown_type(doubtful, "it may have failed or popped from a later list"));
            }
            (Holding::Other(_), _) => return Ok(None),
            (Holding::Unsure, None) if !follow.took_effect() => doubtful = Some(key.as_bytes()),
            (Holding::Unsure | Holding::Nothing, _) => {}
        }
    }
    Ok(None)
}

/// An expiry, of a list or of another key. What an append-only file says took effect, and is absolute from here on. In
/// MONITOR it counts from its own line; where logical time is behind that, it is absolute as well.
fn expire(follow: &mut Follow<'_>, command: Command) -> Result<(), Refusal> {
    let Command::Key(KeyCommand::Expire { key, unit, time, condition }) = &command else { return Ok(()) };
    let (db, unit, clock) = (follow.db, *unit, follow.databases.clock);
    let is_relative = matches!(unit, ExpireUnit::Seconds | ExpireUnit::Milliseconds);
    let at_ms = unix_ms(unit, *time, follow.databases.now_ms());
    if let Some(at_ms) = at_ms.filter(|_| follow.took_effect() && !is_relative) {
        let ahead_ms = follow.databases.ahead_ms(at_ms);
        follow.ahead_ms = follow.ahead_ms.max(ahead_ms);
    }
    if follow.holds(db, key) != Holding::List {
        let is_known = !(is_relative && clock.is_behind);
        if !expire_other(follow, key, unit, *time, *condition, is_known) && (!is_relative || clock.now_ms.is_some()) {
            follow.run(db, command);
        }
        return Ok(());
    }
    if is_relative && clock.now_ms.is_none() {
        return Err(Refusal::new(
            "it counts from a time that is not recorded; record with aof-timestamp-enabled yes, or use PEXPIREAT",
        ));
    }
    if is_relative && clock.is_behind {
        return Err(Refusal::new(
            "it counts from a time that is not recorded, because the clock was set back before it; use PEXPIREAT",
        ));
    }
    if !follow.took_effect() && clock.now_ms < Some(clock.logical_ms) {
        return Err(Refusal::new(
            "the clock was set back in lines that came while the recording was read; read it again",
        ));
    }
    if !follow.took_effect() && clock.now_ms == Some(clock.logical_ms) {
        follow.run(db, command);
        return Ok(());
    }
    let Some(at_ms) = at_ms else { return Ok(()) };
    let current_ms = follow.databases.keyspace(db).lists().get(key).and_then(|list| list.expire_at_ms);
    if !follow.took_effect() {
        if holds_back(*condition, current_ms, at_ms) {
            return Ok(());
        }
        if is_past(follow, at_ms) {
            follow.drop_list(db, key);
            return Ok(());
        }
    }
    let (unit, condition) = (ExpireUnit::UnixMilliseconds, ExpireCondition::default());
    follow.run(db, Command::Key(KeyCommand::Expire { key: key.clone(), unit, time: at_ms, condition }));
    Ok(())
}

/// Whether the options keep an expiry from being set.
fn holds_back(condition: ExpireCondition, current_ms: Option<i64>, at_ms: i64) -> bool {
    let ExpireCondition { nx, xx, gt, lt } = condition;
    nx && current_ms.is_some()
        || xx && current_ms.is_none()
        || gt && current_ms.is_none_or(|current_ms| at_ms <= current_ms)
        || lt && current_ms.is_some_and(|current_ms| at_ms >= current_ms)
}

/// Whether setting this expiry deletes the key.
fn is_past(follow: &Follow<'_>, at_ms: i64) -> bool {
    u64::try_from(at_ms).map_or(true, |at_ms| at_ms <= follow.databases.now_ms())
}

/// Gives a key of another type its expiry; whether it was one.
fn expire_other(
    follow: &mut Follow<'_>,
    key: &UserKey,
    unit: ExpireUnit,
    time: i64,
    condition: ExpireCondition,
    is_known: bool,
) -> bool {
    let db = follow.db;
    let Some(other) = follow.other(db, key) else { return false };
    let Some(at_ms) = unix_ms(unit, time, follow.databases.now_ms()) else { return true };
    if !is_known {
        follow.put_other(db, key, Some(OtherKey::unsure(Kind::Any)));
        return true;
    }
    let holds_back = holds_back(condition, other.expire_at_ms, at_ms);
    let is_past = is_past(follow, at_ms);
    let depends = condition != ExpireCondition::default();
    // Whether a key that may not be there has an expiry is not known either, so a condition leaves it unsure for good.
    if !holds_back && (other.is_certain || !depends) {
        let expiring = OtherKey { expire_at_ms: Some(at_ms), ..other };
        follow.put_other(db, key, Some(expiring).filter(|_| !is_past));
    }
    true
}

fn rename(follow: &mut Follow<'_>, command: &Command, source: &UserKey, destination: &UserKey) -> Result<(), Refusal> {
    let db = follow.db;
    match follow.holds(db, source) {
        Holding::List | Holding::Nothing => follow.run(db, command.clone()),
        Holding::Other(_) if source == destination => {}
        Holding::Other(_) => {
            let other = follow.other(db, source);
            follow.put_other(db, source, None);
            follow.replace(db, destination, other);
        }
        Holding::Unsure if source == destination => {}
        Holding::Unsure if follow.took_effect() => follow.drop_list(db, destination),
        Holding::Unsure => {
            if follow.holds(db, destination) == Holding::List {
                return Err(Refusal::unknown_type(source.as_bytes(), "it may have failed or replaced a list"));
            }
            follow.unsettle_moved(db, source, db, destination);
        }
    }
    Ok(())
}
