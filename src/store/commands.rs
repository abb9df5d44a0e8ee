//! Commands onto records: which primitives of [`super::records`] each command is, and what it replies.
//!
//! | command | records |
//! | --- | --- |
//! | LPUSH RPUSH LPUSHX RPUSHX | a push |
//! | LPOP RPOP LMPOP | a pop |
//! | LSET LINSERT LREM LTRIM | a rewrite of the whole list, in either form |
//! | RPOPLPUSH LMOVE | a pop without claims and a push, their deltas told apart by their number in the transaction |
//! | RENAME | both keys deleted, the source's items rewritten at the destination with a base meta; the expiry moves along |
//! | DEL, an expiry that is past | a deletion |
//! | EXPIRE PEXPIRE EXPIREAT PEXPIREAT | the TTL record; with 32-byte metas also the deltas folded into a meta that carries it |
//! | PERSIST | the TTL record deleted, the expiry of a 32-byte meta set to 0 |

use super::answer::Answer;
use super::error::StoreError;
use super::records::{self, Claims, List, RewriteForm};
use super::refusal::Refusal;
use super::transaction::Transaction;
use crate::command::{
    Command, End, ExpireCondition, ExpireUnit, IndexArgument, KeyCommand, ListCommand, Reply, Side, UserKey, error,
};
use crate::format::{ExpireAtMs, expiry};

/// How a command ends before it has changed anything, or fails.
enum Stop {
    Reply(Reply),
    Refused(Refusal),
    Error(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Error(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

type Outcome = Result<Reply, Stop>;

pub(super) fn execute(transaction: &mut Transaction<'_>, command: &Command) -> Result<Answer, StoreError> {
    match run(transaction, command) {
        Ok(reply) | Err(Stop::Reply(reply)) => Ok(Answer::Reply(reply)),
        Err(Stop::Refused(refusal)) => Ok(Answer::Refused(refusal)),
        Err(Stop::Error(error)) => Err(error),
    }
}

fn run(transaction: &mut Transaction<'_>, command: &Command) -> Outcome {
    match command {
        Command::List(ListCommand::Push { key, end, values, only_existing }) => {
            push(transaction, key, *end, values, *only_existing)
        }
        Command::List(ListCommand::Pop { key, end, count }) => pop(transaction, key, *end, *count),
        Command::List(ListCommand::MultiPop { keys, end, count }) => {
            multi_pop(transaction, keys, *end, count.unwrap_or(1))
        }
        Command::List(ListCommand::Set { key, index, value }) => set(transaction, key, index, value),
        Command::List(ListCommand::Insert { key, side, pivot, value }) => insert(transaction, key, *side, pivot, value),
        Command::List(ListCommand::Remove { key, count, value }) => remove(transaction, key, *count, value),
        Command::List(ListCommand::Trim { key, start, stop }) => trim(transaction, key, *start, *stop),
        Command::List(ListCommand::RPopLPush { source, destination }) => {
            move_item(transaction, source, destination, End::Right, End::Left)
        }
        Command::List(ListCommand::Move { source, destination, from, to }) => {
            move_item(transaction, source, destination, *from, *to)
        }
        Command::Key(KeyCommand::Delete { keys }) => delete(transaction, keys),
        Command::Key(KeyCommand::Rename { source, destination }) => rename(transaction, source, destination),
        Command::Key(KeyCommand::Expire { key, unit, time, condition }) => {
            expire(transaction, key, *unit, *time, *condition)
        }
        Command::Key(KeyCommand::Persist { key }) => persist(transaction, key),
        Command::List(ListCommand::Length { key }) => {
            let list = records::for_read(transaction, key)?;
            Ok(Reply::Integer(list.map_or(0, |list| list.len)))
        }
        Command::List(ListCommand::Range { key, start, stop }) => range(transaction, key, *start, *stop),
        Command::List(ListCommand::Index { key, index }) => index_of(transaction, key, index),
        Command::List(ListCommand::Position { key, value, rank, count, max_len }) => {
            position(transaction, key, value, *rank, *count, *max_len)
        }
        Command::Key(KeyCommand::Type { key }) => {
            let list = records::for_read(transaction, key)?;
            Ok(Reply::status(if list.is_some() { "list" } else { "none" }))
        }
        Command::Key(KeyCommand::Exists { keys }) => {
            let mut count = 0;
            for key in keys {
                count += i64::from(records::for_read(transaction, key)?.is_some());
            }
            Ok(Reply::Integer(count))
        }
        Command::Key(KeyCommand::ExpireTime { key }) => {
            Ok(Reply::Integer(match records::for_read(transaction, key)? {
                None => -2,
                Some(list) => list.expire_at.map_or(-1, |expire_at| expire_at.clamped().0.cast_signed()),
            }))
        }
    }
}

fn push(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    end: End,
    values: &[Vec<u8>],
    only_existing: bool,
) -> Outcome {
    let mut list = records::for_write(transaction, key)?;
    if only_existing && list.len == 0 {
        return Ok(Reply::Integer(0));
    }
    records::check_push(&list, end, values)?;
    records::push(transaction, &mut list, end, values)?;
    Ok(Reply::Integer(list.len))
}

/// Pops up to `count` items from a list that may be missing.
fn pop_up_to(transaction: &mut Transaction<'_>, list: &mut List, end: End, count: u64) -> Result<Vec<Vec<u8>>, Stop> {
    let count = count.min(list.count());
    records::check_count(count)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let values = records::pop(transaction, list, end, count.cast_signed(), Claims::Written)?;
    records::settle_if_emptied(transaction, list)?;
    Ok(values)
}

fn pop(transaction: &mut Transaction<'_>, key: &UserKey, end: End, count: Option<u64>) -> Outcome {
    let mut list = records::for_write(transaction, key)?;
    if list.len == 0 {
        return Ok(if count.is_some() { Reply::NullArray } else { Reply::Null });
    }
    let values = pop_up_to(transaction, &mut list, end, count.unwrap_or(1))?;
    Ok(match count {
        Some(_) => Reply::bulks(values),
        None => values.into_iter().next().map_or(Reply::Null, Reply::Bulk),
    })
}

fn multi_pop(transaction: &mut Transaction<'_>, keys: &[UserKey], end: End, count: u64) -> Outcome {
    for key in keys {
        let mut list = records::for_write(transaction, key)?;
        if list.len > 0 {
            let values = pop_up_to(transaction, &mut list, end, count)?;
            return Ok(Reply::Array(vec![Reply::Bulk(key.0.clone()), Reply::bulks(values)]));
        }
    }
    Ok(Reply::NullArray)
}

/// The list of `key` with all its values, for a command that rewrites it; `if_missing` ends the command when there is
/// none.
fn load_for_rewrite(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    if_missing: Reply,
) -> Result<(List, Vec<Vec<u8>>), Stop> {
    let list = records::for_write(transaction, key)?;
    if list.len == 0 {
        return Err(Stop::Reply(if_missing));
    }
    records::check_count(list.count())?;
    let values = values(transaction, &list, 0, list.len)?;
    Ok((list, values))
}

fn rewrite(transaction: &mut Transaction<'_>, list: &mut List, values: &[Vec<u8>]) -> Result<(), StoreError> {
    let form = RewriteForm::of(transaction);
    records::rewrite(transaction, list, values, form)
}

/// The values at the list indexes `first <= index < end`.
fn values(transaction: &Transaction<'_>, list: &List, first: i64, end: i64) -> Result<Vec<Vec<u8>>, StoreError> {
    let found = records::items(transaction, list, list.head + first, list.head + end)?;
    Ok(found.into_iter().map(|(_, value)| value).collect())
}

/// The place that a client's index names, if the list has it.
fn resolve_index(index: i64, len: i64) -> Option<i64> {
    let from_head = if index < 0 { index + len } else { index };
    (0..len).contains(&from_head).then_some(from_head)
}

/// The places `first <= index < end` that a client's inclusive range names; it may be empty.
fn resolve_range(start: i64, stop: i64, len: i64) -> (i64, i64) {
    let from_head = |index: i64| if index < 0 { index + len } else { index };
    let first = from_head(start).max(0);
    let end = from_head(stop).min(len - 1) + 1;
    if first >= end { (0, 0) } else { (first, end) }
}

fn set(transaction: &mut Transaction<'_>, key: &UserKey, index: &IndexArgument, value: &[u8]) -> Outcome {
    let mut list = records::for_write(transaction, key)?;
    if list.len == 0 {
        return Ok(Reply::error(error::NO_SUCH_KEY));
    }
    let IndexArgument::Index(index) = index else { return Ok(Reply::error(error::NOT_AN_INTEGER)) };
    let Some(at) = resolve_index(*index, list.len) else { return Ok(Reply::error(error::INDEX_OUT_OF_RANGE)) };
    records::check_sizes(key, &[value.to_vec()])?;
    records::check_count(list.count())?;
    let mut values = values(transaction, &list, 0, list.len)?;
    if let Some(slot) = usize::try_from(at).ok().and_then(|at| values.get_mut(at)) {
        *slot = value.to_vec();
    }
    rewrite(transaction, &mut list, &values)?;
    Ok(Reply::OK)
}

fn insert(transaction: &mut Transaction<'_>, key: &UserKey, side: Side, pivot: &[u8], value: &[u8]) -> Outcome {
    let (mut list, mut values) = load_for_rewrite(transaction, key, Reply::Integer(0))?;
    let Some(at) = values.iter().position(|found| found == pivot) else { return Ok(Reply::Integer(-1)) };
    records::check_sizes(key, &[value.to_vec()])?;
    records::check_count(list.count() + 1)?;
    values.insert(if side == Side::Before { at } else { at + 1 }, value.to_vec());
    rewrite(transaction, &mut list, &values)?;
    Ok(Reply::Integer(list.len))
}

fn remove(transaction: &mut Transaction<'_>, key: &UserKey, count: i64, value: &[u8]) -> Outcome {
    let (mut list, mut values) = load_for_rewrite(transaction, key, Reply::Integer(0))?;
    let mut left = if count == 0 { u64::MAX } else { count.unsigned_abs() };
    let before = values.len();
    let mut keep = |found: &Vec<u8>| {
        let doomed = left > 0 && found == value;
        left -= u64::from(doomed);
        !doomed
    };
    if count < 0 {
        values.reverse();
        values.retain(&mut keep);
        values.reverse();
    } else {
        values.retain(&mut keep);
    }
    let removed = before - values.len();
    if removed > 0 {
        rewrite(transaction, &mut list, &values)?;
    }
    Ok(Reply::length(removed))
}

fn trim(transaction: &mut Transaction<'_>, key: &UserKey, start: i64, stop: i64) -> Outcome {
    let (mut list, values) = load_for_rewrite(transaction, key, Reply::OK)?;
    let (first, end) = resolve_range(start, stop, list.len);
    let place = |index: i64| usize::try_from(index).unwrap_or(usize::MAX);
    rewrite(transaction, &mut list, values.get(place(first)..place(end)).unwrap_or_default())?;
    Ok(Reply::OK)
}

fn move_item(
    transaction: &mut Transaction<'_>,
    source: &UserKey,
    destination: &UserKey,
    from: End,
    to: End,
) -> Outcome {
    let mut list = records::for_write(transaction, source)?;
    if list.len == 0 {
        return Ok(Reply::Null);
    }
    let mut other = if source == destination { None } else { Some(records::for_write(transaction, destination)?) };
    let (target, rotates) = match &other {
        Some(other) => (other, 0),
        None => (&list, 1),
    };
    // On a rotation the pop has made room for the push, if they are at the same end.
    if rotates == 0 || from != to {
        records::check_push(target, to, &[Vec::new()])?;
    }
    let popped = records::pop(transaction, &mut list, from, 1, Claims::LeftOut)?;
    let [value] = popped.as_slice() else {
        let key = crate::format::key_text::quoted(source.as_bytes());
        return Err(StoreError::Corrupt(format!("list {key}: the item to be moved is missing")).into());
    };
    match &mut other {
        Some(other) => {
            records::settle_if_emptied(transaction, &mut list)?;
            records::push(transaction, other, to, std::slice::from_ref(value))?;
        }
        // A list of one item is never empty in between, so its expiry stays.
        None => records::push(transaction, &mut list, to, std::slice::from_ref(value))?,
    }
    Ok(Reply::Bulk(value.clone()))
}

fn delete(transaction: &mut Transaction<'_>, keys: &[UserKey]) -> Outcome {
    let mut count = 0;
    for key in keys {
        let mut list = records::for_write(transaction, key)?;
        if list.len > 0 {
            records::delete(transaction, &mut list)?;
            count += 1;
        }
    }
    Ok(Reply::Integer(count))
}

fn rename(transaction: &mut Transaction<'_>, source: &UserKey, destination: &UserKey) -> Outcome {
    let mut list = records::for_write(transaction, source)?;
    if list.len == 0 {
        return Ok(Reply::error(error::NO_SUCH_KEY));
    }
    if source == destination {
        return Ok(Reply::OK);
    }
    records::check_count(list.count())?;
    records::check_sizes(destination, &[])?;
    let values = values(transaction, &list, 0, list.len)?;
    let expire_at = list.expire_at;
    records::delete(transaction, &mut list)?;
    let mut target = records::for_write(transaction, destination)?;
    records::delete(transaction, &mut target)?;
    if let Some(expire_at) = expire_at {
        transaction.put(expiry::ttl_key(destination.as_bytes()), expire_at.to_record_value());
    }
    target.expire_at = expire_at;
    records::rewrite(transaction, &mut target, &values, RewriteForm::BaseMeta)?;
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
    let mut list = records::for_write(transaction, key)?;
    if list.len == 0 || !condition_holds(condition, list.expire_at, expire_at_ms) {
        return Ok(Reply::Integer(0));
    }
    match u64::try_from(expire_at_ms) {
        Ok(ms) if ms > transaction.now_ms => records::set_expiry(transaction, &mut list, ExpireAtMs(ms)),
        _ => records::delete(transaction, &mut list)?,
    }
    Ok(Reply::Integer(1))
}

/// The expiry in Unix milliseconds, which may be negative; `None` when it does not fit.
fn absolute_ms(unit: ExpireUnit, time: i64, now_ms: u64) -> Option<i64> {
    let (scale, base) = match unit {
        ExpireUnit::Seconds => (1000, now_ms),
        ExpireUnit::Milliseconds => (1, now_ms),
        ExpireUnit::UnixSeconds => (1000, 0),
        ExpireUnit::UnixMilliseconds => (1, 0),
    };
    time.checked_mul(scale)?.checked_add_unsigned(base)
}

fn condition_holds(condition: ExpireCondition, current: Option<ExpireAtMs>, wanted_ms: i64) -> bool {
    let wanted = i128::from(wanted_ms);
    let current = current.map(|expire_at| i128::from(expire_at.0));
    !(condition.nx && current.is_some()
        || condition.xx && current.is_none()
        || condition.gt && current.is_none_or(|current| wanted <= current)
        || condition.lt && current.is_some_and(|current| wanted >= current))
}

fn persist(transaction: &mut Transaction<'_>, key: &UserKey) -> Outcome {
    let mut list = records::for_write(transaction, key)?;
    if list.len == 0 || list.expire_at.is_none() {
        return Ok(Reply::Integer(0));
    }
    records::clear_expiry(transaction, &mut list)?;
    Ok(Reply::Integer(1))
}

fn range(transaction: &Transaction<'_>, key: &UserKey, start: i64, stop: i64) -> Outcome {
    let Some(list) = records::for_read(transaction, key)? else { return Ok(Reply::bulks(Vec::new())) };
    let (first, end) = resolve_range(start, stop, list.len);
    Ok(Reply::bulks(values(transaction, &list, first, end)?))
}

fn index_of(transaction: &Transaction<'_>, key: &UserKey, index: &IndexArgument) -> Outcome {
    let Some(list) = records::for_read(transaction, key)? else { return Ok(Reply::Null) };
    let IndexArgument::Index(index) = index else { return Ok(Reply::error(error::NOT_AN_INTEGER)) };
    let Some(at) = resolve_index(*index, list.len) else { return Ok(Reply::Null) };
    let found = values(transaction, &list, at, at + 1)?;
    Ok(found.into_iter().next().map_or(Reply::Null, Reply::Bulk))
}

fn position(
    transaction: &Transaction<'_>,
    key: &UserKey,
    value: &[u8],
    rank: i64,
    count: Option<u64>,
    max_len: u64,
) -> Outcome {
    let Some(list) = records::for_read(transaction, key)? else {
        return Ok(if count.is_some() { Reply::bulks(Vec::new()) } else { Reply::Null });
    };
    let compared = if max_len == 0 { list.len } else { list.count().min(max_len).cast_signed() };
    let first = if rank < 0 { list.len - compared } else { 0 };
    let mut candidates: Vec<(i64, Vec<u8>)> =
        records::items(transaction, &list, list.head + first, list.head + first + compared)?;
    if rank < 0 {
        candidates.reverse();
    }
    // Redis negates the rank; the lowest one overflows to itself, which counts as "before the first match" and, when a
    // count is given, as "all of them".
    let (skipped, count) = match (rank, count) {
        (i64::MIN, count) => (0, count.map(|_| 0)),
        _ => (usize::try_from(rank.unsigned_abs() - 1).unwrap_or(usize::MAX), count),
    };
    let wanted = match count {
        None => 1,
        Some(0) => usize::MAX,
        Some(count) => usize::try_from(count).unwrap_or(usize::MAX),
    };
    let matches = candidates.into_iter().filter(|(_, found)| found == value).skip(skipped).take(wanted);
    let mut places = matches.map(|(seq, _)| Reply::Integer(seq - list.head));
    Ok(match count {
        None => places.next().unwrap_or(Reply::Null),
        Some(_) => Reply::Array(places.collect()),
    })
}
