//! Faults in what the store is asked to do with lists.

use crate::faults::edits::{is, rename};
use crate::faults::fault::kinds::{DELTA, ITEM, REPLY};
use crate::faults::fault::{Act, Fault};

/// Pushes and pops.
pub(in crate::faults) const ENDS: &[Fault] = &[
    Fault {
        name: "push-at-the-other-end",
        breaks: "RPUSH is carried out as LPUSH",
        rule: "push-right",
        act: Act::Command(|words| rename(words, b"RPUSH", b"LPUSH")),
        reported: &[REPLY, ITEM],
    },
    Fault {
        name: "push-left-not-reversed",
        breaks: "LPUSH puts its values in the order of its words",
        rule: "push-left",
        act: Act::Command(|words| {
            if is(words, b"LPUSH") {
                words.get_mut(2..).unwrap_or_default().reverse();
            }
        }),
        reported: &[REPLY, ITEM],
    },
    Fault {
        name: "push-loses-last-value",
        breaks: "a push of more than one value leaves out the last",
        rule: "push-right",
        act: Act::Command(|words| {
            if is(words, b"RPUSH") && words.len() > 3 {
                words.pop();
            }
        }),
        reported: &[REPLY],
    },
    Fault {
        name: "pop-at-the-other-end",
        breaks: "LPOP is carried out as RPOP",
        rule: "pop",
        act: Act::Command(|words| rename(words, b"LPOP", b"RPOP")),
        // Two items alike, or the whole list, leave only the delta to tell the ends apart.
        reported: &[REPLY, ITEM, DELTA],
    },
    Fault {
        name: "pop-ignores-count",
        breaks: "LPOP with a count above 1 pops one item",
        rule: "pop",
        act: Act::Command(|words| {
            if (is(words, b"LPOP") || is(words, b"RPOP"))
                && let Some(count) = words.get_mut(2).filter(|count| count.first().is_some_and(u8::is_ascii_digit))
                && count.as_slice() != b"0"
            {
                *count = b"1".to_vec();
            }
        }),
        reported: &[REPLY, ITEM],
    },
];

/// Commands that move items or write lists anew.
pub(in crate::faults) const MOVES_AND_REWRITES: &[Fault] = &[
    Fault {
        name: "insert-on-the-other-side",
        breaks: "LINSERT BEFORE inserts after",
        rule: "rewrite",
        act: Act::Command(|words| {
            if is(words, b"LINSERT")
                && let Some(side) = words.get_mut(2).filter(|side| side.eq_ignore_ascii_case(b"BEFORE"))
            {
                *side = b"AFTER".to_vec();
            }
        }),
        reported: &[REPLY, ITEM],
    },
    Fault {
        name: "move-from-the-other-end",
        breaks: "RPOPLPUSH takes from the head",
        rule: "move",
        act: Act::Command(|words| {
            if is(words, b"RPOPLPUSH") {
                rename(words, b"RPOPLPUSH", b"LMOVE");
                words.extend([b"LEFT".to_vec(), b"LEFT".to_vec()]);
            }
        }),
        // Two items alike, or the whole list, leave only the delta to tell the ends apart.
        reported: &[REPLY, ITEM, DELTA],
    },
    Fault {
        name: "move-to-the-other-end",
        breaks: "LMOVE puts the item at the other end of the destination",
        rule: "move",
        act: Act::Command(|words| {
            if is(words, b"LMOVE")
                && let Some(to) = words.get_mut(4)
            {
                *to = if to.eq_ignore_ascii_case(b"LEFT") { b"RIGHT".to_vec() } else { b"LEFT".to_vec() };
            }
        }),
        reported: &[REPLY, ITEM],
    },
    Fault {
        name: "remove-from-the-other-end",
        breaks: "LREM counts from the end that it must not",
        rule: "rewrite",
        act: Act::Command(|words| {
            if is(words, b"LREM")
                && let Some(count) = words.get_mut(2)
                && let Some(number) = std::str::from_utf8(count).ok().and_then(|text| text.parse::<i32>().ok())
            {
                *count = (-i64::from(number)).to_string().into_bytes();
            }
        }),
        reported: &[REPLY, ITEM],
    },
];
