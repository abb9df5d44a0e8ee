//! Faults in what the reader says.

use super::fault::kinds::{EXPIRY, ITEMS, LISTS};
use super::fault::{Act, Fault};
use crate::format::ExpireAtMs;

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "items-reversed",
        breaks: "each list is read from its end",
        rule: "body",
        act: Act::State(|state| state.lists.values_mut().for_each(|list| list.items.reverse())),
        reported: &[ITEMS],
    },
    Fault {
        name: "items-rotated",
        breaks: "the first item of each list is read last",
        rule: "body",
        act: Act::State(|state| {
            state.lists.values_mut().filter(|list| !list.items.is_empty()).for_each(|list| list.items.rotate_left(1));
        }),
        reported: &[ITEMS],
    },
    Fault {
        name: "items-sorted",
        breaks: "items are sorted as strings",
        rule: "body",
        act: Act::State(|state| state.lists.values_mut().for_each(|list| list.items.sort())),
        reported: &[ITEMS],
    },
    Fault {
        name: "last-item-not-read",
        breaks: "the last item of a body is not read",
        rule: "body",
        act: Act::State(|state| state.lists.values_mut().for_each(|list| drop(list.items.pop()))),
        reported: &[ITEMS, LISTS],
    },
    Fault {
        name: "expiry-not-read",
        breaks: "expire_at_ms is not read",
        rule: "body-expiry",
        act: Act::State(|state| state.lists.values_mut().for_each(|list| list.expire_at = None)),
        reported: &[EXPIRY, LISTS],
    },
    Fault {
        name: "expiry-through-a-float",
        breaks: "expire_at_ms goes through a double, and loses what is above 2^53",
        rule: "expiry-range",
        act: Act::State(|state| {
            for list in state.lists.values_mut() {
                list.expire_at = list.expire_at.map(|ExpireAtMs(ms)| ExpireAtMs(ms.min(1 << 53)));
            }
        }),
        reported: &[EXPIRY],
    },
    Fault {
        name: "lists-merged",
        breaks: "the items of the second list are added to the first",
        rule: "one-file-a-key",
        act: Act::State(|state| {
            let keys: Vec<Vec<u8>> = state.lists.keys().take(2).cloned().collect();
            if let [first, second] = keys.as_slice() {
                let moved = state.lists.remove(second).map(|list| list.items).unwrap_or_default();
                state.lists.entry(first.clone()).or_default().items.extend(moved);
            }
        }),
        reported: &[ITEMS, LISTS],
    },
];
