//! Rows of the commands that only read a list.

use super::exchange::Exchange;
use super::range::range;
use super::row::{CommandRow, CommandRows, arity, of, row};
use crate::command::{Command, IndexArgument, ListCommand, Reply};

pub(super) const ROWS: &[CommandRows] =
    &[of("LLEN", LLEN), of("LRANGE", LRANGE), of("LINDEX", LINDEX), of("LPOS", LPOS)];

const LLEN: &[CommandRow] = &[
    row("llen", "LLEN of a list", |it| matches!(it.integer(), Some(1..))),
    row("llen-missing", "LLEN of a missing key", |it| it.is_integer(0)),
    arity("llen-wrong-arity", "LLEN with too few or too many arguments"),
];

const LRANGE: &[CommandRow] = range!("lrange", "LRANGE");

/// The index of an LINDEX, whatever came of it, if it is one.
fn index(it: &Exchange<'_>) -> Option<i64> {
    match it.replied()? {
        (Command::List(ListCommand::Index { index: IndexArgument::Index(index), .. }), _) => Some(*index),
        _ => None,
    }
}

const LINDEX: &[CommandRow] = &[
    row("lindex-first", "LINDEX of 0", |it| index(it) == Some(0) && it.len() > 0),
    row("lindex-last", "LINDEX of the last of several items, counted from the head", |it| {
        it.len() > 1 && index(it) == Some(it.len() - 1)
    }),
    row("lindex-minus-1", "LINDEX of -1", |it| index(it) == Some(-1) && it.len() > 0),
    row("lindex-minus-length", "LINDEX of the first of several items, counted from the tail", |it| {
        it.len() > 1 && index(it) == Some(-it.len())
    }),
    row("lindex-above", "LINDEX just behind the tail", |it| it.len() > 0 && index(it) == Some(it.len())),
    row("lindex-below", "LINDEX just before the head", |it| it.len() > 0 && index(it) == Some(-it.len() - 1)),
    row("lindex-no-integer", "LINDEX of what is no integer", |it| it.fails("value is not an integer")),
    row("lindex-missing", "LINDEX of a missing key", |it| index(it).is_some() && it.len() == 0),
    row("lindex-missing-no-integer", "LINDEX of a missing key and what is no integer", |it| {
        it.is_nothing() && index(it).is_none()
    }),
    arity("lindex-wrong-arity", "LINDEX with too few or too many arguments"),
];

/// An LPOS that ran.
struct Search {
    rank: i64,
    count: Option<u64>,
    max_len: u64,
    len: i64,
    /// The places replied.
    found: u64,
    /// The places of the value, if they were looked at.
    matches: Option<u64>,
}

impl Search {
    fn has_options(&self) -> bool {
        self.rank != 1 || self.count.is_some() || self.max_len != 0
    }

    fn is_from_an_end(&self) -> bool {
        matches!(self.rank, 1 | -1) && self.max_len == 0
    }
}

fn searches(it: &Exchange<'_>, is_meant: fn(&Search) -> bool) -> bool {
    let Some((ListCommand::Position { value, rank, count, max_len, .. }, reply)) = it.list() else { return false };
    let found = match reply {
        Reply::Array(places) => places.len() as u64,
        Reply::Integer(_) => 1,
        _ => 0,
    };
    let matches = it.items().map(|items| items.iter().filter(|item| *item == value).count() as u64);
    let (rank, count, max_len) = (*rank, *count, *max_len);
    is_meant(&Search { rank, count, max_len, len: it.len(), found, matches })
}

/// The option before a refused argument that is no integer.
fn is_value_of(it: &Exchange<'_>, option: &[u8]) -> bool {
    let mut options = it.refused_args().get(3..).unwrap_or_default().chunks(2);
    options.any(|option_and_value| option_and_value.first().is_some_and(|word| word.eq_ignore_ascii_case(option)))
}

fn is_unpaired(it: &Exchange<'_>) -> bool {
    it.refused_args().len().is_multiple_of(2)
}

const LPOS: &[CommandRow] = &[
    row("lpos", "LPOS of a value that is there", |it| searches(it, |found| found.found == 1 && !found.has_options())),
    row("lpos-no-match", "LPOS of a value that is not there", |it| {
        searches(it, |found| found.found == 0 && found.len > 0 && !found.has_options())
    }),
    row("lpos-missing", "LPOS of a missing key", |it| searches(it, |found| found.len == 0 && found.count.is_none())),
    row("lpos-missing-count", "LPOS of a missing key with COUNT", |it| {
        searches(it, |found| found.len == 0 && found.count.is_some())
    }),
    row("lpos-rank", "LPOS with a RANK above 1 that finds something", |it| {
        searches(it, |found| found.rank > 1 && found.found > 0)
    }),
    row("lpos-rank-minus-1", "LPOS with RANK -1 that finds something", |it| {
        searches(it, |found| found.rank == -1 && found.found > 0)
    }),
    row("lpos-rank-negative", "LPOS with a RANK below -1 that finds something", |it| {
        searches(it, |found| (i64::MIN + 1..-1).contains(&found.rank) && found.found > 0)
    }),
    row("lpos-rank-beyond", "LPOS with a RANK above the number of matches", |it| {
        searches(it, |found| found.matches > Some(0) && found.rank > 1 && found.max_len == 0 && found.found == 0)
    }),
    row("lpos-rank-negative-beyond", "LPOS with a negative RANK beyond the number of matches", |it| {
        searches(it, |found| found.matches > Some(0) && found.rank < -1 && found.max_len == 0 && found.found == 0)
    }),
    row("lpos-rank-lowest", "LPOS with the lowest RANK there is", |it| {
        searches(it, |found| found.rank == i64::MIN && found.count.is_none() && found.found > 0)
    }),
    row("lpos-rank-lowest-count", "LPOS with the lowest RANK there is, and COUNT", |it| {
        searches(it, |found| found.rank == i64::MIN && found.count.is_some() && found.found > 0)
    }),
    row("lpos-count-0", "LPOS with COUNT 0 and several matches", |it| {
        searches(it, |found| found.count == Some(0) && found.found > 1)
    }),
    row("lpos-count-more-matches", "LPOS with COUNT and more matches", |it| {
        searches(it, |found| found.is_from_an_end() && found.count == Some(found.found) && found.matches > found.count)
    }),
    row("lpos-count-equal-matches", "LPOS with COUNT and as many matches", |it| {
        searches(it, |found| found.is_from_an_end() && found.count > Some(0) && found.matches == found.count)
    }),
    row("lpos-count-fewer-matches", "LPOS with COUNT and fewer matches", |it| {
        searches(it, |found| found.is_from_an_end() && found.count > Some(found.found) && found.found > 0)
    }),
    row("lpos-count-no-match", "LPOS with COUNT of a value that is not there", |it| {
        searches(it, |found| found.is_from_an_end() && found.count.is_some() && found.len > 0 && found.found == 0)
    }),
    row("lpos-count-rank", "LPOS with COUNT, and a RANK that passes over matches", |it| {
        searches(it, |found| found.count.is_some() && found.rank.saturating_abs() > 1 && found.found > 0)
    }),
    row("lpos-maxlen", "LPOS with MAXLEN that finds something", |it| {
        searches(it, |found| found.max_len > 0 && found.rank > 0 && found.found > 0)
    }),
    row("lpos-maxlen-cuts-off", "LPOS with MAXLEN that ends before the first match", |it| {
        searches(it, |found| found.max_len > 0 && found.rank == 1 && found.matches > Some(0) && found.found == 0)
    }),
    row("lpos-maxlen-negative-rank", "LPOS with MAXLEN that finds something from the tail", |it| {
        searches(it, |found| found.max_len > 0 && found.rank < 0 && found.found > 0)
    }),
    row("lpos-maxlen-cuts-off-head", "LPOS with MAXLEN that ends before the last match, from the tail", |it| {
        searches(it, |found| found.max_len > 0 && found.rank == -1 && found.matches > Some(0) && found.found == 0)
    }),
    row("lpos-maxlen-above", "LPOS with MAXLEN above the length", |it| {
        searches(it, |found| found.len > 0 && i128::from(found.max_len) > i128::from(found.len))
    }),
    row("lpos-rank-0", "LPOS with RANK 0", |it| it.fails("RANK can't be zero")),
    row("lpos-rank-no-integer", "LPOS with a RANK that is no integer", |it| {
        it.fails("value is not an integer") && is_value_of(it, b"rank")
    }),
    row("lpos-count-negative", "LPOS with a negative COUNT", |it| it.fails("COUNT can't be negative")),
    row("lpos-maxlen-negative", "LPOS with a negative MAXLEN", |it| it.fails("MAXLEN can't be negative")),
    row("lpos-option", "LPOS with an unknown option", |it| it.fails("syntax error") && !is_unpaired(it)),
    row("lpos-option-alone", "LPOS with an option without a value", |it| it.fails("syntax error") && is_unpaired(it)),
    arity("lpos-wrong-arity", "LPOS with too few arguments"),
];
