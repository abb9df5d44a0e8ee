//! The options of commands that can change lists, or keys in the way of lists.
//!
//! A newer server may know more of them. What a command does with an option that is not here is not known, so the command
//! is refused as an unknown command is, and never taken as if the option were not there.

use super::error::Refusal;
use super::follow::Follow;
use crate::format::key_text;

/// A word, and how many arguments it takes.
type Word = (&'static str, usize);

const EXPIRY: &[Word] = &[("EX", 1), ("PX", 1), ("EXAT", 1), ("PXAT", 1)];

/// Names of commands, at which argument their options begin, and the options. A command of a fixed length has none.
const OPTIONS: &[(&str, usize, &[&[Word]])] = &[
    ("SET", 3, &[EXPIRY, &[("NX", 0), ("XX", 0), ("GET", 0), ("KEEPTTL", 0)]]),
    ("GETEX", 2, &[EXPIRY, &[("PERSIST", 0)]]),
    ("EXPIRE PEXPIRE EXPIREAT PEXPIREAT", 3, &[&[("NX", 0), ("XX", 0), ("GT", 0), ("LT", 0)]]),
    ("COPY", 3, &[&[("DB", 1), ("REPLACE", 0)]]),
    ("FLUSHDB FLUSHALL", 1, &[&[("ASYNC", 0), ("SYNC", 0)]]),
    ("SORT", 2, &[SORT]),
    ("GEORADIUS", 6, &[GEORADIUS]),
    ("GEORADIUSBYMEMBER", 5, &[GEORADIUS]),
    ("LPOS", 3, &[&[("RANK", 1), ("COUNT", 1), ("MAXLEN", 1)]]),
    ("DELEX", 2, &[&[("IFEQ", 1), ("IFNE", 1), ("IFDEQ", 1), ("IFDNE", 1)]]),
    ("INCR DECR GETDEL", 2, &[]),
    ("LPOP RPOP APPEND SETNX GETSET RENAMENX MOVE SWAPDB", 3, &[]),
    ("SETEX PSETEX HSETNX SMOVE BRPOPLPUSH", 4, &[]),
    ("BLMOVE", 6, &[]),
];

/// The options of `MSETEX`, which stand behind its keys and values.
pub(super) const MSETEX: &[&[Word]] = &[EXPIRY, &[("NX", 0), ("XX", 0), ("KEEPTTL", 0)]];

/// The options of `SORT`.
pub(super) const SORT: &[Word] =
    &[("BY", 1), ("LIMIT", 2), ("GET", 1), ("ASC", 0), ("DESC", 0), ("ALPHA", 0), ("STORE", 1)];

/// The options of `GEORADIUS` and `GEORADIUSBYMEMBER`.
pub(super) const GEORADIUS: &[Word] = &[
    ("WITHCOORD", 0),
    ("WITHDIST", 0),
    ("WITHHASH", 0),
    ("COUNT", 1),
    ("ANY", 0),
    ("ASC", 0),
    ("DESC", 0),
    ("STORE", 1),
    ("STOREDIST", 1),
];

/// Refuses a command with an option that is not known.
pub(super) fn check(follow: &Follow<'_>, name: &str) -> Result<(), Refusal> {
    let several = match name {
        "LMPOP" => options_of_multi_pop(follow, 1),
        "BLMPOP" => options_of_multi_pop(follow, 2),
        _ => None,
    };
    let listed = || {
        let row = OPTIONS.iter().find(|(names, ..)| names.split(' ').any(|known| known == name));
        row.map(|(_, from, options)| (*from, *options))
    };
    let Some((from, options)) = several.or_else(listed) else { return Ok(()) };
    check_words(follow.args_from(from), options)
}

/// Refuses words among which there is an option that is not known.
pub(super) fn check_words(words: &[Vec<u8>], options: &[&[Word]]) -> Result<(), Refusal> {
    let find = |word: &[u8]| options.iter().copied().flatten().find(|(known, _)| is(word, known));
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some((_, values)) = find(word) else { return Err(unknown(word)) };
        words.by_ref().take(*values).for_each(drop);
    }
    Ok(())
}

/// `numkeys key [key ...] LEFT|RIGHT [COUNT count]`; without as many keys and an end it is an error whatever follows.
fn options_of_multi_pop(follow: &Follow<'_>, at: usize) -> Option<(usize, &'static [&'static [Word]])> {
    let count: usize = std::str::from_utf8(follow.arg(at)?).ok()?.parse().ok().filter(|count| *count > 0)?;
    let end_at = count.checked_add(at + 1)?;
    let end = follow.arg(end_at)?;
    (is(end, "LEFT") || is(end, "RIGHT")).then_some((end_at + 1, &[&[("COUNT", 1)]]))
}

/// The values that options have in the command, in order: the last argument of each.
pub(super) fn values<'a>(words: &'a [Vec<u8>], options: &[Word], wanted: &[&str]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let values = options.iter().find(|(known, _)| is(word, known)).map_or(0, |(_, values)| *values);
        let value = words.by_ref().take(values).last();
        if wanted.iter().any(|wanted| is(word, wanted)) {
            found.extend(value.map(Vec::as_slice));
        }
    }
    found
}

fn is(word: &[u8], known: &str) -> bool {
    word.eq_ignore_ascii_case(known.as_bytes())
}

fn unknown(word: &[u8]) -> Refusal {
    let word = key_text::quoted(word);
    Refusal::new(format!(
        "its option {word} is not known here, and so neither is what it does; record again without it"
    ))
}
