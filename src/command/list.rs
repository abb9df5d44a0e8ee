//! The commands about lists.

use super::arguments::{Arguments, SYNTAX, integer, non_negative, strict_integer, user_key, user_keys};
use super::spec::CommandSpec;
use super::user_key::UserKey;

/// One end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The head, index 0: where `LPUSH` and `LPOP` work.
    Left,
    /// The tail, index -1: where `RPUSH` and `RPOP` work.
    Right,
}

/// Where `LINSERT` puts the new item, relative to the pivot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Just before the pivot.
    Before,
    /// Just after the pivot.
    After,
}

/// The index of `LSET` and `LINDEX`, which Redis reads only after it has found the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexArgument {
    /// An index; negative ones count from the tail, -1 being the last item.
    Index(i64),
    /// Bytes that are no integer: an error, unless the key is missing.
    NotAnInteger(Vec<u8>),
}

/// A command about lists.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in Redis's own command reference")]
pub enum ListCommand {
    /// `LPUSH`, `RPUSH`, and with `only_existing` `LPUSHX`, `RPUSHX`. `values` is never empty.
    Push { key: UserKey, end: End, values: Vec<Vec<u8>>, only_existing: bool },
    /// `LPOP`, `RPOP`; with a count the reply is an array.
    Pop { key: UserKey, end: End, count: Option<u64> },
    /// `LSET`.
    Set { key: UserKey, index: IndexArgument, value: Vec<u8> },
    /// `LINSERT`.
    Insert { key: UserKey, side: Side, pivot: Vec<u8>, value: Vec<u8> },
    /// `LREM`: positive counts from the head, negative ones from the tail, 0 removes all.
    Remove { key: UserKey, count: i64, value: Vec<u8> },
    /// `LTRIM`.
    Trim { key: UserKey, start: i64, stop: i64 },
    /// `RPOPLPUSH`.
    RPopLPush { source: UserKey, destination: UserKey },
    /// `LMOVE`.
    Move { source: UserKey, destination: UserKey, from: End, to: End },
    /// `LMPOP`; `count`, if given, is at least 1. `keys` is never empty.
    MultiPop { keys: Vec<UserKey>, end: End, count: Option<u64> },
    /// `LLEN`.
    Length { key: UserKey },
    /// `LRANGE`.
    Range { key: UserKey, start: i64, stop: i64 },
    /// `LINDEX`.
    Index { key: UserKey, index: IndexArgument },
    /// `LPOS`; `rank` is not 0, and with a `count` (0 = all) the reply is an array. `max_len` 0 means no limit.
    Position { key: UserKey, value: Vec<u8>, rank: i64, count: Option<u64>, max_len: u64 },
}

const MUST_BE_POSITIVE: &str = "ERR value is out of range, must be positive";
const RANK_ZERO: &str = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
                         negative to start from the end of the list";

/// `operands` are the arguments after the name; their number has passed the arity check, which the fixed patterns below
/// repeat so that none can index out of bounds.
pub(super) fn parse(spec: &CommandSpec, operands: &[&[u8]]) -> Result<ListCommand, String> {
    match (spec.name, operands) {
        ("LPUSH", [key, values @ ..]) => Ok(push(key, End::Left, values, false)),
        ("RPUSH", [key, values @ ..]) => Ok(push(key, End::Right, values, false)),
        ("LPUSHX", [key, values @ ..]) => Ok(push(key, End::Left, values, true)),
        ("RPUSHX", [key, values @ ..]) => Ok(push(key, End::Right, values, true)),
        ("LPOP", [key, count @ ..]) => pop(spec, key, End::Left, count),
        ("RPOP", [key, count @ ..]) => pop(spec, key, End::Right, count),
        ("LSET", [key, index, value]) => {
            Ok(ListCommand::Set { key: user_key(key), index: index_argument(index), value: value.to_vec() })
        }
        ("LINSERT", [key, side, pivot, value]) => {
            let side = if side.eq_ignore_ascii_case(b"after") {
                Side::After
            } else if side.eq_ignore_ascii_case(b"before") {
                Side::Before
            } else {
                return Err(SYNTAX.to_owned());
            };
            Ok(ListCommand::Insert { key: user_key(key), side, pivot: pivot.to_vec(), value: value.to_vec() })
        }
        ("LREM", [key, count, value]) => {
            Ok(ListCommand::Remove { key: user_key(key), count: integer(count)?, value: value.to_vec() })
        }
        ("LTRIM", [key, start, stop]) => {
            Ok(ListCommand::Trim { key: user_key(key), start: integer(start)?, stop: integer(stop)? })
        }
        ("RPOPLPUSH", [source, destination]) => {
            Ok(ListCommand::RPopLPush { source: user_key(source), destination: user_key(destination) })
        }
        ("LMOVE", [source, destination, from, to]) => {
            let (from, to) = (list_end(from)?, list_end(to)?);
            Ok(ListCommand::Move { source: user_key(source), destination: user_key(destination), from, to })
        }
        ("LMPOP", [key_count, rest @ ..]) => multi_pop(key_count, rest),
        ("LLEN", [key]) => Ok(ListCommand::Length { key: user_key(key) }),
        ("LRANGE", [key, start, stop]) => {
            Ok(ListCommand::Range { key: user_key(key), start: integer(start)?, stop: integer(stop)? })
        }
        ("LINDEX", [key, index]) => Ok(ListCommand::Index { key: user_key(key), index: index_argument(index) }),
        ("LPOS", [key, value, options @ ..]) => position(key, value, options),
        _ => Err(spec.wrong_arity()),
    }
}

fn push(key: &[u8], end: End, values: &[&[u8]], only_existing: bool) -> ListCommand {
    let values = values.iter().map(|value| value.to_vec()).collect();
    ListCommand::Push { key: user_key(key), end, values, only_existing }
}

/// A second operand too many passes the command table (its arity is "at least"), so Redis finds it only when it runs.
fn pop(spec: &CommandSpec, key: &[u8], end: End, count: &[&[u8]]) -> Result<ListCommand, String> {
    let count = match count {
        [] => None,
        [count] => Some(non_negative(count, MUST_BE_POSITIVE)?),
        _ => return Err(spec.wrong_arity()),
    };
    Ok(ListCommand::Pop { key: user_key(key), end, count })
}

fn multi_pop(key_count: &[u8], rest: &[&[u8]]) -> Result<ListCommand, String> {
    let key_count = match strict_integer(key_count) {
        Some(count) if count > 0 => usize::try_from(count).unwrap_or(usize::MAX),
        _ => return Err("ERR numkeys should be greater than 0".to_owned()),
    };
    let Some((keys, [end, options @ ..])) = rest.split_at_checked(key_count) else {
        return Err(SYNTAX.to_owned());
    };
    let end = list_end(end)?;
    let count = match options {
        [] => None,
        [word, count, more @ ..] if word.eq_ignore_ascii_case(b"count") => {
            let count = match strict_integer(count) {
                Some(count) if count > 0 => count.unsigned_abs(),
                _ => return Err("ERR count should be greater than 0".to_owned()),
            };
            if !more.is_empty() {
                return Err(SYNTAX.to_owned());
            }
            Some(count)
        }
        _ => return Err(SYNTAX.to_owned()),
    };
    Ok(ListCommand::MultiPop { keys: user_keys(keys), end, count })
}

fn position(key: &[u8], value: &[u8], options: &[&[u8]]) -> Result<ListCommand, String> {
    let (mut rank, mut count, mut max_len) = (1, None, 0);
    let mut rest = options;
    while let [word, number, more @ ..] = rest {
        match word.to_ascii_lowercase().as_slice() {
            b"rank" => {
                rank = integer(number)?;
                if rank == 0 {
                    return Err(RANK_ZERO.to_owned());
                }
            }
            b"count" => count = Some(non_negative(number, "ERR COUNT can't be negative")?),
            b"maxlen" => max_len = non_negative(number, "ERR MAXLEN can't be negative")?,
            _ => return Err(SYNTAX.to_owned()),
        }
        rest = more;
    }
    if !rest.is_empty() {
        return Err(SYNTAX.to_owned());
    }
    Ok(ListCommand::Position { key: user_key(key), value: value.to_vec(), rank, count, max_len })
}

fn list_end(word: &[u8]) -> Result<End, String> {
    if word.eq_ignore_ascii_case(b"left") {
        Ok(End::Left)
    } else if word.eq_ignore_ascii_case(b"right") {
        Ok(End::Right)
    } else {
        Err(SYNTAX.to_owned())
    }
}

fn index_argument(bytes: &[u8]) -> IndexArgument {
    match strict_integer(bytes) {
        Some(index) => IndexArgument::Index(index),
        None => IndexArgument::NotAnInteger(bytes.to_vec()),
    }
}

impl ListCommand {
    /// The name in upper case.
    pub fn name(&self) -> &'static str {
        match self {
            ListCommand::Push { end: End::Left, only_existing: false, .. } => "LPUSH",
            ListCommand::Push { end: End::Right, only_existing: false, .. } => "RPUSH",
            ListCommand::Push { end: End::Left, only_existing: true, .. } => "LPUSHX",
            ListCommand::Push { end: End::Right, only_existing: true, .. } => "RPUSHX",
            ListCommand::Pop { end: End::Left, .. } => "LPOP",
            ListCommand::Pop { end: End::Right, .. } => "RPOP",
            ListCommand::Set { .. } => "LSET",
            ListCommand::Insert { .. } => "LINSERT",
            ListCommand::Remove { .. } => "LREM",
            ListCommand::Trim { .. } => "LTRIM",
            ListCommand::RPopLPush { .. } => "RPOPLPUSH",
            ListCommand::Move { .. } => "LMOVE",
            ListCommand::MultiPop { .. } => "LMPOP",
            ListCommand::Length { .. } => "LLEN",
            ListCommand::Range { .. } => "LRANGE",
            ListCommand::Index { .. } => "LINDEX",
            ListCommand::Position { .. } => "LPOS",
        }
    }

    /// The keys that it names.
    pub(super) fn keys(&self) -> Vec<&UserKey> {
        match self {
            ListCommand::RPopLPush { source, destination } | ListCommand::Move { source, destination, .. } => {
                vec![source, destination]
            }
            ListCommand::MultiPop { keys, .. } => keys.iter().collect(),
            ListCommand::Push { key, .. }
            | ListCommand::Pop { key, .. }
            | ListCommand::Set { key, .. }
            | ListCommand::Insert { key, .. }
            | ListCommand::Remove { key, .. }
            | ListCommand::Trim { key, .. }
            | ListCommand::Length { key }
            | ListCommand::Range { key, .. }
            | ListCommand::Index { key, .. }
            | ListCommand::Position { key, .. } => vec![key],
        }
    }

    /// The items that it names.
    pub(super) fn values(&self) -> Vec<&[u8]> {
        match self {
            ListCommand::Push { values, .. } => values.iter().map(Vec::as_slice).collect(),
            ListCommand::Insert { pivot, value, .. } => vec![pivot, value],
            ListCommand::Set { value, .. }
            | ListCommand::Remove { value, .. }
            | ListCommand::Position { value, .. } => vec![value],
            ListCommand::Pop { .. }
            | ListCommand::Trim { .. }
            | ListCommand::RPopLPush { .. }
            | ListCommand::Move { .. }
            | ListCommand::MultiPop { .. }
            | ListCommand::Length { .. }
            | ListCommand::Range { .. }
            | ListCommand::Index { .. } => Vec::new(),
        }
    }

    /// The arguments, the name first.
    pub fn args(&self) -> Vec<Vec<u8>> {
        let mut args = Arguments::of(self.name());
        match self {
            ListCommand::Push { key, values, .. } => args.key(key).all(values),
            ListCommand::Pop { key, count: None, .. } => args.key(key),
            ListCommand::Pop { key, count: Some(count), .. } => args.key(key).number(count),
            ListCommand::Set { key, index, value } => args.key(key).index(index).bytes(value),
            ListCommand::Insert { key, side, pivot, value } => {
                let side = if *side == Side::Before { "BEFORE" } else { "AFTER" };
                args.key(key).word(side).bytes(pivot).bytes(value)
            }
            ListCommand::Remove { key, count, value } => args.key(key).number(count).bytes(value),
            ListCommand::Trim { key, start, stop } | ListCommand::Range { key, start, stop } => {
                args.key(key).number(start).number(stop)
            }
            ListCommand::RPopLPush { source, destination } => args.key(source).key(destination),
            ListCommand::Move { source, destination, from, to } => {
                args.key(source).key(destination).end(*from).end(*to)
            }
            ListCommand::MultiPop { keys, end, count } => {
                let args = args.number(keys.len()).keys(keys).end(*end);
                match count {
                    Some(count) => args.word("COUNT").number(count),
                    None => args,
                }
            }
            ListCommand::Index { key, index } => args.key(key).index(index),
            ListCommand::Position { key, value, rank, count, max_len } => {
                args.key(key).bytes(value);
                if *rank != 1 {
                    args.word("RANK").number(rank);
                }
                if let Some(count) = count {
                    args.word("COUNT").number(count);
                }
                if *max_len != 0 {
                    args.word("MAXLEN").number(max_len);
                }
                &mut args
            }
            ListCommand::Length { key } => args.key(key),
        };
        args.0
    }
}

impl Arguments {
    fn end(&mut self, end: End) -> &mut Self {
        self.word(if end == End::Left { "LEFT" } else { "RIGHT" })
    }

    fn index(&mut self, index: &IndexArgument) -> &mut Self {
        match index {
            IndexArgument::Index(index) => self.number(index),
            IndexArgument::NotAnInteger(bytes) => self.bytes(bytes),
        }
    }
}
