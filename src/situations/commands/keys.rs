//! Rows of the commands about keys, those that set an expiry left out.

use super::exchange::Exchange;
use super::row::{CommandRow, CommandRows, arity, of, row};
use crate::command::{KeyCommand, Reply, UserKey};

pub(super) const ROWS: &[CommandRows] = &[
    of("DEL", DEL),
    of("RENAME", RENAME),
    of("PERSIST", PERSIST),
    of("TYPE", TYPE),
    of("EXISTS", EXISTS),
    of("PEXPIRETIME", PEXPIRETIME),
];

/// The keys that a DEL or EXISTS names.
#[derive(Clone, Copy)]
struct Named {
    keys: usize,
    /// Each once.
    distinct: usize,
    /// Of these, those that are there.
    there: usize,
    counted: i64,
}

fn names(it: &Exchange<'_>, is_meant: fn(Named) -> bool) -> bool {
    let Some((KeyCommand::Delete { keys } | KeyCommand::Exists { keys }, Reply::Integer(counted))) = it.keys() else {
        return false;
    };
    let is_first = |(place, key): &(usize, &UserKey)| !keys.iter().take(*place).any(|earlier| earlier == *key);
    let distinct: Vec<&UserKey> = keys.iter().enumerate().filter(is_first).map(|(_, key)| key).collect();
    let there = distinct.iter().filter(|key| it.len_of(key) > 0).count();
    is_meant(Named { keys: keys.len(), distinct: distinct.len(), there, counted: *counted })
}

macro_rules! several {
    ($name:literal, $command:literal) => {
        &[
            row($name, concat!($command, " of one key that is there"), |it| {
                names(it, |it| it.keys == 1 && it.there == 1)
            }),
            row(concat!($name, "-missing"), concat!($command, " of one missing key"), |it| {
                names(it, |it| it.keys == 1 && it.there == 0)
            }),
            row(concat!($name, "-several"), concat!($command, " of several keys, all of them there"), |it| {
                names(it, |it| it.distinct > 1 && it.there == it.distinct)
            }),
            row(concat!($name, "-some-missing"), concat!($command, " of several keys, some of them missing"), |it| {
                names(it, |it| it.there > 0 && it.there < it.distinct)
            }),
            row(concat!($name, "-all-missing"), concat!($command, " of several keys, all of them missing"), |it| {
                names(it, |it| it.distinct > 1 && it.there == 0)
            }),
            row(concat!($name, "-same-key"), concat!($command, " that names a key twice"), |it| {
                names(it, |it| it.counted > 0 && it.distinct < it.keys)
            }),
            arity(concat!($name, "-wrong-arity"), concat!($command, " without a key")),
        ]
    };
}

const DEL: &[CommandRow] = several!("del", "DEL");
const EXISTS: &[CommandRow] = several!("exists", "EXISTS");

fn renames(it: &Exchange<'_>, to_itself: bool) -> Option<i64> {
    match it.replied()? {
        (crate::command::Command::Key(KeyCommand::Rename { source, destination }), _) => {
            (to_itself == (source == destination)).then(|| it.len_of(destination))
        }
        _ => None,
    }
}

const RENAME: &[CommandRow] = &[
    row("rename", "RENAME to a missing key", |it| it.is_done() && renames(it, false) == Some(0)),
    row("rename-over", "RENAME onto a key that is there", |it| it.is_done() && renames(it, false) > Some(0)),
    row("rename-to-itself", "RENAME of a key to itself", |it| it.is_done() && renames(it, true).is_some()),
    row("rename-missing", "RENAME of a missing key", |it| it.fails("no such key") && renames(it, false).is_some()),
    row("rename-missing-to-itself", "RENAME of a missing key to itself", |it| {
        it.fails("no such key") && renames(it, true).is_some()
    }),
    arity("rename-wrong-arity", "RENAME with too few or too many arguments"),
];

const PERSIST: &[CommandRow] = &[
    row("persist", "PERSIST of a key with an expiry", |it| it.is_integer(1)),
    row("persist-without", "PERSIST of a key without an expiry", |it| it.is_integer(0) && it.len() > 0),
    row("persist-missing", "PERSIST of a missing key", |it| it.is_integer(0) && it.len() == 0),
    arity("persist-wrong-arity", "PERSIST with too few or too many arguments"),
];

const TYPE: &[CommandRow] = &[
    row("type", "TYPE of a list", |it| it.is_done() && it.len() > 0),
    row("type-missing", "TYPE of a missing key", |it| it.is_done() && it.len() == 0),
    arity("type-wrong-arity", "TYPE with too few or too many arguments"),
];

const PEXPIRETIME: &[CommandRow] = &[
    row("pexpiretime", "PEXPIRETIME of a key with an expiry", |it| matches!(it.integer(), Some(0..))),
    row("pexpiretime-without", "PEXPIRETIME of a key without an expiry", |it| it.is_integer(-1)),
    row("pexpiretime-missing", "PEXPIRETIME of a missing key", |it| it.is_integer(-2)),
    arity("pexpiretime-wrong-arity", "PEXPIRETIME with too few or too many arguments"),
];
