//! Cases of `verify`, beside the two things without which there is no round trip.

use std::path::Path;

use super::apply::{Made, Workload, on_new_store};
use super::dump::{dump_in_memory, new_folder, remove};
use super::meter::Meter;
use super::stop::BenchError;
use super::turns::{Turns, in_turns};
use crate::case::replay::command_count;
use crate::case::{CaseError, CasePlan, CaseReport, Demands, run_case};
use crate::database::Engine;
use crate::jobs::Interrupt;
use crate::store::MetaWidth;
use crate::workload::Step;

/// What the choices of a case are drawn from. With this one it has its files in memory, and is not read a second time, as most
/// cases are not.
const CASE_SEED: u64 = 1;

/// Runs a case in an empty folder.
pub(super) fn case(
    steps: impl Iterator<Item = Step>,
    engine: Engine,
    folder: &Path,
    interrupt: &Interrupt,
) -> Result<CaseReport, CaseError> {
    let (width, record, seed, steps) = (MetaWidth::Short, None, CASE_SEED, Box::new(steps.map(Ok)));
    let demands = Demands::NONE.with_interrupt(interrupt);
    run_case(CasePlan { steps, width, folder, record, seed, demands: &demands, engine })
}

/// Measures a case of a workload.
pub(super) fn measure(workload: Workload<'_>, engine: Engine, parent: &Path) -> Result<Turns, BenchError> {
    let measured = |_| {
        let steps: Vec<Step> = workload.steps().collect();
        let commands = command_count(&steps);
        let folder = new_folder(parent, "case")?;
        let mut meter = Meter::new();
        let report = meter.timed(|| case(steps.into_iter(), engine, &folder, workload.interrupt))?;
        let usage = meter.usage();
        if let Some(finding) = report.finding {
            return Err(BenchError::Wrong(format!("a case that is right has a finding: {}", finding.detail)));
        }
        if report.commands != commands {
            return Err(BenchError::Wrong(format!("a case ran {} commands of {commands}", report.commands)));
        }
        remove(&folder)?;
        Ok(usage)
    };
    let floor = |_| {
        let database = parent.join("floor-db");
        let mut meter = Meter::new();
        let store = on_new_store(workload, (engine, Made::ForCase, &database), &mut meter)?;
        // Where the case has its dumps.
        meter.timed(|| dump_in_memory(&store.database().snapshot()))?;
        let usage = meter.usage();
        drop(store);
        if database.exists() {
            remove(&database)?;
        }
        Ok(usage)
    };
    in_turns(workload.interrupt, measured, floor)
}
