//! Canaries in what a store, a reopened store or a dump shows: every way in which two states can differ.

use super::row::{Canary, How};
use super::scene::FIRST_MS;
use crate::faults::Act;
use crate::finding::FindingKind;
use crate::format::ExpireAtMs;
use crate::state::{KeyState, State, Value};

/// A change of a state: what it is, as what a comparison must report it, and how it is made.
type Edit = (&'static str, &'static str, fn(&mut State));

/// Every way in which a state can differ. `a` is a list without an expiry, `t` is one with an expiry.
const EDITS: &[Edit] = &[
    ("a list is missing", "missing-list", |state| state.keys.retain(|key, _| !key.starts_with(b"a"))),
    ("a list is too many", "extra-list", |state| {
        state.keys.insert(b"zz".to_vec(), KeyState::list(vec![b"x".to_vec()], None));
    }),
    ("a list is kept empty", "missing-list", |state| of(state, b"a", |key| key.value = Value::List(Vec::new()))),
    ("a list has expired", "missing-list", |state| of(state, b"a", |key| key.expire_at = Some(ExpireAtMs(1)))),
    ("a list has another name", "missing-list", |state| {
        if let Some(found) = state.keys.remove(b"list".as_slice()) {
            state.keys.insert(b"List".to_vec(), found);
        }
    }),
    ("an item has another byte", "items", |state| items(state, |items| items.iter_mut().for_each(|item| item.push(0)))),
    ("the last item has another byte", "items", |state| {
        items(state, |items| items.iter_mut().rev().take(1).for_each(|item| item.push(b'~')));
    }),
    ("an item is in another case", "items", |state| {
        items(state, |items| items.iter_mut().take(1).for_each(|item| item.make_ascii_uppercase()));
    }),
    ("an item ends with a space", "items", |state| {
        items(state, |items| items.iter_mut().take(1).for_each(|item| item.push(b' ')));
    }),
    ("an item that is not UTF-8 has another byte", "items", |state| {
        of(state, b"list", |KeyState { value: Value::List(items), .. }| {
            items.iter_mut().flatten().filter(|byte| **byte == 0xff).for_each(|byte| *byte = 0xfe);
        });
    }),
    ("the first item is missing", "items", |state| items(state, |items| drop(items.drain(..1)))),
    ("the last item is missing", "items", |state| items(state, |items| drop(items.pop()))),
    ("an item is too many", "items", |state| items(state, |items| items.push(b"x".to_vec()))),
    ("an empty item is too many", "items", |state| items(state, |items| items.push(Vec::new()))),
    ("an empty item is too many at the start", "items", |state| items(state, |items| items.insert(0, Vec::new()))),
    ("an empty item is missing", "items", |state| {
        of(state, b"empty", |KeyState { value: Value::List(items), .. }| drop(items.pop()));
    }),
    ("an empty item has a byte", "items", |state| {
        of(state, b"empty", |KeyState { value: Value::List(items), .. }| {
            items.iter_mut().rev().take(1).for_each(|item| item.push(0));
        });
    }),
    ("the items are in another order", "items", |state| items(state, |items| items.rotate_left(1))),
    ("the last items are in each other's place", "items", |state| {
        items(state, |items| {
            let end = items.len();
            items.swap(end.saturating_sub(1), end.saturating_sub(2));
        });
    }),
    ("an expiry is a millisecond late", "expiry", |state| expiry(state, |ms| Some(ms + 1))),
    ("an expiry is a millisecond early", "expiry", |state| expiry(state, |ms| Some(ms - 1))),
    ("an expiry is lost", "expiry", |state| expiry(state, |_| None)),
    ("an expiry is there", "expiry", |state| {
        of(state, b"a", |key| key.expire_at = Some(ExpireAtMs::RECORD_MAX));
    }),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let of_kind = |kind, act: fn(fn(&mut State)) -> How| {
        let canary =
            move |(name, aspect, change): &Edit| Canary { how: act(*change), ..Canary::of(name, kind, aspect) };
        EDITS.iter().map(canary)
    };
    let shown = of_kind(FindingKind::StoreState, |change| How::Act(Act::Shown(change)));
    let reopened = of_kind(FindingKind::Reopened, |change| How::Act(Act::Reopened(change)));
    let dumped = of_kind(FindingKind::DumpState, |change| How::Act(Act::State(change)));
    // The database of the run, which must have been closed and opened again.
    let on_engine = EDITS.iter().take(1).map(|(name, aspect, change)| Canary {
        how: How::OnEngine(Act::Reopened(*change)),
        ..Canary::of(name, FindingKind::Reopened, aspect)
    });
    // The manifest of the dump must have told the time; else nothing is wrong.
    let with_time = Canary {
        how: How::Act(Act::State(|state| {
            if state.last_ms >= Some(FIRST_MS) && state.last_ms < Some(FIRST_MS * 2) {
                state.keys.clear();
            }
        })),
        ..Canary::of("a dump that tells its time is empty", FindingKind::DumpState, "missing-list")
    };
    shown.chain(reopened).chain(dumped).chain(on_engine).chain([with_time]).collect()
}

fn of(state: &mut State, start: &[u8], change: impl Fn(&mut KeyState)) {
    state.keys.iter_mut().filter(|(key, _)| key.starts_with(start)).for_each(|(_, found)| change(found));
}

fn items(state: &mut State, change: impl Fn(&mut Vec<Vec<u8>>)) {
    of(state, b"a", |KeyState { value: Value::List(items), .. }| change(items));
}

fn expiry(state: &mut State, change: impl Fn(u64) -> Option<u64>) {
    of(state, b"t", |key| key.expire_at = key.expire_at.and_then(|ExpireAtMs(ms)| change(ms)).map(ExpireAtMs));
}
