//! One recorded command becomes what it did to lists.

use super::error::Refusal;
use super::follow::{Databases, Follow, Followed};
use super::keyspace::OtherKey;
use super::list_commands;
use super::table::{self, Effect};
use crate::command::CommandSpec;

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

fn dispatch(follow: &mut Follow<'_>) -> Result<&'static str, Refusal> {
    let name = follow.arg(0).unwrap_or_default();
    if let Some(spec) = CommandSpec::find(name) {
        list_commands::follow(follow, spec)?;
        return Ok(spec.name);
    }
    let Some((name, effect)) = table::find(name) else {
        return Err(Refusal::new("it is not a command of Redis 7.0, and what it does to lists is not known here"));
    };
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
        Effect::Depends(effect) => effect(follow)?,
        Effect::Refused(why) => return Err(Refusal::new(*why)),
    }
    Ok(name)
}
