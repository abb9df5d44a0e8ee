//! The most memory that something needs.
//!
//! What a process once had and gave back, it often keeps, and takes from that again: later needs do not show. So this is measured
//! in a process that does nothing else before, beside the one in which the times are measured.

use std::path::Path;

use super::apply::{Made, Workload, on_new_store};
use super::dump::{SNAPSHOT, dump_ordered, dump_snapshot, dump_unordered, new_folder};
use super::kind::Kind;
use super::meter::Meter;
use super::rows::Rows;
use super::shape::Shape;
use super::stop::BenchError;
use super::verify;
use crate::database::{Database, Engine};
use crate::jobs::Interrupt;
use crate::snapshot::SnapshotFile;

/// The database that a folder has, if this build has databases on disk.
pub(super) const DATABASE: &str = "db";

/// What is done once more, to see how much memory it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need<'a> {
    /// What.
    pub kind: Kind,
    /// On which lists.
    pub shape: Shape,
    /// How many items.
    pub n: u64,
    /// What the workload is drawn from.
    pub seed: u64,
    /// A folder with the database and the snapshot file that the workload leads to.
    pub folder: &'a Path,
}

/// Who runs [`peak`] in a process of its own; `None` if that cannot be had.
pub type Ask<'a> = dyn Fn(Need<'_>) -> Option<u64> + 'a;

/// Does it, and gives the most memory that this process had, beyond what it had before. `None` where the system does not say, or
/// this build cannot do it in a process of its own.
///
/// # Errors
///
/// As [`run`](super::run()).
pub fn peak(need: Need<'_>) -> Result<Option<u64>, BenchError> {
    let Need { kind, shape, n, seed, folder } = need;
    let workload = Workload { shape, items: n, seed, interrupt: &Interrupt::NEVER };
    let scratch = tempfile::tempdir_in(folder).map_err(BenchError::at(folder.display()))?;
    let dump = new_folder(scratch.path(), "dump")?;
    let snapshot = folder.join(SNAPSHOT);
    let rows = || Rows::of(&SnapshotFile::open(&snapshot, None).map_err(BenchError::at("open a snapshot"))?);
    let bytes = match kind {
        Kind::ApplyRocksdb | Kind::ApplyMemory => {
            let (engine, database) = (kind.engine().unwrap_or(Engine::Memory), scratch.path().join(DATABASE));
            let mut meter = Meter::new();
            let _store = on_new_store(workload, (engine, Made::ToKeep, &database), &mut meter)?;
            meter.peak_bytes()
        }
        // A database in memory is in nobody else's.
        Kind::DumpDatabase if !Engine::RocksDb.is_built_in() => None,
        Kind::DumpDatabase => {
            let database =
                Database::open_read_only(&folder.join(DATABASE)).map_err(BenchError::at("open a database"))?;
            needed(|| dump_ordered(&database.snapshot(), &dump).map(drop))?
        }
        Kind::DumpSnapshot => needed(|| dump_snapshot(&snapshot, &dump).map(drop))?,
        Kind::DumpRandom => {
            let rows = rows()?.shuffled(seed);
            needed(|| dump_unordered(&rows, &dump).map(drop))?
        }
        Kind::DumpMemory => {
            let rows = rows()?;
            needed(|| dump_ordered(&rows, &dump).map(drop))?
        }
        Kind::VerifyRocksdb | Kind::VerifyMemory => {
            let (engine, case) = (kind.engine().unwrap_or(Engine::Memory), new_folder(scratch.path(), "case")?);
            needed(|| Ok(verify::case(workload.steps(), engine, &case, &Interrupt::NEVER).map(drop)?))?
        }
    };
    Ok(bytes)
}

fn needed(work: impl FnOnce() -> Result<(), BenchError>) -> Result<Option<u64>, BenchError> {
    let mut meter = Meter::new();
    meter.timed(work)?;
    Ok(meter.peak_bytes())
}
