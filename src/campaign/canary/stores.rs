//! Canaries in stores of somebody else: what a store in our place can do wrong.

use super::flawed::Flaw;
use super::replies::other;
use super::row::{Canary, How};
use super::scene::Scene;
use crate::faults::Act;
use crate::finding::FindingKind;
use crate::format::ExpireAtMs;
use crate::state::{KeyState, State};

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let replies = Scene::of(&["RPUSH a# one two three", "LLEN a#", "LRANGE a# 0 -1"]);
    let transaction = Scene::of(&["MULTI RPUSH a# one;LLEN a#"]);
    let whole = Canary::of("", FindingKind::StoreState, "").scene;
    let row =
        |name, scene, kind, aspect, flaw| Canary { scene, how: How::Tested(flaw), ..Canary::of(name, kind, aspect) };
    let shown = |change| Flaw::Act(Act::Shown(change));
    vec![
        row("another store's reply", replies, FindingKind::Reply, "LLEN", Flaw::Act(Act::Answer("LLEN", other))),
        row("another store's array", replies, FindingKind::Reply, "LRANGE", Flaw::Act(Act::Answer("LRANGE", other))),
        row("another store's reply in EXEC", transaction, FindingKind::Reply, "LLEN", {
            Flaw::Act(Act::Answer("LLEN", other))
        }),
        Canary {
            says: "command  EXEC",
            ..row("another store forgets a reply in EXEC", transaction, FindingKind::Reply, "", Flaw::Forgets)
        },
        row("another store fails", replies, FindingKind::Reply, "failed", Flaw::Fails("LLEN")),
        row("another store shows nothing", replies, FindingKind::StoreState, "failed", Flaw::Fails("")),
        Canary {
            says: "a store that panics",
            ..row("another store panics", replies, FindingKind::Panic, "", Flaw::Panics)
        },
        row(
            "another store's item",
            whole,
            FindingKind::StoreState,
            "items",
            shown(|state| {
                of(state, b"a", |key| *key = KeyState::list(vec![b"x".to_vec()], None));
            }),
        ),
        row(
            "another store's list",
            whole,
            FindingKind::StoreState,
            "missing-list",
            shown(|state| {
                state.keys.retain(|key, _| !key.starts_with(b"a"));
            }),
        ),
        row(
            "another store's expiry",
            whole,
            FindingKind::StoreState,
            "expiry",
            shown(|state| {
                of(state, b"t", |key| key.expire_at = None);
            }),
        ),
        row(
            "another store's list too many",
            whole,
            FindingKind::StoreState,
            "extra-list",
            shown(|state| {
                state.keys.insert(b"zz".to_vec(), KeyState::list(vec![b"x".to_vec()], None));
            }),
        ),
        row(
            "another store's empty list",
            whole,
            FindingKind::StoreState,
            "kept-empty",
            shown(|state| {
                state.keys.insert(b"zz".to_vec(), KeyState::list(Vec::new(), None));
            }),
        ),
        row(
            "another store's expired list",
            whole,
            FindingKind::StoreState,
            "kept-expired",
            shown(|state| {
                state.keys.insert(b"zz".to_vec(), KeyState::list(vec![b"x".to_vec()], Some(ExpireAtMs(1))));
            }),
        ),
    ]
}

fn of(state: &mut State, start: &[u8], change: impl Fn(&mut KeyState)) {
    state.keys.iter_mut().filter(|(key, _)| key.starts_with(start)).for_each(|(_, found)| change(found));
}
