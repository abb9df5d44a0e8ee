//! Where a case keeps its store.

use std::path::Path;

use crate::database::{Database, Engine, Gate, History, Watch};
use crate::store::{MetaWidth, Store, StoreError};

/// Where a case's store is kept.
pub(super) struct Home<'a> {
    pub(super) engine: Engine,
    pub(super) folder: &'a Path,
    pub(super) width: MetaWidth,
}

impl Home<'_> {
    pub(super) fn new_store(&self, history: History, gate: Option<Gate>, watch: Watch) -> Result<Store, StoreError> {
        let database = match self.engine {
            Engine::RocksDb => Database::create(&self.folder.join("db"), history)?,
            Engine::Memory => Database::in_memory(history),
        };
        let database = match gate {
            Some(gate) => database.with_gate(gate),
            None => database,
        };
        Store::over(database.watched(watch), self.width)
    }

    /// A store over what another one has left, which knows no more than what is there.
    pub(super) fn opened_again(&self, store: Store) -> Result<Store, StoreError> {
        let database = store.into_database();
        match self.engine {
            Engine::RocksDb => {
                // RocksDB lets nobody open what is open.
                drop(database);
                Store::open(&self.folder.join("db"), self.width)
            }
            Engine::Memory => Store::over(database, self.width),
        }
    }
}
