//! What is kept, and by what.

use serde::{Deserialize, Serialize};

/// Whether a new database keeps every version of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Only the present state.
    Dropped,
    /// The present state, and all versions beside it.
    Kept,
}

/// Where a case has the files of its database, unless somebody keeps that, and of its dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// In their folder, as what is kept.
    OnDisk,
    /// In memory: RocksDB has a file system of its own there, in which logs, tables and manifest are written and read.
    InMemory,
}

/// Whether a database of a case that nobody keeps writes a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logging {
    /// As one that is kept.
    On,
    /// No log, for one that is never opened again: what is written to it stays in its write buffers.
    Off,
}

/// What keeps the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// RocksDB, in a folder.
    RocksDb,
    /// This process's memory.
    Memory,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 2] = [Engine::RocksDb, Engine::Memory];

    /// The name, as flags and reports have it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::RocksDb => "rocksdb",
            Engine::Memory => "memory",
        }
    }

    /// Whether this build has it.
    pub fn is_built_in(self) -> bool {
        self == Engine::Memory || cfg!(feature = "rocksdb")
    }

    /// The engine that the live store has, where this build has it.
    pub const REAL: Engine = if cfg!(feature = "rocksdb") { Engine::RocksDb } else { Engine::Memory };
}
