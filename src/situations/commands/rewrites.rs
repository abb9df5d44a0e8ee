//! Rows of the commands that rewrite a list.

use super::exchange::Exchange;
use super::range::range;
use super::row::{CommandRow, CommandRows, arity, of, row};
use crate::command::{IndexArgument, ListCommand, Reply, Side};

pub(super) const ROWS: &[CommandRows] =
    &[of("LSET", LSET), of("LINSERT", LINSERT), of("LREM", LREM), of("LTRIM", LTRIM)];

/// The index of an LSET, whatever came of it, if it is one.
fn set_at(it: &Exchange<'_>) -> Option<i64> {
    match it.replied()? {
        (crate::command::Command::List(ListCommand::Set { index: IndexArgument::Index(index), .. }), _) => Some(*index),
        _ => None,
    }
}

const LSET: &[CommandRow] = &[
    row("lset-first", "LSET of index 0", |it| it.is_done() && set_at(it) == Some(0)),
    row("lset-last", "LSET of the last index of several, counted from the head", |it| {
        it.is_done() && it.len() > 1 && set_at(it) == Some(it.len() - 1)
    }),
    row("lset-minus-1", "LSET of index -1", |it| it.is_done() && set_at(it) == Some(-1)),
    row("lset-minus-length", "LSET of the first of several items, counted from the tail", |it| {
        it.is_done() && it.len() > 1 && set_at(it) == Some(-it.len())
    }),
    row("lset-above", "LSET just behind the tail", |it| it.fails("index out") && set_at(it) == Some(it.len())),
    row("lset-below", "LSET just before the head", |it| it.fails("index out") && set_at(it) == Some(-it.len() - 1)),
    row("lset-no-integer", "LSET of an index that is no integer", |it| it.fails("value is not an integer")),
    row("lset-missing", "LSET of a missing key", |it| it.fails("no such key") && set_at(it).is_some()),
    row("lset-missing-no-integer", "LSET of a missing key at an index that is no integer", |it| {
        it.fails("no such key") && set_at(it).is_none()
    }),
    arity("lset-wrong-arity", "LSET with too few or too many arguments"),
];

fn inserts(it: &Exchange<'_>, wanted: Side) -> bool {
    let is_inserted = |(command, reply): (&ListCommand, &Reply)| match (command, reply) {
        (ListCommand::Insert { side, .. }, Reply::Integer(1..)) => *side == wanted,
        _ => false,
    };
    it.list().is_some_and(is_inserted)
}

/// Where the pivot of an LINSERT is found, and how often.
fn pivot(it: &Exchange<'_>) -> Option<(i64, usize)> {
    let (ListCommand::Insert { pivot, .. }, items) = (it.list()?.0, it.items()?) else { return None };
    let place = items.iter().position(|item| item == pivot)?;
    Some((i64::try_from(place).ok()?, items.iter().filter(|item| *item == pivot).count()))
}

fn is_pivot_at(it: &Exchange<'_>, place: i64) -> bool {
    pivot(it).is_some_and(|(found, _)| found == place)
}

const LINSERT: &[CommandRow] = &[
    row("linsert-before", "LINSERT BEFORE", |it| inserts(it, Side::Before)),
    row("linsert-after", "LINSERT AFTER", |it| inserts(it, Side::After)),
    row("linsert-before-first", "LINSERT BEFORE the first item", |it| inserts(it, Side::Before) && is_pivot_at(it, 0)),
    row("linsert-after-last", "LINSERT AFTER the last item", |it| {
        inserts(it, Side::After) && is_pivot_at(it, it.len() - 1)
    }),
    row("linsert-several-pivots", "LINSERT with a pivot that is there more than once", |it| {
        pivot(it).is_some_and(|(_, matches)| matches > 1)
    }),
    row("linsert-no-pivot", "LINSERT with a pivot that is not there", |it| it.is_integer(-1)),
    row("linsert-missing", "LINSERT into a missing key", |it| it.is_integer(0)),
    row("linsert-side", "LINSERT neither BEFORE nor AFTER", |it| it.fails("syntax error")),
    arity("linsert-wrong-arity", "LINSERT with too few or too many arguments"),
];

/// The count of an LREM that ran on a list, and how many items it removed.
fn removed(it: &Exchange<'_>) -> Option<(i64, i64)> {
    match it.list()? {
        (ListCommand::Remove { count, .. }, Reply::Integer(removed)) if it.len() > 0 => Some((*count, *removed)),
        _ => None,
    }
}

/// The same, and how many items there were to be removed.
fn matched(it: &Exchange<'_>) -> Option<(i64, i64)> {
    let ((count, _), ListCommand::Remove { value, .. }) = (removed(it)?, it.list()?.0) else { return None };
    let matches = it.items()?.iter().filter(|item| *item == value).count();
    Some((count, i64::try_from(matches).ok()?))
}

/// Whether an LREM with such a count removed something, and this holds of the number of matches against the count's size.
fn removes(it: &Exchange<'_>, is_meant: fn(i64) -> bool, holds: fn(i64, i64) -> bool) -> bool {
    matched(it).is_some_and(|(count, matches)| is_meant(count) && matches > 0 && holds(matches, count.saturating_abs()))
}

const LREM: &[CommandRow] = &[
    row("lrem-all", "LREM with a count of 0", |it| matches!(removed(it), Some((0, 1..)))),
    row("lrem-positive-fewer-matches", "LREM with a positive count and fewer matches", |it| {
        removes(it, i64::is_positive, |matches, count| matches < count)
    }),
    row("lrem-positive-equal-matches", "LREM with a positive count and as many matches", |it| {
        removes(it, i64::is_positive, |matches, count| matches == count)
    }),
    row("lrem-positive-more-matches", "LREM with a positive count and more matches", |it| {
        removes(it, i64::is_positive, |matches, count| matches > count)
    }),
    row("lrem-negative-fewer-matches", "LREM with a negative count and fewer matches", |it| {
        removes(it, i64::is_negative, |matches, count| matches < count)
    }),
    row("lrem-negative-equal-matches", "LREM with a negative count and as many matches", |it| {
        removes(it, i64::is_negative, |matches, count| matches == count)
    }),
    row("lrem-negative-more-matches", "LREM with a negative count and more matches", |it| {
        removes(it, i64::is_negative, |matches, count| matches > count)
    }),
    row("lrem-all-no-match", "LREM with a count of 0 and no match", |it| removed(it) == Some((0, 0))),
    row("lrem-positive-no-match", "LREM with a positive count and no match", |it| {
        matches!(removed(it), Some((1.., 0)))
    }),
    row("lrem-negative-no-match", "LREM with a negative count and no match", |it| {
        matches!(removed(it), Some((..=-1, 0)))
    }),
    row("lrem-empties", "LREM that takes the last item", |it| {
        removed(it).is_some_and(|(_, removed)| removed == it.len())
    }),
    row("lrem-lowest-count", "LREM with the lowest count there is", |it| matches!(removed(it), Some((i64::MIN, 1..)))),
    row("lrem-missing", "LREM of a missing key", |it| it.is_integer(0) && it.len() == 0),
    row("lrem-no-integer", "LREM with a count that is no integer", |it| it.fails("value is not an integer")),
    arity("lrem-wrong-arity", "LREM with too few or too many arguments"),
];

const LTRIM: &[CommandRow] = range!("ltrim", "LTRIM");
