//! Commands that take whole keys away, or elsewhere, whatever their type.

use super::error::Refusal;
use super::follow::{Follow, TAKEN, wrong_number};
use super::keyspace::{Holding, Kind, OtherKey};
use crate::command::{Command, KeyCommand, UserKey};

/// As many a server has unless it is configured otherwise.
const USUAL_DATABASES: u64 = 16;

/// `DEL` under another name.
pub(super) fn unlink(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, keys) = (follow.db, follow.keys(1));
    if keys.is_empty() {
        return Err(wrong_number());
    }
    keys.iter().for_each(|key| follow.put_other(db, key, None));
    follow.run(db, Command::Key(KeyCommand::Delete { keys }));
    Ok(())
}

pub(super) fn flushdb(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    if follow.arg_count() <= 2 {
        flush(follow, follow.db);
    }
    Ok(())
}

pub(super) fn flushall(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    if follow.arg_count() <= 2 {
        for db in follow.databases.numbers() {
            flush(follow, db);
        }
    }
    Ok(())
}

fn flush(follow: &mut Follow<'_>, db: u64) {
    follow.databases.keyspace(db).forget_others();
    let keys = follow.databases.keyspace(db).list_keys();
    if !keys.is_empty() {
        follow.run(db, Command::Key(KeyCommand::Delete { keys }));
    }
}

/// What is there, and may stand in the way.
fn stands_in_the_way(follow: &mut Follow<'_>, db: u64, key: &UserKey) -> Result<bool, Refusal> {
    match follow.holds(db, key) {
        Holding::List | Holding::Other(_) => Ok(true),
        Holding::Nothing => Ok(false),
        Holding::Unsure if follow.took_effect() => Ok(false),
        Holding::Unsure => Err(Refusal::unknown_type(key.as_bytes(), "it may have failed or moved a list there")),
    }
}

pub(super) fn renamenx(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, source, destination) = (follow.db, follow.key(1)?, follow.key(2)?);
    if source == destination {
        return Ok(());
    }
    if follow.holds(db, &source) != Holding::List {
        move_other(follow, db, &source, db, &destination);
    } else if !stands_in_the_way(follow, db, &destination)? {
        follow.run(db, Command::Key(KeyCommand::Rename { source, destination }));
    }
    Ok(())
}

/// Moves a key that is no list to where no key is.
fn move_other(follow: &mut Follow<'_>, db: u64, source: &UserKey, to: u64, destination: &UserKey) {
    let Some(other) = follow.other(db, source) else { return };
    match follow.holds(to, destination) {
        Holding::List | Holding::Other(_) => {}
        Holding::Nothing if other.is_certain => {
            follow.put_other(db, source, None);
            follow.put_other(to, destination, Some(other));
        }
        Holding::Nothing | Holding::Unsure => follow.unsettle_moved(db, source, to, destination),
    }
}

impl Follow<'_> {
    /// One of two keys is where it was, or has gone to the other.
    pub(super) fn unsettle_moved(&mut self, db: u64, source: &UserKey, to: u64, destination: &UserKey) {
        self.may_lose_any(db, source);
        self.put_other(to, destination, Some(OtherKey::unsure(Kind::Any)));
    }

    fn may_lose_any(&mut self, db: u64, key: &UserKey) {
        if let Some(other) = self.other(db, key) {
            self.put_other(db, key, Some(OtherKey { is_certain: false, ..other }));
        }
    }
}

/// `MOVE key db`
pub(super) fn move_key(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    let Some(to) = database_number(follow, follow.arg(2))?.filter(|to| *to != db) else { return Ok(()) };
    if follow.holds(db, &key) != Holding::List {
        move_other(follow, db, &key, to, &key);
    } else if !stands_in_the_way(follow, to, &key)? {
        let pushes = follow.pushes(db, &key, &key);
        follow.drop_list(db, &key);
        pushes.into_iter().for_each(|command| follow.run(to, command));
    }
    Ok(())
}

/// `COPY source destination [DB n] [REPLACE]`
pub(super) fn copy(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, source, destination) = (follow.db, follow.key(1)?, follow.key(2)?);
    let Some((to, replace)) = copy_options(follow)? else { return Ok(()) };
    if source == destination && db == to {
        return Ok(());
    }
    let there = follow.holds(to, &destination);
    match follow.holds(db, &source) {
        Holding::List => {
            if replace || !stands_in_the_way(follow, to, &destination)? {
                let pushes = follow.pushes(db, &source, &destination);
                follow.replace(to, &destination, None);
                pushes.into_iter().for_each(|command| follow.run(to, command));
            }
        }
        Holding::Nothing => {}
        Holding::Other(_) | Holding::Unsure if there == Holding::List && !replace => {}
        Holding::Other(_) if replace || there == Holding::Nothing => {
            let other = follow.other(db, &source);
            follow.replace(to, &destination, other);
        }
        Holding::Unsure if follow.took_effect() => follow.drop_list(to, &destination),
        Holding::Unsure if there == Holding::List => {
            return Err(Refusal::unknown_type(source.as_bytes(), "it may have done nothing or replaced a list"));
        }
        Holding::Other(_) if matches!(there, Holding::Other(_)) => {}
        Holding::Other(_) | Holding::Unsure => {
            follow.put_other(to, &destination, Some(OtherKey::unsure(Kind::Any)));
        }
    }
    Ok(())
}

/// The database that is copied to, and whether what is there is replaced; `None` where Redis sees an error.
fn copy_options(follow: &Follow<'_>) -> Result<Option<(u64, bool)>, Refusal> {
    let (mut to, mut replace) = (follow.db, false);
    let mut words = follow.args_from(3).iter();
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case(b"REPLACE") {
            replace = true;
        } else if word.eq_ignore_ascii_case(b"DB") {
            let Some(number) = database_number(follow, words.next().map(Vec::as_slice))? else { return Ok(None) };
            to = number;
        } else {
            return Ok(None);
        }
    }
    Ok(Some((to, replace)))
}

/// The number of a database; `None` where Redis sees an error.
fn database_number(follow: &Follow<'_>, text: Option<&[u8]>) -> Result<Option<u64>, Refusal> {
    let number: Option<u64> = text.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    match number {
        Some(number) if number >= USUAL_DATABASES && !follow.took_effect() => Err(Refusal::new(format!(
            "whether the server has a database {number} is not recorded; the append-only file says what was done"
        ))),
        number => Ok(number),
    }
}

/// `SWAPDB a b`: to whoever sees one database, all lists go and others come.
pub(super) fn swapdb(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let numbers = (database_number(follow, follow.arg(1))?, database_number(follow, follow.arg(2))?);
    let (Some(a), Some(b)) = numbers else { return Ok(()) };
    if a == b {
        return Ok(());
    }
    let other = match (a, b) {
        (TAKEN, other) | (other, TAKEN) => other,
        _ => {
            follow.databases.swap(a, b);
            return Ok(());
        }
    };
    let gone = follow.databases.keyspace(TAKEN).list_keys();
    let come = follow.databases.keyspace(other).list_keys();
    let pushes: Vec<Command> = come.iter().flat_map(|key| follow.pushes(other, key, key)).collect();
    // Said of the database that is taken, and done by the swap: so it is noted down without being run.
    if !gone.is_empty() {
        follow.note(Command::Key(KeyCommand::Delete { keys: gone }));
    }
    pushes.into_iter().for_each(|command| follow.note(command));
    follow.databases.swap(a, b);
    Ok(())
}
