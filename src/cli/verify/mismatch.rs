//! How `verify` tells of a mismatch, and which commands look into it.

use std::io::Write;
use std::path::Path;

use super::arguments::Arguments;
use crate::campaign::{Budget, Outcome};
use crate::cli::annotations;
use crate::cli::check_flags::CheckFlags;
use crate::cli::ended::{Ended, Failure, Verdict};
use crate::cli::generate::CaseFlags;
use crate::cli::output::note;
use crate::cli::style::{ADDED, BAD, REMOVED, paint};
use crate::report::block::{BlockLine, BlockPart, Told, text};
use crate::report::{NextSteps, Report, mismatches};
use crate::workload::{CaseSpec, case_seed, drawn_clients};

/// Classes that the end of a run lists.
const LISTED_CLASSES: usize = 16;

/// The commands that repeat just this case, and that make its trace smaller.
pub(super) fn next_steps(arguments: &Arguments, check: &CheckFlags, seed: Option<u64>, outcome: &Outcome) -> NextSteps {
    let reminder = check.servers.reminder();
    let shrink = format!("{}{reminder}", shrink_command(arguments, check, seed, outcome).trim_end());
    NextSteps { repeat: format!("{}{reminder}", repeat_command(arguments, check, seed, outcome)), shrink }
}

/// The command that runs the cases of a budget again, as they were asked for.
pub(super) fn repeat_of_run(arguments: &Arguments, seed: Option<u64>, budget: Budget) -> String {
    let mut words = vec!["ekv-roundtrip".to_owned(), "verify".to_owned()];
    if arguments.trace.is_none() {
        words.extend(seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
        match budget {
            Budget::Case(case) => words.extend(["--case".to_owned(), case.to_string()]),
            Budget::Cases(cases) if arguments.exhaustive.is_none() && !arguments.exhaustive_clients => {
                words.extend(["--cases".to_owned(), cases.to_string()]);
            }
            Budget::Cases(_) | Budget::TimeMs(_) => {}
        }
    }
    words.extend(steps_flags(arguments));
    words.extend(arguments.check.to_flags(None, None));
    words.extend(arguments.strict.then(|| Report::STRICT.to_owned()));
    shell_words::join(words) + &arguments.check.servers.reminder()
}

/// The flags that shape the cases, for a report.
pub(super) fn shaping_flags(arguments: &Arguments) -> Vec<String> {
    let strict = arguments.strict.then(|| Report::STRICT.to_owned());
    [steps_flags(arguments), arguments.check.shaping_flags(None, None), strict.into_iter().collect()].concat()
}

/// The flags that decide what the steps of the cases are.
fn steps_flags(arguments: &Arguments) -> Vec<String> {
    let mut flags = Vec::new();
    if let Some(path) = &arguments.trace {
        flags.extend(["--trace".to_owned(), path.display().to_string()]);
        flags.extend(arguments.recording.to_flags());
    } else if let Some(longest) = arguments.exhaustive {
        flags.extend(["--exhaustive".to_owned(), longest.to_string()]);
    } else if arguments.exhaustive_clients {
        flags.push("--exhaustive-clients".to_owned());
    } else {
        flags.extend(arguments.shape.to_flags());
        flags.extend(arguments.profiles.iter().flat_map(|profile| ["--profile".to_owned(), profile.clone()]));
    }
    flags
}

fn repeat_command(arguments: &Arguments, check: &CheckFlags, seed: Option<u64>, outcome: &Outcome) -> String {
    let mut words = vec!["ekv-roundtrip".to_owned(), "verify".to_owned()];
    if arguments.trace.is_none() {
        words.extend(seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
        words.extend(["--case".to_owned(), outcome.case.to_string()]);
        words.extend(steps_flags(arguments));
        words.extend(check.to_flags(None, outcome.framing));
    } else {
        let path = arguments.trace.as_deref().unwrap_or(Path::new("-")).display().to_string();
        words.extend(["--trace".to_owned(), path]);
        words.extend(arguments.recording.to_flags());
        words.extend(check.to_flags(outcome.width, outcome.framing));
    }
    shell_words::join(words)
}

/// The command that makes just this case's trace smaller.
fn shrink_command(arguments: &Arguments, check: &CheckFlags, seed: Option<u64>, outcome: &Outcome) -> String {
    let of_check = check.to_flags(outcome.width, outcome.framing);
    let flags = shell_words::join([arguments.recording.to_flags(), of_check].concat());
    if arguments.exhaustive.is_some() || arguments.exhaustive_clients {
        return format!("{} --findings found", repeat_command(arguments, check, seed, outcome));
    }
    match (&arguments.trace, outcome.profile) {
        (None, Some(profile)) => {
            let CaseFlags { commands, keys, clients } = arguments.shape;
            let seed = case_seed(seed.unwrap_or(0), outcome.case);
            let drawn = || if arguments.check.servers.take_part() { 1 } else { drawn_clients(seed) };
            let spec = CaseSpec { seed, profile, commands, keys, clients: clients.unwrap_or_else(drawn) };
            let generate = shell_words::join(spec.header().flags);
            format!("ekv-roundtrip generate --seed {} {generate} | ekv-roundtrip shrink - {flags}", spec.seed)
        }
        (trace, _) => {
            let path = trace.as_deref().unwrap_or(Path::new("-")).display().to_string();
            format!("ekv-roundtrip shrink {} {flags}", shell_words::quote(&path))
        }
    }
}

/// Prints a block, and tells GitHub Actions of it.
pub(super) fn tell(told: &Told<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    annotate(told);
    write_block(out, &told.block())
}

/// Writes a block, and an empty line.
pub(in crate::cli) fn write_block(out: &mut dyn Write, block: &[BlockLine]) -> std::io::Result<()> {
    for BlockLine { part, text } in block {
        match part {
            BlockPart::Headline => writeln!(out, "{}", paint(BAD, text))?,
            BlockPart::Expected => writeln!(out, "{}", paint(REMOVED, text))?,
            BlockPart::Found => writeln!(out, "{}", paint(ADDED, text))?,
            BlockPart::Plain => writeln!(out, "{text}")?,
        }
    }
    writeln!(out)
}

/// How many cases each class of findings is in, where the findings that were printed do not say so.
pub(super) fn write_classes(out: &mut dyn Write, report: &Report) -> std::io::Result<()> {
    let firsts = report.firsts_of_classes();
    if report.mismatches < 2 {
        return Ok(());
    }
    let classes = if firsts.len() == 1 { "1 class".to_owned() } else { format!("{} classes", firsts.len()) };
    writeln!(out, "{} of {classes}:", mismatches(report.mismatches))?;
    let width = firsts.iter().map(|first| first.class.len()).max().unwrap_or(0);
    for first in firsts.iter().take(LISTED_CLASSES) {
        let cases = match (first.case, report.cases_of(&first.class)) {
            (Some(case), 1) => format!("case {case}"),
            (Some(case), cases) => format!("{cases} cases, the first is case {case}"),
            (None, _) => "the whole run".to_owned(),
        };
        writeln!(out, "  {:width$}  {}; {cases}", first.class, first.headline)?;
    }
    if firsts.len() > LISTED_CLASSES {
        writeln!(out, "  ... and {} more; --report has them all", firsts.len() - LISTED_CLASSES)?;
    }
    writeln!(out)
}

/// A finding stays one whatever else was in the way, except that a defect of ours puts it in doubt.
pub(super) fn verdict(report: &Report, ended: Result<(), Failure>) -> Ended {
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

/// Tells GitHub Actions of what a block tells.
pub(in crate::cli) fn annotate(told: &Told<'_>) {
    annotations::error(&told.headline(), None, &text(&told.block()));
}
