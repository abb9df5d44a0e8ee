//! What a case has asked of each command: that it runs, its options, its borders, its errors.
//!
//! A promise like "every command of a list" is worth as much as the ways in which each has been called. So the table here has a
//! row for each of them, beside the situations, and each is ticked off by the request, its answer, and what the records
//! said of its keys before: their lengths and expiries, which the ledger follows anyway, and where a row is about the
//! values in a list, as for LREM, the list itself if it is short. A command in a transaction is not looked at, as what was there
//! right before it was never committed; transactions have rows of their own.

mod any;
mod ends;
mod exchange;
mod expiries;
mod keys;
mod moves;
mod range;
mod reads;
mod rewrites;
mod row;
pub(super) mod table;
mod transaction;

use std::ops::ControlFlow;

use super::list::tracks::Touch;
use super::walk::Walk;
use crate::command::{Command, ListCommand, Request};
use crate::database::{Database, DatabaseError};
use crate::format::{Seq, list};
use crate::store::Answer;
use crate::workload::{Action, Step};
use exchange::Exchange;
use row::{CommandRow, Test};
use table::rows_of;
use transaction::Transaction;

/// Longer lists are not read for the ledger's sake.
const SHORT_LIST_ITEMS: i128 = 48;

impl Walk {
    /// Reads what the rows of a step take that is about to run, and that nobody can tell afterwards.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub(super) fn look(&mut self, step: &Step, database: &Database) -> Result<(), DatabaseError> {
        self.items = None;
        let Action::Command(Request::Valid(Command::List(command))) = &step.action else { return Ok(()) };
        let key = match command {
            ListCommand::Insert { key, .. } | ListCommand::Remove { key, .. } | ListCommand::Position { key, .. } => {
                key
            }
            _ => return Ok(()),
        };
        let Some(view) = self.tracks.get(key.as_bytes()).map(|track| track.view()) else { return Ok(()) };
        if !(1..=SHORT_LIST_ITEMS).contains(&view.len) {
            return Ok(());
        }
        let [Ok(head), Ok(tail)] = [view.head, view.tail()].map(i64::try_from) else { return Ok(()) };
        let [lower, upper] = [head, tail].map(|seq| list::item_key(key.as_bytes(), Seq(seq)));
        let mut items = Vec::new();
        database.visit(&lower, Some(&upper), &mut |(item_key, value)| {
            // Between the items of a list there can be those of longer keys.
            if item_key.len() == lower.len() {
                items.push(value.to_vec());
            }
            ControlFlow::Continue(())
        })?;
        self.items = Some(items);
        Ok(())
    }

    /// Ticks off what a command alone has reached.
    pub(super) fn command_rows(&mut self, request: &Request, answer: &Answer, touches: &[Touch]) {
        let items = self.items.take();
        let exchange = Exchange::new((request, answer), (&self.tracks, touches), items.as_deref(), self.now_ms);
        let is_reached = |row: &CommandRow| matches!(row.test, Test::Command(test) if test(&exchange));
        let mut reached = self.reached;
        for (place, row) in rows_of(request.command_name()) {
            if !reached.has_command_row(place) && is_reached(row) {
                reached.tick_command_row(place);
            }
        }
        self.reached = reached;
    }

    /// Ticks off what a transaction has reached.
    pub(super) fn transaction_rows(&mut self, requests: &[Request], answers: &[Answer]) {
        let transaction = Transaction { requests, answers };
        for (place, row) in rows_of("") {
            if matches!(row.test, Test::Transaction(test) if test(&transaction)) {
                self.reached.tick_command_row(place);
            }
        }
    }
}
