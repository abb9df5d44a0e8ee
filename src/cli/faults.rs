//! `faults`: what can go wrong, done wrong on purpose, to see that `verify` finds it.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json as object};

use super::ended::{Ended, Failure, Verdict};
use super::engine_flag::engine_parser;
use super::generate::announce_seed;
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::progress;
use super::results::{json, people};
use super::scratch::scratch_dir;
use super::signals::on_signals;
use super::style::{BAD, GOOD, paint};
use crate::campaign::hunt::{Ending, Met, hunt};
use crate::case::replay::command_count;
use crate::case::{CaseError, width_name};
use crate::database::Engine;
use crate::faults::{Fault, faults};
use crate::format::counted;
use crate::jobs::{Interrupt, side_by_side};
use crate::report::findings::trace_bytes;
use crate::rules::Rule;

const NOTES: &str = "\
A check that has never failed proves nothing. For each fault, verify's cases of 1000 commands run with that fault \
switched on at one boundary, until one has a finding. The boundaries are those between workload and store, store and database, \
database and encoder, encoder and reader, reader and comparison, and the snapshot file. The finding must be of a kind that the \
fault may be reported as. Its trace is then cut down, and must still have the finding.

The exit code is 1 if a fault escapes, is reported as something else, or does not repeat.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip faults --list                              what there is, by boundary, with the rule that is broken
  ekv-roundtrip faults --seed 1                            all of them
  ekv-roundtrip faults --only sign-flip-left-out --report faults.json";

/// Make mistakes on purpose, one at a time, and test that verify finds them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// Print the faults and run nothing: name, boundary, what breaks, the rule, how it is reported
    #[arg(long, conflicts_with_all = ["seed", "cases", "report"])]
    list: bool,
    /// Run only this fault; may be given more than once
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(names()), hide_possible_values = true)]
    only: Vec<String>,
    /// Seed of the cases [default: random; it is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Cases within which a fault must be caught
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    cases: u64,
    /// Where the store keeps its records [default: rocksdb; memory in a build without RocksDB]
    #[arg(long, value_name = "rocksdb|memory", value_parser = engine_parser(), hide_possible_values = true)]
    #[arg(conflicts_with = "list")]
    engine: Option<Engine>,
    /// Write the results as JSON, with the shrunk traces; - is standard output
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
}

impl Arguments {
    fn engine(&self) -> Engine {
        self.engine.unwrap_or(Engine::REAL)
    }
}

fn names() -> Vec<&'static str> {
    faults().map(|fault| fault.name).collect()
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let is_chosen = |fault: &&Fault| arguments.only.is_empty() || arguments.only.iter().any(|name| name == fault.name);
    let chosen: Vec<&'static Fault> = faults().filter(is_chosen).collect();
    if arguments.list {
        let mut out = Output::standard();
        let printed = chosen.iter().try_for_each(|fault| list_line(&mut out, fault));
        despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
        return Ok(Verdict::Holds);
    }
    let seed = announce_seed(arguments.seed);
    let report_file = arguments.report.as_deref().map(Output::create).transpose()?;
    let interrupt = on_signals();
    let (results, untried) = run_all(arguments, seed, &chosen, &interrupt)?;
    let mut out = people(arguments.report.as_deref());
    let printed = write_table(&mut out, arguments.engine(), &results);
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    if let Some(file) = report_file {
        let report = json(&to_json(seed, arguments, &results, &untried))?;
        file.write_all(|out| out.write_all(&report).map_err(write_failure))?;
    }
    let all_caught = results.iter().all(|(_, result)| matches!(result, Ending::Caught(..)));
    let interrupted = (!untried.is_empty()).then(|| {
        let faults = counted(untried.len() as u64, "fault");
        format!("interrupted: {faults} not tried")
    });
    match (all_caught, interrupted) {
        (true, None) => Ok(Verdict::Holds),
        (true, Some(message)) => Err(Failure::Input(message)),
        (false, message) => {
            message.iter().for_each(|message| note(&format!("error: {message}")));
            Ok(Verdict::Finding)
        }
    }
}

type Results = Vec<(&'static Fault, Ending)>;

/// Runs the faults side by side; what comes of one depends on the seed alone. Gives those too that were not tried to the end
/// before somebody wished one.
fn run_all(
    arguments: &Arguments,
    seed: u64,
    chosen: &[&'static Fault],
    interrupt: &Interrupt,
) -> Result<(Results, Vec<&'static Fault>), Failure> {
    let scratch = scratch_dir()?;
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let bar = progress::bar("faults", chosen.len() as u64);
    let place = (arguments.engine(), scratch.path());
    let work = |fault: &&'static Fault| match hunt(fault, seed, arguments.cases, place, interrupt) {
        Err(CaseError::Interrupted) => Ok(None),
        ended => ended.map(Some),
    };
    let endings = side_by_side(chosen, jobs, work, &|| bar.inc(1));
    bar.finish_and_clear();
    let (mut results, mut untried) = (Results::new(), Vec::new());
    for (fault, ending) in chosen.iter().copied().zip(endings.map_err(Failure::input)?) {
        match ending {
            Some(ending) => results.push((fault, ending)),
            None => untried.push(fault),
        }
    }
    Ok((results, untried))
}

fn list_line(out: &mut dyn std::io::Write, fault: &Fault) -> std::io::Result<()> {
    let reported = fault.reported.iter().map(|(kind, aspects)| match aspects {
        [] => kind.name().to_owned(),
        aspects => format!("{} ({})", kind.name(), aspects.join(", ")),
    });
    let reported = reported.collect::<Vec<_>>().join(" | ");
    writeln!(out, "{}\n  at        {}\n  breaks    {}", fault.name, fault.act.boundary(), fault.breaks)?;
    let says = Rule::find(fault.rule).map_or("", |rule| rule.says);
    writeln!(out, "  rule      {}: {says}\n  reported  {reported}", fault.rule)
}

fn write_table(out: &mut dyn std::io::Write, engine: Engine, results: &Results) -> std::io::Result<()> {
    let width = results.iter().map(|(fault, _)| fault.name.len()).max().unwrap_or(0).max("fault".len());
    writeln!(out, "{:<width$}  {:<26}  {:>5}  shrunk to", "fault", "reported as", "cases")?;
    let mut sizes = Vec::new();
    for (fault, result) in results {
        let class = |met: &Met| [met.finding.kind.name(), met.finding.aspect].join(" ").trim_end().to_owned();
        let name = fault.name;
        match result {
            Ending::Caught(met, shrunk) => {
                let left = command_count(&shrunk.steps);
                sizes.push(left);
                let cut = if shrunk.cut_short.is_some() { " (the time was up)" } else { "" };
                let left = counted(left, "command");
                writeln!(out, "{name:<width$}  {:<26}  {:>5}  {left}{cut}", class(met), met.case + 1)?;
            }
            Ending::Escaped => writeln!(out, "{name:<width$}  {}: {}", paint(BAD, "ESCAPED"), fault.breaks)?,
            Ending::Misreported(met) => {
                let first_line = met.finding.detail.lines().next().unwrap_or_default();
                let class = class(met);
                writeln!(out, "{name:<width$}  {} as {class}: {first_line}", paint(BAD, "MISREPORTED"))?;
            }
            Ending::Unrepeated(met) => {
                let (class, case) = (class(met), met.case);
                writeln!(out, "{name:<width$}  {}: {class} in case {case}", paint(BAD, "NOT REPEATED"))?;
            }
        }
    }
    sizes.sort_unstable();
    let median = sizes
        .get(sizes.len() / 2)
        .map_or_else(String::new, |median| format!(", median {}", counted(*median, "command")));
    let style = if sizes.len() == results.len() { GOOD } else { BAD };
    let caught = format!("{}/{} faults caught", sizes.len(), results.len());
    writeln!(out, "{}{median}, engine {}", paint(style, caught), engine.name())
}

fn to_json(seed: u64, arguments: &Arguments, results: &Results, untried: &[&'static Fault]) -> Value {
    let done = results.iter().map(|(fault, ending)| (*fault, Some(ending)));
    let rows = done.chain(untried.iter().map(|fault| (*fault, None))).map(|(fault, ending)| {
        let (name, met, shrunk) = match ending {
            Some(Ending::Caught(met, shrunk)) => ("caught", Some(met), Some(shrunk)),
            Some(Ending::Escaped) => ("escaped", None, None),
            Some(Ending::Misreported(met)) => ("misreported", Some(met), None),
            Some(Ending::Unrepeated(met)) => ("not-repeated", Some(met), None),
            None => ("not-tried", None, None),
        };
        let trace = shrunk.map(|shrunk| {
            let bytes = trace_bytes(met.map(|met| met.case_seed), &shrunk.steps).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        });
        object!({
            "fault": fault.name, "boundary": fault.act.boundary(), "breaks": fault.breaks, "rule": fault.rule,
            "result": name,
            "kind": met.map(|met| met.finding.kind.name()), "aspect": met.map(|met| met.finding.aspect),
            "cases": met.map(|met| met.case + 1), "profile": met.map(|met| met.profile.name),
            "meta": met.map(|met| width_name(Some(met.width))),
            "commands": shrunk.map(|shrunk| command_count(&shrunk.steps)), "runs": shrunk.map(|shrunk| shrunk.runs),
            "trace": trace,
        })
    });
    object!({
        "format_version": 1, "tool_version": env!("CARGO_PKG_VERSION"), "seed": seed,
        "engine": arguments.engine().name(), "budget_cases": arguments.cases,
        "faults": rows.collect::<Vec<_>>(),
    })
}
