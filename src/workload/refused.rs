//! Requests that Redis refuses, or takes at the very edge of what it takes.

use super::scene::Scene;
use crate::command::{Command, ListCommand, Request};

const KEY: &str = "{key}";
const VALUE: &str = "{value}";
/// A key that no case has.
const NOWHERE: &str = "nowhere";
const MIN: &str = "-9223372036854775808";
const MAX: &str = "9223372036854775807";
const OVER: &str = "9223372036854775808";

const ROWS: &[&[&str]] = &[
    // Refused on arrival, so that a transaction is discarded.
    &["lpush", KEY],
    &["RPUSHX", KEY],
    &["LSET", KEY, "0"],
    &["LLEN"],
    &["LRANGE", KEY, "0"],
    &["RENAME", KEY],
    &["DEL"],
    &["PERSIST", KEY, KEY],
    // Refused when run.
    &["LPOP", KEY, "-1"],
    &["RPOP", KEY, "many"],
    &["LPOP", KEY, "1", "1"],
    &["RPOP", KEY, OVER],
    &["LSET", KEY, "first", VALUE],
    &["LSET", KEY, "1000000", VALUE],
    &["LSET", NOWHERE, "0", VALUE],
    &["LSET", NOWHERE, "first", VALUE],
    &["LINSERT", KEY, "BESIDE", VALUE, VALUE],
    &["LREM", KEY, "1.5", VALUE],
    &["LTRIM", KEY, "0", " 1"],
    &["LTRIM", KEY, OVER, "0"],
    &["LRANGE", KEY, "+1", "2"],
    &["LINDEX", KEY, "007"],
    &["LMOVE", KEY, KEY, "UP", "LEFT"],
    &["LMPOP", "0", KEY, "LEFT"],
    &["LMPOP", "2", KEY, "LEFT"],
    &["LMPOP", "1", KEY, "LEFT", "COUNT", "0"],
    &["LPOS", KEY, VALUE, "RANK", "0"],
    &["LPOS", KEY, VALUE, "COUNT", "-1"],
    &["LPOS", KEY, VALUE, "MAXLEN"],
    &["RENAME", NOWHERE, KEY],
    &["EXPIRE", KEY, "soon"],
    &["EXPIRE", KEY, MAX],
    &["PEXPIRE", KEY, MAX],
    &["EXPIREAT", KEY, MIN],
    &["PEXPIRE", KEY, "1000", "NX", "XX"],
    &["PEXPIREAT", KEY, "4102444900000", "GT", "LT"],
    &["EXPIRE", KEY, "10", "ALWAYS"],
    // Taken, with numbers at the edge.
    &["LPOP", KEY, MAX],
    &["LMPOP", "1", KEY, "RIGHT", "COUNT", MAX],
    &["LRANGE", KEY, MIN, MAX],
    &["LTRIM", KEY, MIN, MAX],
    &["LTRIM", KEY, MAX, MIN],
    &["LINDEX", KEY, MIN],
    &["LINDEX", KEY, MAX],
    &["LREM", KEY, MIN, VALUE],
    &["LREM", KEY, "-9223372036854775807", VALUE],
    &["LPOS", KEY, VALUE, "RANK", MIN],
    &["LPOS", KEY, VALUE, "RANK", MIN, "COUNT", "1"],
    &["LPOS", KEY, VALUE, "RANK", "-9223372036854775807"],
    &["PEXPIREAT", KEY, MAX],
    &["PEXPIREAT", KEY, "0"],
    // Taken, about nothing.
    &["LPOP", NOWHERE],
    &["LPOP", NOWHERE, "0"],
    &["RPOPLPUSH", NOWHERE, KEY],
    &["LTRIM", NOWHERE, "0", "1"],
    &["EXPIRE", NOWHERE, "10"],
    &["PEXPIRETIME", NOWHERE],
];

/// Draws one of them. Its keys are those of lists that are not long: some pop or rewrite all of a list.
pub(super) fn draw(scene: &mut Scene) -> Request {
    let row = scene.dice.pick(ROWS);
    let args = row.iter().map(|word| match *word {
        KEY => scene.short_key().0,
        VALUE => scene.wanted_value(),
        word => word.as_bytes().to_vec(),
    });
    let args = args.collect();
    Request::parse(args).unwrap_or_else(|_| Request::Valid(Command::List(ListCommand::Length { key: scene.key() })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::CommandSpec;

    #[test]
    fn every_row_is_a_known_command() {
        for row in ROWS {
            assert!(CommandSpec::find(row[0].as_bytes()).is_some(), "{row:?}");
        }
    }
}
