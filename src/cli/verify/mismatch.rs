//! How `verify` tells of a mismatch, and which commands look into it.

use std::io::Write;
use std::path::Path;

use super::arguments::Arguments;
use crate::campaign::{Budget, Outcome};
use crate::case::{subject_words, width_name};
use crate::cli::annotations;
use crate::cli::check_flags::CheckFlags;
use crate::cli::generate::CaseFlags;
use crate::database::Engine;
use crate::finding::FINDING_KINDS;
use crate::format::{counted, key_text};
use crate::report::{NextSteps, Report, ReportedFinding, mismatches};
use crate::workload::{CaseSpec, case_seed};

/// Keys of a finding that are printed: what is wrong with one is often wrong with others.
const SHOWN_KEYS: usize = 3;

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
            Budget::Cases(cases) if arguments.exhaustive.is_none() => {
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
    if arguments.exhaustive.is_some() {
        return format!("{} --findings found", repeat_command(arguments, check, seed, outcome));
    }
    match (&arguments.trace, outcome.profile) {
        (None, Some(profile)) => {
            let CaseFlags { commands, keys } = arguments.shape;
            let spec = CaseSpec { seed: case_seed(seed.unwrap_or(0), outcome.case), profile, commands, keys };
            let generate = shell_words::join(spec.header().flags);
            format!("ekv-roundtrip generate --seed {} {generate} | ekv-roundtrip shrink - {flags}", spec.seed)
        }
        (trace, _) => {
            let path = trace.as_deref().unwrap_or(Path::new("-")).display().to_string();
            format!("ekv-roundtrip shrink {} {flags}", shell_words::quote(&path))
        }
    }
}

pub(super) fn write_finding(
    out: &mut dyn Write,
    outcome: &Outcome,
    folder: Option<&Path>,
    ReportedFinding { repeat, shrink, .. }: &ReportedFinding,
    engine: Engine,
) -> std::io::Result<()> {
    let Some(finding) = &outcome.report.finding else { return Ok(()) };
    let profile = outcome.profile.map_or_else(String::new, |profile| format!("profile {}, ", profile.name));
    writeln!(out, "MISMATCH in case {} ({profile}{})", outcome.case, subject_words(width_name(outcome.width)))?;
    writeln!(out, "  kind     {}: {}", finding.kind.name(), finding.kind.meaning())?;
    writeln!(out, "  class    {}", finding.fingerprint())?;
    // A comparison of states begins with the key by itself.
    if let Some(user_key) = finding.user_key.as_deref().filter(|_| !finding.detail.starts_with("key ")) {
        writeln!(out, "  key      {}", key_text::quoted(user_key))?;
    }
    if let Some(step) = finding.step {
        writeln!(out, "  step     {step}")?;
    }
    let (shown, more) = first_keys(&finding.detail);
    for line in shown {
        writeln!(out, "  {line}")?;
    }
    if more > 0 {
        writeln!(out, "  ... and {}; --report writes them all", counted(more as u64, "more line"))?;
    }
    writeln!(out, "  repeat   {repeat}")?;
    match &outcome.report.kept {
        Some(folder) => writeln!(out, "  kept     {}", folder.display())?,
        None if outcome.width.is_none() => writeln!(out, "           (--keep leaves its trace)")?,
        None if engine == Engine::Memory => writeln!(out, "           (--keep leaves its trace and dump)")?,
        None => writeln!(out, "           (--keep leaves its trace, database and dump)")?,
    }
    match folder {
        Some(folder) => writeln!(out, "  finding  {}", folder.display())?,
        None => writeln!(out, "  shrink   {}", shrink.trim_end())?,
    }
    writeln!(out)
}

/// The lines about the first keys that differ, and how many more there are. What is not about keys is shown whole.
fn first_keys(detail: &str) -> (Vec<&str>, usize) {
    let mut keys = 0;
    let is_shown = |line: &&str| {
        keys += usize::from(line.starts_with("key "));
        keys <= SHOWN_KEYS
    };
    let shown: Vec<&str> = detail.lines().take_while(is_shown).collect();
    let more = detail.lines().count() - shown.len();
    (shown, more)
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
    for first in firsts {
        let meaning = FINDING_KINDS.iter().find(|(_, name, _)| *name == first.kind).map_or("", |(.., meaning)| meaning);
        let place = match (first.case, report.classes.get(&first.class)) {
            (Some(case), Some(1)) => format!("case {case}"),
            (Some(case), Some(cases)) => format!("{cases} cases, the first is case {case}"),
            _ => "the whole run".to_owned(),
        };
        writeln!(out, "  {:width$}  {place}: {meaning}", first.class)?;
    }
    writeln!(out)
}

pub(super) fn annotate(finding: &ReportedFinding) {
    let message = format!("{}\nrepeat: {}", finding.detail.trim_end(), finding.repeat);
    annotations::error(&finding.place(), None, &message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_three_keys_are_shown_and_what_is_not_about_keys() {
        let keys = "key a\n  at 1\nkey b\nkey c\n  at 2\nkey d\n  at 3\n... and 5 more keys differ\n";
        assert_eq!(first_keys(keys), (vec!["key a", "  at 1", "key b", "key c", "  at 2"], 3));
        let batch = "rule 3\n- 00\n+ 01\n";
        assert_eq!(first_keys(batch), (vec!["rule 3", "- 00", "+ 01"], 0));
    }
}
