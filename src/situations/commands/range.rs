//! Rows of the commands that take a range of a list, LRANGE and LTRIM: the same borders twice.

use super::exchange::Exchange;
use crate::command::ListCommand;

/// A range, and how much of a list it names.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) start: i64,
    pub(super) stop: i64,
    pub(super) len: i64,
    /// The items that it names.
    pub(super) count: i64,
}

impl Exchange<'_> {
    /// The range of an LRANGE or LTRIM that ran on a list.
    pub(super) fn takes(&self, is_meant: fn(Taken) -> bool) -> bool {
        let (start, stop) = match self.list() {
            Some((ListCommand::Range { start, stop, .. } | ListCommand::Trim { start, stop, .. }, _)) => {
                (*start, *stop)
            }
            _ => return false,
        };
        let len = self.len();
        let from_head = |index: i64| if index < 0 { index.saturating_add(len) } else { index };
        let (first, last) = (from_head(start).max(0), from_head(stop).min(len - 1));
        let count = if first > last { 0 } else { last - first + 1 };
        len > 0 && is_meant(Taken { start, stop, len, count })
    }
}

macro_rules! range {
    ($name:literal, $command:literal) => {
        &[
            row(concat!($name, "-all"), concat!($command, " of all items"), |it| {
                it.takes(|range| range.count == range.len)
            }),
            row(concat!($name, "-middle"), concat!($command, " without the first and the last item"), |it| {
                it.takes(|range| range.count > 0 && range.start > 0 && (0..range.len - 1).contains(&range.stop))
            }),
            row(concat!($name, "-negative"), concat!($command, " with indexes from the tail"), |it| {
                it.takes(|range| range.count > 0 && range.start < 0 && range.stop < 0)
            }),
            row(concat!($name, "-start-above-stop"), concat!($command, " with the start behind the stop"), |it| {
                it.takes(|range| 0 <= range.stop && range.stop < range.start && range.start < range.len)
            }),
            row(concat!($name, "-start-at-length"), concat!($command, " from just behind the tail"), |it| {
                it.takes(|range| range.start == range.len)
            }),
            row(concat!($name, "-start-before-head"), concat!($command, " from before the head"), |it| {
                it.takes(|range| range.start < -range.len && range.count > 0)
            }),
            row(concat!($name, "-stop-at-length"), concat!($command, " to just behind the tail"), |it| {
                it.takes(|range| range.stop == range.len && range.count > 0)
            }),
            row(concat!($name, "-stop-before-head"), concat!($command, " to just before the head"), |it| {
                it.takes(|range| range.stop == -range.len - 1)
            }),
            row(
                concat!($name, "-lowest-to-highest"),
                concat!($command, " from the lowest to the highest index"),
                |it| it.takes(|range| range.start == i64::MIN && range.stop == i64::MAX),
            ),
            row(concat!($name, "-missing"), concat!($command, " of a missing key"), |it| it.is_done() && it.len() == 0),
            row(concat!($name, "-start-no-integer"), concat!($command, " with a start that is no integer"), |it| {
                it.is_no_integer(2)
            }),
            row(concat!($name, "-stop-no-integer"), concat!($command, " with a stop that is no integer"), |it| {
                it.is_no_integer(3)
            }),
            arity(concat!($name, "-wrong-arity"), concat!($command, " with too few or too many arguments")),
        ]
    };
}

pub(super) use range;
