//! The list commands onto records: which primitives of `records` each command is, and what it replies.
//!
//! | command | records |
//! | --- | --- |
//! | LPUSH RPUSH LPUSHX RPUSHX | a push |
//! | LPOP RPOP LMPOP | a pop |
//! | LSET LINSERT LREM LTRIM | a rewrite of the whole list, in either form |
//! | RPOPLPUSH LMOVE | a pop without claims and a push, their deltas told apart by their number in the transaction |

use super::loaded::List;
use super::reads::Purpose;
use super::records::{self, Claims, RewriteForm};
use crate::command::{End, IndexArgument, ListCommand, Reply, Side, UserKey, error};
use crate::store::error::StoreError;
use crate::store::outcome::{Outcome, Stop};
use crate::store::transaction::Transaction;

pub(in crate::store) fn run(transaction: &mut Transaction<'_>, command: &ListCommand) -> Outcome {
    match command {
        ListCommand::Push { key, end, values, only_existing } => push(transaction, key, *end, values, *only_existing),
        ListCommand::Pop { key, end, count } => pop(transaction, key, *end, *count),
        ListCommand::MultiPop { keys, end, count } => multi_pop(transaction, keys, *end, count.unwrap_or(1)),
        ListCommand::Set { key, index, value } => set(transaction, key, index, value),
        ListCommand::Insert { key, side, pivot, value } => insert(transaction, key, *side, pivot, value),
        ListCommand::Remove { key, count, value } => remove(transaction, key, *count, value),
        ListCommand::Trim { key, start, stop } => trim(transaction, key, *start, *stop),
        ListCommand::RPopLPush { source, destination } => {
            move_item(transaction, source, destination, End::Right, End::Left)
        }
        ListCommand::Move { source, destination, from, to } => move_item(transaction, source, destination, *from, *to),
        ListCommand::Length { key } => {
            let list = records::for_read(transaction, key)?;
            Ok(Reply::Integer(list.map_or(0, |list| list.len)))
        }
        ListCommand::Range { key, start, stop } => range(transaction, key, *start, *stop),
        ListCommand::Index { key, index } => index_of(transaction, key, index),
        ListCommand::Position { key, value, rank, count, max_len } => {
            position(transaction, key, value, *rank, *count, *max_len)
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
    let mut list = records::for_write(transaction, key, Purpose::Push)?;
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
    let mut list = records::for_write(transaction, key, Purpose::Pop)?;
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
        let mut list = records::for_write(transaction, key, Purpose::Pop)?;
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
    let list = records::for_write(transaction, key, Purpose::Whole)?;
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

/// All values of a list.
pub(in crate::store) fn whole(transaction: &Transaction<'_>, list: &List) -> Result<Vec<Vec<u8>>, StoreError> {
    values(transaction, list, 0, list.len)
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
    let mut list = records::for_write(transaction, key, Purpose::Whole)?;
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
    let mut list = records::for_write(transaction, source, Purpose::Pop)?;
    if list.len == 0 {
        return Ok(Reply::Null);
    }
    let mut other =
        if source == destination { None } else { Some(records::for_write(transaction, destination, Purpose::Push)?) };
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

fn range(transaction: &mut Transaction<'_>, key: &UserKey, start: i64, stop: i64) -> Outcome {
    let Some(list) = records::for_read(transaction, key)? else { return Ok(Reply::bulks(Vec::new())) };
    let (first, end) = resolve_range(start, stop, list.len);
    Ok(Reply::bulks(values(transaction, &list, first, end)?))
}

fn index_of(transaction: &mut Transaction<'_>, key: &UserKey, index: &IndexArgument) -> Outcome {
    let Some(list) = records::for_read(transaction, key)? else { return Ok(Reply::Null) };
    let IndexArgument::Index(index) = index else { return Ok(Reply::error(error::NOT_AN_INTEGER)) };
    let Some(at) = resolve_index(*index, list.len) else { return Ok(Reply::Null) };
    let found = values(transaction, &list, at, at + 1)?;
    Ok(found.into_iter().next().map_or(Reply::Null, Reply::Bulk))
}

fn position(
    transaction: &mut Transaction<'_>,
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
