//! A row of the table of commands, and what decides it.

use super::exchange::Exchange;
use super::transaction::Transaction;
use crate::situations::needs::Needs;

/// Something that a command was asked, or a border that it met.
#[derive(Clone, Copy, Debug)]
pub(in crate::situations) struct CommandRow {
    /// The name in reports: lower case, with hyphens.
    pub(in crate::situations) name: &'static str,
    /// What has happened when it is ticked off.
    pub(in crate::situations) what: &'static str,
    /// What a run must be asked for.
    pub(in crate::situations) needs: Needs,
    /// What tells whether it has happened.
    pub(in crate::situations) test: Test,
}

/// What tells whether a row has been reached.
#[derive(Clone, Copy, Debug)]
pub(in crate::situations) enum Test {
    /// A command alone, and its answer.
    Command(fn(&Exchange<'_>) -> bool),
    /// A transaction, and its answers.
    Transaction(fn(&Transaction<'_>) -> bool),
}

/// The rows of a command.
#[derive(Clone, Copy, Debug)]
pub(in crate::situations) struct CommandRows {
    /// The command's name in upper case; empty for rows that any command can reach.
    pub(in crate::situations) command: &'static str,
    pub(in crate::situations) rows: &'static [CommandRow],
}

pub(super) const fn of(command: &'static str, rows: &'static [CommandRow]) -> CommandRows {
    CommandRows { command, rows }
}

/// A row about a command alone.
pub(super) const fn row(name: &'static str, what: &'static str, is_reached: fn(&Exchange<'_>) -> bool) -> CommandRow {
    CommandRow { name, what, needs: Needs::Nothing, test: Test::Command(is_reached) }
}

/// A row about the number of a command's arguments.
pub(super) const fn arity(name: &'static str, what: &'static str) -> CommandRow {
    row(name, what, |it| it.is_wrong_arity())
}

/// A row about a transaction.
pub(super) const fn transaction(
    name: &'static str,
    what: &'static str,
    is_reached: fn(&Transaction<'_>) -> bool,
) -> CommandRow {
    CommandRow { name, what, needs: Needs::Nothing, test: Test::Transaction(is_reached) }
}
