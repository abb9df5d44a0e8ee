//! The commands on keys of any type onto records, and what they reply.
//!
//! | command | records |
//! | --- | --- |
//! | RENAME | both keys deleted, the source's items rewritten at the destination with a base meta; the expiry moves along |
//! | DEL, an expiry that is past | a deletion |
//! | EXPIRE PEXPIRE EXPIREAT PEXPIREAT | the TTL record; with 32-byte metas also the deltas folded into a meta that carries it |
//! | PERSIST | the TTL record deleted, the expiry of a 32-byte meta set to 0 |

use super::expiry::{absolute_ms, condition_holds};
use super::list::Purpose;
use super::outcome::Outcome;
use super::stored::{self, Stored};
use super::transaction::Transaction;
use crate::command::{ExpireCondition, ExpireUnit, KeyCommand, Reply, UserKey, error};
use crate::format::ExpireAtMs;

pub(super) fn run(transaction: &mut Transaction<'_>, command: &KeyCommand) -> Outcome {
    match command {
        KeyCommand::Delete { keys } => delete(transaction, keys),
        KeyCommand::Rename { source, destination } => rename(transaction, source, destination),
        KeyCommand::Expire { key, unit, time, condition } => expire(transaction, key, *unit, *time, *condition),
        KeyCommand::Persist { key } => persist(transaction, key),
        KeyCommand::Type { key } => {
            let found = stored::for_read(transaction, key)?;
            Ok(Reply::status(found.map_or("none", |found| found.family().row().name)))
        }
        KeyCommand::Exists { keys } => {
            let mut count = 0;
            for key in keys {
                count += i64::from(stored::for_read(transaction, key)?.is_some());
            }
            Ok(Reply::Integer(count))
        }
        KeyCommand::ExpireTime { key } => Ok(Reply::Integer(match stored::for_read(transaction, key)? {
            None => -2,
            Some(found) => found.expire_at().map_or(-1, |expire_at| expire_at.clamped().0.cast_signed()),
        })),
    }
}

fn delete(transaction: &mut Transaction<'_>, keys: &[UserKey]) -> Outcome {
    let mut count = 0;
    for key in keys {
        if let Some(mut found) = stored::for_write(transaction, key, Purpose::Whole)? {
            found.delete(transaction)?;
            count += 1;
        }
    }
    Ok(Reply::Integer(count))
}

fn rename(transaction: &mut Transaction<'_>, source: &UserKey, destination: &UserKey) -> Outcome {
    let Some(mut found) = stored::for_write(transaction, source, Purpose::Whole)? else {
        return Ok(Reply::error(error::NO_SUCH_KEY));
    };
    if source == destination {
        return Ok(Reply::OK);
    }
    let value = found.value_for(transaction, destination)?;
    let expire_at = found.expire_at();
    found.delete(transaction)?;
    stored::clear(transaction, destination)?;
    stored::put(transaction, destination, &value, expire_at)?;
    Ok(Reply::OK)
}

fn expire(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    unit: ExpireUnit,
    time: i64,
    condition: ExpireCondition,
) -> Outcome {
    let Some(expire_at_ms) = absolute_ms(unit, time, transaction.now_ms) else {
        return Ok(Reply::error(error::invalid_expire_time(unit.command_name())));
    };
    let is_meant = |found: &Stored| condition_holds(condition, found.expire_at(), expire_at_ms);
    // A deletion is more than what a push may go along with.
    let purpose = if is_later(expire_at_ms, transaction.now_ms) { Purpose::Expiry } else { Purpose::Whole };
    let Some(mut found) = stored::for_write(transaction, key, purpose)?.filter(is_meant) else {
        return Ok(Reply::Integer(0));
    };
    match u64::try_from(expire_at_ms) {
        Ok(ms) if is_later(expire_at_ms, transaction.now_ms) => found.set_expiry(transaction, ExpireAtMs(ms)),
        _ => found.delete(transaction)?,
    }
    Ok(Reply::Integer(1))
}

fn is_later(at_ms: i64, now_ms: u64) -> bool {
    u64::try_from(at_ms).is_ok_and(|ms| ms > now_ms)
}

fn persist(transaction: &mut Transaction<'_>, key: &UserKey) -> Outcome {
    let has_expiry = |found: &Stored| found.expire_at().is_some();
    let Some(mut found) = stored::for_write(transaction, key, Purpose::Expiry)?.filter(has_expiry) else {
        return Ok(Reply::Integer(0));
    };
    found.clear_expiry(transaction)?;
    Ok(Reply::Integer(1))
}
