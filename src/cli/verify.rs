//! `verify`: the round trip, many times.

mod mismatch;
mod work_dir;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::check_flags::CheckFlags;
use super::coverage_flags::CoverageFlags;
use super::findings::{Findings, FindingsFlags, finding_folder};
use super::generate::{CaseFlags, announce_seed, profile_names};
use super::input::RereadableFile;
use super::output::{despite_broken_pipe, note, write_failure};
use super::results::ResultFlags;
use super::shard_flags::ShardFlags;
use super::{Ended, Failure, Verdict, annotations, input, on_signals, progress};
use crate::verify::campaign::{Budget, Campaign, CampaignError, Ended as CampaignEnded, MetaChoice, Workload};
use crate::verify::canary::{self, Blind};
use crate::verify::case::CaseError;
use crate::verify::report::{HowEnded, Report};
use crate::workload::{Profile, TraceSteps, exhaustive};
use mismatch::{annotate, next_steps, shaping_flags, write_finding};
use work_dir::work_dir;

const AFTER_HELP: &str = "\
Each case runs a workload through the store (over RocksDB) and through a model of Redis, comparing every reply; then it \
dumps the store's records, reads the dump back, and compares keys, items, order and expiry. It also opens the store again, \
dumps the records shuffled, and restores the dump and dumps that: nothing may change.

With --history, --framing, --raw-rows, --noise or --decoder it also writes each case as a snapshot file, which our own reader \
must take for the same; a foreign decoder gets that file as {fsm}, must leave a dump at {out}, which does not exist when it \
starts, and has 60 seconds, and a millisecond more for each list.

With --store the workload goes to a server in place of our store, and with --oracle a real Redis takes the model's place. \
Their databases are emptied before each case and at the end, so they must be empty, or --flush allows it; such cases run \
one at a time. Commands that a server does not know are named and left out.

A mismatch names the key, the first difference and its kind, and the command that repeats just that case.

With --shard several machines share a campaign out: each runs its part of the cases, and `merge` joins their reports. Ctrl-C \
(or SIGTERM) ends the run in order, with all reports of what has been done; the exit code is then 1 if there was a mismatch, \
and else 2, because not all was done. A second one ends it at once.

Examples:
  ekv-roundtrip verify                                 100 cases of every profile, with a random seed
  ekv-roundtrip verify --seed 42 --time 60s            as many as fit into a minute
  ekv-roundtrip verify --seed 42 --case 17 --keep      one case again; its trace, database and dump stay
  ekv-roundtrip verify --profile churn --profile ttl   only these
  ekv-roundtrip verify --seed 42 --time 1h --shard 2/8 --report 2.json
                                                       the second of eight machines
  ekv-roundtrip verify --exhaustive 4                  every short sequence of commands
  ekv-roundtrip verify --trace trace.jsonl             your own workload
  ekv-roundtrip verify --trace appendonlydir           what a Redis server was sent
  ekv-roundtrip verify --findings found                each class of findings in a folder of its own
  ekv-roundtrip verify --trace found/*                 such a finding again
  ekv-roundtrip verify --store redis://localhost:6379  a server that should do as Redis does
  ekv-roundtrip verify --history --noise --decoder 'exec:backup-decoder --in {fsm} --out {out}'
                                                       somebody else's decoder";

/// Runs workloads through store, encoder and model, and compares
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Seed of the generated cases [default: random; it is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Number of cases [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "time")]
    cases: Option<u64>,
    /// Begin cases for this long, such as 60s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    time: Option<Duration>,
    /// Run only the case of this number, from 0
    #[arg(long, value_name = "K", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(..u64::MAX))]
    case: Option<u64>,
    /// Run every sequence of up to N commands, of 8 over 2 keys, in place of random ones: 4 takes seconds, 5 some minutes
    #[arg(
        long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(exhaustive::LONGEST)),
        conflicts_with_all = ["seed", "cases", "time", "trace", "commands", "keys", "profiles"]
    )]
    exhaustive: Option<u32>,
    #[command(flatten)]
    shape: CaseFlags,
    /// Profile of the workload; several take turns [default: all, long and many once in 100 cases each]
    #[arg(long = "profile", value_name = "P", value_parser = PossibleValuesParser::new(profile_names()))]
    profiles: Vec<String>,
    /// Cases at a time [default: the number of cores; 1 with --store or --oracle]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Run this trace instead of generated ones: JSON lines, Redis's append-only file or its folder, the output of MONITOR,
    /// or a folder that --findings made
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "cases", "time", "case", "commands", "keys", "profiles"])]
    trace: Option<PathBuf>,
    /// Where the cases' databases and dumps are made [default: the system's temporary folder, or /dev/shm with --exhaustive]
    #[arg(long, value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// Keep each case's trace, database and dump; a --work-dir must then be absent or empty
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    check: CheckFlags,
    #[command(flatten)]
    found: FindingsFlags,
    #[command(flatten)]
    shard: ShardFlags,
    #[command(flatten)]
    coverage: CoverageFlags,
    #[command(flatten)]
    results: ResultFlags,
}

/// Findings that are printed in full; a report holds them all.
const SHOWN_FINDINGS: u64 = 10;

pub(super) fn run(arguments: &Arguments) -> Ended {
    let arguments = &arguments.clone().of_finding()?;
    let is_shared = arguments.trace.is_none() && arguments.case.is_none();
    let is_settled = arguments.seed.is_some() || arguments.exhaustive.is_some();
    let shard = arguments.shard.find(is_shared, is_settled)?;
    let trace = arguments.trace.as_deref().map(RereadableFile::open).transpose()?;
    let (workload, seed) = workload(arguments, trace.as_ref())?;
    let budget = budget(arguments, &workload)?;
    let shard = shard.announced();
    let interrupt = on_signals()?;
    let servers = arguments.check.servers.open(arguments.jobs)?;
    let work_dir = work_dir(arguments)?;
    let campaign = Campaign {
        workload,
        meta: meta(arguments),
        budget,
        shard,
        jobs: match arguments.jobs {
            _ if servers.is_some() => None,
            Some(jobs) => NonZeroUsize::new(usize::from(jobs)),
            None => std::thread::available_parallelism().ok(),
        }
        .unwrap_or(NonZeroUsize::MIN),
        work_dir: work_dir.path().to_owned(),
        keep: arguments.keep,
        demands: arguments.check.demands(&interrupt),
        interrupt,
        servers,
    };
    // After the work folder, which may be where the results go.
    let results = arguments.results.create(arguments.trace.as_deref())?;
    let bar = campaign.size().map_or_else(|| progress::counter("cases"), |size| progress::bar("cases", size));
    let mut out = arguments.results.for_people();
    if campaign.servers.is_none() {
        require_sight(seed, work_dir.path())?;
    }
    let started = Instant::now();
    let mut report = Report::new(seed, shaping_flags(arguments), budget, shard);
    let mut printed = Ok(());
    let mut findings = arguments.found.open()?;
    let mut taken = Ok(());
    let ended = campaign.run(&|| bar.inc(1), &mut |outcome| {
        report.add(&outcome, || next_steps(arguments, seed, &outcome));
        let Some(finding) = report.findings.last().filter(|_| outcome.report.finding.is_some()) else { return };
        let mut folder = None;
        if let Some(findings) = findings.as_mut().filter(|_| taken.is_ok()) {
            let repeat = finding.repeat.clone();
            let found = bar.suspend(|| findings.take(&campaign, &arguments.check, seed, &outcome, repeat));
            match found {
                Ok(found) => folder = found,
                Err(failure) => taken = Err(failure),
            }
        }
        if report.mismatches <= SHOWN_FINDINGS {
            bar.suspend(|| {
                if printed.is_ok() {
                    printed = write_finding(&mut out, &outcome, folder.as_deref(), &finding.repeat, &finding.shrink);
                }
                annotate(finding);
            });
        }
    });
    bar.finish_and_clear();
    report.took(started.elapsed());
    // Also when the campaign ended early: then it is wanted all the more.
    if arguments.keep {
        note(&format!("kept: {}", work_dir.path().display()));
    }
    // Also after an error: the databases were handed to us empty.
    let emptied = campaign.leave_servers_empty();
    let early = came_to(&mut report, ended, emptied);
    if let (Some(path), 0, None) = (&arguments.trace, report.commands, &early) {
        return Err(Failure::Input(format!("trace {}: it holds no command, so nothing was verified", path.display())));
    }
    if report.mismatches > SHOWN_FINDINGS {
        printed = printed.and_then(|()| writeln!(out, "... and {} more\n", report.mismatches - SHOWN_FINDINGS));
    }
    printed = printed.and_then(|()| arguments.coverage.print(&report.situations, &mut out));
    printed = printed.and_then(|()| writeln!(out, "{}", report.summary_line()));
    let reported = results.write(&report);
    let found = taken.and(findings.map_or(Ok(()), Findings::finish));
    let printed = despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure));
    let ended = verdict(&report, early.map_or(Ok(()), Err).and(found).and(printed).and(reported))?;
    Ok(if arguments.coverage.is_met(&report.situations) { ended } else { Verdict::Finding })
}

/// Puts out canaries: what a blind checker says of the cases is worth nothing.
fn require_sight(seed: Option<u64>, work: &std::path::Path) -> Result<(), Failure> {
    let blind = canary::put_out(seed.unwrap_or_default(), work);
    match blind {
        // Who interrupts this is told of it by the campaign, which does not begin.
        Ok(None) | Err(CaseError::Interrupted) => Ok(()),
        Err(CaseError::Input(message)) => Err(Failure::Input(message)),
        Ok(Some(Blind { fault, instead })) => Err(Failure::Defect(format!(
            "the checker is blind: the fault {fault}, put in on purpose, {instead}; this is a bug of ekv-roundtrip, please \
             report it"
        ))),
    }
}

/// Notes how far the campaign came, and gives why it ended early, if it did.
fn came_to(report: &mut Report, ended: CampaignEnded, emptied: Result<(), CampaignError>) -> Option<Failure> {
    let (how, failure) = match ended.result.and(emptied) {
        Ok(()) => (HowEnded::Done, None),
        Err(CampaignError::Interrupted) => {
            let message = "interrupted before all was done that was asked".to_owned();
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

/// A finding stays one whatever else was in the way, except that a defect of ours puts it in doubt.
fn verdict(report: &Report, ended: Result<(), Failure>) -> Ended {
    match ended {
        Err(Failure::Input(message)) if report.mismatches > 0 => {
            note(&format!("error: {message}"));
            annotations::error("error", None, &message);
            Ok(Verdict::Finding)
        }
        Err(failure) => Err(failure),
        Ok(()) if report.mismatches > 0 => Ok(Verdict::Finding),
        Ok(()) => Ok(Verdict::Holds),
    }
}

impl Arguments {
    /// Where the trace is a finding's folder, its shrunk trace and the flags that it was found with.
    fn of_finding(mut self) -> Result<Arguments, Failure> {
        let found = self.trace.as_deref().map(finding_folder).transpose()?.flatten();
        if let Some((trace, check)) = found {
            self.check = self.check.or(check);
            self.trace = Some(trace);
        }
        Ok(self)
    }
}

fn workload(arguments: &Arguments, trace: Option<&RereadableFile>) -> Result<(Workload, Option<u64>), Failure> {
    if let (Some(named), Some(trace)) = (&arguments.trace, trace) {
        let mut steps = input::open_trace_as(trace.path(), named)?;
        let seed = steps.header().and_then(|header| header.seed);
        match seed {
            Some(seed) => note(&format!("seed: {seed} (from the trace)")),
            None => note("seed: none (the trace names none)"),
        }
        if let TraceSteps::Recorded(recorded) = &mut steps {
            // Each case reads it all; what is left out is told once, and what is refused before anything is run.
            recorded.try_for_each(|step| step.map(drop)).map_err(|error| input::trace_failure(named, &error))?;
            recorded.notes().iter().for_each(|line| note(line));
        }
        let (file, name) = (trace.path().to_owned(), named.display().to_string());
        return Ok((Workload::Trace { file, open: input::steps_of, name }, seed));
    }
    if let Some(longest) = arguments.exhaustive {
        note("seed: none (every sequence is run)");
        return Ok((Workload::Exhaustive { longest }, None));
    }
    let seed = announce_seed(arguments.seed);
    let profiles = arguments.profiles.iter().filter_map(|name| Profile::find(name)).collect();
    let CaseFlags { commands, keys } = arguments.shape;
    Ok((Workload::Generated { seed, commands, keys, profiles }, Some(seed)))
}

/// A server in the store's place writes no base metas, of whatever size.
fn meta(arguments: &Arguments) -> MetaChoice {
    if arguments.check.servers.replace_the_store() { MetaChoice::Short } else { arguments.check.meta() }
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

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "a duration has a number and a unit, such as 60s, 5m or 1h".to_owned())
}
