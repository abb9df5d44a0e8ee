//! Whether a fault is caught: cases are run with it until one has a finding, whose trace is then made small.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::attempts::Attempts;
use super::shrink::{Shrunk, shrink};
use crate::case::{CaseError, Demands};
use crate::database::{Engine, Files};
use crate::faults::Fault;
use crate::finding::Finding;
use crate::jobs::Interrupt;
use crate::store::MetaWidth;
use crate::workload::{CaseSpec, Profile, Step, case_seed, schedule};

/// Commands of a case.
const COMMANDS: u64 = 1000;
/// Clients, where it takes several.
const CLIENTS: u32 = 3;
/// So few keys that several clients are often at one of them.
const SHARED_KEYS: u64 = 3;
/// Shrinking ends after so long, done or not: 20 seconds of cutting, and the part that is kept for names.
const SHRINK_TIME: Duration = Duration::from_secs(25);

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

/// What came of a fault.
#[derive(Clone, Debug)]
pub enum Ending {
    /// It was reported as it must be, and the small trace repeats that, with dumps in memory and on disk.
    Caught(Met, Box<Shrunk>),
    /// No case had a finding.
    Escaped,
    /// It was reported as something that it must not be.
    Misreported(Met),
    /// The small trace has another finding.
    Unrepeated(Met),
}

/// Runs cases of a seed with a fault, and makes the trace small of the one that it is met in. `work` is a folder that
/// may be filled.
///
/// # Errors
///
/// The environment, or somebody wished to end.
pub fn hunt(
    fault: &'static Fault,
    seed: u64,
    cases: u64,
    (engine, work): (Engine, &Path),
    interrupt: &Interrupt,
) -> Result<Ending, CaseError> {
    let is_met = |_: &Finding| true;
    let Some(met) = meet(fault, seed, 0..cases, COMMANDS, (engine, work), (interrupt, &is_met))? else {
        return Ok(Ending::Escaped);
    };
    if !fault.is_reported_by(&met.finding) {
        return Ok(Ending::Misreported(met));
    }
    let demands = Demands::of_fault(fault);
    let attempts = Attempts { folder: work, demands: &demands, servers: None, engine, seed: met.case_seed };
    let mut check = |steps: &[Step]| attempts.run(steps, met.width);
    let shrunk = shrink(met.steps.clone(), SHRINK_TIME, interrupt, &mut check, &mut |_| {})?;
    if interrupt.is_wished() {
        return Err(CaseError::Interrupted);
    }
    let Some(shrunk) = shrunk else { return Ok(Ending::Unrepeated(met)) };
    for files in [Files::InMemory, Files::OnDisk] {
        let demands = Demands { dumps: Some(files), ..demands.clone() };
        let again = Attempts { demands: &demands, ..attempts }.run(&shrunk.steps, met.width)?;
        if !again.is_some_and(|again| again.is_like(&met.finding)) {
            return Ok(Ending::Unrepeated(met));
        }
    }
    Ok(Ending::Caught(met, Box::new(shrunk)))
}

/// Runs cases of a seed with a fault until one has a finding that is wanted; `None` if none has.
///
/// # Errors
///
/// The environment.
pub(super) fn meet(
    fault: &'static Fault,
    seed: u64,
    cases: Range<u64>,
    commands: u64,
    (engine, work): (Engine, &Path),
    (interrupt, is_wanted): (&Interrupt, &dyn Fn(&Finding) -> bool),
) -> Result<Option<Met>, CaseError> {
    let profiles = Profile::light();
    let demands = Demands::of_fault(fault);
    for case in cases {
        if interrupt.is_wished() {
            return Err(CaseError::Interrupted);
        }
        let (profile, turn) = schedule(case, &profiles);
        let width = MetaWidth::of_turn(turn);
        let case_seed = case_seed(seed, case);
        let (keys, clients) = if fault.needs_clients() { (Some(SHARED_KEYS), CLIENTS) } else { (None, 1) };
        let steps: Vec<Step> = CaseSpec { seed: case_seed, profile, commands, keys, clients }.steps().collect();
        let attempts = Attempts { folder: work, demands: &demands, servers: None, engine, seed: case_seed };
        if let Some(finding) = attempts.run(&steps, width)?.filter(is_wanted) {
            return Ok(Some(Met { case, case_seed, profile, width, steps, finding }));
        }
    }
    Ok(None)
}
