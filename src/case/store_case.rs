//! A case with our store: its records through every way that leads to a dump.
//!
//! A warning of the encoder is a finding. The store's records must be in order, so if the encoder warns about them,
//! either the encoder is wrong or they are.

use super::clients::Clients;
use super::dumps::{Dumps, SORTED, pinned_manifest};
use super::equal::require_equal;
use super::home::Home;
use super::judged::Judged;
use super::moments::Moments;
use super::outcome::CaseReport;
use super::plan::CasePlan;
use super::recorder::Recorder;
use super::reference::Reference;
use super::second::{Ended, Second};
use super::snapshots::{Snapshots, require_equal_history};
use super::steps::run_step;
use super::stop::{CaseError, Stop, concluded, environment, plain, stored};
use crate::compare::SideNames;
use crate::database::{Files, History};
use crate::encoder::DumpOptions;
use crate::faults::{Act, changed_records, gate, screen, watched};
use crate::finding::FindingKind;
use crate::situations::Observer;
use crate::state::State;
use crate::store::{Store, visible_state};
use crate::workload::Action;

/// Runs a case against a reference.
pub(super) fn run_store_case(plan: CasePlan<'_>, reference: Reference<'_>) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    let observer = Observer::new(plan.width);
    let ended = play(plan, reference, &observer, &mut report);
    report.reached = Some(observer.reached());
    concluded(ended, report)
}

fn play(
    plan: CasePlan<'_>,
    mut reference: Reference<'_>,
    observer: &Observer,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let fault = plan.demands.fault;
    let keeps_history = plan.demands.history == History::Kept;
    let second = Second::of(plan.seed, matches!(reference, Reference::Model(_)), fault);
    let CasePlan { engine, folder, width, seed, .. } = plan;
    let home = Home { engine, folder, width, is_kept: plan.record.is_some(), has_fault: fault.is_some(), seed };
    let mut judged = Judged::new(plan.width);
    let watch = watched(fault, judged.watch(observer.watch()));
    let mut store = stored(|| home.new_store(second.history(plan.demands.history), gate(fault), watch))?;
    if let Some(screen) = screen(fault) {
        store = store.screened(screen);
    }
    let mut clients = Clients::default();
    let mut recorder = Recorder::new(plan.folder, plan.record)?;
    let mut moments = if keeps_history { Moments::new(plan.seed) } else { Moments::single(plan.seed) };
    for (number, step) in (1..).zip(plan.steps) {
        plan.demands.go_on()?;
        let step = step.map_err(Stop::Error)?;
        recorder.record(&step)?;
        second.step(number, &step)?;
        let ran =
            run_step(&mut store, &mut reference, (number, &step), (fault, observer, &mut judged, &mut clients), report);
        // What an oracle has not been asked yet comes before whatever has happened here.
        ran.or_else(|stop| reference.settle().and(Err(stop)))?;
        if store.database().keeps_history() && !store.is_past_open() {
            let is_compaction = matches!(step.action, Action::Compact(_) | Action::CompactCommit(_));
            moments.offer(store.last_commit(), is_compaction, || reference.state())?;
        }
    }
    recorder.finish()?;

    // What follows takes as long as the steps, in a few parts.
    plan.demands.go_on()?;
    let expected = reference.state()?;
    observer.ending(&expected);
    let redis = reference.name();
    report.compares(&expected);
    let last_ms = expected.last_ms;
    let mut shown = match fault {
        Some(Act::Kept(change)) => {
            let kept = changed_records(&store.database().snapshot(), change, &|_| true).map_err(environment)?;
            stored(|| visible_state(&kept, last_ms))?
        }
        _ => stored(|| visible_state(&store.database().snapshot(), last_ms))?,
    };
    if let Some(Act::Shown(change)) = fault {
        change(&mut shown);
    }
    let names = |left, right| SideNames { left, right };
    require_equal(&expected, &shown, names(redis, "store"), FindingKind::StoreState)?;
    if plan.demands.only_steps {
        return Ok(());
    }
    stored(|| store.sync())?;

    let store = if home.is_reopened() { reopened(&home, store, (&shown, last_ms), fault)? } else { store };
    let database = store.database();

    plan.demands.go_on()?;
    let manifest = pinned_manifest(database, last_ms.unwrap_or(0)).map_err(environment)?;
    let files = match fault {
        // Made for what only a folder on disk can have.
        Some(Act::Folder(_)) => Files::OnDisk,
        _ => plan.demands.dumps.unwrap_or(home.files()),
    };
    let dumps = Dumps { folder: plan.folder, files, options: DumpOptions { db_index: 0, manifest }, fault };
    let sorted = dumps.make(SORTED, &database.snapshot(), FindingKind::Encoder, &expected)?;
    let dumped = sorted.read()?;
    report.empty_kept = require_equal(&expected, &dumps.shown(&dumped), names(redis, "dump"), FindingKind::DumpState)?;
    // Last, because a difference says more than the warning that goes with it.
    if !sorted.summary.warnings.is_empty() {
        let lines: Vec<String> = sorted.summary.warnings.iter().map(ToString::to_string).collect();
        return Err(plain(FindingKind::Warning, lines.join("\n")));
    }
    plan.demands.go_on()?;
    dumps.require_same_when_shuffled(database, &sorted, &expected, &mut report.left_out)?;
    dumps.require_same_when_restored(&dumped, &sorted, &mut report.left_out)?;
    plan.demands.go_on()?;
    let moments = moments.into_sorted();
    let looked_at = require_equal_history(database, &moments, &dumps, &mut report.left_out)?;
    // The ledger is about what was asked for.
    if keeps_history {
        observer.history(database, &looked_at).map_err(environment)?;
    }
    plan.demands.go_on()?;
    let mut snapshot = None;
    if let Some(shape) = plan.demands.snapshot {
        let snapshots = Snapshots { database, shape, history: plan.demands.history, dumps: &dumps };
        let path = snapshots.require_same_dump(&sorted, &expected)?;
        observer.snapshot(shape);
        if let Some(decoder) = &plan.demands.decoder {
            snapshots.require_decoded(decoder, &path, &expected, (&sorted, &dumped), &moments, report)?;
        }
        snapshot = Some(path);
    }
    plan.demands.go_on()?;
    let has_all_versions = keeps_history || !database.keeps_history();
    let ended = Ended {
        database,
        reference: &reference,
        dumps: &dumps,
        expected: &expected,
        sorted: &sorted,
        dumped: &dumped,
        moments: &moments,
        // A file that a fault has changed has been judged, and one without the versions that are kept says nothing of them.
        snapshot: snapshot.as_deref().zip(plan.demands.snapshot).filter(|_| fault.is_none() && has_all_versions),
        last_ms: last_ms.unwrap_or(0),
    };
    second.ended(&ended, &mut report.left_out)
}

/// The store, closed and opened again: it must show what it showed before.
fn reopened(
    home: &Home<'_>,
    store: Store,
    (before, last_ms): (&State, Option<u64>),
    fault: Option<Act>,
) -> Result<Store, Stop> {
    let store = stored(|| home.opened_again(store))?;
    let mut shown = stored(|| visible_state(&store.database().snapshot(), last_ms))?;
    if let Some(Act::Reopened(change)) = fault {
        change(&mut shown);
    }
    let names = SideNames { left: "before", right: "reopened" };
    require_equal(before, &shown, names, FindingKind::Reopened)?;
    Ok(store)
}
