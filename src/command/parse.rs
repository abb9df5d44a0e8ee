//! Arguments to [`Request`]: Redis's own checks, in Redis's order, with its texts.

use super::table::CommandSpec;
use super::{
    Command, End, ExpireCondition, ExpireUnit, IndexArgument, Request, Side, Stage, UnsupportedCommand, UserKey, error,
};

const SYNTAX: &str = "ERR syntax error";
const MUST_BE_POSITIVE: &str = "ERR value is out of range, must be positive";
const RANK_ZERO: &str = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
                         negative to start from the end of the list";

impl Request {
    /// Reads one command. Only an unknown name is an error of ours; everything that Redis knows how to refuse becomes a
    /// [`Request::Rejected`] with Redis's words.
    pub fn parse(args: Vec<Vec<u8>>) -> Result<Request, UnsupportedCommand> {
        let name = args.first().map(Vec::as_slice).unwrap_or_default();
        let Some(spec) = CommandSpec::find(name) else {
            return Err(UnsupportedCommand { name: String::from_utf8_lossy(name).into_owned() });
        };
        if !spec.accepts(args.len()) {
            let error = wrong_arity(spec);
            return Ok(Request::Rejected { args, error, stage: Stage::Queue });
        }
        let operands: Vec<&[u8]> = args.iter().skip(1).map(Vec::as_slice).collect();
        match parse_operands(spec, &operands) {
            Ok(command) => Ok(Request::Valid(command)),
            Err(error) => Ok(Request::Rejected { args, error, stage: Stage::Run }),
        }
    }
}

fn wrong_arity(spec: &CommandSpec) -> String {
    format!("ERR wrong number of arguments for '{}' command", spec.name.to_ascii_lowercase())
}

/// `operands` are the arguments after the name; their number has passed the arity check, which the fixed patterns below
/// repeat so that none can index out of bounds.
fn parse_operands(spec: &CommandSpec, operands: &[&[u8]]) -> Result<Command, String> {
    match (spec.name, operands) {
        ("LPUSH", [key, values @ ..]) => Ok(push(key, End::Left, values, false)),
        ("RPUSH", [key, values @ ..]) => Ok(push(key, End::Right, values, false)),
        ("LPUSHX", [key, values @ ..]) => Ok(push(key, End::Left, values, true)),
        ("RPUSHX", [key, values @ ..]) => Ok(push(key, End::Right, values, true)),
        ("LPOP", [key, count @ ..]) => pop(spec, key, End::Left, count),
        ("RPOP", [key, count @ ..]) => pop(spec, key, End::Right, count),
        ("LSET", [key, index, value]) => {
            Ok(Command::Set { key: user_key(key), index: index_argument(index), value: value.to_vec() })
        }
        ("LINSERT", [key, side, pivot, value]) => {
            let side = if side.eq_ignore_ascii_case(b"after") {
                Side::After
            } else if side.eq_ignore_ascii_case(b"before") {
                Side::Before
            } else {
                return Err(SYNTAX.to_owned());
            };
            Ok(Command::Insert { key: user_key(key), side, pivot: pivot.to_vec(), value: value.to_vec() })
        }
        ("LREM", [key, count, value]) => {
            Ok(Command::Remove { key: user_key(key), count: integer(count)?, value: value.to_vec() })
        }
        ("LTRIM", [key, start, stop]) => {
            Ok(Command::Trim { key: user_key(key), start: integer(start)?, stop: integer(stop)? })
        }
        ("RPOPLPUSH", [source, destination]) => {
            Ok(Command::RPopLPush { source: user_key(source), destination: user_key(destination) })
        }
        ("LMOVE", [source, destination, from, to]) => {
            let (from, to) = (list_end(from)?, list_end(to)?);
            Ok(Command::Move { source: user_key(source), destination: user_key(destination), from, to })
        }
        ("LMPOP", [key_count, rest @ ..]) => multi_pop(key_count, rest),
        ("DEL", keys) => Ok(Command::Delete { keys: user_keys(keys) }),
        ("RENAME", [source, destination]) => {
            Ok(Command::Rename { source: user_key(source), destination: user_key(destination) })
        }
        ("EXPIRE", [key, time, options @ ..]) => expire(key, ExpireUnit::Seconds, time, options),
        ("PEXPIRE", [key, time, options @ ..]) => expire(key, ExpireUnit::Milliseconds, time, options),
        ("EXPIREAT", [key, time, options @ ..]) => expire(key, ExpireUnit::UnixSeconds, time, options),
        ("PEXPIREAT", [key, time, options @ ..]) => expire(key, ExpireUnit::UnixMilliseconds, time, options),
        ("PERSIST", [key]) => Ok(Command::Persist { key: user_key(key) }),
        ("LLEN", [key]) => Ok(Command::Length { key: user_key(key) }),
        ("LRANGE", [key, start, stop]) => {
            Ok(Command::Range { key: user_key(key), start: integer(start)?, stop: integer(stop)? })
        }
        ("LINDEX", [key, index]) => Ok(Command::Index { key: user_key(key), index: index_argument(index) }),
        ("LPOS", [key, value, options @ ..]) => position(key, value, options),
        ("TYPE", [key]) => Ok(Command::Type { key: user_key(key) }),
        ("EXISTS", keys) => Ok(Command::Exists { keys: user_keys(keys) }),
        ("PEXPIRETIME", [key]) => Ok(Command::ExpireTime { key: user_key(key) }),
        _ => Err(wrong_arity(spec)),
    }
}

fn user_key(bytes: &[u8]) -> UserKey {
    UserKey(bytes.to_vec())
}

fn user_keys(keys: &[&[u8]]) -> Vec<UserKey> {
    keys.iter().map(|key| user_key(key)).collect()
}

fn push(key: &[u8], end: End, values: &[&[u8]], only_existing: bool) -> Command {
    let values = values.iter().map(|value| value.to_vec()).collect();
    Command::Push { key: user_key(key), end, values, only_existing }
}

/// A second operand too many passes the command table (its arity is "at least"), so Redis finds it only when it runs.
fn pop(spec: &CommandSpec, key: &[u8], end: End, count: &[&[u8]]) -> Result<Command, String> {
    let count = match count {
        [] => None,
        [count] => Some(non_negative(count, MUST_BE_POSITIVE)?),
        _ => return Err(wrong_arity(spec)),
    };
    Ok(Command::Pop { key: user_key(key), end, count })
}

fn multi_pop(key_count: &[u8], rest: &[&[u8]]) -> Result<Command, String> {
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
    Ok(Command::MultiPop { keys: user_keys(keys), end, count })
}

fn expire(key: &[u8], unit: ExpireUnit, time: &[u8], options: &[&[u8]]) -> Result<Command, String> {
    let mut condition = ExpireCondition::default();
    for option in options {
        match option.to_ascii_lowercase().as_slice() {
            b"nx" => condition.nx = true,
            b"xx" => condition.xx = true,
            b"gt" => condition.gt = true,
            b"lt" => condition.lt = true,
            _ => return Err(format!("ERR Unsupported option {}", as_c_string(option))),
        }
    }
    if condition.nx && (condition.xx || condition.gt || condition.lt) {
        return Err("ERR NX and XX, GT or LT options at the same time are not compatible".to_owned());
    }
    if condition.gt && condition.lt {
        return Err("ERR GT and LT options at the same time are not compatible".to_owned());
    }
    Ok(Command::Expire { key: user_key(key), unit, time: integer(time)?, condition })
}

fn position(key: &[u8], value: &[u8], options: &[&[u8]]) -> Result<Command, String> {
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
    Ok(Command::Position { key: user_key(key), value: value.to_vec(), rank, count, max_len })
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

fn integer(bytes: &[u8]) -> Result<i64, String> {
    strict_integer(bytes).ok_or_else(|| error::NOT_AN_INTEGER.to_owned())
}

fn non_negative(bytes: &[u8], message: &str) -> Result<u64, String> {
    strict_integer(bytes).and_then(|number| u64::try_from(number).ok()).ok_or_else(|| message.to_owned())
}

fn index_argument(bytes: &[u8]) -> IndexArgument {
    match strict_integer(bytes) {
        Some(index) => IndexArgument::Index(index),
        None => IndexArgument::NotAnInteger(bytes.to_vec()),
    }
}

/// Redis takes a 64-bit integer only in the one form in which it would print it: no sign but a minus, no leading zero,
/// no `-0`, no space.
fn strict_integer(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Redis formats the option as a C string into a one-line error: it ends at a NUL, line breaks at its end are cut
/// off, the others become spaces.
fn as_c_string(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    text.trim_end_matches(['\r', '\n']).replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(words: &[&str]) -> Request {
        Request::parse(words.iter().map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    fn refusal(words: &[&str]) -> (String, Stage) {
        match request(words) {
            Request::Rejected { error, stage, .. } => (error, stage),
            Request::Valid(command) => panic!("{words:?} was taken as {command:?}"),
        }
    }

    #[test]
    fn arity_is_checked_on_arrival_but_a_third_operand_of_lpop_only_when_it_runs() {
        let arity = "ERR wrong number of arguments for 'lpop' command".to_owned();
        assert_eq!(refusal(&["LPOP"]), (arity.clone(), Stage::Queue));
        assert_eq!(refusal(&["lpop", "k", "1", "2"]), (arity, Stage::Run));
    }

    #[test]
    fn integers_have_one_spelling() {
        for bad in ["+1", "01", "-0", " 1", "1 ", "", "0x1", "9223372036854775808", "1.0"] {
            assert_eq!(refusal(&["LRANGE", "k", bad, "1"]).0, error::NOT_AN_INTEGER, "{bad:?}");
        }
        for good in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
            assert!(matches!(request(&["LRANGE", "k", good, "1"]), Request::Valid(_)), "{good:?}");
        }
    }

    #[test]
    fn an_index_that_is_no_integer_waits_for_the_key() {
        let expected =
            Command::Set { key: "k".into(), index: IndexArgument::NotAnInteger(b"x".to_vec()), value: b"v".to_vec() };
        assert_eq!(request(&["LSET", "k", "x", "v"]), Request::Valid(expected));
    }

    #[test]
    fn options_are_checked_before_the_time() {
        assert!(refusal(&["EXPIRE", "k", "x", "NX", "XX"]).0.contains("not compatible"));
        assert_eq!(refusal(&["EXPIRE", "k", "x", "NX"]).0, error::NOT_AN_INTEGER);
        assert_eq!(refusal(&["EXPIRE", "k", "1", "a\r\nb\0c"]).0, "ERR Unsupported option a  b");
        assert_eq!(refusal(&["EXPIRE", "k", "1", "a\nb\r\n"]).0, "ERR Unsupported option a b");
    }

    #[test]
    fn lmpop_counts_its_keys() {
        assert_eq!(refusal(&["LMPOP", "0", "k", "LEFT"]).0, "ERR numkeys should be greater than 0");
        assert_eq!(refusal(&["LMPOP", "9223372036854775807", "k", "LEFT"]).0, SYNTAX);
        assert_eq!(refusal(&["LMPOP", "1", "k", "LEFT", "COUNT", "0"]).0, "ERR count should be greater than 0");
        assert_eq!(refusal(&["LMPOP", "1", "k", "LEFT", "COUNT", "1", "COUNT", "1"]).0, SYNTAX);
    }

    #[test]
    fn every_valid_command_prints_to_arguments_that_parse_to_itself() {
        let spellings: &[&[&str]] = &[
            &["LPUSH", "k", "a", "b"],
            &["rpushx", "k", ""],
            &["RPOP", "k", "3"],
            &["LPOP", ""],
            &["LSET", "k", "-1", "v"],
            &["LINSERT", "k", "before", "p", "v"],
            &["LREM", "k", "-2", "v"],
            &["LTRIM", "k", "1", "-2"],
            &["RPOPLPUSH", "a", "b"],
            &["LMOVE", "a", "b", "left", "RIGHT"],
            &["LMPOP", "2", "a", "b", "RIGHT", "count", "4"],
            &["DEL", "a", "a"],
            &["RENAME", "a", "b"],
            &["EXPIRE", "k", "-1", "xx", "gt"],
            &["PEXPIREAT", "k", "4102444800000", "NX"],
            &["PERSIST", "k"],
            &["LLEN", "k"],
            &["LRANGE", "k", "0", "-1"],
            &["LINDEX", "k", "nan"],
            &["LPOS", "k", "v", "MAXLEN", "9", "RANK", "-1", "COUNT", "0"],
            &["TYPE", "k"],
            &["EXISTS", "k", "k"],
            &["PEXPIRETIME", "k"],
        ];
        for words in spellings {
            let parsed = request(words);
            assert!(matches!(parsed, Request::Valid(_)), "{words:?}");
            assert_eq!(Request::parse(parsed.args()), Ok(parsed.clone()), "{words:?}");
        }
    }
}
