//! Where a case keeps its store.

use std::path::Path;

use crate::database::{Database, Engine, Files, Gate, History, Logging, Watch};
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
        if self.is_kept || is_on_disk(self.seed) { Files::OnDisk } else { Files::InMemory }
    }

    pub(super) fn new_store(&self, history: History, gate: Option<Gate>, watch: Watch) -> Result<Store, StoreError> {
        let database = match self.engine {
            Engine::RocksDb if self.is_kept => Database::create(&self.folder.join("db"), history)?,
            Engine::RocksDb => {
                let logging = if self.is_reopened() { Logging::On } else { Logging::Off };
                Database::create_for_case(&self.folder.join("db"), history, self.files(), logging)?
            }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::format::CommitTs;

    /// A database without a log is empty when it is opened again.
    #[test]
    fn what_is_reopened_has_a_log_wherever_it_is() {
        for seed in 0..40 {
            let folder = tempfile::tempdir().expect("a folder");
            let (engine, width) = (Engine::REAL, MetaWidth::Short);
            let home = Home { engine, folder: folder.path(), width, is_kept: false, has_fault: false, seed };
            assert_eq!(home.files() == Files::OnDisk, is_on_disk(seed), "{seed}");
            let store = home.new_store(History::Dropped, None, Arc::new(|_, _| ())).expect("a store");
            store.database().commit([(&b"a"[..], Some(&b"1"[..]))], CommitTs(7)).expect("a commit");
            if home.is_reopened() {
                let again = home.opened_again(store).expect("the store");
                assert_eq!(again.database().get(b"a").expect("readable"), Some(b"1".to_vec()), "{seed}");
            }
        }
    }
}
