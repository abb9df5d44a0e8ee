//! Faults in what the reader says.

use super::fault::kinds::{EXPIRY, ITEMS, LISTS};
use super::fault::{Act, Fault};
use crate::format::{ExpireAtMs, Family};
use crate::state::{KeyState, State, Value};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "items-reversed",
        breaks: "each list is read from its end",
        rule: "body",
        act: Act::State(|state| lists(state).for_each(|items| items.reverse())),
        reported: &[ITEMS],
    },
    Fault {
        name: "items-rotated",
        breaks: "the first item of each list is read last",
        rule: "body",
        act: Act::State(|state| {
            lists(state).filter(|items| !items.is_empty()).for_each(|items| items.rotate_left(1));
        }),
        reported: &[ITEMS],
    },
    Fault {
        name: "items-sorted",
        breaks: "items are sorted as strings",
        rule: "body",
        act: Act::State(|state| lists(state).for_each(|items| items.sort())),
        reported: &[ITEMS],
    },
    Fault {
        name: "last-item-not-read",
        breaks: "the last item of a body is not read",
        rule: "body",
        act: Act::State(|state| lists(state).for_each(|items| drop(items.pop()))),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "expiry-not-read",
        breaks: "expire_at_ms is not read",
        rule: "body-expiry",
        act: Act::State(|state| state.keys.values_mut().for_each(|key| key.expire_at = None)),
        reported: &[EXPIRY, LISTS],
    },
    Fault {
        name: "expiry-through-a-float",
        breaks: "expire_at_ms goes through a double, and loses what is above 2^53",
        rule: "expiry-range",
        act: Act::State(|state| {
            for key in state.keys.values_mut() {
                key.expire_at = key.expire_at.map(|ExpireAtMs(ms)| ExpireAtMs(ms.min(1 << 53)));
            }
        }),
        reported: &[EXPIRY],
    },
    Fault {
        name: "lists-merged",
        breaks: "the items of the second list are added to the first",
        rule: "one-file-a-key",
        act: Act::State(|state| {
            let of_lists = state.keys.iter().filter(|(_, key)| key.value.family() == Family::List);
            let user_keys: Vec<Vec<u8>> = of_lists.take(2).map(|(user_key, _)| user_key.clone()).collect();
            if let [_, second] = user_keys.as_slice() {
                let moved = state.keys.remove(second).map(|KeyState { value: Value::List(items), .. }| items);
                lists(state).take(1).for_each(|items| items.extend(moved.clone().unwrap_or_default()));
            }
        }),
        reported: &[ITEMS, LISTS],
    },
];

fn lists(state: &mut State) -> impl Iterator<Item = &mut Vec<Vec<u8>>> {
    state.keys.values_mut().map(|KeyState { value: Value::List(items), .. }| items)
}
