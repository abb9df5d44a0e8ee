//! `verify`: the round trip, many times.

mod arguments;
mod client_runs;
mod lists;
mod mismatch;
mod of_clients;
mod of_run;
mod of_servers;
mod short_of_time;
mod work_dir;
mod wrong_history;

use std::io::Write;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use super::ended::{Ended, Failure, Verdict, require_reach};
use super::findings::{FindingFolder, Findings, finding_folder};
use super::generate::{CaseFlags, announce_seed};
use super::input;
use super::input::RereadableFile;
use super::output::{despite_broken_pipe, note, write_failure};
use super::progress::CaseLine;
use super::signals::on_signals;
use super::step_summary::write_step_summary;
use crate::campaign::canary::{self, Blind, Sight};
use crate::campaign::{
    Budget, Campaign, CampaignError, Ended as CampaignEnded, MetaChoice, OpenTrace, Outcome, Workload,
};
use crate::case::{CaseError, Demands};
use crate::database::Engine;
use crate::finding::{LeftOut, LeftOutKind};
use crate::report::block::Told;
use crate::report::{HowEnded, Report};
use crate::workload::{Profile, TraceSteps, interleavings, never_drawn};
pub(super) use arguments::Arguments;
pub(super) use mismatch::{annotate, write_block};
use mismatch::{next_steps, shaping_flags, verdict, write_classes};
use of_run::{OfRun, count_refused, try_shapes};
use of_servers::write_servers;
use work_dir::{in_memory, work_dir};

/// Blocks that are printed; the end of the run names the other classes, and a report holds all findings.
const SHOWN_BLOCKS: usize = 4;

pub(super) fn run(arguments: &Arguments) -> Ended {
    if let Some(clients) = arguments.shape.clients.filter(|clients| *clients > 1)
        && arguments.check.servers.take_part()
    {
        return of_clients::run(arguments, clients);
    }
    let (arguments, repeated) = &arguments.clone().of_finding()?;
    let is_shared = arguments.trace.is_none() && arguments.case.is_none();
    let is_settled = arguments.seed.is_some() || arguments.exhaustive.is_some() || arguments.exhaustive_clients;
    let shard = arguments.shard.find(is_shared, is_settled)?;
    let trace = arguments.trace.as_deref().map(RereadableFile::trace).transpose()?;
    let (workload, seed, skipped) = workload(arguments, trace.as_ref())?;
    let budget = budget(arguments, &workload)?;
    let shard = shard.announced();
    let interrupt = on_signals();
    let servers = arguments.check.servers.open(arguments.jobs, &interrupt)?;
    let work_dir = work_dir(arguments)?;
    let mut campaign = Campaign {
        workload,
        meta: meta(arguments),
        budget,
        shard,
        engine: engine(arguments),
        jobs: match arguments.jobs {
            _ if servers.is_some() => None,
            Some(jobs) => NonZeroUsize::new(usize::from(jobs)),
            None => std::thread::available_parallelism().ok(),
        }
        .unwrap_or(NonZeroUsize::MIN),
        work_dir: work_dir.path().to_owned(),
        keep: arguments.keep,
        demands: Demands { only_steps: arguments.exhaustive_clients, ..arguments.check.demands(&interrupt) },
        shapes: arguments.check.shapes(),
        interrupt,
        servers,
    };
    // After the work folder, which may be where the results go.
    let results = arguments.results.create(arguments.trace.as_deref())?;
    let bar = CaseLine::new(campaign.size());
    let mut out = arguments.results.for_people();
    require_draws(&campaign.workload)?;
    let unsettled = require_sight(&campaign, seed)?;
    let reported_engine = (!arguments.check.servers.replace_the_store()).then_some(campaign.engine);
    let started = Instant::now();
    let mut report = Report::new(seed, shaping_flags(arguments), reported_engine, budget, shard);
    if arguments.check.has_decoder() {
        report.has_decoder();
    }
    if let Some(servers) = &campaign.servers {
        report.known = servers.known().entries().iter().map(|entry| (entry.name.clone(), 0)).collect();
    }
    let mut findings = arguments.found.open(arguments.time, repeated.as_ref())?;
    let tried = try_shapes(&mut campaign, &arguments.check, arguments.time);
    let of_run = OfRun { arguments, seed, findings: findings.as_mut(), out: &mut out };
    let refused = tried.as_ref().map_or(&[][..], |(_, refused)| refused);
    let (mut printed, mut taken) = of_run.refused(refused, &mut report);
    let check = tried.as_ref().map_or(&arguments.check, |(check, _)| check);
    let mut is_repeated = Ok(());
    let mut observe = |outcome: Outcome| {
        report.add(&outcome, || next_steps(arguments, check, seed, &outcome));
        if let (Some(repeated), Some(finding)) = (repeated, &outcome.report.finding) {
            is_repeated = repeated.require_same(finding);
        }
        if outcome.report.finding.is_none() {
            return;
        }
        let Some(finding) = report.findings.last_mut() else { return };
        if let Some(findings) = findings.as_mut().filter(|_| taken.is_ok()) {
            let repeat = finding.repeat.clone();
            match bar.suspend(|| findings.take(&campaign, check, seed, &outcome, repeat)) {
                Ok(found) => {
                    finding.folder = found.folder.map(|folder| folder.display().to_string());
                    finding.shrunk = found.shrunk;
                    finding.headline = found.headline.unwrap_or_else(|| finding.headline.clone());
                }
                Err(failure) => taken = Err(failure),
            }
        }
        // What a class is, its first finding tells; the others are counted.
        if report.classes.get(&finding.class) != Some(&1) {
            return;
        }
        let told = report.told();
        // The shapes have had their block already.
        let newest = told.iter().rfind(|told| matches!(told, Told::Class(..)));
        let Some(told) = newest.filter(|_| told.len() <= SHOWN_BLOCKS) else { return };
        bar.suspend(|| {
            annotate(told);
            if printed.is_ok() {
                printed = write_block(&mut out, &told.block());
            }
        });
    };
    let ended = match &tried {
        Ok(_) => campaign.run(&|watched| bar.show(watched), &mut observe),
        Err(error) => campaign.not_begun(error),
    };
    bar.clear();
    report.took(started.elapsed(), findings.as_ref().map_or(Duration::ZERO, |findings| findings.spent));
    // Also when the campaign ended early: then it is wanted all the more.
    if arguments.keep {
        note(&format!("kept: {}", work_dir.path().display()));
    }
    // Also after an error: the databases were handed to us empty.
    let emptied = campaign.leave_servers_empty();
    count_refused(refused, &mut report);
    // Of all shards alike: only generated cases are shared out.
    let _ = report.left_out.join(skipped);
    short_of_time::tell(&ended, &mut report);
    let of_run = OfRun { arguments, seed, findings: None, out: &mut out };
    printed = printed.and_then(|()| of_run.left_out(&ended, &mut report));
    let early = short_of_time::nothing_done(&ended, &report);
    let early = came_to(&mut report, ended, emptied).or(early);
    if let (Some(path), 0, None) = (&arguments.trace, report.commands, &early) {
        return Err(Failure::Input(format!("trace {}: it holds no command, so nothing was verified", path.display())));
    }
    if let (Some(named), Some(trace)) = (&arguments.trace, &trace)
        && !lists::any_at_any_time(trace.path(), &arguments.recording)
    {
        note(&format!("warning: trace {}: there is no list at any time, so no list was compared", named.display()));
    }
    printed = printed.and_then(|()| arguments.coverage.print(&report.situations, &mut out));
    if let Some(servers) = &campaign.servers {
        printed = printed.and_then(|()| write_servers(&mut out, servers, &report));
    }
    printed = printed.and_then(|()| write_classes(&mut out, &report));
    printed = printed.and_then(|()| writeln!(out, "{}", report.summary_line()));
    let reported = results.write(&report).and(write_step_summary(&report, &[]));
    let found = taken.and(findings.map_or(Ok(()), Findings::finish));
    let printed = despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure));
    let settled = if report.mismatches == 0 { unsettled.map_or(Ok(()), |why| Err(defect(&why))) } else { Ok(()) };
    let ended = verdict(&report, early.map_or(Ok(()), Err).and(settled).and(found).and(printed).and(reported))?;
    require_reach(&report)?;
    is_repeated?;
    if report.mismatches > 0 && arguments.found.is_silent_on_folders() && arguments.trace.is_none() {
        note(
            "to get a folder for each class, with the trace, the records and a script that repeats it, add --findings DIR",
        );
    }
    Ok(if arguments.coverage.is_met(&report.situations) { ended } else { Verdict::Finding })
}

/// Fails if the generator no longer draws all that it can, with this seed or any other.
fn require_draws(workload: &Workload) -> Result<(), Failure> {
    let Workload::Generated { seed, .. } = workload else { return Ok(()) };
    match never_drawn(*seed)[..] {
        [] => Ok(()),
        [first, ..] => Err(defect(&format!("the generator is broken: it no longer draws \"{first}\""))),
    }
}

/// Puts out canaries: what a blind checker says of the cases is worth nothing. Gives what they left open, which is a defect
/// unless a case has a finding.
fn require_sight(campaign: &Campaign, seed: Option<u64>) -> Result<Option<String>, Failure> {
    // Their thousands of files tell nothing of the disk, and a slow one takes half a minute to delete them.
    let in_memory = in_memory();
    let work = in_memory.as_ref().map_or(campaign.work_dir.as_path(), |folder| folder.path());
    match canary::put_out(seed.unwrap_or_default(), campaign.engine, campaign.jobs, work) {
        // Who interrupts this is told of it by the campaign, which does not begin.
        Ok(Sight::Clear) | Err(CaseError::Interrupted) => Ok(None),
        Ok(Sight::Unsettled(why)) => Ok(Some(format!("a canary could not be tried: {why}"))),
        Ok(Sight::Blind(Blind { canary, instead })) => {
            Err(defect(&format!("a check does not work: the canary {canary} {instead}")))
        }
        Err(CaseError::Input(message)) => Err(Failure::Input(message)),
    }
}

fn defect(what: &str) -> Failure {
    Failure::Defect(format!("{what}; this is a bug of ekv-roundtrip, please report it"))
}

/// Notes how far the campaign came, and gives why it ended early, if it did.
fn came_to(report: &mut Report, ended: CampaignEnded, emptied: Result<(), CampaignError>) -> Option<Failure> {
    let (how, failure) = match ended.result.and(emptied) {
        Ok(()) => (HowEnded::Done, None),
        Err(CampaignError::Interrupted) => {
            let message = "interrupted: not every case was run".to_owned();
            (HowEnded::Interrupted, Some(Failure::Input(message)))
        }
        Err(CampaignError::Input(message)) => (HowEnded::Failed, Some(Failure::Input(message))),
        Err(CampaignError::Defect { case, message }) => {
            let case = format!("case {case}: {message}");
            let message = format!("{case}; this is a bug of ekv-roundtrip, please report it");
            (HowEnded::Failed, Some(Failure::Defect(message)))
        }
    };
    let reason = match &failure {
        Some(Failure::Input(message) | Failure::Defect(message)) if how == HowEnded::Failed => Some(message.clone()),
        _ => None,
    };
    report.came_to(ended.next_case, how, reason);
    failure
}

impl Arguments {
    /// Where the trace is a finding's folder, its shrunk trace and the flags that it was found with; and the folder.
    fn of_finding(mut self) -> Result<(Arguments, Option<FindingFolder>), Failure> {
        let found = self.trace.as_deref().map(finding_folder).transpose()?.flatten();
        if let Some(folder) = &found {
            self.check = self.check.or(folder.check.clone());
            self.trace = Some(folder.trace.clone());
        }
        Ok((self, found))
    }
}

/// The workload, its seed, and what of a recording is left out.
fn workload(
    arguments: &Arguments,
    trace: Option<&RereadableFile>,
) -> Result<(Workload, Option<u64>, LeftOut), Failure> {
    let mut left_out = LeftOut::default();
    if let (Some(named), Some(trace)) = (&arguments.trace, trace) {
        let mut steps = input::open_trace_as(trace.path(), named, &arguments.recording)?;
        let seed = steps.header().and_then(|header| header.seed);
        match seed {
            Some(seed) => note(&format!("seed: {seed} (from the trace)")),
            None => note("seed: none (the trace has no seed)"),
        }
        if let TraceSteps::Recorded(recorded) = &mut steps {
            // Each case reads it all; what is left out is told once, and what is refused before anything is run.
            recorded.try_for_each(|step| step.map(drop)).map_err(|error| input::trace_failure(named, &error))?;
            recorded.notes().iter().for_each(|line| note(line));
            recorded.commands_skipped().for_each(|(name, count)| left_out.add(LeftOutKind::Commands, name, count));
            recorded.keys_passed_over().for_each(|(name, count)| left_out.add(LeftOutKind::Families, name, count));
            let databases = recorded.commands_elsewhere();
            databases.for_each(|(db, count)| left_out.add(LeftOutKind::Databases, &db.to_string(), count));
            left_out.add(LeftOutKind::Entries, "last", u64::from(recorded.is_cut()));
        }
        let (file, name) = (trace.path().to_owned(), named.display().to_string());
        let recording = arguments.recording.clone();
        let open = OpenTrace::new(move |path| input::steps_of(path, &recording));
        return Ok((Workload::Trace { file, open, name }, seed, left_out));
    }
    if let Some(longest) = arguments.exhaustive {
        note("seed: none (every sequence is run)");
        return Ok((Workload::Exhaustive { longest }, None, left_out));
    }
    if arguments.exhaustive_clients {
        let [of_two, of_three] = interleavings::counts();
        note("seed: none (every interleaving is run)");
        note(&format!(
            "note: {of_two} interleavings of two clients with two commands each, {of_three} of three with one; replies, records \
             and lists are compared, no dump is made"
        ));
        return Ok((Workload::Interleavings, None, left_out));
    }
    let seed = announce_seed(arguments.seed);
    let profiles = arguments.profiles.iter().filter_map(|name| Profile::find(name)).collect();
    let CaseFlags { commands, keys, clients } = arguments.shape;
    Ok((Workload::Generated { seed, commands, keys, clients, profiles }, Some(seed), left_out))
}

/// A server in the store's place writes no base metas, of whatever size.
fn meta(arguments: &Arguments) -> MetaChoice {
    if arguments.check.servers.replace_the_store() { MetaChoice::Short } else { arguments.check.meta() }
}

/// A million databases on disk take an hour, so short sequences run in memory; but whoever keeps a case wants to look at
/// its database.
fn engine(arguments: &Arguments) -> Engine {
    let is_short = (arguments.exhaustive.is_some() || arguments.exhaustive_clients) && !arguments.keep;
    arguments.check.engine().unwrap_or(if is_short { Engine::Memory } else { Engine::REAL })
}

fn budget(arguments: &Arguments, workload: &Workload) -> Result<Budget, Failure> {
    let cases = workload.all_cases(meta(arguments)).or(arguments.cases);
    match (arguments.case, cases, arguments.time) {
        (Some(case), Some(cases), _) if case >= cases => {
            Err(Failure::Input(format!("--case {case}: of {cases} cases the last is number {}", cases - 1)))
        }
        (Some(case), ..) => Ok(Budget::Case(case)),
        (None, _, Some(time)) => Ok(Budget::TimeMs(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1))),
        (None, cases, None) => Ok(Budget::Cases(cases.unwrap_or(100))),
    }
}
