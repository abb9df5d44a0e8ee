//! A whole run: every kind, on lists of every shape and size.

use std::ops::RangeInclusive;
use std::path::Path;

use super::apply::{Made, Workload, Written, on_new_store, require_same, without_store};
use super::dump::{Dumped, new_folder, remove};
use super::figures::{FORMAT_VERSION, FittedGrowth, Measurement, Run};
use super::fit::best_fit;
use super::kind::Kind;
use super::machine::Machine;
use super::meter::Meter;
use super::peak::{Ask, DATABASE, Need};
use super::shape::Shape;
use super::stop::BenchError;
use super::turns::{Turns, in_turns};
use super::verify;
use crate::database::{Database, Engine};
use crate::jobs::Interrupt;

/// The smallest n, and by how much each is larger than the one before.
const FIRST: u64 = 1_000;
const STEP: u64 = 10;

/// The largest n can be from here to there.
pub const MAX_ITEMS: RangeInclusive<u64> = FIRST..=10_000_000;

/// What is measured, and where.
pub struct Settings<'a> {
    /// What the workloads are drawn from.
    pub seed: u64,
    /// No n is larger.
    pub max_items: u64,
    /// An empty folder for databases, snapshots and dumps.
    pub folder: &'a Path,
    /// Who wishes that the run ends.
    pub interrupt: Interrupt,
    /// Who asks another process for the memory that something needs.
    pub peak: &'a Ask<'a>,
}

/// What a run measures, in its order.
pub fn planned(max_items: u64) -> Vec<(u64, Shape, Kind)> {
    let counts = std::iter::successors(Some(FIRST), |n| n.checked_mul(STEP)).take_while(|n| *n <= max_items);
    let shapes = counts.flat_map(|n| Shape::ALL.map(|shape| (n, shape)));
    let kinds = shapes.flat_map(|(n, shape)| Kind::ALL.map(|kind| (n, shape, kind)));
    kinds.filter(|(.., kind)| kind.is_built_in()).collect()
}

/// Measures everything, and calls `measured` after each measurement.
///
/// # Errors
///
/// An environment that fails, a result that is wrong, or the wish to end.
pub fn run(settings: &Settings<'_>, measured: impl FnMut(&Measurement)) -> Result<Run, BenchError> {
    Ok(of_results(settings, measure(settings, &planned(settings.max_items), measured)?))
}

/// A run with these results.
fn of_results(settings: &Settings<'_>, measurements: Vec<Measurement>) -> Run {
    Run {
        format_version: FORMAT_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: settings.seed,
        max_items: settings.max_items,
        machine: Machine::this(settings.folder),
        fits: fits(&measurements),
        measurements,
    }
}

/// Measures what is planned: for each shape and size, everything.
pub(super) fn measure(
    settings: &Settings<'_>,
    plan: &[(u64, Shape, Kind)],
    mut measured: impl FnMut(&Measurement),
) -> Result<Vec<Measurement>, BenchError> {
    let mut measurements: Vec<Measurement> = Vec::new();
    for part in plan.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
        let Some(&(n, shape, _)) = part.first() else { continue };
        let workload = Workload { shape, items: n, seed: settings.seed, interrupt: &settings.interrupt };
        let folder = new_folder(settings.folder, "part")?;
        let mut bench = Part {
            workload,
            folder: &folder,
            peak: settings.peak,
            database: None,
            measured: &mut |measurement| {
                measured(&measurement);
                measurements.push(measurement);
            },
        };
        bench.run(part.iter().map(|(.., kind)| *kind))?;
        drop(bench);
        remove(&folder)?;
    }
    Ok(measurements)
}

/// Everything on lists of one shape and size.
struct Part<'a> {
    workload: Workload<'a>,
    folder: &'a Path,
    peak: &'a Ask<'a>,
    /// What a store has left of the workload, and how much that was.
    database: Option<(Database, Written)>,
    measured: &'a mut dyn FnMut(Measurement),
}

impl Part<'_> {
    fn run(&mut self, kinds: impl Iterator<Item = Kind>) -> Result<(), BenchError> {
        let (applied, others): (Vec<Kind>, Vec<Kind>) =
            kinds.partition(|kind| matches!(kind, Kind::ApplyRocksdb | Kind::ApplyMemory));
        for kind in applied {
            self.apply(kind)?;
        }
        // The first of the engines is the live store's, if this build has it.
        let Some((database, written)) = self.database.take() else { return Ok(()) };
        let dumped = Dumped::of(&database, self.folder)?;
        for kind in others {
            let Workload { items, seed, interrupt, .. } = self.workload;
            match kind.engine() {
                Some(engine) => {
                    let turns = verify::measure(self.workload, engine, self.folder)?;
                    self.tell(kind, items, Some(written.commands), written.bytes, turns);
                }
                None => {
                    let turns = dumped.measure(kind, seed, interrupt)?;
                    self.tell(kind, dumped.items, None, dumped.bytes(), turns);
                }
            }
        }
        Ok(())
    }

    fn apply(&mut self, kind: Kind) -> Result<(), BenchError> {
        let engine = kind.engine().unwrap_or(Engine::Memory);
        let (path, floor_path) = (self.folder.join(DATABASE), self.folder.join("floor-db"));
        let workload = self.workload;
        let kept: std::cell::RefCell<Option<Database>> = std::cell::RefCell::default();
        let mut written = None;
        let measured = |_| {
            kept.take();
            // One in memory has no folder, and that of the other engine is still needed.
            if engine == Engine::RocksDb {
                remove_database(&path)?;
            }
            let mut meter = Meter::new();
            let store = on_new_store(workload, (engine, Made::ToKeep, &path), &mut meter)?;
            let usage = meter.usage();
            kept.replace(Some(store.into_database()));
            Ok(usage)
        };
        let floor = |round| {
            let mut meter = Meter::new();
            let (database, total) = without_store(workload, (engine, &floor_path), &mut meter)?;
            let usage = meter.usage();
            written = Some(total);
            if let Some(kept) = kept.borrow().as_ref().filter(|_| round == 0) {
                require_same(kept, &database)?;
            }
            drop(database);
            remove_database(&floor_path)?;
            Ok(usage)
        };
        let turns = in_turns(workload.interrupt, measured, floor)?;
        let written = written.unwrap_or_default();
        self.tell(kind, workload.items, Some(written.commands), written.bytes, turns);
        if let Some(database) = kept.take().filter(|_| self.database.is_none()) {
            self.database = Some((database, written));
        }
        Ok(())
    }

    fn tell(&mut self, kind: Kind, items: u64, commands: Option<u64>, bytes: u64, turns: Turns) {
        let Turns { rounds, usage, floor } = turns;
        let Workload { shape, items: n, seed, .. } = self.workload;
        let ratio = usage.cpu_seconds / floor.cpu_seconds;
        let peak_bytes = (self.peak)(Need { kind, shape, n, seed, folder: self.folder });
        (self.measured)(Measurement {
            kind,
            shape,
            n,
            items,
            commands,
            bytes,
            rounds,
            usage,
            floor,
            peak_bytes,
            ratio,
        });
    }
}

fn remove_database(path: &Path) -> Result<(), BenchError> {
    if path.exists() { remove(path) } else { Ok(()) }
}

/// How the times of measurements grow.
pub(super) fn fits(measurements: &[Measurement]) -> Vec<FittedGrowth> {
    let pairs = Kind::ALL.into_iter().flat_map(|kind| Shape::ALL.map(|shape| (kind, shape)));
    let fitted = pairs.filter_map(|(kind, shape)| {
        let same = measurements.iter().filter(|measurement| (measurement.kind, measurement.shape) == (kind, shape));
        let times: Vec<(u64, f64)> = same.map(|measurement| (measurement.n, measurement.usage.cpu_seconds)).collect();
        best_fit(&times).map(|fit| FittedGrowth { kind, shape, fit })
    });
    fitted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{HEADER, chart, fit_line, row};

    #[test]
    fn n_grows_in_steps_of_ten_as_far_as_was_asked_for() {
        let counts = |max_items| -> Vec<u64> {
            let mut counts: Vec<u64> = planned(max_items).into_iter().map(|(n, ..)| n).collect();
            counts.dedup();
            counts
        };
        assert_eq!(counts(1_000), [1_000]);
        assert_eq!(counts(99_999), [1_000, 10_000]);
        assert_eq!(counts(10_000_000), [1_000, 10_000, 100_000, 1_000_000, 10_000_000]);
    }

    #[test]
    fn everything_that_is_planned_is_measured_with_figures_that_can_be() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = Settings {
            seed: 3,
            max_items: 1_000,
            folder: folder.path(),
            interrupt: Interrupt::NEVER,
            peak: &|_| Some(7),
        };
        let mut told = Vec::new();
        let run = run(&settings, |measurement| told.push(measurement.clone())).expect("measured");
        assert_eq!(run.measurements, told);
        let found = told.iter().map(|measurement| (measurement.n, measurement.shape, measurement.kind));
        assert!(found.eq(planned(1_000)));
        for Measurement { kind, items, commands, bytes, rounds, usage, floor, peak_bytes, ratio, .. } in told {
            let is_dump = kind.engine().is_none();
            assert!(items > 500 && items <= 1_000 && (is_dump || items == 1_000), "{kind:?}: {items} items");
            assert_eq!(commands.is_none(), is_dump, "{kind:?}");
            assert!(bytes > 10_000 && rounds >= 3, "{kind:?}: {bytes} bytes, {rounds} rounds");
            for usage in [usage, floor] {
                assert!(usage.cpu_seconds > 0.0 && usage.seconds > 0.0, "{kind:?}: {usage:?}");
            }
            assert_eq!(peak_bytes, Some(7), "{kind:?}");
            assert!(ratio > 0.0 && ratio.is_finite(), "{kind:?}: {ratio}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    /// The figures and the picture of docs/benchmarks.md, for dumps of one list as far as n goes.
    #[test]
    #[ignore = "make growth, for some minutes"]
    fn dumps_of_one_list_grow() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let max_items = *MAX_ITEMS.end();
        let settings =
            Settings { seed: 1, max_items, folder: folder.path(), interrupt: Interrupt::NEVER, peak: &|_| None };
        let mut measurements = Vec::new();
        println!("{HEADER}");
        for n in planned(max_items).chunk_by(|one, next| one.0 == next.0).map(|part| part[0].0) {
            let part = new_folder(folder.path(), "part").expect("a folder");
            // Made once, and not measured: the store takes longer than all dumps.
            let path = part.join(DATABASE);
            let workload = Workload { shape: Shape::Long, items: n, seed: 1, interrupt: &settings.interrupt };
            let made = (Engine::RocksDb, Made::ToKeep, path.as_path());
            let store = on_new_store(workload, made, &mut Meter::new()).expect("a database");
            let mut bench = Part {
                workload,
                folder: &part,
                peak: settings.peak,
                database: Some((store.into_database(), Written::default())),
                measured: &mut |measurement| {
                    println!("{}", row(&measurement));
                    measurements.push(measurement);
                },
            };
            bench.run(Kind::ALL.into_iter().filter(|kind| kind.engine().is_none())).expect("measured");
            drop(bench);
            remove(&part).expect("removed");
        }
        let grown = of_results(&settings, measurements);
        grown.fits.iter().for_each(|fitted| println!("{}", fit_line(fitted)));
        println!("{}", grown.machine);
        let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/growth.svg");
        std::fs::write(picture, chart(&grown)).expect("written");
    }

    #[test]
    fn a_wish_ends_the_run() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let interrupt = Interrupt::NEVER.until(std::time::Instant::now());
        let settings = Settings { seed: 3, max_items: 1_000, folder: folder.path(), interrupt, peak: &|_| None };
        assert!(matches!(run(&settings, |_| {}), Err(BenchError::Interrupted)));
    }
}
