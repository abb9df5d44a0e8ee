//! Round-trip checks for a Rust test suite: of a store in its own process, or of a decoder.
//!
//! A [`Suite`] generates workloads from a seed: Redis commands on a few keys, with transactions, expiries, binary values and
//! malformed requests among them. It runs them in one of two ways, and returns what went wrong as values:
//!
//! - [`Suite::check_store`] runs them on a store of yours, a [`TestedStore`], and on a model of Redis. Every reply must be
//!   the same, and at the end of each case every key, item and expiry.
//! - [`Suite::check_decoder`] has our own store write each case as a snapshot file, and a decoder of yours make a dump of it.
//!   The dump must be well-formed, and show what a Redis client would see.
//!
//! Both return a [`Found`] for each *class* of findings: one bug is one class, most likely. Its trace is cut down to the few
//! commands that it takes. Keep it, and run it again with [`Suite::of_trace`]: a seed makes other cases in the next version of
//! this crate, and a trace does not.
//!
//! ```
//! use ekv_roundtrip::suite::{KeyState, Reply, State, Suite, TestedStore};
//!
//! /// A store that has forgotten everything.
//! struct Forgetful;
//!
//! impl TestedStore for Forgetful {
//!     fn execute(&mut self, _request: &[Vec<u8>], _at_ms: u64) -> Result<Reply, String> {
//!         Ok(Reply::Integer(0))
//!     }
//!
//!     fn state(&mut self, _at_ms: u64) -> Result<State, String> {
//!         Ok(State::default())
//!     }
//!
//!     fn knows(&self, command: &str) -> bool {
//!         ["RPUSH", "LLEN"].contains(&command)
//!     }
//! }
//!
//! let found = Suite::new(42).cases(3).check_store(|| Forgetful)?;
//! assert_eq!(found[0].detail.lines().count(), 3, "the command and both replies:\n{}", found[0]);
//! # Ok::<(), ekv_roundtrip::suite::SuiteError>(())
//! ```
//!
//! `examples/test_suite.rs` has a store that is almost right. A seed makes the same cases with the same version of
//! this crate.

mod found;

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use crate::campaign::shapes::{TINY_SEED, taken};
use crate::campaign::shrink::shrink;
use crate::case::{CaseError, CasePlan, CaseReport, Demands, Shapes, run_case, run_tested_case};
use crate::database::Engine;
use crate::decoder::Decoder;
use crate::jobs::Interrupt;
use crate::store::MetaWidth;
use crate::workload::{CaseSpec, Generator, Profile, Step, Trace, case_seed, schedule};

pub use crate::case::TestedStore;
pub use crate::command::Reply;
pub use crate::finding::FindingKind;
pub use crate::format::ExpireAtMs;
pub use crate::state::{KeyState, State, Value};
pub use found::{Found, SuiteError};

/// No attempt at a smaller trace is begun after this time.
const SHRINK_TIME: Duration = Duration::from_secs(10);

/// Cases: generated from a seed, or those of a trace.
#[derive(Clone, Debug)]
pub struct Suite {
    seed: u64,
    cases: u64,
    commands: u64,
    profiles: Vec<&'static Profile>,
    /// The snapshots of decoders.
    shapes: Shapes,
    /// In place of generated steps.
    trace: Option<Vec<Step>>,
}

impl Suite {
    /// 100 cases of 200 commands, of every profile but those of very large lists and very many keys.
    pub fn new(seed: u64) -> Suite {
        Suite { seed, cases: 100, commands: 200, profiles: Profile::light(), shapes: Shapes::live(), trace: None }
    }

    /// The cases of a trace, such as a [`Found::trace`] that was kept: one with each of the two sizes of base metas that
    /// snapshots have.
    ///
    /// # Errors
    ///
    /// A malformed line.
    pub fn of_trace(trace: &str) -> Result<Suite, SuiteError> {
        let trace = Trace::read(trace.as_bytes()).map_err(|error| SuiteError(error.to_string()))?;
        let seed = trace.header.as_ref().and_then(|header| header.seed).unwrap_or_default();
        Ok(Suite { seed, cases: 2, trace: Some(trace.steps), ..Suite::new(seed) })
    }

    /// The same with another number of cases.
    pub fn cases(self, cases: u64) -> Suite {
        Suite { cases, ..self }
    }

    /// The same with another number of commands in each generated case.
    pub fn commands(self, commands: u64) -> Suite {
        Suite { commands, ..self }
    }

    /// The same with cases of one profile, by its name, such as `ttl`; `ekv-roundtrip verify --help` lists them.
    ///
    /// # Errors
    ///
    /// There is no such profile.
    pub fn profile(self, name: &str) -> Result<Suite, SuiteError> {
        let profile = Profile::find(name).ok_or_else(|| SuiteError(format!("there is no profile {name:?}")))?;
        Ok(Suite { profiles: vec![profile], ..self })
    }

    /// The same for a decoder that reads exported files alone: bare streams with one version of each key, of lists.
    pub fn exported_files(self) -> Suite {
        Suite { shapes: Shapes::exported(), ..self }
    }

    /// Runs the cases on stores that `new_store` makes, empty, one for each run of a case. A case with a finding is run
    /// again and again, for ten seconds at most, to cut its trace down.
    ///
    /// # Errors
    ///
    /// A case could not be run, for want of a temporary folder, for instance; or nothing was compared, because the store
    /// knows too few commands.
    pub fn check_store<S: TestedStore>(&self, mut new_store: impl FnMut() -> S) -> Result<Vec<Found>, SuiteError> {
        self.run(&Demands::NONE, None, &mut |plan| run_tested_case(plan, &mut new_store()))
    }

    /// Has `decode` read the snapshot of each case, the first path, and make a dump at the second, which does not exist. The
    /// snapshots have all that a live engine writes: every version, rows of the engine's own and of other types, and in each
    /// case another framing. Before the cases comes a snapshot of one list in each of these shapes; one that is not taken is
    /// found once, as a [`FindingKind::DecoderShape`], and the cases go on without it. An
    /// `Err` or a panic of it is a finding, since the snapshots are well-formed. It has no time limit. A case with a finding
    /// is run again and again, for ten seconds at most, to cut its trace down.
    ///
    /// # Errors
    ///
    /// A case could not be run, for want of a temporary folder, for instance; or nothing was compared.
    pub fn check_decoder(
        &self,
        decode: impl Fn(&Path, &Path) -> Result<(), String> + Send + Sync + 'static,
    ) -> Result<Vec<Found>, SuiteError> {
        let demands = Demands { decoder: Some(Decoder::function(decode)), ..Demands::NONE };
        let work = tempfile::tempdir().map_err(|error| SuiteError(format!("make a folder: {error}")))?;
        let taken = taken(&demands, &self.shapes, NonZeroUsize::MIN, work.path(), None)?;
        let refused = taken.refused.into_iter();
        let mut found: Vec<Found> = refused
            .map(|refusal| Found::new(None, TINY_SEED, refusal.finding, refusal.steps))
            .collect::<Result<_, _>>()?;
        found.extend(self.run(&demands, Some(&taken.shapes), &mut |plan| run_case(plan))?);
        Ok(found)
    }

    fn run(
        &self,
        demands: &Demands,
        shapes: Option<&Shapes>,
        run_case: &mut dyn FnMut(CasePlan<'_>) -> Result<CaseReport, CaseError>,
    ) -> Result<Vec<Found>, SuiteError> {
        let mut found: Vec<Found> = Vec::new();
        let (mut commands, mut keys) = (0, 0);
        for case in 0..self.cases {
            let Case { seed, turn, width, steps } = self.case(case);
            let demands = &shapes.map_or_else(|| demands.clone(), |shapes| shapes.demands(demands, case, turn));
            let mut check = |steps: &[Step]| {
                let folder =
                    tempfile::tempdir().map_err(|error| CaseError::Input(format!("make a folder: {error}")))?;
                let steps = Box::new(steps.iter().cloned().map(Ok));
                let (folder, engine) = (folder.path(), Engine::Memory);
                let plan = CasePlan { steps, width, folder, record: None, seed, demands, engine };
                let report = run_case(plan)?;
                commands += report.commands;
                keys += report.lists;
                Ok::<_, CaseError>(report.finding)
            };
            let Some(finding) = check(&steps)? else { continue };
            if found.iter().any(|known| known.class == finding.fingerprint()) {
                continue;
            }
            let mut like = |steps: &[Step]| Ok(check(steps)?.filter(|found| found.is_like(&finding)));
            // Who does not do the same twice has a finding all the same, and it is the first one.
            let shrunk = shrink(steps.clone(), SHRINK_TIME, &Interrupt::NEVER, &mut like, &mut |_| {})?;
            let (finding, steps) = shrunk.map_or((finding, steps), |shrunk| (shrunk.finding, shrunk.steps));
            found.push(Found::new(Some(case), seed, finding, steps)?);
        }
        // To find nothing in nothing would look like a store that is right.
        match found.is_empty() {
            true if commands == 0 => Err(SuiteError("nothing was compared: no command was run".to_owned())),
            true if keys == 0 => {
                Err(SuiteError("nothing was compared: no command that was run left a key, in any case".to_owned()))
            }
            _ => Ok(found),
        }
    }

    fn case(&self, case: u64) -> Case {
        if let Some(steps) = &self.trace {
            return Case { seed: self.seed, turn: case, width: MetaWidth::of_turn(case), steps: steps.clone() };
        }
        let (profile, turn) = schedule(case, &self.profiles);
        let seed = case_seed(self.seed, case);
        let spec = CaseSpec { seed, profile, commands: self.commands, keys: None, clients: 1 };
        Case { seed, turn, width: MetaWidth::of_turn(turn), steps: Generator::new(&spec).collect() }
    }
}

struct Case {
    /// What the case's own choices are drawn from.
    seed: u64,
    /// How many before it had the same profile.
    turn: u64,
    /// The size of base metas in its snapshot.
    width: MetaWidth,
    steps: Vec<Step>,
}

#[cfg(test)]
mod tests;
