//! The lines of MONITOR as batches: a command, or what a client ran between MULTI and EXEC.
//!
//! A server shows MULTI when it comes, and what the client queues after it only when it runs, all of it in a row, and then
//! EXEC. Of a transaction that was discarded or failed it shows nothing but the brackets. So whatever follows the MULTI
//! of a client, in a row with its EXEC, is a transaction; a row that another client's line breaks never was one.

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
    ready: VecDeque<Batch>,
}

/// What may be a transaction.
struct Row {
    client: Vec<u8>,
    batch: Batch,
}

impl MonitorBatches {
    pub(super) fn new(lines: MonitorReader) -> MonitorBatches {
        MonitorBatches { lines, in_multi: BTreeSet::new(), row: None, ready: VecDeque::new() }
    }

    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, RecordedError> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            match self.lines.next_line()? {
                Some(line) => self.take(line),
                // What is shown has run, and nobody else's line came between.
                None => return Ok(self.row.take().map(|row| row.batch)),
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
            b"MULTI" => {
                self.break_row();
                self.in_multi.insert(line.client);
            }
            b"EXEC" => {
                self.in_multi.remove(&line.client);
                self.ready.extend(self.row.take().map(|row| row.batch));
            }
            b"DISCARD" | b"RESET" | b"QUIT" => {
                self.in_multi.remove(&line.client);
                self.break_row();
            }
            _ => {
                if self.row.is_none() && self.in_multi.contains(&line.client) {
                    let batch = Batch { at_ms: Some(line.at_ms), commands: Vec::new(), is_transaction: true };
                    self.row = Some(Row { client: line.client.clone(), batch });
                }
                self.run(line);
            }
        }
    }

    fn run(&mut self, line: MonitorLine) {
        let at_ms = Some(line.at_ms);
        let is_of_script = line.is_of_script();
        let place = Place { file: None, position: Position::Line(line.line) };
        let recorded = Recorded { place, db: line.db, args: line.args, is_of_script };
        match &mut self.row {
            Some(row) => row.batch.commands.push(recorded),
            None => self.ready.push_back(Batch { at_ms, commands: vec![recorded], is_transaction: false }),
        }
    }

    /// The client had hung up after its MULTI, and another one has its address now.
    fn break_row(&mut self) {
        let Some(row) = self.row.take() else { return };
        self.in_multi.remove(&row.client);
        let at_ms = row.batch.at_ms;
        let single = |recorded| Batch { at_ms, commands: vec![recorded], is_transaction: false };
        self.ready.extend(row.batch.commands.into_iter().map(single));
    }
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
        assert_eq!(batches(&[("a", "MULTI"), ("a", "SET"), ("a", "MULTI"), ("a", "DEL")]), ["SET", "[DEL]"]);
    }
}
