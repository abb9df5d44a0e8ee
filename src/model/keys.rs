//! The commands on keys of any type.

use super::expiry;
use super::keyspace::Keyspace;
use crate::command::{ExpireCondition, ExpireUnit, KeyCommand, Reply, UserKey, error};

/// An `Err` is an error reply.
pub(super) fn run(keys: &mut Keyspace, command: &KeyCommand) -> Result<Reply, String> {
    Ok(match command {
        KeyCommand::Delete { keys: named } => Reply::length(named.iter().filter(|key| delete(keys, key)).count()),
        KeyCommand::Rename { source, destination } => rename(keys, source, destination)?,
        KeyCommand::Expire { key, unit, time, condition } => expire(keys, key, *unit, *time, *condition)?,
        KeyCommand::Persist { key } => {
            let dropped = keys.live(key).and_then(|found| found.expire_at_ms.take());
            Reply::Integer(i64::from(dropped.is_some()))
        }
        KeyCommand::Type { key } => Reply::status(keys.get(key).map_or("none", |found| found.value.type_name())),
        KeyCommand::Exists { keys: named } => Reply::length(named.iter().filter(|key| keys.get(key).is_some()).count()),
        KeyCommand::ExpireTime { key } => {
            Reply::Integer(keys.get(key).map_or(-2, |found| found.expire_at_ms.unwrap_or(-1)))
        }
    })
}

/// Whether there was something to delete, as a client sees it.
fn delete(keys: &mut Keyspace, key: &UserKey) -> bool {
    keys.live(key).is_some() && keys.remove(key).is_some()
}

fn rename(keys: &mut Keyspace, source: &UserKey, destination: &UserKey) -> Result<Reply, String> {
    keys.live(source).ok_or(error::NO_SUCH_KEY)?;
    // The source goes with its expiry and replaces all of the destination. Onto itself that changes nothing.
    if let Some(found) = keys.remove(source) {
        keys.put(destination.clone(), found);
    }
    Ok(Reply::OK)
}

fn expire(
    keys: &mut Keyspace,
    key: &UserKey,
    unit: ExpireUnit,
    time: i64,
    condition: ExpireCondition,
) -> Result<Reply, String> {
    let now_ms = keys.now_ms();
    // Redis refuses the time before it looks for the key.
    let at_ms = expiry::unix_ms(unit, time, now_ms).ok_or_else(|| error::invalid_expire_time(unit.command_name()))?;
    let Some(found) = keys.live(key) else {
        return Ok(Reply::Integer(0));
    };
    if !expiry::admits(condition, found.expire_at_ms, at_ms) {
        return Ok(Reply::Integer(0));
    }
    if expiry::deletes_at_once(at_ms, now_ms) {
        keys.remove(key);
    } else {
        keys.expire(key, at_ms);
    }
    Ok(Reply::Integer(1))
}
