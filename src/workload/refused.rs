//! Requests that Redis refuses, or takes at the very edge of what it takes: those about keys, and those of the families.

use super::list;
use super::placeholders::{KEY, MAX, MIN, NOWHERE, VALUE};
use super::scene::Scene;
use crate::command::{Command, ListCommand, Request};

/// Refused on arrival, so that a transaction is discarded.
const ON_ARRIVAL: &[&[&str]] = &[&["RENAME", KEY], &["DEL"], &["PERSIST", KEY, KEY]];

/// Refused when run.
const WHEN_RUN: &[&[&str]] = &[
    &["RENAME", NOWHERE, KEY],
    &["EXPIRE", KEY, "soon"],
    &["EXPIRE", KEY, MAX],
    &["PEXPIRE", KEY, MAX],
    &["EXPIREAT", KEY, MIN],
    &["PEXPIRE", KEY, "1000", "NX", "XX"],
    &["PEXPIREAT", KEY, "4102444900000", "GT", "LT"],
    &["EXPIRE", KEY, "10", "ALWAYS"],
];

/// Taken, with numbers at the edge.
const AT_THE_EDGE: &[&[&str]] = &[&["PEXPIREAT", KEY, MAX], &["PEXPIREAT", KEY, "0"]];

/// Taken, about nothing.
const ABOUT_NOTHING: &[&[&str]] = &[&["EXPIRE", NOWHERE, "10"], &["PEXPIRETIME", NOWHERE]];

/// All of them.
const TABLES: &[&[&[&str]]] = &[
    list::refused::ON_ARRIVAL,
    ON_ARRIVAL,
    list::refused::WHEN_RUN,
    WHEN_RUN,
    list::refused::AT_THE_EDGE,
    AT_THE_EDGE,
    list::refused::ABOUT_NOTHING,
    ABOUT_NOTHING,
];

fn rows() -> impl Iterator<Item = &'static [&'static str]> {
    TABLES.iter().copied().flatten().copied()
}

/// Draws one of them. Its keys are those of lists that are not long: some pop or rewrite all of a list.
pub(super) fn draw(scene: &mut Scene) -> Request {
    let number = scene.dice.below(rows().count() as u64);
    let row = rows().nth(number as usize).unwrap_or_default();
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
        for row in rows() {
            assert!(CommandSpec::find(row[0].as_bytes()).is_some(), "{row:?}");
        }
    }
}
