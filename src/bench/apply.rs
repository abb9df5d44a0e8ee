//! Commands on a store, beside the same batches without one.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::meter::Meter;
use super::shape::Shape;
use super::stop::BenchError;
use crate::case::replay::on_store;
use crate::database::{Change, Database, Engine, Files, History, Logging};
use crate::format::CommitTs;
use crate::jobs::Interrupt;
use crate::store::{MetaWidth, Store};
use crate::workload::Step;

/// Steps that are drawn before they are timed.
const CHUNK: usize = 256;

/// The workload of a measurement.
#[derive(Clone, Copy)]
pub(super) struct Workload<'a> {
    pub(super) shape: Shape,
    pub(super) items: u64,
    pub(super) seed: u64,
    pub(super) interrupt: &'a Interrupt,
}

impl Workload<'_> {
    /// Calls `work` with so many steps at a time.
    fn chunks(self, mut work: impl FnMut(&[Step]) -> Result<(), BenchError>) -> Result<(), BenchError> {
        let mut steps = self.shape.steps(self.items, self.seed);
        loop {
            if self.interrupt.is_wished() {
                return Err(BenchError::Interrupted);
            }
            let chunk: Vec<Step> = steps.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            work(&chunk)?;
        }
    }

    /// All of them.
    pub(super) fn steps(self) -> impl Iterator<Item = Step> {
        self.shape.steps(self.items, self.seed)
    }
}

/// What a new database is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// To be kept, as `apply` makes it.
    ToKeep,
    /// To be thrown away after a case, as `verify` makes it.
    ForCase,
}

/// A new database.
pub(super) fn new_database(engine: Engine, made: Made, folder: &Path) -> Result<Database, BenchError> {
    let database = match (engine, made) {
        (Engine::Memory, _) => return Ok(Database::in_memory(History::Dropped)),
        (Engine::RocksDb, Made::ToKeep) => Database::create(folder, History::Dropped),
        (Engine::RocksDb, Made::ForCase) => {
            Database::create_for_case(folder, History::Dropped, Files::InMemory, Logging::On)
        }
    };
    database.map_err(BenchError::at("make a database"))
}

/// Runs a workload on a new store, which is then closed in order.
pub(super) fn on_new_store(
    workload: Workload<'_>,
    (engine, made, folder): (Engine, Made, &Path),
    meter: &mut Meter,
) -> Result<Store, BenchError> {
    let database = meter.timed(|| new_database(engine, made, folder))?;
    let mut store = Store::over(database, MetaWidth::Short).map_err(BenchError::at("run a workload"))?;
    workload.chunks(|steps| {
        let run = || steps.iter().try_for_each(|step| on_store(&mut store, step).map(drop));
        meter.timed(run).map_err(BenchError::at("run a workload"))
    })?;
    meter.timed(|| store.sync()).map_err(BenchError::at("run a workload"))?;
    Ok(store)
}

type Batch = (CommitTs, Vec<(Vec<u8>, Option<Vec<u8>>)>);

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) commands: u64,
    /// Keys and values.
    pub(super) bytes: u64,
}

/// Writes the batches of a workload to a new database, as a store closes it. A store in memory says what they are.
pub(super) fn without_store(
    workload: Workload<'_>,
    (engine, folder): (Engine, &Path),
    meter: &mut Meter,
) -> Result<(Database, Written), BenchError> {
    let batches: Arc<Mutex<Vec<Batch>>> = Arc::default();
    let written = Arc::clone(&batches);
    let watch = move |commit_ts, changes: &[Change<'_>]| {
        let owned = changes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)));
        written.lock().unwrap_or_else(PoisonError::into_inner).push((commit_ts, owned.collect()));
    };
    let draft = Database::in_memory(History::Dropped).watched(Arc::new(watch));
    let mut draft = Store::over(draft, MetaWidth::Short).map_err(BenchError::at("write batches"))?;
    let database = meter.timed(|| new_database(engine, Made::ToKeep, folder))?;
    let mut total = Written::default();
    let mut write = |meter: &mut Meter| {
        let batches = std::mem::take(&mut *batches.lock().unwrap_or_else(PoisonError::into_inner));
        let rows = batches.iter().flat_map(|(_, rows)| rows);
        total.bytes += rows.map(|(key, value)| (key.len() + value.as_ref().map_or(0, Vec::len)) as u64).sum::<u64>();
        let commit = |(commit_ts, rows): &Batch| {
            database.commit(rows.iter().map(|(key, value)| (key.as_slice(), value.as_deref())), *commit_ts)
        };
        meter.timed(|| batches.iter().try_for_each(commit)).map_err(BenchError::at("write batches"))
    };
    workload.chunks(|steps| {
        for step in steps {
            let ran = on_store(&mut draft, step).map_err(BenchError::at("write batches"))?;
            total.commands += ran.answers.len() as u64;
        }
        write(meter)
    })?;
    draft.sync().map_err(BenchError::at("write batches"))?;
    write(meter)?;
    meter.timed(|| database.flush()).map_err(BenchError::at("write batches"))?;
    Ok((database, total))
}

/// Fails unless two databases have the same records.
pub(super) fn require_same(one: &Database, other: &Database) -> Result<(), BenchError> {
    let (mut ones, mut others) = (one.rows(b"", None), other.rows(b"", None));
    loop {
        match (
            ones.current().map_err(BenchError::at("read a database"))?,
            others.current().map_err(BenchError::at("read a database"))?,
        ) {
            (None, None) => return Ok(()),
            (found, expected) if found == expected => {}
            _ => {
                return Err(BenchError::Wrong(
                    "a store over one engine wrote other records than over another".to_owned(),
                ));
            }
        }
        ones.step();
        others.step();
    }
}
