//! The lines of MONITOR as batches: a command, or what a client ran between MULTI and EXEC.
//!
//! A server shows MULTI when it comes, and what the client queues after it only when it runs, all of it in a row, and
//! then EXEC. Of a transaction that was discarded or failed it shows nothing but the brackets. So whatever follows the
//! MULTI of a client, in a row with its EXEC, is a transaction. A row that another client's line breaks never was one,
//! and one that the end breaks is not taken for one: each of its commands has its own time, and may have blocked.
//!
//! That needs clients that are told apart. Those of a unix socket all bear its path, so what one of them ran after the
//! MULTI of another would look like a transaction, and their MULTI is refused.

use std::collections::{BTreeSet, VecDeque};

use super::batch::{Batch, Recorded};
use super::error::{Place, Position, RecordedError};
use super::monitor::{MonitorLine, MonitorReader};

/// Reads batches.
pub(super) struct MonitorBatches {
    pub(super) lines: MonitorReader,
    /// Clients whose latest bracket is a MULTI. One that hangs up stays here.
    in_multi: BTreeSet<Vec<u8>>,
    row: Option<Row>,
    /// In the order of the lines, so that what comes before a refused line is taken before it is refused.
    ready: VecDeque<Result<Batch, RecordedError>>,
}

/// What may be a transaction: a line of the client, and what follows in a row.
struct Row {
    client: Vec<u8>,
    lines: Vec<MonitorLine>,
}

impl Row {
    /// What EXEC has proved to be one. To the server all of it ran at one time, and the first line is nearest to that.
    fn transaction(self) -> Batch {
        let at_ms = self.lines.first().map(|line| line.at_ms);
        Batch { at_ms, commands: self.lines.into_iter().map(recorded).collect(), is_transaction: true }
    }
}

impl MonitorBatches {
    pub(super) fn new(lines: MonitorReader) -> MonitorBatches {
        MonitorBatches { lines, in_multi: BTreeSet::new(), row: None, ready: VecDeque::new() }
    }

    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, RecordedError> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return batch.map(Some);
            }
            match self.lines.next_line()? {
                Some(line) => self.take(line),
                None if self.row.is_none() => return Ok(None),
                // What is shown has run, but nothing proves that it was a transaction.
                None => self.break_row(),
            }
        }
    }

    fn take(&mut self, line: MonitorLine) {
        let is_in_row = |row: &Row| line.is_of_script() || row.client == line.client;
        if self.row.as_ref().is_some_and(|row| !is_in_row(row)) {
            self.break_row();
        }
        let name = line.args.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
        match name.as_slice() {
            _ if line.is_of_script() => self.run(line),
            b"MULTI" if line.client.starts_with(b"unix:") => self.ready.push_back(Err(one_of_many(&line))),
            b"MULTI" => {
                self.break_row();
                self.in_multi.insert(line.client);
            }
            b"EXEC" => {
                self.in_multi.remove(&line.client);
                self.ready.extend(self.row.take().map(|row| Ok(row.transaction())));
            }
            b"DISCARD" | b"RESET" | b"QUIT" => {
                self.in_multi.remove(&line.client);
                self.break_row();
            }
            _ => {
                if self.row.is_none() && self.in_multi.contains(&line.client) {
                    self.row = Some(Row { client: line.client.clone(), lines: Vec::new() });
                }
                self.run(line);
            }
        }
    }

    fn run(&mut self, line: MonitorLine) {
        match &mut self.row {
            Some(row) => row.lines.push(line),
            None => self.ready.push_back(Ok(single(line))),
        }
    }

    /// The client had hung up after its MULTI, and another one has its address now, or may have.
    fn break_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        self.in_multi.remove(&row.client);
        self.ready.extend(row.lines.into_iter().map(|line| Ok(single(line))));
    }
}

/// A command outside a transaction.
fn single(line: MonitorLine) -> Batch {
    Batch { at_ms: Some(line.at_ms), commands: vec![recorded(line)], is_transaction: false }
}

fn recorded(line: MonitorLine) -> Recorded {
    let is_of_script = line.is_of_script();
    let (place, at_ms) = (place(&line), Some(line.at_ms));
    Recorded { place, db: line.db, client: line.client, at_ms, args: line.args, is_of_script }
}

fn place(line: &MonitorLine) -> Place {
    Place { file: None, position: Position::Line(line.line) }
}

/// The MULTI of some client of a unix socket.
fn one_of_many(line: &MonitorLine) -> RecordedError {
    let why = "clients of a unix socket cannot be told apart, so which commands are of this transaction is not known; \
               record with clients that connect over TCP";
    RecordedError::Refused { place: place(line), name: "MULTI".to_owned(), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The batches, the names of each separated by blanks; those of a transaction in brackets.
    fn batches(lines: &[(&str, &str)]) -> Vec<String> {
        let text: String = lines.iter().map(|(client, name)| format!("1.000000 [0 {client}] \"{name}\"\n")).collect();
        let reader = MonitorReader::new(Box::new(std::io::Cursor::new(text.into_bytes())));
        let (mut batches, mut found) = (MonitorBatches::new(reader), Vec::new());
        while let Some(batch) = batches.next_batch().expect("right") {
            let names = batch.commands.iter().map(|recorded| String::from_utf8_lossy(&recorded.args[0]).into_owned());
            let names = names.collect::<Vec<_>>().join(" ");
            found.push(if batch.is_transaction { format!("[{names}]") } else { names });
        }
        found
    }

    #[test]
    fn a_row_between_multi_and_exec_is_a_transaction() {
        let lines = [
            ("a", "MULTI"),
            ("b", "GET"),
            ("a", "multi"),
            ("a", "RPUSH"),
            ("a", "EVAL"),
            ("lua", "LPOP"),
            ("lua", "MULTI"),
            ("a", "EXEC"),
            ("a", "DEL"),
        ];
        assert_eq!(batches(&lines), ["GET", "[RPUSH EVAL LPOP MULTI]", "DEL"]);
    }

    #[test]
    fn discarded_and_failed_transactions_leave_nothing() {
        for end in ["DISCARD", "EXEC", "RESET", "QUIT"] {
            assert_eq!(batches(&[("a", "MULTI"), ("a", end), ("a", "SET"), ("a", "GET")]), ["SET", "GET"], "{end}");
        }
    }

    #[test]
    fn a_row_that_another_client_breaks_was_none() {
        let lines = [("a", "MULTI"), ("a", "SET"), ("a", "DEL"), ("b", "GET"), ("a", "SET"), ("a", "EXEC")];
        assert_eq!(batches(&lines), ["SET", "DEL", "GET", "SET"]);
        let again = [("a", "MULTI"), ("a", "SET"), ("a", "MULTI"), ("a", "DEL"), ("a", "EXEC")];
        assert_eq!(batches(&again), ["SET", "[DEL]"]);
    }

    #[test]
    fn a_row_that_the_end_breaks_was_none() {
        assert_eq!(batches(&[("a", "MULTI"), ("a", "SET"), ("a", "MULTI"), ("a", "DEL")]), ["SET", "DEL"]);
        assert_eq!(batches(&[("a", "MULTI"), ("a", "EVAL"), ("lua", "LPOP"), ("a", "GET")]), ["EVAL", "LPOP", "GET"]);
    }
}
