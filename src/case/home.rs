//! Where a case keeps its store.

use std::path::Path;

use crate::database::{Database, Engine, Files, Gate, History, Watch};
use crate::store::{MetaWidth, Store, StoreError};

/// Of so many cases one has its database and its dumps on disk, and the campaign runs it twice.
const ONE_ON_DISK_IN: u64 = 20;

/// Whether a case has its database and its dumps on disk though nobody keeps it, by what its own choices are drawn from.
pub fn is_on_disk(seed: u64) -> bool {
    seed % ONE_ON_DISK_IN == ONE_ON_DISK_IN / 2
}

/// Of so many cases one more closes its store and opens it again.
const ONE_REOPENED_IN: u64 = 4;

/// Where a case's store is kept.
pub(super) struct Home<'a> {
    pub(super) engine: Engine,
    pub(super) folder: &'a Path,
    pub(super) width: MetaWidth,
    /// Whether somebody looks at it afterwards.
    pub(super) is_kept: bool,
    /// Whether something is wrong with the case on purpose.
    pub(super) has_fault: bool,
    /// What the case's own choices are drawn from.
    pub(super) seed: u64,
}

impl Home<'_> {
    /// Where the database of this case has its files, and each of its dumps.
    pub(super) fn files(&self) -> Files {
        match (self.is_kept || is_on_disk(self.seed), self.is_reopened()) {
            (true, _) => Files::OnDisk,
            (false, true) => Files::InMemory,
            (false, false) => Files::Unlogged,
        }
    }

    pub(super) fn new_store(&self, history: History, gate: Option<Gate>, watch: Watch) -> Result<Store, StoreError> {
        let database = match self.engine {
            Engine::RocksDb if self.is_kept => Database::create(&self.folder.join("db"), history)?,
            Engine::RocksDb => Database::create_for_case(&self.folder.join("db"), history, self.files())?,
            Engine::Memory => Database::in_memory(history),
        };
        let database = match gate {
            Some(gate) => database.with_gate(gate),
            None => database,
        };
        Store::over(database.watched(watch), self.width)
    }

    /// Whether the store is closed and opened again when the steps are over. That takes as long as a third of the steps.
    pub(super) fn is_reopened(&self) -> bool {
        self.is_kept || self.has_fault || is_on_disk(self.seed) || self.seed.is_multiple_of(ONE_REOPENED_IN)
    }

    /// A store over what another one has left, which knows no more than what is there.
    pub(super) fn opened_again(&self, store: Store) -> Result<Store, StoreError> {
        Store::over(store.into_database().opened_again()?, self.width)
    }
}
