//! Faults in what the reader says of lists.

use crate::faults::fault::kinds::{ITEMS, LISTS};
use crate::faults::fault::{Act, Fault};
use crate::format::Family;
use crate::state::{KeyState, State, Value};

/// One list at a time.
pub(in crate::faults) const ITEMS_READ: &[Fault] = &[
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
];

/// One list and another.
pub(in crate::faults) const LISTS_READ: &[Fault] = &[Fault {
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
}];

fn lists(state: &mut State) -> impl Iterator<Item = &mut Vec<Vec<u8>>> {
    state.keys.values_mut().map(|KeyState { value: Value::List(items), .. }| items)
}
