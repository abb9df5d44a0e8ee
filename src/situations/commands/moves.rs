//! Rows of the commands that move an item from one list to another.

use super::exchange::Exchange;
use super::row::{CommandRow, CommandRows, arity, of, row};
use crate::command::{End, ListCommand, UserKey};

pub(super) const ROWS: &[CommandRows] = &[of("RPOPLPUSH", RPOPLPUSH), of("LMOVE", LMOVE)];

/// A move that ran.
struct Move<'a> {
    source: &'a UserKey,
    destination: &'a UserKey,
    /// What it has of LMOVE's ends.
    ends: (End, End),
    is_moved: bool,
    source_len: i64,
    destination_len: i64,
}

impl Move<'_> {
    fn is_rotation(&self) -> bool {
        self.source == self.destination
    }

    fn is_between_lists(&self) -> bool {
        self.is_moved && !self.is_rotation() && self.destination_len > 0
    }
}

fn moves(it: &Exchange<'_>, is_meant: impl Fn(&Move<'_>) -> bool) -> bool {
    let (source, destination, ends) = match it.list() {
        Some((ListCommand::Move { source, destination, from, to }, _)) => (source, destination, (*from, *to)),
        Some((ListCommand::RPopLPush { source, destination }, _)) => (source, destination, (End::Right, End::Left)),
        _ => return false,
    };
    let (source_len, destination_len) = (it.len(), it.len_of(destination));
    is_meant(&Move { source, destination, ends, is_moved: !it.is_nothing(), source_len, destination_len })
}

fn is_between(it: &Exchange<'_>, from: End, to: End) -> bool {
    moves(it, |moved| moved.is_between_lists() && moved.ends == (from, to))
}

fn rotates(it: &Exchange<'_>, from: End, to: End) -> bool {
    moves(it, |moved| moved.is_rotation() && moved.source_len > 1 && moved.ends == (from, to))
}

macro_rules! any_ends {
    ($name:literal, $command:literal) => {
        [
            row(concat!($name, "-one-item"), concat!($command, " from a list of one item to itself"), |it| {
                moves(it, |moved| moved.is_rotation() && moved.source_len == 1)
            }),
            row(concat!($name, "-empties"), concat!($command, " of the last item to another key"), |it| {
                moves(it, |moved| !moved.is_rotation() && moved.source_len == 1)
            }),
            row(concat!($name, "-to-missing"), concat!($command, " to a missing key"), |it| {
                moves(it, |moved| moved.is_moved && moved.destination_len == 0)
            }),
            row(concat!($name, "-missing"), concat!($command, " from a missing key to a list"), |it| {
                moves(it, |moved| !moved.is_moved && moved.destination_len > 0)
            }),
            row(concat!($name, "-both-missing"), concat!($command, " from a missing key to another"), |it| {
                moves(it, |moved| !moved.is_moved && moved.destination_len == 0 && !moved.is_rotation())
            }),
            row(concat!($name, "-missing-to-itself"), concat!($command, " from a missing key to itself"), |it| {
                moves(it, |moved| !moved.is_moved && moved.is_rotation())
            }),
            arity(concat!($name, "-wrong-arity"), concat!($command, " with too few or too many arguments")),
        ]
    };
}

const ANY_RPOPLPUSH: [CommandRow; 7] = any_ends!("rpoplpush", "RPOPLPUSH");
const ANY_LMOVE: [CommandRow; 7] = any_ends!("lmove", "LMOVE");

const RPOPLPUSH: &[CommandRow] = &{
    let [one, empties, new, missing, both, itself, arity] = ANY_RPOPLPUSH;
    [
        row("rpoplpush", "RPOPLPUSH from one list to another", |it| is_between(it, End::Right, End::Left)),
        row("rpoplpush-rotates", "RPOPLPUSH from a list of several items to itself", |it| {
            rotates(it, End::Right, End::Left)
        }),
        one,
        empties,
        new,
        missing,
        both,
        itself,
        arity,
    ]
};

fn is_end(word: Option<&Vec<u8>>) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case(b"left") || word.eq_ignore_ascii_case(b"right"))
}

const LMOVE: &[CommandRow] = &{
    let [one, empties, new, missing, both, itself, arity] = ANY_LMOVE;
    [
        row("lmove-left-left", "LMOVE LEFT LEFT from one list to another", |it| is_between(it, End::Left, End::Left)),
        row("lmove-left-right", "LMOVE LEFT RIGHT from one list to another", |it| {
            is_between(it, End::Left, End::Right)
        }),
        row("lmove-right-left", "LMOVE RIGHT LEFT from one list to another", |it| {
            is_between(it, End::Right, End::Left)
        }),
        row("lmove-right-right", "LMOVE RIGHT RIGHT from one list to another", |it| {
            is_between(it, End::Right, End::Right)
        }),
        row("lmove-stays-left", "LMOVE LEFT LEFT within a list", |it| rotates(it, End::Left, End::Left)),
        row("lmove-rotates-left", "LMOVE LEFT RIGHT within a list", |it| rotates(it, End::Left, End::Right)),
        row("lmove-rotates-right", "LMOVE RIGHT LEFT within a list", |it| rotates(it, End::Right, End::Left)),
        row("lmove-stays-right", "LMOVE RIGHT RIGHT within a list", |it| rotates(it, End::Right, End::Right)),
        one,
        empties,
        new,
        missing,
        both,
        itself,
        row("lmove-from", "LMOVE from neither LEFT nor RIGHT", |it| {
            it.fails("syntax error") && !is_end(it.refused_args().get(3))
        }),
        row("lmove-to", "LMOVE to neither LEFT nor RIGHT", |it| {
            it.fails("syntax error") && is_end(it.refused_args().get(3))
        }),
        arity,
    ]
};
