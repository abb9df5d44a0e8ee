//! The live-store writer: commands become the records that elastickv would write, one atomic batch a transaction.
//!
//! What each command writes is said where it is done: `keys` has the commands on keys of any type, and a file of a
//! family's name has the rest. Of lists, `list/records.rs` has the primitives (push, pop, rewrite, deletion, expiry),
//! `list/commands.rs` maps commands onto them, and `list/compaction.rs` folds deltas.
//!
//! Time is the caller's: [`Store::advance_to`] moves a hybrid logical clock that never goes back.
//!
//! Nothing is cached between transactions: each reads the base meta, the deltas and the expiry anew. This costs speed. It
//! makes a wrong record show in the next reply instead of at the end of the case. Within one, the list that was read last
//! is kept until something is written. One thing is remembered, and only as a hint: up to where the deltas of a key have
//! been deleted, so that a scan need not step over RocksDB's tombstones. A store that is opened again has no hints and must
//! show the same state, which `verify` checks.
//!
//! [`Store::plan_seed`] leaves a key alone that holds a list, so that a trace stays valid when steps are cut from it.

mod answer;
mod attempt;
mod clients;
mod error;
mod expiry;
mod keys;
mod list;
mod open;
mod outcome;
mod planned;
mod refusal;
mod stored;
#[cfg(test)]
mod tests;
mod transaction;
mod visible;
mod width;

use std::collections::HashMap;
use std::path::Path;

use crate::command::{Command, Reply, Request, UserKey};
use crate::database::{Database, History};
use crate::format::CommitTs;

pub use answer::Answer;
pub use attempt::{Attempt, Screen, Version};
pub use error::StoreError;
pub use open::Landing;
pub use planned::Planned;
pub use refusal::Refusal;
pub use visible::visible_state;
pub use width::MetaWidth;

use list::PendingCompaction;
use open::{Clients, View};
use transaction::{DeltaFloors, Transaction};

/// A store over one database.
pub struct Store {
    database: Database,
    width: MetaWidth,
    /// The time that commands see.
    now_ms: u64,
    /// The last reading of the commit clock.
    clock: CommitTs,
    pending: HashMap<UserKey, (View, PendingCompaction)>,
    clients: Clients,
    delta_floors: DeltaFloors,
}

impl Store {
    /// Makes a new store in a folder that is absent or empty.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn create(path: &Path, width: MetaWidth, history: History) -> Result<Store, StoreError> {
        Store::over(Database::create(path, history)?, width)
    }

    /// Opens a store that [`Store::create`] made. Compactions that were only read are forgotten.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn open(path: &Path, width: MetaWidth) -> Result<Store, StoreError> {
        Store::over(Database::open(path)?, width)
    }

    /// A store over a database that is empty, or that a store has written.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn over(database: Database, width: MetaWidth) -> Result<Store, StoreError> {
        let clock = database.clock()?.unwrap_or_default();
        let (now_ms, pending, delta_floors) = (clock.unix_ms(), HashMap::new(), DeltaFloors::new());
        Ok(Store { database, width, now_ms, clock, pending, clients: Clients::default(), delta_floors })
    }

    /// The database alone; what the store has only in mind is forgotten.
    pub fn into_database(self) -> Database {
        self.database
    }

    /// Another store with the same past, over a fork of the database; only one in memory has that.
    pub fn fork(&self) -> Option<Store> {
        let (pending, clients, delta_floors) = (self.pending.clone(), self.clients.clone(), self.delta_floors.clone());
        let Store { width, now_ms, clock, .. } = *self;
        Some(Store { database: self.database.fork()?, width, now_ms, clock, pending, clients, delta_floors })
    }

    /// The database below.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The last commit.
    pub fn last_commit(&self) -> CommitTs {
        self.clock
    }

    /// From now on base metas have 32 bytes, as a newer version of the live store writes them over the same records.
    pub fn upgrade(&mut self) {
        self.width = MetaWidth::Long;
    }

    /// Moves the time that commands see. It never goes back: an earlier time leaves it where it is.
    pub fn advance_to(&mut self, at_ms: u64) {
        self.now_ms = self.now_ms.max(at_ms);
    }

    /// The time that commands see, in Unix milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Runs requests as one transaction: one commit timestamp, one batch. A single command is a transaction of one.
    ///
    /// # Errors
    ///
    /// A database that fails or is corrupt; then nothing was written.
    pub fn execute(&mut self, requests: &[Request]) -> Result<Vec<Answer>, StoreError> {
        let planned = self.plan(requests)?;
        self.commit(planned, None)
    }

    /// What [`Store::execute`] is about to write and answer.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn plan(&self, requests: &[Request]) -> Result<Planned, StoreError> {
        self.plan_on(requests, false)
    }

    /// As [`Store::plan`]; if `is_noted`, what the transaction has read is kept in mind.
    fn plan_on(&self, requests: &[Request], is_noted: bool) -> Result<Planned, StoreError> {
        let mut transaction = self.begin();
        if is_noted {
            transaction = transaction.noting_reads();
        }
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            answers.push(match request {
                Request::Valid(Command::List(command)) => outcome::answer(list::run(&mut transaction, command))?,
                Request::Valid(Command::Key(command)) => outcome::answer(keys::run(&mut transaction, command))?,
                Request::Rejected { error, .. } => Answer::Reply(Reply::error(error)),
            });
        }
        let names = requests.iter().map(Request::command_name).collect();
        let named = requests.iter().filter(|_| self.clients.is_screened()).flat_map(|request| match request {
            Request::Valid(command) => command.keys(),
            Request::Rejected { .. } => Vec::new(),
        });
        let user_keys = named.map(|key| key.0.clone()).collect();
        Ok(Planned { changes: transaction.into_changes(), answers, names, user_keys, ..Planned::default() })
    }

    /// Plans to give a key that holds no list a base meta of length 0 at `head`, so that the next push starts there: a way to
    /// the far ends of the sequence range. A key that holds a list stays as it is.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn plan_seed(&self, key: &UserKey, head: i64) -> Result<Planned, StoreError> {
        let mut transaction = self.begin();
        list::seed(&mut transaction, key, head)?;
        Ok(Planned::writing(transaction))
    }

    /// Compacts a key in one go.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn compact(&mut self, key: &UserKey) -> Result<(), StoreError> {
        let planned = self.plan_compact(key)?;
        self.commit(planned, None).map(drop)
    }

    /// Plans to compact a key in one go.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn plan_compact(&self, key: &UserKey) -> Result<Planned, StoreError> {
        let mut transaction = self.begin();
        let pending = list::compact_read(&transaction, key)?;
        list::compact_commit(&mut transaction, key, &pending)?;
        Ok(Planned::writing(transaction))
    }

    /// The first half of a compaction: reads what is to be folded. A second read of the key replaces the first.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn compact_read(&mut self, key: &UserKey) -> Result<(), StoreError> {
        let pending = list::compact_read(&self.begin(), key)?;
        let view = self.clients.compaction_reads(self.clock);
        if self.pending.insert(key.clone(), (view, pending)).is_some() {
            self.clients.compaction_ends();
        }
        Ok(())
    }

    /// Plans the second half: to write what was read, unless something of it has been written since; then it gives up. Without a
    /// first half it does nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn plan_compact_commit(&mut self, key: &UserKey) -> Result<Planned, StoreError> {
        let Some((view, pending)) = self.pending.remove(key) else { return Ok(Planned::default()) };
        let mut transaction = self.begin().noting_reads();
        list::compact_commit(&mut transaction, key, &pending)?;
        let mut planned = Planned::writing(transaction);
        let is_right = self.clients.lets_pass(view, &mut planned);
        self.clients.compaction_ends();
        Ok(if is_right { planned } else { Planned::default() })
    }

    /// The keys of all values, expired ones included, in byte order.
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn keys(&self) -> Result<Vec<UserKey>, StoreError> {
        visible::keys(&self.database.snapshot())
    }

    /// Persists everything, the clock's last reading included.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.clock = self.clock.max(CommitTs::at_ms(self.now_ms));
        self.database.commit([], self.clock)?;
        Ok(self.database.flush()?)
    }

    fn begin(&self) -> Transaction<'_> {
        Transaction::new(&self.database, self.width, self.now_ms, self.next_commit(), &self.delta_floors)
    }

    /// The next reading of the commit clock, above whatever was drawn from it.
    fn next_commit(&self) -> CommitTs {
        let last = self.clock.max(self.clients.drawn());
        CommitTs(last.0.saturating_add(1)).max(CommitTs::at_ms(self.now_ms))
    }

    /// Writes what was planned, before anything else is, as one batch, and gives its answers. A transaction that changed nothing
    /// commits nothing, unless there is `progress` to be written with it ([`Database::commit_at`]).
    ///
    /// # Errors
    ///
    /// As [`Store::execute`].
    pub fn commit(&mut self, planned: Planned, progress: Option<&[u8]>) -> Result<Vec<Answer>, StoreError> {
        let rows = &planned.changes.rows;
        if rows.is_empty() && progress.is_none() {
            return Ok(planned.answers);
        }
        let commit_ts = if rows.is_empty() { self.clock } else { planned.version_ts() };
        let changes = rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref()));
        self.clock = self.clock.max(commit_ts);
        self.database.commit_at(changes, (commit_ts, self.clock), progress)?;
        self.clients.applied(&planned);
        self.delta_floors.extend(planned.changes.delta_floors);
        Ok(planned.answers)
    }
}
