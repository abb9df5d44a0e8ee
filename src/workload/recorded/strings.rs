//! Commands that write strings: over a list, some replace it and some fail.

use super::error::Refusal;
use super::follow::{Follow, wrong_number};
use super::keyspace::{Holding, Kind, OtherKey};
use super::options;
use crate::command::{ExpireUnit, UserKey};
use crate::workload::resp::unix_ms;

/// The options of `SET` and `GETEX` that Redis takes.
#[derive(Debug, Default)]
struct Options {
    nx: bool,
    xx: bool,
    get: bool,
    keep_ttl: bool,
    persist: bool,
    expiry: Option<(ExpireUnit, i64)>,
}

/// `None` where Redis sees an error, and does nothing.
fn options(words: &[Vec<u8>]) -> Option<Options> {
    let mut options = Options::default();
    let mut words = words.iter().map(|word| word.to_ascii_uppercase());
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"NX" => options.nx = true,
            b"XX" => options.xx = true,
            b"GET" => options.get = true,
            b"KEEPTTL" => options.keep_ttl = true,
            b"PERSIST" => options.persist = true,
            unit => {
                let unit = match unit {
                    b"EX" => ExpireUnit::Seconds,
                    b"PX" => ExpireUnit::Milliseconds,
                    b"EXAT" => ExpireUnit::UnixSeconds,
                    b"PXAT" => ExpireUnit::UnixMilliseconds,
                    _ => return None,
                };
                let time = positive(&words.next()?)?;
                if options.expiry.replace((unit, time)).is_some() {
                    return None;
                }
            }
        }
    }
    let several = usize::from(options.keep_ttl) + usize::from(options.persist) + usize::from(options.expiry.is_some());
    (several < 2 && !(options.nx && options.xx)).then_some(options)
}

fn positive(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|time| *time > 0)
}

/// A string with the expiry, or `None` where Redis refuses the time.
fn string(follow: &Follow<'_>, expiry: Option<(ExpireUnit, i64)>) -> Option<OtherKey> {
    let expire_at_ms = match expiry {
        Some((unit, time)) => Some(unix_ms(unit, time, follow.databases.now_ms())?),
        None => None,
    };
    Some(OtherKey { expire_at_ms, ..OtherKey::certain(Kind::String) })
}

pub(super) fn set(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    let Some(options) = options(follow.args_from(3)).filter(|options| !options.persist) else { return Ok(()) };
    let Some(mut new) = string(follow, options.expiry) else { return Ok(()) };
    let old = follow.other(db, &key);
    if options.keep_ttl {
        new.expire_at_ms = old.and_then(|old| old.expire_at_ms);
    }
    match follow.holds(db, &key) {
        // GET makes it an error over a list, whatever else is asked.
        Holding::List if options.nx || options.get => {}
        Holding::List => {
            if options.keep_ttl {
                let list = follow.databases.keyspace(db).lists().get(&key);
                new.expire_at_ms = list.and_then(|list| list.expire_at_ms);
            }
            follow.replace(db, &key, Some(new));
        }
        Holding::Nothing if options.xx => {}
        Holding::Nothing => follow.put_other(db, &key, Some(new)),
        Holding::Other(_) if options.nx => {}
        Holding::Other(Kind::Any) if options.get => follow.put_other(db, &key, Some(OtherKey::unsure(Kind::Any))),
        Holding::Other(kind) if options.get && kind != Kind::String => {}
        Holding::Other(_) => follow.put_other(db, &key, Some(new)),
        Holding::Unsure if !(options.nx || options.xx || options.get || options.keep_ttl) => {
            follow.put_other(db, &key, Some(new));
        }
        Holding::Unsure => follow.put_other(db, &key, Some(OtherKey::unsure(Kind::Any))),
    }
    Ok(())
}

pub(super) fn setex(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    set_for(follow, ExpireUnit::Seconds)
}

pub(super) fn psetex(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    set_for(follow, ExpireUnit::Milliseconds)
}

fn set_for(follow: &mut Follow<'_>, unit: ExpireUnit) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    let time = follow.arg(2).and_then(positive);
    if let Some(new) = time.and_then(|time| string(follow, Some((unit, time)))) {
        follow.replace(db, &key, Some(new));
    }
    Ok(())
}

pub(super) fn setnx(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    follow.becomes(db, &key, OtherKey::certain(Kind::String));
    Ok(())
}

pub(super) fn getset(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    match follow.holds(db, &key) {
        Holding::Nothing | Holding::Other(Kind::String) => {
            follow.put_other(db, &key, Some(OtherKey::certain(Kind::String)));
        }
        Holding::List | Holding::Other(_) => {}
        Holding::Unsure => follow.put_other(db, &key, Some(OtherKey::unsure(Kind::Any))),
    }
    Ok(())
}

pub(super) fn getdel(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    match follow.other(db, &key).map(|other| other.kind) {
        Some(Kind::String) => follow.put_other(db, &key, None),
        Some(Kind::Any) => follow.may_lose(db, &key, Kind::Any),
        _ => {}
    }
    Ok(())
}

pub(super) fn getex(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    let Some(options) = options(follow.args_from(2)) else { return Ok(()) };
    let Some(other) = follow.other(db, &key) else { return Ok(()) };
    let is_string = matches!(other.kind, Kind::String | Kind::Any);
    let changed = match options.expiry {
        Some(expiry) => string(follow, Some(expiry)).map(|new| new.expire_at_ms),
        None => options.persist.then_some(None),
    };
    if let Some(expire_at_ms) = changed.filter(|_| is_string) {
        // Of a key whose type is not known, it is not known either whether it has the new expiry.
        let new = OtherKey { expire_at_ms, ..other };
        let changed = if other.kind == Kind::String { new } else { OtherKey::unsure(Kind::Any) };
        follow.put_other(db, &key, Some(changed));
    }
    Ok(())
}

/// The keys of `MSET` and `MSETNX`; none where a value is missing, which is an error.
fn paired_keys(follow: &Follow<'_>) -> Result<Vec<UserKey>, Refusal> {
    let pairs = follow.args_from(1).chunks_exact(2);
    if follow.arg_count() < 3 {
        return Err(wrong_number());
    }
    if !pairs.remainder().is_empty() {
        return Ok(Vec::new());
    }
    Ok(pairs.filter_map(|pair| pair.first().cloned().map(UserKey)).collect())
}

pub(super) fn mset(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    for key in paired_keys(follow)? {
        follow.replace(follow.db, &key, Some(OtherKey::certain(Kind::String)));
    }
    Ok(())
}

/// Only when none of the keys is there; so no list goes away.
pub(super) fn msetnx(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, keys) = (follow.db, paired_keys(follow)?);
    let holdings: Vec<Holding> = keys.iter().map(|key| follow.holds(db, key)).collect();
    if holdings.iter().any(|holding| matches!(holding, Holding::List | Holding::Other(_))) {
        return Ok(());
    }
    let is_certain = holdings.iter().all(|holding| *holding == Holding::Nothing);
    for key in keys {
        let new = if is_certain { OtherKey::certain(Kind::String) } else { OtherKey::unsure(Kind::Any) };
        follow.put_other(db, &key, Some(new));
    }
    Ok(())
}

/// `MSETEX numkeys key value [key value ...] [NX|XX] [expiry]`
pub(super) fn msetex(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let db = follow.db;
    let count = follow.arg(1).and_then(positive).and_then(|count| usize::try_from(count).ok());
    let Some(end) = count.and_then(|count| count.checked_mul(2)?.checked_add(2)) else { return Ok(()) };
    if follow.arg_count() < end {
        return Ok(());
    }
    options::check_words(follow.args_from(end), options::MSETEX)?;
    let Some(options) = options(follow.args_from(end)) else { return Ok(()) };
    let keys: Vec<UserKey> = follow.keys(2).into_iter().take(end - 2).step_by(2).collect();
    let holdings: Vec<Holding> = keys.iter().map(|key| follow.holds(db, key)).collect();
    let is_there = |holding: &Holding| matches!(holding, Holding::List | Holding::Other(_));
    let fails = options.nx && holdings.iter().any(is_there) || options.xx && holdings.contains(&Holding::Nothing);
    if fails && !follow.took_effect() {
        return Ok(());
    }
    let is_certain = !(options.nx || options.xx) || !holdings.contains(&Holding::Unsure);
    let doubtful = keys.iter().zip(&holdings).find(|(_, holding)| **holding == Holding::Unsure);
    if let Some((key, _)) = doubtful.filter(|_| !is_certain && !follow.took_effect())
        && holdings.contains(&Holding::List)
    {
        return Err(Refusal::unknown_type(key.as_bytes(), "it may have done nothing or replaced a list"));
    }
    let Some(new) = string(follow, options.expiry) else { return Ok(()) };
    for key in keys {
        // What it keeps of an expiry is not known, so the string may go away at any time.
        let is_certain = is_certain && !options.keep_ttl;
        let new = if is_certain { new } else { OtherKey::unsure(Kind::Any) };
        follow.replace(db, &key, Some(new));
    }
    Ok(())
}

/// `DELEX key [condition]` is `DEL` without a condition; with one, it fails on what is no string.
pub(super) fn delex(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, key) = (follow.db, follow.key(1)?);
    if follow.arg_count() > 2 {
        follow.may_lose(db, &key, Kind::String);
    } else {
        follow.replace(db, &key, None);
    }
    Ok(())
}
