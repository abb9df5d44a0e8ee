//! One case: a trace through the store and the model, then from the store's records through the encoder and the reader
//! back.
//!
//! ```text
//! step --> store --> reply --.
//!   \----> model --> reply --+--> equal?         (each step)
//!
//! store --> visible state ---+--> equal to the model's?
//!   closed and opened again -+--> unchanged?
//!   records --> encoder --> dump tree --> reader --> equal to the model's?
//!   records, shuffled --> encoder --> the same bytes?
//!   dump --> restored records --> encoder --> the same bytes?
//! ```
//!
//! What is demanded beside that, of history, snapshot files and foreign decoders, is in `snapshots`.
//!
//! The case ends at its first finding: what comes after a difference says little.

use std::io::BufWriter;
use std::path::Path;

use super::compare::SideNames;
use super::dumps::{Dumps, pinned_manifest, require_equal};
use super::faults::{Fault, gate};
use super::finding::{CaseReport, Finding, FindingKind};
use super::moments::Moments;
use super::replay::{discarded, model_state, on_model, on_store, requests};
use super::server::{Hearing, Oracle, Turn};
use super::situations::Observer;
use super::snapshots::{Demands, Snapshots, require_equal_history};
use super::stop::{Stop, environment, guarded, plain, store_failure, stored};
use crate::command::{Reply, Request};
use crate::database::{Database, Engine, Gate, History};
use crate::encoder::DumpOptions;
use crate::format::key_text;
use crate::model::Model;
use crate::state::State;
use crate::store::{Answer, MetaWidth, Store, StoreError, visible_state};
use crate::workload::{Action, Header, Step, write_reply};

pub use super::stop::CaseError;

/// What a case runs.
pub struct CasePlan<'a> {
    /// The steps.
    pub steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
    /// Which base metas the store writes.
    pub width: MetaWidth,
    /// An empty folder that the case may fill.
    pub folder: &'a Path,
    /// The trace is written down under this header, to be kept with the rest.
    pub record: Option<Header>,
    /// What the case's own choices are drawn from.
    pub seed: u64,
    /// What is checked beside the round trip.
    pub demands: &'a Demands,
    /// What keeps the store's records.
    pub engine: Engine,
}

/// Where a case's store is kept.
struct Home<'a> {
    engine: Engine,
    folder: &'a Path,
    width: MetaWidth,
}

impl Home<'_> {
    fn new_store(&self, history: History, gate: Option<Gate>, observer: &Observer) -> Result<Store, StoreError> {
        let database = match self.engine {
            Engine::RocksDb => Database::create(&self.folder.join("db"), history)?,
            Engine::Memory => Database::in_memory(history),
        };
        let database = match gate {
            Some(gate) => database.with_gate(gate),
            None => database,
        };
        Store::over(database.watched(observer.watch()), self.width)
    }

    /// A store over what another one has left, which knows no more than what is there.
    fn opened_again(&self, store: Store) -> Result<Store, StoreError> {
        let database = store.into_database();
        match self.engine {
            Engine::RocksDb => {
                // RocksDB lets nobody open what is open.
                drop(database);
                Store::open(&self.folder.join("db"), self.width)
            }
            Engine::Memory => Store::over(database, self.width),
        }
    }
}

/// Runs a case.
///
/// # Errors
///
/// The environment, such as a full disk, or a malformed trace.
pub fn run_case(plan: CasePlan<'_>) -> Result<CaseReport, CaseError> {
    run_case_against(plan, Reference::Model(Model::new()))
}

/// Whom the store is held against.
pub(super) enum Reference<'a> {
    Model(Model),
    Oracle(Oracle<'a>),
}

impl Reference<'_> {
    /// What Redis shows in the end.
    fn state(&mut self) -> Result<State, Stop> {
        match self {
            Reference::Model(model) => Ok(model_state(model)),
            Reference::Oracle(oracle) => oracle.state().map_err(Stop::from),
        }
    }

    /// Compares all that has not been compared yet.
    fn settle(&mut self) -> Result<(), Stop> {
        match self {
            Reference::Model(_) => Ok(()),
            Reference::Oracle(oracle) => Ok(oracle.settle()?),
        }
    }

    fn name(&self) -> &str {
        match self {
            Reference::Model(_) => "Redis",
            Reference::Oracle(oracle) => oracle.name(),
        }
    }
}

/// Runs a case against a reference.
pub(super) fn run_case_against(plan: CasePlan<'_>, reference: Reference<'_>) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    let observer = Observer::new(plan.width);
    let ended = play(plan, reference, &observer, &mut report);
    report.reached = Some(observer.reached());
    match ended {
        Ok(()) => Ok(report),
        Err(Stop::Finding(finding)) => {
            report.finding = Some(finding);
            Ok(report)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

fn play(
    plan: CasePlan<'_>,
    mut reference: Reference<'_>,
    observer: &Observer,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let fault = plan.demands.fault;
    let keeps_history = plan.demands.history == History::Kept;
    let home = Home { engine: plan.engine, folder: plan.folder, width: plan.width };
    let mut store = stored(|| home.new_store(plan.demands.history, gate(fault), observer))?;
    let mut recorder = Recorder::new(plan.folder, plan.record)?;
    let mut moments = Moments::new(plan.seed);
    for (number, step) in (1..).zip(plan.steps) {
        let step = step.map_err(Stop::Error)?;
        recorder.record(&step)?;
        let ran = run_step(&mut store, &mut reference, number, &step, (fault, observer), report);
        // What an oracle has not been asked yet comes before whatever has happened here.
        ran.or_else(|stop| reference.settle().and(Err(stop)))?;
        if keeps_history {
            let is_compaction = matches!(step.action, Action::Compact(_) | Action::CompactCommit(_));
            moments.offer(store.last_commit(), is_compaction, || reference.state())?;
        }
    }
    recorder.finish()?;

    let expected = reference.state()?;
    observer.ending(&expected);
    let redis = reference.name();
    report.lists = expected.lists.len() as u64;
    report.items = expected.lists.values().map(|list| list.items.len() as u64).sum();
    let last_ms = expected.last_ms;
    let shown = stored(|| visible_state(&store.database().snapshot(), last_ms))?;
    let names = |left, right| SideNames { left, right };
    require_equal(&expected, &shown, names(redis, "store"), FindingKind::StoreState)?;
    stored(|| store.sync())?;

    let store = stored(|| home.opened_again(store))?;
    let database = store.database();
    let reopened = stored(|| visible_state(&database.snapshot(), last_ms))?;
    require_equal(&shown, &reopened, names("before", "reopened"), FindingKind::Reopened)?;

    let manifest = pinned_manifest(database, last_ms.unwrap_or(0)).map_err(environment)?;
    let dumps = Dumps { folder: plan.folder, options: DumpOptions { db_index: 0, manifest }, fault };
    let (sorted, dumped) = dumps.make_sorted(&database.snapshot())?;
    report.empty_kept = require_equal(&expected, &dumped, names(redis, "dump"), FindingKind::DumpState)?;
    // Last, because a difference says more than the warning that goes with it.
    if !sorted.summary.warnings.is_empty() {
        let lines: Vec<String> = sorted.summary.warnings.iter().map(ToString::to_string).collect();
        return Err(plain(FindingKind::Warning, lines.join("\n")));
    }
    dumps.require_same_when_shuffled(database, &sorted)?;
    dumps.require_same_when_restored(&dumped, &sorted)?;
    let moments = moments.into_sorted();
    let looked_at = require_equal_history(database, &moments, &dumps)?;
    observer.history(database, &looked_at).map_err(environment)?;
    if let Some(shape) = plan.demands.snapshot {
        let snapshots = Snapshots { database, shape, dumps: &dumps };
        let path = snapshots.require_same_dump(&sorted)?;
        observer.snapshot(shape);
        if let Some(decoder) = &plan.demands.decoder {
            report.empty_kept += snapshots.require_decoded(decoder, &path, &expected, &dumped, &moments)?;
        }
    }
    Ok(())
}

/// Runs a step on both sides and holds the replies against each other.
fn run_step(
    store: &mut Store,
    reference: &mut Reference<'_>,
    number: u64,
    step: &Step,
    (fault, observer): (Option<&'static Fault>, &Observer),
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let stored_step = fault.and_then(|fault| fault.changed_step(step));
    let stored_step = stored_step.as_ref().unwrap_or(step);
    let answers =
        guarded(Some(number), || on_store(store, stored_step))?.map_err(|error| store_failure(error, Some(number)))?;
    observer.step(stored_step, &answers);
    report.commands += requests(step).map_or(0, |(requests, _)| requests.len() as u64);
    let model = match reference {
        Reference::Model(model) => model,
        Reference::Oracle(oracle) => return hold_against(oracle, Turn::of(number, step.clone()), answers, report),
    };
    let Some((requests, is_transaction)) = requests(step) else {
        on_model(model, step, |_| false);
        return Ok(());
    };
    let refused: Vec<bool> = answers.iter().map(|answer| matches!(answer, Answer::Refused(_))).collect();
    let replies = on_model(model, step, |place| refused.get(place) == Some(&true));
    if discarded(requests, is_transaction).is_some() {
        return Ok(());
    }
    assert!(answers.len() == requests.len() && replies.len() == requests.len(), "one answer a request");
    for ((request, answer), reply) in requests.iter().zip(answers).zip(replies) {
        let words = request.args();
        let found = |kind, detail| {
            let user_key = match request {
                Request::Valid(command) => command.first_key().map(|key| key.0.clone()),
                Request::Rejected { .. } => None,
            };
            let aspect = request.command_name();
            Err(Stop::Finding(Finding { aspect, user_key, step: Some(number), ..Finding::new(kind, detail) }))
        };
        match (answer, reply) {
            (Answer::Refused(refusal), _) if refusal.is_justified() => report.refused += 1,
            (Answer::Refused(refusal), _) => {
                let detail = format!("command  {}\nrefused  {refusal}", command_text(&words));
                return found(FindingKind::Refusal, detail);
            }
            (Answer::Reply(ours), Some(redis)) if ours == redis => {}
            (Answer::Reply(ours), redis) => {
                let redis = redis.map_or_else(String::new, |reply| reply_text(&reply));
                let command = command_text(&words);
                let detail = format!("command  {command}\nstore    {}\nRedis    {redis}", reply_text(&ours));
                return found(FindingKind::Reply, detail);
            }
        }
    }
    Ok(())
}

/// Holds a step's answers against what the oracle will say. A request that the store refuses is not put to it.
fn hold_against(
    oracle: &mut Oracle<'_>,
    mut turn: Turn,
    answers: Vec<Answer>,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let (mut taken, mut replies) = (Vec::new(), Vec::new());
    let is_run = !answers.is_empty();
    for (request, answer) in turn.requests.iter().zip(answers) {
        match answer {
            Answer::Reply(reply) => {
                taken.push(request.clone());
                replies.push(reply);
            }
            Answer::Refused(refusal) if refusal.is_justified() => report.refused += 1,
            Answer::Refused(refusal) => {
                let detail = format!("command  {}\nrefused  {refusal}", command_text(&request.args()));
                let (kind, step) = (FindingKind::Refusal, Some(turn.number));
                return Err(Stop::Finding(Finding { step, ..Finding::new(kind, detail) }));
            }
        }
    }
    if is_run {
        turn.requests = taken;
    }
    let store = Hearing::of(&turn, replies);
    Ok(oracle.hold_against(turn, store)?)
}

/// A command as a line of words, for people.
pub(super) fn command_text(words: &[Vec<u8>]) -> String {
    const SHOWN_WORDS: usize = 12;
    let mut shown: Vec<String> = words.iter().take(SHOWN_WORDS).map(|word| key_text::quoted(word)).collect();
    if words.len() > SHOWN_WORDS {
        shown.push(format!("... ({} words)", words.len()));
    }
    shown.join(" ")
}

/// A reply as its JSON, cut when long.
pub(super) fn reply_text(reply: &Reply) -> String {
    const SHOWN_BYTES: usize = 600;
    let mut json = Vec::new();
    if write_reply(reply, &mut json).is_err() {
        return format!("{reply:?}");
    }
    let text = String::from_utf8_lossy(&json);
    let text = text.trim_end();
    match text.char_indices().nth(SHOWN_BYTES) {
        Some((end, _)) => format!("{}... ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

/// Writes the steps down as they are run, so that a case that never ends well leaves its trace too.
pub(super) struct Recorder(Option<BufWriter<std::fs::File>>);

impl Recorder {
    pub(super) fn new(folder: &Path, header: Option<Header>) -> Result<Recorder, Stop> {
        let Some(header) = header else { return Ok(Recorder(None)) };
        let file = std::fs::File::create(folder.join("trace.jsonl")).map_err(environment)?;
        let mut out = BufWriter::new(file);
        header.write(&mut out).map_err(environment)?;
        Ok(Recorder(Some(out)))
    }

    pub(super) fn record(&mut self, step: &Step) -> Result<(), Stop> {
        match &mut self.0 {
            Some(out) => step.write(out).map_err(environment),
            None => Ok(()),
        }
    }

    pub(super) fn finish(self) -> Result<(), Stop> {
        match self.0 {
            Some(out) => out.into_inner().map(drop).map_err(environment),
            None => Ok(()),
        }
    }
}
