//! Blocking commands and scripts, which MONITOR shows as they were asked for.
//!
//! A blocking command that finds an item is its sibling that does not block. One that finds none waits; what it takes in
//! the end, and when, is shown nowhere, and is for `waiting` to decide. In an append-only file such a command stands as
//! what it did, and one that would wait is refused.

use super::error::Refusal;
use super::follow::{Follow, wrong_number};
use super::keyspace::Holding;
use super::list_commands::{first_list, may_transfer};
use super::waiter::Waiter;
use crate::command::{Command, End, ListCommand, Request, UserKey};

/// The command waits from now on; where the recording is of effects, no server wrote that.
fn wait(follow: &mut Follow<'_>, keys: &[UserKey], seconds: f64) -> Result<(), Refusal> {
    let is_sure = keys.iter().all(|key| follow.holds(follow.db, key) == Holding::Nothing);
    if follow.took_effect() || !is_sure {
        return Err(Refusal::new(
            "it waited for an item, and which one it took in the end is not recorded; the append-only file says so",
        ));
    }
    // Redis counts in whole milliseconds; 0 is for ever.
    let until_ms = (seconds > 0.0).then(|| follow.databases.now_ms().saturating_add((seconds * 1000.0).ceil() as u64));
    follow.waiter = Some(Waiter { db: follow.db, keys: keys.to_vec(), args: follow.args().to_vec(), until_ms });
    Ok(())
}

pub(super) fn blpop(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    pop(follow, End::Left)
}

pub(super) fn brpop(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    pop(follow, End::Right)
}

/// `BLPOP key [key ...] timeout`
fn pop(follow: &mut Follow<'_>, end: End) -> Result<(), Refusal> {
    let mut keys = follow.keys(1);
    let Some(UserKey(timeout)) = keys.pop().filter(|_| !keys.is_empty()) else { return Err(wrong_number()) };
    pop_from(follow, &keys, &timeout, |key| Command::List(ListCommand::Pop { key, end, count: None }))
}

/// `BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]`
pub(super) fn blmpop(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let mut args = follow.args_from(1).to_vec();
    if args.is_empty() {
        return Err(wrong_number());
    }
    let timeout = std::mem::replace(args.get_mut(0).ok_or_else(wrong_number)?, b"LMPOP".to_vec());
    match Request::parse(args) {
        Ok(Request::Valid(Command::List(ListCommand::MultiPop { keys, end, count }))) => {
            pop_from(follow, &keys, &timeout, |key| {
                Command::List(ListCommand::MultiPop { keys: vec![key], end, count })
            })
        }
        _ => Ok(()),
    }
}

fn pop_from(
    follow: &mut Follow<'_>,
    keys: &[UserKey],
    timeout: &[u8],
    command: impl FnOnce(UserKey) -> Command,
) -> Result<(), Refusal> {
    let Some(seconds) = timeout_of(timeout) else { return Ok(()) };
    if let Some(key) = first_list(follow, keys)? {
        follow.run(follow.db, command(key));
        return Ok(());
    }
    // Another type is an error, unless a key that may not be there comes first.
    let mut holdings = keys.iter().map(|key| follow.holds(follow.db, key));
    let fails = holdings.any(|holding| matches!(holding, Holding::Other(_)));
    if follow.may_block && !fails { wait(follow, keys, seconds) } else { Ok(()) }
}

/// `BRPOPLPUSH source destination timeout`
pub(super) fn brpoplpush(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (source, destination) = (follow.key(1)?, follow.key(2)?);
    transfer(follow, 3, Command::List(ListCommand::RPopLPush { source, destination }))
}

/// `BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout`
pub(super) fn blmove(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let mut args = follow.args().to_vec();
    args.truncate(5);
    if let Some(name) = args.first_mut() {
        *name = b"LMOVE".to_vec();
    }
    match Request::parse(args) {
        Ok(Request::Valid(command)) => transfer(follow, 5, command),
        _ => Ok(()),
    }
}

fn transfer(follow: &mut Follow<'_>, timeout_at: usize, command: Command) -> Result<(), Refusal> {
    let (Command::List(ListCommand::RPopLPush { source, destination })
    | Command::List(ListCommand::Move { source, destination, .. })) = &command
    else {
        return Ok(());
    };
    let timeout = follow.arg(timeout_at).ok_or_else(wrong_number)?;
    let Some(seconds) = timeout_of(timeout) else { return Ok(()) };
    match follow.holds(follow.db, source) {
        Holding::List if may_transfer(follow, source, destination)? => follow.run(follow.db, command),
        Holding::Nothing | Holding::Unsure if follow.may_block => {
            let keys = [source.clone()];
            return wait(follow, &keys, seconds);
        }
        Holding::List | Holding::Nothing | Holding::Unsure | Holding::Other(_) => {}
    }
    Ok(())
}

/// The seconds to wait; `None` where Redis sees an error: a negative number or none.
fn timeout_of(text: &[u8]) -> Option<f64> {
    let seconds: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (seconds >= 0.0).then_some(seconds)
}

/// MONITOR shows what a script runs in lines of their own; an append-only file has effects only, unless an old server
/// wrote it.
pub(super) fn script(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    if follow.took_effect() {
        return Err(Refusal::new(
            "what a script does is not recorded; a server from 7.0 on writes its effects instead",
        ));
    }
    Ok(())
}
