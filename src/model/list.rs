//! The list commands.

mod items;

use std::collections::VecDeque;

use super::keyspace::Keyspace;
use super::value::ModelValue;
use crate::command::{End, IndexArgument, ListCommand, Reply, UserKey, error};

type Items = VecDeque<Vec<u8>>;

/// An `Err` is an error reply.
pub(super) fn run(keys: &mut Keyspace, command: &ListCommand) -> Result<Reply, String> {
    Ok(match command {
        ListCommand::Push { key, end, values, only_existing } => push(keys, key, *end, values, *only_existing),
        ListCommand::Pop { key, end, count: None } => {
            edit(keys, key, |list| items::pop(list, *end)).flatten().map_or(Reply::Null, Reply::Bulk)
        }
        ListCommand::Pop { key, end, count: Some(count) } => {
            edit(keys, key, |list| items::pop_many(list, *end, *count)).map_or(Reply::NullArray, Reply::bulks)
        }
        ListCommand::Set { key, index, value } => {
            let list = live(keys, key).ok_or(error::NO_SUCH_KEY)?;
            let index = items::resolve_index(list.len(), integer(index)?);
            let item = index.and_then(|index| list.get_mut(index)).ok_or(error::INDEX_OUT_OF_RANGE)?;
            item.clone_from(value);
            Reply::OK
        }
        ListCommand::Insert { key, side, pivot, value } => {
            match edit(keys, key, |list| items::insert(list, *side, pivot, value).then_some(list.len())) {
                None => Reply::Integer(0),
                Some(None) => Reply::Integer(-1),
                Some(Some(length)) => Reply::length(length),
            }
        }
        ListCommand::Remove { key, count, value } => {
            Reply::length(edit(keys, key, |list| items::remove(list, *count, value)).unwrap_or(0))
        }
        ListCommand::Trim { key, start, stop } => {
            edit(keys, key, |list| items::trim(list, *start, *stop));
            Reply::OK
        }
        ListCommand::RPopLPush { source, destination } => transfer(keys, source, destination, End::Right, End::Left),
        ListCommand::Move { source, destination, from, to } => transfer(keys, source, destination, *from, *to),
        ListCommand::MultiPop { keys: named, end, count } => multi_pop(keys, named, *end, count.unwrap_or(1)),
        ListCommand::Length { key } => Reply::length(get(keys, key).map_or(0, VecDeque::len)),
        ListCommand::Range { key, start, stop } => {
            Reply::bulks(get(keys, key).map(|list| items::range(list, *start, *stop)).unwrap_or_default())
        }
        ListCommand::Index { key, index } => match get(keys, key) {
            None => Reply::Null,
            Some(list) => items::resolve_index(list.len(), integer(index)?)
                .and_then(|index| list.get(index))
                .map_or(Reply::Null, |item| Reply::Bulk(item.clone())),
        },
        ListCommand::Position { key, value, rank, count, max_len } => {
            let found = get(keys, key).map(|list| items::positions(list, value, *rank, *count, *max_len));
            let mut found = found.unwrap_or_default().into_iter().map(Reply::length);
            if count.is_some() { Reply::Array(found.collect()) } else { found.next().unwrap_or(Reply::Null) }
        }
    })
}

fn get<'a>(keys: &'a Keyspace, key: &UserKey) -> Option<&'a Items> {
    keys.get(key).map(|found| match &found.value {
        ModelValue::List(items) => items,
    })
}

fn live<'a>(keys: &'a mut Keyspace, key: &UserKey) -> Option<&'a mut Items> {
    keys.live(key).map(|found| match &mut found.value {
        ModelValue::List(items) => items,
    })
}

fn edit<R>(keys: &mut Keyspace, key: &UserKey, change: impl FnOnce(&mut Items) -> R) -> Option<R> {
    keys.edit(key, |value| match value {
        ModelValue::List(items) => change(items),
    })
}

fn push(keys: &mut Keyspace, key: &UserKey, end: End, values: &[Vec<u8>], only_existing: bool) -> Reply {
    if keys.live(key).is_none() && only_existing {
        return Reply::Integer(0);
    }
    let ModelValue::List(list) = keys.live_or(key, ModelValue::List(Items::new()));
    for value in values {
        items::push(list, end, value.clone());
    }
    Reply::length(list.len())
}

fn transfer(keys: &mut Keyspace, source: &UserKey, destination: &UserKey, from: End, to: End) -> Reply {
    // A list that is moved onto itself is never empty in between: a list of one item keeps its expiry.
    let item = if source == destination {
        live(keys, source).and_then(|list| {
            let item = items::pop(list, from)?;
            items::push(list, to, item.clone());
            Some(item)
        })
    } else {
        let item = edit(keys, source, |list| items::pop(list, from)).flatten();
        if let Some(item) = &item {
            push(keys, destination, to, std::slice::from_ref(item), false);
        }
        item
    };
    item.map_or(Reply::Null, Reply::Bulk)
}

fn multi_pop(keys: &mut Keyspace, named: &[UserKey], end: End, count: u64) -> Reply {
    for key in named {
        if let Some(popped) = edit(keys, key, |list| items::pop_many(list, end, count)) {
            return Reply::Array(vec![Reply::Bulk(key.0.clone()), Reply::bulks(popped)]);
        }
    }
    Reply::NullArray
}

fn integer(index: &IndexArgument) -> Result<i64, String> {
    match index {
        IndexArgument::Index(index) => Ok(*index),
        IndexArgument::NotAnInteger(_) => Err(error::NOT_AN_INTEGER.to_owned()),
    }
}
