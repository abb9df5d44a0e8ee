//! Whether a fault is caught: cases are run with it until one has a finding, whose trace is then made small.

use std::path::Path;
use std::time::Duration;

use super::Fault;
use crate::database::Engine;
use crate::interrupt::Interrupt;
use crate::store::MetaWidth;
use crate::verify::case::{CaseError, CasePlan, run_case};
use crate::verify::finding::Finding;
use crate::verify::shrink::{Attempts, Shrunk, shrink};
use crate::workload::{CaseSpec, Generator, PROFILES, Profile, Step, case_seed, schedule};

/// Commands of a case.
pub const COMMANDS: u64 = 1000;
/// Shrinking ends after so long, done or not.
const SHRINK_TIME: Duration = Duration::from_secs(20);

/// A case that a fault was met in.
#[derive(Clone, Debug)]
pub struct Met {
    /// The number of the case, from 0.
    pub case: u64,
    /// What the case's own choices were drawn from.
    pub case_seed: u64,
    /// The profile of its workload.
    pub profile: &'static Profile,
    /// Which base metas were written.
    pub width: MetaWidth,
    /// Its steps.
    pub steps: Vec<Step>,
    /// What was found.
    pub finding: Finding,
}

/// Runs cases of a seed with a fault until one has a finding; `None` if none of the first `cases` has.
///
/// # Errors
///
/// The environment.
pub fn meet(
    fault: &'static Fault,
    seed: u64,
    cases: u64,
    commands: u64,
    work: &Path,
) -> Result<Option<Met>, CaseError> {
    // Every profile but those whose cases are a hundred times as large.
    let profiles: Vec<&'static Profile> = PROFILES.iter().filter(|profile| profile.share_of_100 > 1).collect();
    let demands = fault.demands();
    for case in 0..cases {
        let (profile, turn) = schedule(case, &profiles);
        let width = if turn.is_multiple_of(2) { MetaWidth::Short } else { MetaWidth::Long };
        let case_seed = case_seed(seed, case);
        let spec = CaseSpec { seed: case_seed, profile, commands, keys: None };
        let folder = new_folder(work)?;
        let steps = Box::new(Generator::new(&spec).map(Ok));
        let plan = CasePlan {
            steps,
            width,
            folder: folder.path(),
            record: None,
            seed: case_seed,
            demands: &demands,
            engine: Engine::Memory,
        };
        if let Some(finding) = run_case(plan)?.finding {
            let steps = Generator::new(&spec).collect();
            return Ok(Some(Met { case, case_seed, profile, width, steps, finding }));
        }
    }
    Ok(None)
}

/// Makes the trace of a met fault small, and runs what is left once more: `None` if that has another finding.
///
/// # Errors
///
/// The environment.
pub fn shrink_met(fault: &'static Fault, met: &Met, work: &Path) -> Result<Option<Shrunk>, CaseError> {
    let demands = fault.demands();
    let attempts = Attempts { folder: work, demands: &demands, servers: None, seed: met.case_seed };
    let mut check = |steps: &[Step]| attempts.run(steps, met.width);
    let shrunk = shrink(met.steps.clone(), SHRINK_TIME, &Interrupt::NEVER, &mut check, &mut |_| {})?;
    let Some(shrunk) = shrunk else { return Ok(None) };
    let again = attempts.run(&shrunk.steps, met.width)?;
    Ok(again.filter(|again| again.is_like(&met.finding)).map(|_| shrunk))
}

fn new_folder(work: &Path) -> Result<tempfile::TempDir, CaseError> {
    let failed = |error| CaseError::Input(format!("make a folder in {}: {error}", work.display()));
    tempfile::Builder::new().prefix("fault-").tempdir_in(work).map_err(failed)
}
