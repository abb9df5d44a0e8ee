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
//! *Time.* MONITOR has it, and a key expires by it. What an append-only file says took effect, whatever the time was: so
//! all of its steps are at one and the same millisecond, before every expiry, and no key expires but by the server's own
//! `DEL`. From annotations of time comes what a relative expiry means. Either may have been recorded while the server's
//! clock was set back (`clock`).

mod aof;
mod aof_batches;
mod aof_manifest;
mod batch;
mod blocking;
mod clock;
mod digits;
mod error;
mod follow;
mod keyspace;
mod list_commands;
mod monitor;
mod monitor_batches;
mod monitor_prefix;
mod options;
mod quoted;
mod rdb;
mod skipped;
mod stores;
mod strings;
mod table;
mod translate;
mod waiter;
mod waiting;
mod whole_keys;

use std::collections::VecDeque;
use std::io::BufRead;

pub use aof_batches::AofPart;
pub use aof_manifest::read_aof_manifest;
pub use clock::MonitorTimes;
pub use error::{Place, Position, RecordedError};
pub use monitor_prefix::is_monitor;

use self::aof_batches::AofBatches;
use self::batch::{Batch, Recorded};
use self::clock::StepsBack;
use self::follow::{Databases, Evidence, Followed, TAKEN};
use self::monitor::MonitorReader;
use self::monitor_batches::MonitorBatches;
use self::skipped::Skipped;
use self::translate::{follow, in_doubt};
use self::waiting::WaitingRoom;
use super::trace::{Action, Step};
use crate::command::{Command, KeyCommand, Request};
use crate::format::{CommitTs, key_text};

/// The logical time of an append-only file: before every expiry that a server keeps.
const UNRECORDED_MS: u64 = 1;

/// The steps of a recording, one at a time; after an error there are no more.
pub struct RecordedSteps {
    batches: Batches,
    databases: Databases,
    waiting: WaitingRoom,
    steps_back: StepsBack,
    /// The place of the latest command.
    last: Option<Place>,
    ready: VecDeque<Step>,
    skipped: Skipped,
    has_steps: bool,
    /// Whether all batches have been read.
    is_read: bool,
    ended: bool,
}

enum Batches {
    Aof(AofBatches),
    Monitor(MonitorBatches, MonitorTimes),
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

    /// The output of MONITOR, and the times that were read of it before.
    pub fn monitor(input: Box<dyn BufRead>, times: MonitorTimes) -> RecordedSteps {
        let batches = MonitorBatches::new(MonitorReader::new(input));
        RecordedSteps::new(Batches::Monitor(batches, times), Evidence::Request)
    }

    /// Takes commands of these names for what the user says they are: such as touch no list.
    #[must_use]
    pub fn with_bystanders(mut self, names: &[String]) -> RecordedSteps {
        self.databases.bystanders = names.iter().map(|name| name.to_ascii_uppercase().into_bytes()).collect();
        self
    }

    /// The recording's own last time, in Unix milliseconds, where its steps have none and its clock was never set back.
    pub fn last_ms(&self) -> Option<u64> {
        match &self.batches {
            Batches::Aof(_) => self.databases.clock.now_ms.filter(|_| self.steps_back.is_empty()),
            Batches::Monitor(..) => None,
        }
    }

    fn new(batches: Batches, evidence: Evidence) -> RecordedSteps {
        RecordedSteps {
            batches,
            databases: Databases::new(evidence),
            waiting: WaitingRoom::default(),
            steps_back: StepsBack::default(),
            last: None,
            ready: VecDeque::new(),
            skipped: Skipped::default(),
            has_steps: false,
            is_read: false,
            ended: false,
        }
    }

    /// What has been left out or found odd so far, a line each for people.
    pub fn notes(&self) -> Vec<String> {
        let consequence = match &self.batches {
            Batches::Aof(_) => "expiries are taken as they are written",
            Batches::Monitor(..) => "expiries count from their own lines",
        };
        let mut notes = self.skipped.notes();
        notes.extend(self.steps_back.notes(consequence));
        notes
    }

    /// The commands that have been skipped so far because they do nothing to lists, by name.
    pub fn commands_skipped(&self) -> impl Iterator<Item = (&str, u64)> {
        self.skipped.by_name.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// The keys of other types than lists that were there at the start, by type.
    pub fn keys_passed_over(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.skipped.keys.iter().map(|(name, count)| (*name, *count))
    }

    /// The commands about lists in databases that are not taken, so far, by database.
    pub fn commands_elsewhere(&self) -> impl Iterator<Item = (u64, u64)> {
        self.skipped.elsewhere.iter().map(|(db, count)| (*db, *count))
    }

    /// Whether the last entry is cut short, and left out.
    pub fn is_cut(&self) -> bool {
        self.skipped.cut.is_some()
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, RecordedError> {
        match &mut self.batches {
            Batches::Aof(batches) => {
                let batch = batches.next_batch()?;
                self.skipped.keys(std::mem::take(&mut batches.passed_over));
                self.skipped.cut = batches.cut.take().or(self.skipped.cut.take());
                Ok(batch)
            }
            Batches::Monitor(batches, _) => {
                let batch = batches.next_batch()?;
                let cut = batches.lines.cut.take();
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
            if self.is_read {
                return Ok(None);
            }
            match self.next_batch()? {
                Some(batch) => self.take(batch)?,
                None => {
                    self.is_read = true;
                    self.end()?;
                }
            }
        }
    }

    /// Nothing at all is no reason to refuse: whoever wants steps says so.
    fn end(&mut self) -> Result<(), RecordedError> {
        self.serve()?;
        self.waiting.close().into_iter().for_each(|name| self.skipped.command(name));
        if let (Some(key), Some(place)) = (self.databases.keyspace(TAKEN).doubtful(), self.last.clone()) {
            return Err(RecordedError::Refused { place, name: "the end".to_owned(), why: in_doubt(key).0 });
        }
        match self.skipped.other_databases() {
            Some(others) if !self.has_steps => Err(RecordedError::OtherDatabases(others)),
            _ => Ok(()),
        }
    }

    fn take(&mut self, batch: Batch) -> Result<(), RecordedError> {
        let Some(first) = batch.commands.first() else { return Ok(()) };
        // What a script does is one thing to those who wait.
        if !first.is_of_script {
            self.serve()?;
        }
        self.last = Some(first.place.clone());
        self.set_clock(batch.at_ms, &first.place);
        let expired = self.databases.reap();
        if !expired.is_empty() {
            self.push(vec![Request::Valid(Command::Key(KeyCommand::Delete { keys: expired }))], false);
        }
        let mut requests: Vec<Request> = Vec::new();
        let is_transaction = batch.is_transaction;
        for recorded in batch.commands {
            self.waiting.hear(&recorded)?.into_iter().for_each(|name| self.skipped.command(name));
            if is_transaction {
                self.look_at_clock_within(&recorded, batch.at_ms);
            }
            let may_block = !(is_transaction || recorded.is_of_script);
            let followed = follow(&mut self.databases, recorded.db, &recorded.args, may_block)
                .map_err(|refusal| refused(&recorded, refusal.0))?;
            if let Some(by_ms) = followed.ahead_ms {
                self.steps_back.inferred(recorded.place.clone(), by_ms);
                self.databases.clock.is_behind = true;
            }
            requests.extend(self.take_in(&recorded, followed)?);
        }
        self.push(requests, is_transaction);
        Ok(())
    }

    /// Sets the clock to the time of a batch.
    fn set_clock(&mut self, at_ms: Option<u64>, place: &Place) {
        let at_ms = at_ms.map(|at_ms| at_ms.min(CommitTs::MAX_MS));
        let clock = &mut self.databases.clock;
        if let Some(by_ms) = clock.now_ms.zip(at_ms).and_then(|(last_ms, at_ms)| last_ms.checked_sub(at_ms))
            && by_ms > 0
        {
            self.steps_back.seen(place.clone(), by_ms);
            self.waiting.doubt_timeouts();
        }
        // In an append-only file a time holds until the next one.
        if clock.now_ms != at_ms || self.databases.evidence == Evidence::Request {
            clock.is_behind = false;
            self.steps_back.close();
        }
        clock.now_ms = at_ms;
        let logical_ms = match (&mut self.batches, place.position) {
            (Batches::Monitor(_, times), Position::Line(line)) => times.logical_ms(line, at_ms.unwrap_or_default()),
            _ => UNRECORDED_MS,
        };
        clock.logical_ms = clock.logical_ms.max(logical_ms);
    }

    /// The commands of a transaction run at one time; where their lines go back, which one that is is not known.
    fn look_at_clock_within(&mut self, recorded: &Recorded, at_ms: Option<u64>) {
        let by_ms = recorded.at_ms.zip(at_ms).and_then(|(own_ms, at_ms)| at_ms.checked_sub(own_ms));
        if by_ms.is_some_and(|by_ms| by_ms > 0) {
            self.databases.clock.is_behind = true;
        }
    }

    /// What came of a command: the requests for lists that are taken, and what is counted.
    fn take_in(&mut self, recorded: &Recorded, followed: Followed) -> Result<Vec<Request>, RecordedError> {
        let Followed { name, requests, is_elsewhere, waiter, .. } = followed;
        if let Some(waiter) = waiter {
            self.waiting.enter(recorded, name, waiter)?;
        } else if is_elsewhere && recorded.db != TAKEN {
            self.skipped.elsewhere(recorded.db);
        } else if requests.is_empty() {
            self.skipped.command(name);
        }
        Ok(requests)
    }

    /// Serves those who wait with what is there by now.
    fn serve(&mut self) -> Result<(), RecordedError> {
        while let Some((waiting, key)) = self.waiting.next_served(&mut self.databases)? {
            let (db, args) = (waiting.waiter.db, &waiting.waiter.args);
            let followed = follow(&mut self.databases, db, args, false).map_err(|refusal| waiting.failed(refusal))?;
            if followed.is_elsewhere && db != TAKEN {
                self.skipped.elsewhere(db);
            }
            self.push(followed.requests, false);
            self.waiting.served(waiting, key);
        }
        Ok(())
    }

    /// Makes a step of what was done at one time.
    fn push(&mut self, mut requests: Vec<Request>, is_transaction: bool) {
        self.has_steps |= !requests.is_empty();
        let action = match (is_transaction, requests.len()) {
            (_, 0) => None,
            (false, 1) => requests.pop().map(Action::Command),
            _ => Some(Action::Transaction(requests)),
        };
        let at_ms = Some(self.databases.clock.logical_ms);
        self.ready.extend(action.map(|action| Step { at_ms, action }));
    }
}

/// What a command does is not known.
fn refused(recorded: &Recorded, why: String) -> RecordedError {
    let name = recorded.args.first().map(|name| key_text::escaped(&name.to_ascii_uppercase()));
    RecordedError::Refused { place: recorded.place.clone(), name: name.unwrap_or_default(), why }
}

/// Whether what a command does to lists is known, so that nobody has to say that it touches none.
pub fn is_known(name: &str) -> bool {
    table::is_known(name.as_bytes())
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
