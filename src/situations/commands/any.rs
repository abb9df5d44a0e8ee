//! Rows that no one command has for itself: expiries that are met, the store's limits, transactions.

use super::exchange::Exchange;
use super::row::{CommandRow, CommandRows, Test, of, row, transaction};
use super::transaction::{failed, refused};
use crate::command::{Command, CommandSpec, End, ListCommand, Request};
use crate::situations::needs::Needs;
use crate::store::Refusal;

pub(super) const ROWS: &[CommandRows] = &[of("", MET), of("", LIMITS), of("", TRANSACTIONS)];

/// Only commands that name a key are looked at, so the name is always known.
fn writes(it: &Exchange<'_>) -> Option<bool> {
    let Request::Valid(command) = it.request else { return None };
    CommandSpec::find(command.name().as_bytes()).map(|spec| spec.writes)
}

fn meets(it: &Exchange<'_>, past_ms: u64, is_writing: bool) -> bool {
    it.past_expiry() == Some(past_ms) && writes(it) == Some(is_writing)
}

const MET: &[CommandRow] = &[
    row("read-at-expiry", "a read in a key's last millisecond, in which it is still there", |it| meets(it, 0, false)),
    row("read-after-expiry", "a read a millisecond later, when it is gone", |it| meets(it, 1, false)),
    row("write-at-expiry", "a write in a key's last millisecond", |it| meets(it, 0, true)),
    row("write-after-expiry", "a write a millisecond later", |it| meets(it, 1, true)),
];

fn is_range(it: &Exchange<'_>, wanted: End) -> bool {
    matches!(it.refusal(), Some(Refusal::SequenceRange { end, .. }) if *end == wanted)
}

fn is_move(it: &Exchange<'_>) -> bool {
    let Request::Valid(Command::List(command)) = it.request else { return false };
    matches!(command, ListCommand::Move { .. } | ListCommand::RPopLPush { .. })
}

fn is_push(it: &Exchange<'_>) -> bool {
    matches!(it.request, Request::Valid(Command::List(ListCommand::Push { .. })))
}

fn is_too_many(it: &Exchange<'_>) -> bool {
    matches!(it.refusal(), Some(Refusal::TooManyItems { .. }))
}

const LIMITS: &[CommandRow] = &[
    row("refused-range-left", "a command refused, as the lowest seqs are taken", |it| is_range(it, End::Left)),
    row("refused-range-right", "a command refused, as the highest seqs are taken", |it| is_range(it, End::Right)),
    row("refused-move", "LMOVE or RPOPLPUSH refused, as the destination has no seq left", |it| {
        is_move(it) && (is_range(it, End::Left) || is_range(it, End::Right))
    }),
    row("refused-many-pushed", "a push of more than 100 000 items, refused", |it| is_push(it) && is_too_many(it)),
    row("refused-many-moved", "a rewrite or pop of more than 100 000 items, refused", |it| {
        !is_push(it) && is_too_many(it)
    }),
    row("refused-key-too-long", "a command refused, as a record's key would exceed 1 MiB", |it| {
        matches!(it.refusal(), Some(Refusal::KeyTooLong { .. }))
    }),
    CommandRow {
        name: "refused-value-too-long",
        what: "a command refused, as a value exceeds 256 MiB",
        needs: Needs::Trace("a value of 256 MiB would take longer than all other cases together"),
        test: Test::Command(|it| matches!(it.refusal(), Some(Refusal::ValueTooLong { .. }))),
    },
];

const TRANSACTIONS: &[CommandRow] = &[
    transaction("transaction", "a transaction in which no command fails", |it| it.is_done()),
    transaction("transaction-reads", "a transaction that only reads", |it| it.is_done() && it.all(|spec| !spec.writes)),
    transaction("transaction-fails", "a transaction that goes on after a command that failed", |it| it.goes_on(failed)),
    transaction("transaction-refused", "a transaction that goes on after a command that the store refused", |it| {
        it.goes_on(refused)
    }),
    transaction(
        "transaction-discarded",
        "a transaction discarded, as a command had a wrong number of arguments",
        |it| it.is_discarded(),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::situations::list::tracks::Tracks;
    use crate::store::Answer;

    #[test]
    fn a_value_that_is_too_long_is_told_from_the_refusal() {
        let request = Request::parse(["RPUSH", "k", "v"].map(|word| word.as_bytes().to_vec()).to_vec()).expect("known");
        let answer = Answer::Refused(Refusal::ValueTooLong { bytes: 1 << 29 });
        let tracks = Tracks::default();
        let it = Exchange::new((&request, &answer), (&tracks, &[]), None, 0);
        let reached = LIMITS.iter().filter(|row| matches!(row.test, Test::Command(is_reached) if is_reached(&it)));
        let names: Vec<&str> = reached.map(|row| row.name).collect();
        assert_eq!(names, ["refused-value-too-long"]);
    }
}
