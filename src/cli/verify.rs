//! `verify`: the round trip, many times.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::check_flags::CheckFlags;
use super::findings::{Findings, FindingsFlags, finding_folder};
use super::generate::{CaseFlags, announce_seed, profile_names};
use super::input::RereadableFile;
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::results::ResultFlags;
use super::{Ended, Failure, Verdict, annotations, input, progress};
use crate::format::key_text;
use crate::staging::ScratchDir;
use crate::verify::campaign::{Budget, Campaign, CampaignError, MetaChoice, Outcome, Workload, spec_header};
use crate::verify::finding::{subject_words, width_name};
use crate::verify::findings::fingerprint;
use crate::verify::report::{Report, ReportedFinding};
use crate::workload::{CaseSpec, Profile, TraceSteps, case_seed};

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

Examples:
  ekv-roundtrip verify                                 100 cases of every profile, with a random seed
  ekv-roundtrip verify --seed 42 --time 60s            as many as fit into a minute
  ekv-roundtrip verify --seed 42 --case 17 --keep      one case again; its trace, database and dump stay
  ekv-roundtrip verify --profile churn --profile ttl   only these
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
    /// Where the cases' databases and dumps are made [default: the system's temporary folder]
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
    results: ResultFlags,
}

/// Findings that are printed in full; a report holds them all.
const SHOWN_FINDINGS: u64 = 10;

pub(super) fn run(arguments: &Arguments) -> Ended {
    let arguments = &arguments.clone().of_finding()?;
    let trace = arguments.trace.as_deref().map(RereadableFile::open).transpose()?;
    let (workload, seed) = workload(arguments, trace.as_ref())?;
    let budget = budget(arguments)?;
    let servers = arguments.check.servers.open(arguments.jobs)?;
    let work_dir = work_dir(arguments)?;
    let campaign = Campaign {
        workload,
        meta: arguments.check.meta(),
        budget,
        jobs: match arguments.jobs {
            _ if servers.is_some() => None,
            Some(jobs) => NonZeroUsize::new(usize::from(jobs)),
            None => std::thread::available_parallelism().ok(),
        }
        .unwrap_or(NonZeroUsize::MIN),
        work_dir: work_dir.path().to_owned(),
        keep: arguments.keep,
        demands: arguments.check.demands(),
        servers,
    };
    // After the work folder, which may be where the results go.
    let results = arguments.results.create(arguments.trace.as_deref())?;
    let bar = match budget {
        Budget::Cases { count, .. } => progress::bar("cases", count),
        Budget::Time(_) => progress::counter("cases"),
    };
    let started = Instant::now();
    let mut out: Box<dyn Write> = match arguments.results.take_standard_output() {
        true => Box::new(std::io::stderr()),
        false => Box::new(Output::standard()),
    };
    let mut report = Report::new(seed, shaping_flags(arguments));
    let mut printed = Ok(());
    let mut findings = arguments.found.open()?;
    let mut taken = Ok(());
    let ran = campaign.run(&|| bar.inc(1), &mut |outcome| {
        let repeat = || repeat_command(arguments, seed, &outcome);
        report.add(&outcome, repeat);
        let mut folder = None;
        if let Some(findings) = findings.as_mut().filter(|_| taken.is_ok()) {
            let found = bar.suspend(|| findings.take(&campaign, &arguments.check, seed, &outcome, repeat()));
            match found {
                Ok(found) => folder = found,
                Err(failure) => taken = Err(failure),
            }
        }
        if outcome.report.finding.is_some() && report.mismatches <= SHOWN_FINDINGS {
            bar.suspend(|| {
                if printed.is_ok() {
                    let shrink = shrink_command(arguments, seed, &outcome);
                    printed = write_finding(&mut out, &outcome, folder.as_deref(), &repeat(), &shrink);
                }
                annotate(report.findings.last());
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
    match ran.and(emptied) {
        Ok(()) => {}
        Err(CampaignError::Input(message)) => return Err(Failure::Input(message)),
        Err(CampaignError::Defect { case, message }) => {
            let case = format!("case {case}: {message}");
            return Err(Failure::Defect(format!("{case}; this is a bug of ekv-roundtrip, please report it")));
        }
    }
    if let (Some(path), 0) = (&arguments.trace, report.commands) {
        return Err(Failure::Input(format!("trace {}: it holds no command, so nothing was verified", path.display())));
    }
    if report.mismatches > SHOWN_FINDINGS {
        printed = printed.and_then(|()| writeln!(out, "... and {} more\n", report.mismatches - SHOWN_FINDINGS));
    }
    printed = printed.and_then(|()| writeln!(out, "{}", report.summary_line()));
    let reported = results.write(&report);
    taken.and(findings.map_or(Ok(()), Findings::finish))?;
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    reported?;
    Ok(if report.mismatches == 0 { Verdict::Holds } else { Verdict::Finding })
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
    let seed = announce_seed(arguments.seed);
    let profiles = arguments.profiles.iter().filter_map(|name| Profile::find(name)).collect();
    let CaseFlags { commands, keys } = arguments.shape;
    Ok((Workload::Generated { seed, commands, keys, profiles }, Some(seed)))
}

fn budget(arguments: &Arguments) -> Result<Budget, Failure> {
    if arguments.trace.is_some() {
        let is_stored_twice =
            arguments.check.meta() == MetaChoice::Both && !arguments.check.servers.replace_the_store();
        return Ok(Budget::Cases { first: 0, count: if is_stored_twice { 2 } else { 1 } });
    }
    match (arguments.case, arguments.cases, arguments.time) {
        (Some(case), Some(cases), _) if case >= cases => {
            Err(Failure::Input(format!("--case {case}: of {cases} cases the last is number {}", cases - 1)))
        }
        (Some(case), ..) => Ok(Budget::Cases { first: case, count: 1 }),
        (None, _, Some(time)) => Ok(Budget::Time(time)),
        (None, cases, None) => Ok(Budget::Cases { first: 0, count: cases.unwrap_or(100) }),
    }
}

/// Where the cases' folders are made.
enum WorkDir {
    /// It stays.
    Kept(PathBuf),
    /// It is gone in the end.
    Scratch(ScratchDir),
}

impl WorkDir {
    fn path(&self) -> &Path {
        match self {
            WorkDir::Kept(path) => path,
            WorkDir::Scratch(folder) => folder.path(),
        }
    }
}

fn work_dir(arguments: &Arguments) -> Result<WorkDir, Failure> {
    let Some(path) = &arguments.work_dir else { return unnamed_work_dir(arguments.keep) };
    let failed = |error: std::io::Error| Failure::Input(format!("--work-dir {}: {error}", path.display()));
    std::fs::create_dir_all(path).map_err(failed)?;
    if !arguments.keep {
        return ScratchDir::new(path).map(WorkDir::Scratch).map_err(failed);
    }
    if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
        let hint = "name an absent or empty folder to keep the cases in";
        return Err(Failure::Input(format!("--work-dir {}: it is not empty; {hint}", path.display())));
    }
    Ok(WorkDir::Kept(path.clone()))
}

fn unnamed_work_dir(keep: bool) -> Result<WorkDir, Failure> {
    let parent = std::env::temp_dir();
    let made = if keep {
        let folder = tempfile::Builder::new().prefix("ekv-roundtrip-kept-").tempdir_in(&parent);
        folder.map(|folder| WorkDir::Kept(folder.keep()))
    } else {
        ScratchDir::new(&parent).map(WorkDir::Scratch)
    };
    made.map_err(|error| Failure::Input(format!("make a work folder in {}: {error}", parent.display())))
}

/// The flags that decide what the cases are.
fn shaping_flags(arguments: &Arguments) -> Vec<String> {
    let mut flags = Vec::new();
    if let Some(path) = &arguments.trace {
        flags.extend(["--trace".to_owned(), path.display().to_string()]);
    } else {
        flags.extend(arguments.shape.to_flags());
        flags.extend(arguments.profiles.iter().flat_map(|profile| ["--profile".to_owned(), profile.clone()]));
    }
    flags.extend(arguments.check.to_flags(None));
    flags
}

fn repeat_command(arguments: &Arguments, seed: Option<u64>, outcome: &Outcome) -> String {
    let mut words = vec!["ekv-roundtrip".to_owned(), "verify".to_owned()];
    if arguments.trace.is_none() {
        words.extend([
            "--seed".to_owned(),
            seed.unwrap_or(0).to_string(),
            "--case".to_owned(),
            outcome.case.to_string(),
        ]);
        words.extend(shaping_flags(arguments));
    } else {
        let path = arguments.trace.as_deref().unwrap_or(Path::new("-")).display().to_string();
        words.extend(["--trace".to_owned(), path]);
        words.extend(arguments.check.to_flags(outcome.width));
    }
    shell_words::join(words)
}

/// The command that makes just this case's trace smaller.
fn shrink_command(arguments: &Arguments, seed: Option<u64>, outcome: &Outcome) -> String {
    let flags = shell_words::join(arguments.check.to_flags(outcome.width));
    match (&arguments.trace, outcome.profile) {
        (None, Some(profile)) => {
            let CaseFlags { commands, keys } = arguments.shape;
            let spec = CaseSpec { seed: case_seed(seed.unwrap_or(0), outcome.case), profile, commands, keys };
            let generate = shell_words::join(spec_header(&spec).flags);
            format!("ekv-roundtrip generate --seed {} {generate} | ekv-roundtrip shrink - {flags}", spec.seed)
        }
        (trace, _) => {
            let path = trace.as_deref().unwrap_or(Path::new("-")).display().to_string();
            format!("ekv-roundtrip shrink {} {flags}", shell_words::quote(&path))
        }
    }
}

fn write_finding(
    out: &mut dyn Write,
    outcome: &Outcome,
    folder: Option<&Path>,
    repeat: &str,
    shrink: &str,
) -> std::io::Result<()> {
    let Some(finding) = &outcome.report.finding else { return Ok(()) };
    let profile = outcome.profile.map_or_else(String::new, |profile| format!("profile {}, ", profile.name));
    writeln!(out, "MISMATCH in case {} ({profile}{})", outcome.case, subject_words(width_name(outcome.width)))?;
    writeln!(out, "  kind     {}: {}", finding.kind.name(), finding.kind.meaning())?;
    writeln!(out, "  class    {}", fingerprint(finding))?;
    // A comparison of states begins with the key by itself.
    if let Some(user_key) = finding.user_key.as_deref().filter(|_| !finding.detail.starts_with("key ")) {
        writeln!(out, "  key      {}", key_text::quoted(user_key))?;
    }
    if let Some(step) = finding.step {
        writeln!(out, "  step     {step}")?;
    }
    for line in finding.detail.lines() {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "  repeat   {repeat}")?;
    match &outcome.report.kept {
        Some(folder) => writeln!(out, "  kept     {}", folder.display())?,
        None if outcome.width.is_none() => writeln!(out, "           (--keep leaves its trace)")?,
        None => writeln!(out, "           (--keep leaves its trace, database and dump)")?,
    }
    match folder {
        Some(folder) => writeln!(out, "  finding  {}", folder.display())?,
        None => writeln!(out, "  shrink   {}", shrink.trim_end())?,
    }
    writeln!(out)
}

fn annotate(finding: Option<&ReportedFinding>) {
    if let Some(finding) = finding {
        annotations::error(
            &finding.headline(),
            None,
            &format!("{}\nrepeat: {}", finding.detail.trim_end(), finding.repeat),
        );
    }
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "a duration has a number and a unit, such as 60s, 5m or 1h".to_owned())
}
