//! What is measured, and beside which floor.

use serde::{Deserialize, Serialize};

use crate::database::Engine;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Commands on a store over RocksDB.
    ApplyRocksdb,
    /// Commands on a store in memory.
    ApplyMemory,
    /// A dump of a database.
    DumpDatabase,
    /// A dump of a snapshot file.
    DumpSnapshot,
    /// A dump of records that come in random order.
    DumpRandom,
    /// A dump of records that are in memory, in order.
    DumpMemory,
    /// A case of `verify` on RocksDB.
    VerifyRocksdb,
    /// A case of `verify` in memory.
    VerifyMemory,
}

impl Kind {
    /// Everything that is measured, in the order of the results.
    pub const ALL: [Kind; 8] = [
        Kind::ApplyRocksdb,
        Kind::ApplyMemory,
        Kind::DumpDatabase,
        Kind::DumpSnapshot,
        Kind::DumpRandom,
        Kind::DumpMemory,
        Kind::VerifyRocksdb,
        Kind::VerifyMemory,
    ];

    /// The name, as results have it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::ApplyRocksdb => "apply-rocksdb",
            Kind::ApplyMemory => "apply-memory",
            Kind::DumpDatabase => "dump-database",
            Kind::DumpSnapshot => "dump-snapshot",
            Kind::DumpRandom => "dump-random",
            Kind::DumpMemory => "dump-memory",
            Kind::VerifyRocksdb => "verify-rocksdb",
            Kind::VerifyMemory => "verify-memory",
        }
    }

    /// The one that is so called.
    pub fn find(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the floor does.
    pub fn floor(self) -> &'static str {
        match self {
            Kind::ApplyRocksdb | Kind::ApplyMemory => "writes the same batches, without a store",
            Kind::DumpDatabase => "scans the same records, writes files of the same sizes",
            Kind::DumpSnapshot => "reads the same file, writes files of the same sizes",
            Kind::DumpRandom => "visits the same records, writes files of the same sizes",
            Kind::DumpMemory => "writes files of the same sizes",
            Kind::VerifyRocksdb | Kind::VerifyMemory => "runs the same commands, and dumps the database once",
        }
    }

    /// What keeps the records, if it matters.
    pub fn engine(self) -> Option<Engine> {
        match self {
            Kind::ApplyRocksdb | Kind::VerifyRocksdb => Some(Engine::RocksDb),
            Kind::ApplyMemory | Kind::VerifyMemory => Some(Engine::Memory),
            Kind::DumpDatabase | Kind::DumpSnapshot | Kind::DumpRandom | Kind::DumpMemory => None,
        }
    }

    /// Whether this build can measure it.
    pub fn is_built_in(self) -> bool {
        self.engine().unwrap_or(Engine::Memory).is_built_in()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_one_in_json() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("JSON"), kind.name());
            assert_eq!(Kind::find(kind.name()), Some(kind));
        }
        assert!(Kind::ALL.is_sorted());
    }
}
