//! Real traffic as steps: Redis's append-only file, and the output of MONITOR.
//!
//! ```text
//! files --> AofReader ----> AofBatches -----.
//!                                            +--> batches --> follow --> steps
//! lines --> MonitorReader -> MonitorBatches -'
//! ```
//!
//! The first file may hold keys in RDB form: then `AofReader` has `rdb` read them.
//!
//! What a server ran and what this tool runs are not the same commands. Those of [`crate::command::COMMANDS`] become
//! steps. The others do nothing to lists in most cases, and are skipped and counted; but `SET` replaces a list, `COPY`
//! makes one, `FLUSHALL` ends them all. `table` says which command does what, `translate` follows it, and what a
//! command did to lists is written in commands that are known here, in one step. Where the recording leaves open what
//! happened, the command is refused, with its place.
//!
//! *Databases.* Lists of database 0 are taken. The others are followed all the same, since `MOVE`, `COPY` and `SWAPDB`
//! bring keys from there; what is done to lists in them is counted. A recording that is only about other databases is
//! refused.
//!
//! *Time.* MONITOR has it. An append-only file has it in seconds if it was written with annotations; if not, all steps
//! are at one and the same millisecond, before every expiry, so that no key expires but by the server's own `DEL`. With
//! annotations the two may both do it: time here is never ahead of the server's, and so what has expired here had expired
//! there.

mod aof;
mod aof_batches;
mod aof_manifest;
mod batch;
mod blocking;
mod error;
mod follow;
mod keyspace;
mod list_commands;
mod monitor;
mod monitor_batches;
mod quoted;
mod rdb;
mod skipped;
mod stores;
mod strings;
mod table;
mod translate;
mod whole_keys;

use std::collections::VecDeque;
use std::io::BufRead;

pub use aof_batches::AofPart;
pub use aof_manifest::read_aof_manifest;
pub use error::{Place, Position, RecordedError};

use self::aof_batches::AofBatches;
use self::batch::Batch;
use self::follow::{Databases, Evidence, TAKEN};
use self::monitor::MonitorReader;
use self::monitor_batches::MonitorBatches;
use self::skipped::Skipped;
use self::translate::follow;
use super::trace::{Action, Step};
use crate::command::Request;
use crate::format::{CommitTs, key_text};

/// The logical time of a recording that has none: before every expiry that a server keeps.
const UNRECORDED_MS: u64 = 1;

/// The steps of a recording, one at a time; after an error there are no more.
pub struct RecordedSteps {
    batches: Batches,
    databases: Databases,
    ready: VecDeque<Step>,
    skipped: Skipped,
    has_steps: bool,
    ended: bool,
}

enum Batches {
    Aof(AofBatches),
    Monitor(MonitorBatches),
}

impl RecordedSteps {
    /// An append-only file, of one file or several.
    ///
    /// # Errors
    ///
    /// The first file cannot be opened, or begins as one in RDB form and is none.
    pub fn aof(parts: impl Iterator<Item = AofPart> + 'static) -> Result<RecordedSteps, RecordedError> {
        let batches = AofBatches::new(Box::new(parts))?;
        Ok(RecordedSteps::new(Batches::Aof(batches), Evidence::Effect))
    }

    /// The output of MONITOR.
    pub fn monitor(input: Box<dyn BufRead>) -> RecordedSteps {
        let batches = MonitorBatches::new(MonitorReader::new(input));
        RecordedSteps::new(Batches::Monitor(batches), Evidence::Request)
    }

    fn new(batches: Batches, evidence: Evidence) -> RecordedSteps {
        let (databases, skipped) = (Databases::new(evidence), Skipped::default());
        RecordedSteps { batches, databases, ready: VecDeque::new(), skipped, has_steps: false, ended: false }
    }

    /// What has been left out so far, a line each for people.
    pub fn notes(&self) -> Vec<String> {
        self.skipped.notes()
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, RecordedError> {
        match &mut self.batches {
            Batches::Aof(batches) => {
                let batch = batches.next_batch()?;
                self.skipped.keys(std::mem::take(&mut batches.passed_over));
                self.skipped.cut = batches.cut.take().or(self.skipped.cut.take());
                Ok(batch)
            }
            Batches::Monitor(batches) => {
                let batch = batches.next_batch()?;
                let cut = batches.lines.cut.take().map(|line| format!("line {line} is cut short, and left out"));
                self.skipped.cut = cut.or(self.skipped.cut.take());
                Ok(batch)
            }
        }
    }

    fn next_step(&mut self) -> Result<Option<Step>, RecordedError> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Ok(Some(step));
            }
            match self.next_batch()? {
                Some(batch) => self.take(batch)?,
                None => return self.end().map(|()| None),
            }
        }
    }

    /// Nothing at all is no reason to refuse: whoever wants steps says so.
    fn end(&self) -> Result<(), RecordedError> {
        match self.skipped.other_databases() {
            Some(others) if !self.has_steps => Err(RecordedError::OtherDatabases(others)),
            _ => Ok(()),
        }
    }

    fn take(&mut self, batch: Batch) -> Result<(), RecordedError> {
        let at_ms = batch.at_ms.unwrap_or(UNRECORDED_MS).min(CommitTs::MAX_MS);
        self.databases.has_time = batch.at_ms.is_some();
        self.databases.advance_to(at_ms);
        let mut requests: Vec<Request> = Vec::new();
        let is_transaction = batch.is_transaction;
        for recorded in batch.commands {
            let may_block = !(is_transaction || recorded.is_of_script);
            let followed = follow(&mut self.databases, recorded.db, &recorded.args, may_block).map_err(|refusal| {
                let name = recorded.args.first().map(|name| key_text::escaped(&name.to_ascii_uppercase()));
                RecordedError::Refused { place: recorded.place, name: name.unwrap_or_default(), why: refusal.0 }
            })?;
            if followed.is_elsewhere && recorded.db != TAKEN {
                self.skipped.elsewhere(recorded.db);
            } else if followed.requests.is_empty() {
                self.skipped.command(followed.name);
            }
            requests.extend(followed.requests);
        }
        self.has_steps |= !requests.is_empty();
        let action = match (is_transaction, requests.len()) {
            (_, 0) => return Ok(()),
            (false, 1) => requests.pop().map(Action::Command),
            _ => Some(Action::Transaction(requests)),
        };
        self.ready.extend(action.map(|action| Step { at_ms: Some(at_ms), action }));
        Ok(())
    }
}

impl Iterator for RecordedSteps {
    type Item = Result<Step, RecordedError>;

    fn next(&mut self) -> Option<Result<Step, RecordedError>> {
        if self.ended {
            return None;
        }
        let step = self.next_step().transpose();
        self.ended = !matches!(step, Some(Ok(_)));
        step
    }
}

#[cfg(test)]
mod tests;
