//! Rows of the commands that push and pop at the ends of a list.

use super::exchange::Exchange;
use super::row::{CommandRow, CommandRows, arity, of, row};
use crate::command::{End, ListCommand, Reply, UserKey};

pub(super) const ROWS: &[CommandRows] =
    &[of("LPUSH", LPUSH), of("RPUSH", RPUSH), of("LPUSHX", LPUSHX), of("RPUSHX", RPUSHX), of("LPOP", LPOP)];
pub(super) const MORE_ROWS: &[CommandRows] = &[of("RPOP", RPOP), of("LMPOP", LMPOP)];

impl Exchange<'_> {
    /// The values of a push that ran.
    fn pushed(&self) -> Option<usize> {
        match self.list()? {
            (ListCommand::Push { values, .. }, _) => Some(values.len()),
            _ => None,
        }
    }

    /// Whether a pop ran, with such a count.
    fn pops(&self, is_meant: impl Fn(Option<i64>) -> bool) -> bool {
        let count = match self.list() {
            Some((ListCommand::Pop { count, .. } | ListCommand::MultiPop { count, .. }, _)) => *count,
            _ => return false,
        };
        is_meant(count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)))
    }
}

macro_rules! push {
    ($name:literal, $command:literal) => {
        &[
            row(concat!($name, "-missing"), concat!($command, " to a missing key"), |it| {
                it.pushed().is_some() && it.len() == 0
            }),
            row(concat!($name, "-list"), concat!($command, " to a list"), |it| it.pushed().is_some() && it.len() > 0),
            row(concat!($name, "-several"), concat!($command, " of several values"), |it| {
                it.pushed() > Some(1) && !it.is_integer(0)
            }),
            arity(concat!($name, "-wrong-arity"), concat!($command, " without a value")),
        ]
    };
}

const LPUSH: &[CommandRow] = push!("lpush", "LPUSH");
const RPUSH: &[CommandRow] = push!("rpush", "RPUSH");
const LPUSHX: &[CommandRow] = push!("lpushx", "LPUSHX");
const RPUSHX: &[CommandRow] = push!("rpushx", "RPUSHX");

const NOT_POSITIVE: &str = "value is out of range, must be positive";

fn is_negative(it: &Exchange<'_>) -> bool {
    it.refused_args().get(2).is_some_and(|count| count.starts_with(b"-"))
}

macro_rules! pop {
    ($name:literal, $command:literal) => {
        &[
            row($name, concat!($command, " without a count, of a list of several items"), |it| {
                it.pops(|count| count.is_none()) && it.len() > 1
            }),
            row(concat!($name, "-last"), concat!($command, " without a count, of the last item"), |it| {
                it.pops(|count| count.is_none()) && it.len() == 1
            }),
            row(concat!($name, "-missing"), concat!($command, " without a count, of a missing key"), |it| {
                it.pops(|count| count.is_none()) && it.len() == 0
            }),
            row(concat!($name, "-count-0"), concat!($command, " with a count of 0"), |it| {
                it.pops(|count| count == Some(0)) && it.len() > 0
            }),
            row(concat!($name, "-count-below"), concat!($command, " with a count below the length"), |it| {
                it.pops(|count| count > Some(0) && count < Some(it.len()))
            }),
            row(concat!($name, "-count-equal"), concat!($command, " with the length as its count"), |it| {
                it.pops(|count| count == Some(it.len())) && it.len() > 0
            }),
            row(concat!($name, "-count-above"), concat!($command, " with a count above the length"), |it| {
                it.pops(|count| count > Some(it.len())) && it.len() > 0
            }),
            row(concat!($name, "-count-missing"), concat!($command, " with a count, of a missing key"), |it| {
                it.pops(|count| count > Some(0)) && it.len() == 0
            }),
            row(concat!($name, "-count-0-missing"), concat!($command, " with a count of 0, of a missing key"), |it| {
                it.pops(|count| count == Some(0)) && it.len() == 0
            }),
            row(concat!($name, "-count-negative"), concat!($command, " with a negative count"), |it| {
                it.fails(NOT_POSITIVE) && is_negative(it)
            }),
            row(concat!($name, "-count-no-integer"), concat!($command, " with a count that is no integer"), |it| {
                it.fails(NOT_POSITIVE) && !is_negative(it)
            }),
            row(concat!($name, "-two-counts"), concat!($command, " with an argument too many"), |it| {
                it.fails("wrong number of arguments") && !it.is_wrong_arity()
            }),
            arity(concat!($name, "-wrong-arity"), concat!($command, " without a key")),
        ]
    };
}

const LPOP: &[CommandRow] = pop!("lpop", "LPOP");
const RPOP: &[CommandRow] = pop!("rpop", "RPOP");

/// The keys of an LMPOP that ran, and the place of the one that was popped from.
fn popped_from<'a>(it: &Exchange<'a>) -> Option<(&'a [UserKey], Option<usize>)> {
    match it.list()? {
        (ListCommand::MultiPop { keys, .. }, Reply::Array(parts)) => match parts.first() {
            Some(Reply::Bulk(popped)) => Some((keys, keys.iter().position(|key| key.as_bytes() == popped))),
            _ => None,
        },
        (ListCommand::MultiPop { keys, .. }, _) => Some((keys, None)),
        _ => None,
    }
}

fn takes_first(it: &Exchange<'_>) -> bool {
    matches!(popped_from(it), Some((_, Some(0))))
}

fn is_at(it: &Exchange<'_>, wanted: End) -> bool {
    takes_first(it) && matches!(it.list(), Some((ListCommand::MultiPop { end, .. }, _)) if *end == wanted)
}

/// What of an LMPOP comes after its keys; `None` if its arguments end before that.
fn options<'a>(it: &Exchange<'a>) -> Option<&'a [Vec<u8>]> {
    let args = it.refused_args();
    let keys: usize = std::str::from_utf8(args.get(1)?).ok()?.parse().ok()?;
    args.get(keys.checked_add(2)?..).filter(|rest| !rest.is_empty())
}

fn is_count_word(word: Option<&Vec<u8>>) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case(b"count"))
}

fn is_end_word(word: Option<&Vec<u8>>) -> bool {
    word.is_some_and(|word| word.eq_ignore_ascii_case(b"left") || word.eq_ignore_ascii_case(b"right"))
}

fn is_syntax(it: &Exchange<'_>, is_meant: fn(&[Vec<u8>]) -> bool) -> bool {
    it.fails("syntax error") && options(it).is_some_and(is_meant)
}

const LMPOP: &[CommandRow] = &[
    row("lmpop-left", "LMPOP at the left", |it| is_at(it, End::Left)),
    row("lmpop-right", "LMPOP at the right", |it| is_at(it, End::Right)),
    row("lmpop-last", "LMPOP without a count, of the last item", |it| {
        takes_first(it) && it.pops(|count| count.is_none()) && it.len() == 1
    }),
    row("lmpop-count-below", "LMPOP with a count below the length", |it| {
        takes_first(it) && it.pops(|count| count.is_some() && count < Some(it.len()))
    }),
    row("lmpop-count-equal", "LMPOP with the length as its count", |it| {
        takes_first(it) && it.pops(|count| count == Some(it.len()))
    }),
    row("lmpop-count-above", "LMPOP with a count above the length", |it| {
        takes_first(it) && it.pops(|count| count > Some(it.len()))
    }),
    row("lmpop-second", "LMPOP that finds its first key missing and takes the second", |it| {
        matches!(popped_from(it), Some((_, Some(1))))
    }),
    row("lmpop-first-of-lists", "LMPOP of several lists, of which it takes the first", |it| {
        let is_list =
            |(keys, place): (&[UserKey], _)| place == Some(0) && keys.get(1).is_some_and(|k| it.len_of(k) > 0);
        popped_from(it).is_some_and(is_list)
    }),
    row(
        "lmpop-same-key",
        "LMPOP that names a list twice",
        |it| matches!(popped_from(it), Some(([first, second, ..], Some(0))) if first == second),
    ),
    row("lmpop-missing", "LMPOP of one missing key", |it| matches!(popped_from(it), Some(([_], None)))),
    row("lmpop-all-missing", "LMPOP of several keys, all missing", |it| {
        matches!(popped_from(it), Some(([_, _, ..], None)))
    }),
    row("lmpop-numkeys-0", "LMPOP of 0 keys", |it| {
        it.fails("numkeys") && it.refused_args().get(1).is_some_and(|number| number == b"0")
    }),
    row("lmpop-numkeys-no-integer", "LMPOP of a number of keys that is no integer", |it| {
        it.fails("numkeys") && it.refused_args().get(1).is_some_and(|number| number != b"0")
    }),
    row("lmpop-numkeys-above", "LMPOP of more keys than it names", |it| {
        it.fails("syntax error") && options(it).is_none()
    }),
    row("lmpop-end", "LMPOP at neither LEFT nor RIGHT", |it| is_syntax(it, |rest| !is_end_word(rest.first()))),
    row("lmpop-option", "LMPOP with an unknown option", |it| {
        is_syntax(it, |rest| is_end_word(rest.first()) && rest.len() > 2 && !is_count_word(rest.get(1)))
    }),
    row("lmpop-count-alone", "LMPOP with COUNT and no number", |it| {
        is_syntax(it, |rest| is_count_word(rest.get(1)) && rest.len() == 2)
    }),
    row("lmpop-count-twice", "LMPOP with COUNT twice", |it| {
        is_syntax(it, |rest| is_count_word(rest.get(1)) && is_count_word(rest.get(3)))
    }),
    row("lmpop-count-0", "LMPOP with a count of 0", |it| {
        it.fails("count should") && options(it).is_some_and(|rest| rest.get(2).is_some_and(|count| count == b"0"))
    }),
    row("lmpop-count-no-integer", "LMPOP with a count that is no integer", |it| {
        it.fails("count should") && options(it).is_some_and(|rest| rest.get(2).is_some_and(|count| count != b"0"))
    }),
    arity("lmpop-wrong-arity", "LMPOP with too few arguments"),
];
