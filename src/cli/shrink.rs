//! `shrink`: a trace that has a finding, made as small as it gets.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::check_flags::CheckFlags;
use super::duration::parse_duration;
use super::ended::{Ended, Failure, Verdict};
use super::findings::{FindingFolder, finding_folder};
use super::force_flag::ForceFlag;
use super::output::{note, write_failure};
use super::recording_flags::RecordingFlags;
use super::scratch::scratch_dir;
use super::signals::on_signals;
use super::{input, progress};
use crate::campaign::Attempts;
use crate::campaign::MetaChoice;
use crate::campaign::shapes::{Refusal, TINY_WIDTH, Taken, taken};
use crate::campaign::shrink::{Shrunk, shrink};
use crate::case::replay::command_count;
use crate::case::width_name;
use crate::case::{CaseError, Demands, Servers, typed_lines};
use crate::database::Engine;
use crate::finding::Finding;
use crate::format::counted;
use crate::format::snapshot::Framing;
use crate::jobs::Interrupt;
use crate::report::findings::TRACE_FILE;
use crate::store::MetaWidth;
use crate::workload::{Header, Step, Trace};

const NOTES: &str = "\
The trace must have a finding with these flags. The smaller trace has a finding of the same class. Steps are removed first, then \
words; then words become simpler, times come closer, and keys and items get readable names. Each attempt runs the whole case. \
shrink stops when nothing more can be removed, or when the time is up. At the end it prints what else the finding needs. With \
--meta both, the first size of base metas that has a finding is used, and so is the first framing, if several take turns.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip shrink trace.jsonl --out small.jsonl
  ekv-roundtrip shrink found/dump-state-items-0a1b2c3d --format plain
  ekv-roundtrip shrink kept/case-000017 --decoder 'exec:backup-decoder --in {fsm} --out {out}'
  ekv-roundtrip generate --seed 17 --profile churn | ekv-roundtrip shrink - --store redis://localhost:6379";

/// Cut a trace that has a finding down to the steps that show it
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// A trace in any form that `verify --trace` takes, the folder of a finding, or the folder of a case that --keep kept
    #[arg(value_name = "FINDING_DIR|TRACE")]
    trace: PathBuf,
    /// Start new attempts for this long, such as 60s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "60s")]
    time: Duration,
    /// jsonl is a trace; plain has one command per line, as typed into redis-cli
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// The file for the smaller trace; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    force: ForceFlag,
    #[command(flatten)]
    recording: RecordingFlags,
    #[command(flatten)]
    check: CheckFlags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Plain,
}

impl Format {
    fn write(self, trace: &Trace, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Format::Jsonl => trace.write(out),
            Format::Plain => typed_lines(&trace.steps).iter().try_for_each(|line| writeln!(out, "{line}")),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let (arguments, repeated) = &arguments.clone().of_finding()?;
    let (seed, steps) = read_steps(&arguments.trace, &arguments.recording)?;
    // Before there is anything on a server that must be taken away again.
    let interrupt = on_signals();
    let servers = arguments.check.servers.open(None, &interrupt)?;
    let scratch = scratch_dir()?;
    let engine = arguments.check.engine().unwrap_or(Engine::REAL);
    let (check, demands, refused) = demands(&arguments.check, &interrupt, scratch.path(), arguments.time)?;
    let runs = Runs { folder: scratch.path(), servers: servers.as_ref(), engine, seed, demands: &demands };
    let out = arguments.force.create("--out", &arguments.out)?;
    let of_shape =
        refused.into_iter().find(|refusal| repeated.as_ref().is_some_and(|folder| folder.is_of(&refusal.finding)));
    let shrunk = match of_shape {
        Some(refusal) => Ok(as_it_is(refusal)),
        None => shrink_with(arguments, repeated.as_ref(), &runs, &steps, &interrupt),
    };
    // Also after an error: the databases were handed to us empty.
    let emptied = servers.as_ref().map_or(Ok(()), Servers::leave_empty).map_err(Failure::input);
    let Found { width, demands, shrunk } = shrunk?;
    emptied?;
    let trace = Trace { header: Some(Header::new(Some(seed), Vec::new())), steps: shrunk.steps };
    out.write_all(|out| arguments.format.write(&trace, out).map_err(write_failure))?;
    let (from, to) = (command_count(&steps), command_count(&trace.steps));
    let runs = counted(shrunk.runs, "run");
    let ended = shrunk.cut_short.map_or_else(String::new, |why| format!("; {}", why.words()));
    let on = if servers.is_some() { String::new() } else { format!(" on engine {}", engine.name()) };
    note(&format!("{} left of {from} after {runs}{on}{ended}", counted(to, "command")));
    tell(&shrunk.finding);
    let needs = shrunk.needs.unwrap_or_default();
    if !needs.line().is_empty() {
        note(&format!("the finding {}", needs.line()));
    }
    if arguments.out != Path::new("-") && arguments.format == Format::Jsonl {
        let (plain, framing) = check.plainest(&needs, &demands);
        let flags = plain.to_flags(width, framing);
        let words = ["ekv-roundtrip", "verify", "--trace"].map(str::to_owned).into_iter();
        let words = words.chain([arguments.out.display().to_string()]).chain(flags);
        let reminder = arguments.check.servers.reminder();
        note(&format!("repeat: {}{reminder}", shell_words::join(words)));
    }
    Ok(Verdict::Finding)
}

impl Arguments {
    /// Where the trace is a finding's folder, the flags that it was found with; and the folder.
    fn of_finding(mut self) -> Result<(Arguments, Option<FindingFolder>), Failure> {
        let found = finding_folder(&self.trace)?;
        if let Some(folder) = &found {
            self.check = self.check.or(folder.check.clone());
        }
        Ok((self, found))
    }
}

/// What a case's own choices are drawn from, and its steps.
fn read_steps(path: &Path, flags: &RecordingFlags) -> Result<(u64, Vec<Step>), Failure> {
    let kept = path.join(TRACE_FILE);
    let file = if kept.is_file() { &kept } else { path };
    let mut steps = input::open_trace(file, flags)?;
    let seed = steps.header().and_then(|header| header.seed).unwrap_or_default();
    let read: Result<Vec<Step>, _> = steps.by_ref().collect();
    let read = read.map_err(|error| input::trace_failure(file, &error))?;
    steps.notes().iter().for_each(|line| note(line));
    Ok((seed, read))
}

/// What was shrunk, and how it was run.
struct Found {
    /// `None` on a server.
    width: Option<MetaWidth>,
    demands: Demands,
    shrunk: Shrunk,
}

/// How the trace is run.
struct Runs<'a> {
    folder: &'a Path,
    servers: Option<&'a Servers>,
    engine: Engine,
    seed: u64,
    /// A row for each framing of snapshots.
    demands: &'a [Demands],
}

/// What is checked, with each framing that the decoder takes; the flags without the shapes that it does not take; and those.
fn demands(
    check: &CheckFlags,
    interrupt: &Interrupt,
    work: &Path,
    time: Duration,
) -> Result<(CheckFlags, Vec<Demands>, Vec<Refusal>), Failure> {
    let demands = check.demands(interrupt);
    let Some(shapes) = check.shapes() else { return Ok((check.clone(), vec![demands], Vec::new())) };
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let Taken { shapes, refused, .. } =
        taken(&demands, &shapes, jobs, work, Instant::now().checked_add(time)).map_err(Failure::input)?;
    for refusal in &refused {
        note(&format!("note: the decoder does not take {}, and the trace is run without", refusal.finding.aspect));
    }
    let of_framing = |framing: &Framing| shapes.of_framing(*framing).demands(&demands, 0, 0);
    Ok((check.within(&shapes), shapes.framings.iter().map(of_framing).collect(), refused))
}

/// A shape that the decoder does not take: its steps are few from the start, and any of them shows it.
fn as_it_is(refusal: Refusal) -> Found {
    note("any snapshot of that shape shows it, so there is nothing to shrink");
    let Refusal { finding, steps, demands } = refusal;
    let shrunk = Shrunk::not_shrunk(&steps, &finding, None);
    Found { width: Some(TINY_WIDTH), demands, shrunk }
}

/// Shrinks with the first size of base metas, and the first framing, that has a finding. Of a finding's folder that is one of its
/// class, also where the case fails in another way now and then.
fn shrink_with(
    arguments: &Arguments,
    repeated: Option<&FindingFolder>,
    runs: &Runs<'_>,
    steps: &[Step],
    interrupt: &Interrupt,
) -> Result<Found, Failure> {
    let widths = match arguments.check.meta() {
        _ if arguments.check.servers.replace_the_store() => vec![None],
        MetaChoice::Short => vec![Some(MetaWidth::Short)],
        MetaChoice::Long => vec![Some(MetaWidth::Long)],
        MetaChoice::Both => vec![Some(MetaWidth::Short), Some(MetaWidth::Long)],
    };
    let counter = progress::counter("commands left");
    let &Runs { folder, servers, engine, seed, demands } = runs;
    let mut other = None;
    for (width, demands) in widths.iter().flat_map(|width| demands.iter().map(move |demands| (*width, demands))) {
        let attempts = Attempts { folder, demands, servers, engine, seed };
        let mut check = |steps: &[Step]| {
            let found = attempts.run(steps, width.unwrap_or(MetaWidth::Short))?;
            let (wanted, unwanted) = match found {
                Some(found) if repeated.is_some_and(|folder| !folder.is_of(&found)) => (None, Some(found)),
                found => (found, None),
            };
            other = other.take().or(unwanted);
            Ok(wanted)
        };
        let mut tick = |left| counter.set_position(left as u64);
        let deadline = Instant::now().checked_add(arguments.time);
        let shrunk = shrink(steps.to_vec(), arguments.time, interrupt, &mut check, &mut tick);
        let failed = |error| match error {
            CaseError::Input(message) => Failure::Input(message),
            CaseError::Interrupted => Failure::Input("interrupted before anything was found".to_owned()),
        };
        if let Some(shrunk) = shrunk.map_err(failed)? {
            let shrunk = shrunk.with_needs(&attempts, width, deadline, interrupt).map_err(failed)?;
            counter.finish_and_clear();
            if let Some(width) = width {
                note(&format!("size of base metas: {} bytes", width_name(Some(width))));
            }
            return Ok(Found { width, demands: demands.clone(), shrunk });
        }
    }
    if let (Some(folder), Some(other)) = (repeated, &other) {
        folder.require_same(other)?;
    }
    let trace = arguments.trace.display();
    Err(Failure::Input(format!("trace {trace}: it has no finding with these flags, so there is nothing to shrink")))
}

fn tell(finding: &Finding) {
    note(&format!("kind: {}: {}", finding.kind.name(), finding.kind.meaning()));
    finding.detail.lines().for_each(|line| note(&format!("  {line}")));
}
