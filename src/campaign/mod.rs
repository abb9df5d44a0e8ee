//! Many cases, in parallel, their results in the order of their numbers whatever the number of threads.
//!
//! What a case does depends on the seed, its number and the settings, and not on the other cases: that is what lets one
//! be repeated alone.

mod attempts;
pub mod canary;
mod cut_short;
pub mod hunt;
mod needs;
mod open_trace;
mod pace;
pub mod shapes;
mod shard;
pub mod shrink;
mod shrink_quickly;
mod turns;
mod twice;

pub use attempts::Attempts;
pub use needs::{Need, Needs, needs};
pub use open_trace::OpenTrace;
pub use shard::Shard;
pub use shrink_quickly::{EngineCheck, shrink_quickly};
pub use turns::{CampaignError, NotDone, Outcome, Watched};

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use pace::Clock;
use turns::{CaseResult, Turn, in_order};

use serde::{Deserialize, Serialize};

use crate::case::{CaseError, CasePlan, CaseReport, Demands, Servers, Shapes, run_case, run_case_with};
use crate::database::Engine;
use crate::jobs::{Interrupt, panic_text};
use crate::store::MetaWidth;
use crate::workload::{CaseSpec, Header, Profile, Step, TraceError, case_seed, drawn_clients, schedule};
use crate::workload::{exhaustive, interleavings};

/// Which base metas the cases' stores write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetaChoice {
    /// 24 bytes everywhere.
    Short,
    /// 32 bytes everywhere.
    Long,
    /// Both, in turns.
    Both,
}

impl MetaChoice {
    /// How many there are.
    pub fn widths(self) -> u64 {
        if self == MetaChoice::Both { 2 } else { 1 }
    }
}

/// What the cases are made of.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Generated cases.
    Generated {
        /// The seed of the campaign.
        seed: u64,
        /// Commands a case.
        commands: u64,
        /// Keys a case; `None` leaves it to the profile.
        keys: Option<u64>,
        /// Clients a case; `None` leaves it to the seed of the case.
        clients: Option<u32>,
        /// The profiles that take turns; none means all, the heavy ones seldom.
        profiles: Vec<&'static Profile>,
    },
    /// Every sequence of a few steps, a case for each meta width. There can be a million of them, which on disk take an
    /// hour.
    Exhaustive {
        /// The most steps of a sequence.
        longest: u32,
    },
    /// Every way in which a few transactions of several clients can overlap, a case for each meta width. Of each only the steps
    /// are compared, and what the store shows then.
    Interleavings,
    /// One trace, a case for each meta width.
    Trace {
        /// A file or folder, which each case reads anew.
        file: PathBuf,
        /// How it is opened.
        open: OpenTrace,
        /// What the user calls it.
        name: String,
    },
}

impl Workload {
    /// The number of cases, if the workload has an end of its own.
    pub fn all_cases(&self, meta: MetaChoice) -> Option<u64> {
        match self {
            Workload::Generated { .. } => None,
            Workload::Exhaustive { longest } => Some(exhaustive::count(*longest) * meta.widths()),
            Workload::Interleavings => Some(interleavings::counts().iter().sum::<u64>() * meta.widths()),
            Workload::Trace { .. } => Some(meta.widths()),
        }
    }
}

/// When to stop. In JSON, a member with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// After the case with this number.
    Case(u64),
    /// After this many cases, from number 0 on; of several shards each does its part of them.
    Cases(u64),
    /// No case is begun after so many milliseconds, nor a slow one that would not be done by then.
    TimeMs(u64),
}

/// A campaign.
#[derive(Debug)]
pub struct Campaign {
    /// What the cases are made of.
    pub workload: Workload,
    /// Which base metas are written.
    pub meta: MetaChoice,
    /// When to stop.
    pub budget: Budget,
    /// Which of the cases are run.
    pub shard: Shard,
    /// What keeps the records of the cases' stores.
    pub engine: Engine,
    /// Ends the campaign early. Cases under way are dropped at their next step.
    pub interrupt: Interrupt,
    /// Threads.
    pub jobs: NonZeroUsize,
    /// Where the cases' folders are made; it must be there.
    pub work_dir: PathBuf,
    /// Whether they stay.
    pub keep: bool,
    /// What is checked beside the round trip.
    pub demands: Demands,
    /// The shapes of the cases' snapshots, if any are written; they take the place of the one in the demands.
    pub shapes: Option<Shapes>,
    /// Servers that take part; then there is one thread.
    pub servers: Option<Servers>,
}

/// How far a campaign came.
#[derive(Debug)]
pub struct Ended {
    /// The number of the first of its cases that was not run to its end.
    pub next_case: u64,
    /// The number behind the last of its cases that was run, or would have been if the time had not been too short for it.
    pub end_case: u64,
    /// The cases before that one which the time was too short for.
    pub not_done: Vec<NotDone>,
    /// Why it ended early, if it did.
    pub result: Result<(), CampaignError>,
}

/// The steps of a case.
pub struct CaseSteps<'a> {
    /// What the case's own choices are drawn from.
    pub seed: u64,
    /// The header that its trace is kept under.
    pub header: Header,
    /// The steps.
    pub steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
}

/// What a case is, beside its steps.
struct Shape {
    profile: Option<&'static Profile>,
    width: MetaWidth,
    demands: Demands,
}

impl Campaign {
    /// What case `case` writes, and with which profile and demands.
    fn shape(&self, case: u64) -> Shape {
        let (profile, turn) = match &self.workload {
            Workload::Generated { profiles, .. } => {
                let (profile, turn) = schedule(case, profiles);
                (Some(profile), turn)
            }
            Workload::Exhaustive { .. } | Workload::Interleavings | Workload::Trace { .. } => (None, case),
        };
        let width = match self.meta {
            MetaChoice::Short => MetaWidth::Short,
            MetaChoice::Long => MetaWidth::Long,
            // Each profile gets both by turns.
            MetaChoice::Both => MetaWidth::of_turn(turn),
        };
        let demands = match &self.shapes {
            Some(shapes) => shapes.demands(&self.demands, case, turn),
            None => self.demands.clone(),
        };
        Shape { profile, width, demands }
    }

    /// What a case demands.
    pub fn demands_of(&self, case: u64) -> Demands {
        self.shape(case).demands
    }

    /// How a campaign ends that was not begun.
    pub fn not_begun(&self, error: &CaseError) -> Ended {
        let error = match error {
            CaseError::Input(message) => CampaignError::Input(message.clone()),
            CaseError::Interrupted => CampaignError::Interrupted,
        };
        let next_case = self.case_at(self.positions().start).unwrap_or(u64::MAX);
        Ended { next_case, end_case: next_case, not_done: Vec::new(), result: Err(error) }
    }

    /// The positions of the cases, as the shard counts them.
    fn positions(&self) -> Range<u64> {
        match self.budget {
            Budget::Case(case) => case..case.saturating_add(1),
            Budget::Cases(cases) => 0..self.shard.share_of(cases),
            Budget::TimeMs(_) => 0..u64::MAX,
        }
    }

    /// The number of the case at a position; of a single case that is the position, whichever shard would have it.
    fn case_at(&self, position: u64) -> Option<u64> {
        match self.budget {
            Budget::Case(_) => Some(position),
            Budget::Cases(_) | Budget::TimeMs(_) => self.shard.case_at(position),
        }
    }

    /// How many cases there are, where that is known before.
    pub fn size(&self) -> Option<u64> {
        let Range { start, end } = self.positions();
        (!matches!(self.budget, Budget::TimeMs(_))).then(|| end.saturating_sub(start))
    }

    /// Runs the cases and hands each outcome to `observe`, in the order of the numbers. `watch` is told, in any order, which
    /// cases begin and end.
    ///
    /// With a time limit, a slow case is not begun that would not end in time, and one that still runs long after the time is
    /// stopped. Such cases are in the result.
    ///
    /// It ends early with the first case, by number, that could not be run. When it is interrupted, what has been done is
    /// handed on all the same, and the cases that were under way are missing.
    pub fn run(&self, watch: &(dyn Fn(Watched) + Sync), observe: &mut dyn FnMut(Outcome)) -> Ended {
        let positions = self.positions();
        let next = AtomicU64::new(positions.start);
        let stop = AtomicBool::new(false);
        let limit = match self.budget {
            Budget::TimeMs(limit) => Some(Duration::from_millis(limit)),
            Budget::Case(_) | Budget::Cases(_) => None,
        };
        let clock = Clock::new(limit, &self.interrupt);
        let work = |done: mpsc::Sender<(u64, CaseResult)>| {
            while !stop.load(Ordering::Relaxed) && self.has_time(&clock) {
                let position = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = self.case_at(position).filter(|_| positions.contains(&position)) else { break };
                let turn = match self.interrupt.is_wished() {
                    true => Err(CampaignError::Interrupted),
                    false => self.take_turn(case, &clock, watch),
                };
                stop.fetch_or(turn.is_err(), Ordering::Relaxed);
                if done.send((position, turn)).is_err() {
                    break;
                }
            }
        };
        let (position, not_done, result) = std::thread::scope(|scope| {
            let (sender, results) = mpsc::channel();
            for _ in 0..self.jobs.get() {
                let (work, sender) = (&work, sender.clone());
                scope.spawn(move || work(sender));
            }
            drop(sender);
            in_order(positions.start, &results, observe)
        });
        let end_case = self.case_at(position).unwrap_or(u64::MAX);
        let next_case = not_done.first().map_or(end_case, |first| first.case);
        Ended { next_case, end_case, not_done, result }
    }

    /// Whether the time is not up, and has room for a case of any profile.
    fn has_time(&self, clock: &Clock) -> bool {
        let Some(left) = clock.left() else { return true };
        match &self.workload {
            Workload::Generated { profiles, commands, keys, .. } if !profiles.is_empty() => profiles
                .iter()
                .any(|profile| !left.is_zero() && clock.pace.has_room(profile, profile.size(*commands, *keys), left)),
            _ => !left.is_zero(),
        }
    }

    fn take_turn(&self, case: u64, clock: &Clock, watch: &(dyn Fn(Watched) + Sync)) -> CaseResult {
        let mut shape = self.shape(case);
        let profile = shape.profile;
        let not_done = |is_begun| Ok(Turn::NotDone(NotDone { case, profile, is_begun }));
        let sized = match (&self.workload, profile) {
            (Workload::Generated { commands, keys, .. }, Some(profile)) => {
                Some((profile, profile.size(*commands, *keys)))
            }
            _ => None,
        };
        if let (Some((profile, size)), Some(left)) = (sized, clock.left())
            && !clock.pace.has_room(profile, size, left)
        {
            return not_done(false);
        }
        shape.demands = shape.demands.with_interrupt(&clock.interrupt);
        watch(Watched::Begins(case, profile));
        let begun = Instant::now();
        let ran = self.run_one(case, shape);
        watch(Watched::Ends(case));
        match ran {
            Ok(outcome) => {
                if let Some((profile, size)) = sized {
                    clock.pace.add(profile, size, begun.elapsed());
                }
                Ok(Turn::Done(Box::new(outcome)))
            }
            // Nobody wished it, so it was the time.
            Err(CampaignError::Interrupted) if !self.interrupt.is_wished() => not_done(true),
            Err(error) => Err(error),
        }
    }

    fn run_one(&self, case: u64, shape: Shape) -> Result<Outcome, CampaignError> {
        let ran = std::panic::catch_unwind(AssertUnwindSafe(|| self.run_in_folder(case, &shape)));
        match ran {
            Ok(Ok(report)) => {
                let is_stored = !self.servers.as_ref().is_some_and(Servers::replace_the_store);
                let Shape { profile, width, demands } = shape;
                let framing = demands.snapshot.map(|snapshot| snapshot.framing);
                Ok(Outcome { case, profile, width: is_stored.then_some(width), framing, report })
            }
            Ok(Err(CaseError::Input(message))) => Err(CampaignError::Input(message)),
            Ok(Err(CaseError::Interrupted)) => Err(CampaignError::Interrupted),
            Err(panic) => {
                let message = panic_text(panic.as_ref()).unwrap_or("a panic").to_owned();
                Err(CampaignError::Defect { case, message })
            }
        }
    }

    fn run_in_folder(&self, case: u64, shape: &Shape) -> Result<CaseReport, CaseError> {
        let failed =
            |error: std::io::Error| CaseError::Input(format!("make a folder in {}: {error}", self.work_dir.display()));
        let prefix = format!("case-{case:06}");
        if self.keep {
            let folder = self.work_dir.join(prefix);
            std::fs::create_dir(&folder).map_err(failed)?;
            let mut report = self.run_steps(case, shape, &folder)?;
            report.kept = Some(folder);
            return Ok(report);
        }
        if self.demands.only_steps {
            return self.run_steps(case, shape, &self.work_dir);
        }
        let new_folder = || tempfile::Builder::new().prefix(&prefix).tempdir_in(&self.work_dir).map_err(failed);
        let folder = new_folder()?;
        let mut report = self.run_steps(case, shape, folder.path())?;
        let seed = match self.workload {
            Workload::Generated { seed, .. } if self.servers.is_none() => Some(case_seed(seed, case)),
            _ => None,
        };
        if seed.is_some_and(|seed| twice::is_wanted(seed, &mut report)) {
            let again = new_folder()?;
            let second = self.run_steps(case, shape, again.path())?;
            let differing = || twice::require_same(case, [folder.path(), again.path()]);
            report.finding = second.finding.map_or_else(differing, |finding| Ok(Some(finding)))?;
        }
        Ok(report)
    }

    fn run_steps(&self, case: u64, shape: &Shape, folder: &Path) -> Result<CaseReport, CaseError> {
        let Shape { profile, width, demands } = shape;
        let CaseSteps { seed, header, steps } = self.steps(case, *profile)?;
        let (record, width) = (self.keep.then_some(header), *width);
        self.play(case, CasePlan { steps, width, folder, record, seed, demands, engine: self.engine })
    }

    /// The steps of a case, as often as they are wanted.
    ///
    /// # Errors
    ///
    /// A trace that cannot be opened.
    pub fn steps(&self, case: u64, profile: Option<&'static Profile>) -> Result<CaseSteps<'_>, CaseError> {
        match (&self.workload, profile) {
            (Workload::Generated { seed, commands, keys, clients, .. }, Some(profile)) => {
                let (seed, commands, keys) = (case_seed(*seed, case), *commands, *keys);
                // A server takes one client at a time.
                let drawn = || if self.servers.is_none() { drawn_clients(seed) } else { 1 };
                let spec = CaseSpec { seed, profile, commands, keys, clients: clients.unwrap_or_else(drawn) };
                Ok(CaseSteps { seed: spec.seed, header: spec.header(), steps: Box::new(spec.steps().map(Ok)) })
            }
            (Workload::Trace { file, open, name }, _) => {
                let failed = move |error: TraceError| CaseError::Input(format!("trace {name}: {error}"));
                let steps = open.steps(file).map_err(failed)?;
                // What a kept or shrunk trace was drawn with, so that it finds what it found.
                let seed = steps.header().and_then(|header| header.seed).unwrap_or_default();
                let steps = Box::new(steps.map(move |step| step.map_err(failed)));
                Ok(CaseSteps { seed, header: Header::new(None, Vec::new()), steps })
            }
            (Workload::Exhaustive { .. }, _) => {
                let steps = exhaustive::sequence(case / self.meta.widths());
                let steps = steps.ok_or_else(|| CaseError::Input(format!("there is no sequence for case {case}")))?;
                let header = Header::new(None, Vec::new());
                Ok(CaseSteps { seed: case_seed(0, case), header, steps: Box::new(steps.into_iter().map(Ok)) })
            }
            (Workload::Interleavings, _) => {
                let steps = interleavings::interleaving(case / self.meta.widths());
                let steps =
                    steps.ok_or_else(|| CaseError::Input(format!("there is no interleaving for case {case}")))?;
                let header = Header::new(None, Vec::new());
                Ok(CaseSteps { seed: case_seed(0, case), header, steps: Box::new(steps.into_iter().map(Ok)) })
            }
            (Workload::Generated { .. }, None) => Err(CaseError::Input("a generated case has a profile".to_owned())),
        }
    }

    /// Empties the databases of the servers that took part.
    ///
    /// # Errors
    ///
    /// A server that cannot be asked.
    pub fn leave_servers_empty(&self) -> Result<(), CampaignError> {
        let left = self.servers.as_ref().map_or(Ok(()), Servers::leave_empty);
        left.map_err(|error| match CaseError::from(error) {
            CaseError::Input(message) => CampaignError::Input(message),
            CaseError::Interrupted => CampaignError::Interrupted,
        })
    }

    fn play(&self, case: u64, plan: CasePlan<'_>) -> Result<CaseReport, CaseError> {
        let interrupt = &plan.demands.interrupt;
        let steps = plan.steps.map(|step| if interrupt.is_wished() { Err(CaseError::Interrupted) } else { step });
        let plan = CasePlan { steps: Box::new(steps), ..plan };
        let Some(servers) = &self.servers else { return run_case(plan) };
        run_case_with(plan, servers).map_err(|error| match error {
            CaseError::Input(message) => CaseError::Input(format!("case {case}: {message}")),
            CaseError::Interrupted => CaseError::Interrupted,
        })
    }
}
