//! One recorded command becomes what it did to lists.

use super::error::Refusal;
use super::follow::{Databases, Follow, Followed};
use super::keyspace::{Holding, Kind, OtherKey};
use super::list_commands;
use super::options;
use super::table::{self, Effect};
use crate::command::{CommandSpec, UserKey};
use crate::format::key_text;

/// Follows one command.
///
/// # Errors
///
/// What it does to lists cannot be known.
pub(super) fn follow(
    databases: &mut Databases,
    db: u64,
    args: &[Vec<u8>],
    may_block: bool,
) -> Result<Followed, Refusal> {
    let mut follow = Follow::new(databases, db, args, may_block);
    let name = dispatch(&mut follow)?;
    Ok(follow.into_followed(name))
}

fn dispatch(follow: &mut Follow<'_>) -> Result<String, Refusal> {
    let name = follow.arg(0).unwrap_or_default();
    if let Some(spec) = CommandSpec::find(name) {
        options::check(follow, spec.name)?;
        if spec.writes {
            settle_doubts(follow, spec.name)?;
        }
        list_commands::follow(follow, spec)?;
        return Ok(spec.name.to_owned());
    }
    if follow.databases.bystanders.contains(&name.to_ascii_uppercase()) {
        bystander(follow);
        return Ok(key_text::escaped(&name.to_ascii_uppercase()));
    }
    let Some((name, effect)) = table::find(name) else {
        let name = key_text::escaped(&name.to_ascii_uppercase());
        return Err(Refusal(format!(
            "what it does to lists is not known here; if it touches none, give --touches-no-list {name}"
        )));
    };
    options::check(follow, name)?;
    if !matches!(effect, Effect::Nothing) {
        settle_doubts(follow, name)?;
    }
    match effect {
        Effect::Nothing => {}
        Effect::Creates(kind) => follow.first_becomes(OtherKey::certain(*kind)),
        Effect::MayCreate(kind) => follow.first_becomes(OtherKey::unsure(*kind)),
        Effect::MayEmpty(kind) => {
            // Whatever is a key among the arguments.
            for key in follow.keys(1) {
                follow.may_lose(follow.db, &key, *kind);
            }
        }
        Effect::Unsettles(kind) => follow.unsettles(&follow.key(1)?, *kind),
        Effect::Depends(effect) => effect(follow)?,
        Effect::Refused(why) => return Err(Refusal::new(*why)),
    }
    Ok(name.to_owned())
}

/// What a command does that touches no list is not known otherwise: whatever it names may be another key, or none.
fn bystander(follow: &mut Follow<'_>) {
    if follow.took_effect() {
        return;
    }
    for key in follow.keys(1) {
        if follow.holds(follow.db, &key) != Holding::List {
            follow.put_other(follow.db, &key, Some(OtherKey::unsure(Kind::Any)));
        }
    }
}

/// Where the clock was set back to before the expiry of a list that had passed, it is not known whether the server had
/// noticed. Whoever deletes the list makes an end of the doubt, and nobody else may write to it.
fn settle_doubts(follow: &mut Follow<'_>, name: &str) -> Result<(), Refusal> {
    let db = follow.db;
    for key in follow.keys(1) {
        if !follow.databases.keyspace(db).is_doubtful(key.as_bytes()) {
            continue;
        }
        if !matches!(name, "DEL" | "UNLINK") {
            return Err(in_doubt(&key));
        }
        follow.databases.keyspace(db).settle(&key);
    }
    Ok(())
}

/// Why nothing can be said of a list.
pub(super) fn in_doubt(key: &UserKey) -> Refusal {
    let key = key_text::quoted(key.as_bytes());
    Refusal(format!(
        "the list {key} had expired when the clock was set back to before its expiry, and whether the server had deleted \
         it by then is not recorded; the append-only file says so"
    ))
}
