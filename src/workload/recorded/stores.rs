//! Commands that put a result of theirs under a key, whatever was there: also over a list.

use super::error::Refusal;
use super::follow::Follow;
use super::keyspace::{Holding, Kind, OtherKey};
use super::options::{self, values};
use crate::command::UserKey;

/// `SINTERSTORE` and its like: they fail only over the types of their sources.
pub(super) fn of_sets(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, destination) = (follow.db, follow.key(1)?);
    let sources: Vec<Holding> = follow.keys(2).iter().map(|source| follow.holds(db, source)).collect();
    let fails = |holding: &Holding| match holding {
        Holding::List => true,
        Holding::Other(kind) => !matches!(kind, Kind::Set | Kind::Any),
        Holding::Nothing | Holding::Unsure => false,
    };
    let is_sure = |holding: &Holding| matches!(holding, Holding::Nothing | Holding::Other(Kind::Set));
    if sources.iter().any(fails) {
        return Ok(());
    }
    if follow.took_effect() || sources.iter().all(is_sure) {
        // An empty result leaves nothing; a union with something is something.
        let is_union = follow.arg(0).is_some_and(|name| name.eq_ignore_ascii_case(b"SUNIONSTORE"));
        let is_certain = is_union && sources.contains(&Holding::Other(Kind::Set));
        follow.replace(db, &destination, Some(OtherKey { is_certain, ..OtherKey::certain(Kind::Set) }));
        return Ok(());
    }
    store(follow, &destination, Kind::Set)
}

/// The other ones have arguments that may be wrong as well, and then nothing is stored.
fn store(follow: &mut Follow<'_>, destination: &UserKey, kind: Kind) -> Result<(), Refusal> {
    let db = follow.db;
    match follow.holds(db, destination) {
        Holding::List if follow.took_effect() => follow.drop_list(db, destination),
        Holding::List => {
            return Err(Refusal::new(
                "whether it failed or replaced a list is not recorded; the append-only file says so",
            ));
        }
        Holding::Nothing => follow.put_other(db, destination, Some(OtherKey::unsure(kind))),
        Holding::Other(_) | Holding::Unsure => follow.put_other(db, destination, Some(OtherKey::unsure(Kind::Any))),
    }
    Ok(())
}

pub(super) fn of_sorted_sets(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let destination = follow.key(1)?;
    store(follow, &destination, Kind::SortedSet)
}

pub(super) fn bitop(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let destination = follow.key(2)?;
    store(follow, &destination, Kind::String)
}

pub(super) fn georadius(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    georadius_store(follow, 6)
}

pub(super) fn georadiusbymember(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    georadius_store(follow, 5)
}

/// The options begin at `from`; of several destinations the last counts.
fn georadius_store(follow: &mut Follow<'_>, from: usize) -> Result<(), Refusal> {
    let destinations = values(follow.args_from(from), options::GEORADIUS, &["STORE", "STOREDIST"]);
    match destinations.last() {
        Some(destination) => store(follow, &UserKey(destination.to_vec()), Kind::SortedSet),
        None => Ok(()),
    }
}

pub(super) fn sort(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    if !values(follow.args_from(2), options::SORT, &["STORE"]).is_empty() {
        return Err(Refusal::new("with STORE it makes a list of what is not recorded; record again without it"));
    }
    Ok(())
}

/// `HIMPORT SET key fieldset value ...` makes a hash; the other forms are about no key.
pub(super) fn himport(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    if !follow.arg(1).is_some_and(|word| word.eq_ignore_ascii_case(b"SET")) {
        return Ok(());
    }
    let (db, key) = (follow.db, follow.key(2)?);
    if follow.holds(db, &key) == Holding::List {
        return Err(Refusal::new("whether it failed or replaced a list is not recorded"));
    }
    store(follow, &key, Kind::Hash)
}

/// `JSON.MSET key path value [key path value ...]`
pub(super) fn json_mset(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let keys: Vec<UserKey> = follow.keys(1).into_iter().step_by(3).collect();
    keys.iter().for_each(|key| follow.unsettles(key, Kind::Newer));
    Ok(())
}

/// An index may take the documents along, which are hashes or JSON.
pub(super) fn drop_index(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let db = follow.db;
    follow.databases.keyspace(db).unsettle(&[Kind::Hash, Kind::Newer, Kind::Any]);
    Ok(())
}

/// `ZMOVE source destination ...`
pub(super) fn zmove(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    for key in [follow.key(1)?, follow.key(2)?] {
        follow.unsettles(&key, Kind::SortedSet);
    }
    Ok(())
}

pub(super) fn smove(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    let (db, source, destination) = (follow.db, follow.key(1)?, follow.key(2)?);
    if matches!(follow.holds(db, &source), Holding::Other(Kind::Set | Kind::Any) | Holding::Unsure) {
        follow.may_lose(db, &source, Kind::Set);
        follow.becomes(db, &destination, OtherKey::unsure(Kind::Set));
    }
    Ok(())
}

/// `XGROUP CREATE key group id MKSTREAM` makes a stream.
pub(super) fn xgroup(follow: &mut Follow<'_>) -> Result<(), Refusal> {
    if follow.arg(1).is_some_and(|word| word.eq_ignore_ascii_case(b"CREATE")) {
        let (db, key) = (follow.db, follow.key(2)?);
        follow.becomes(db, &key, OtherKey::unsure(Kind::Stream));
    }
    Ok(())
}
