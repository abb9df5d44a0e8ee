//! The report of a finding, which tells what broke without the source being opened.

use std::fmt::Write as _;

use super::drawn;
use super::dump_line::{DumpLine, dump_line};
use super::headline::headline;
use super::lineage::{Period, TracedRecord, steps_of};
use super::notes::{Evidence, Notes};
use super::rules::rules;
use crate::campaign::Needs;
use crate::campaign::shrink::CutShort;
use crate::case::{SERVER, step_text, subject_words, typed_lines};
use crate::compare::{Difference, DifferenceKind};
use crate::finding::{FindingKind, Sides};
use crate::format::record::classify;
use crate::format::{ListRecord, Record, counted, key_text};
use crate::inspect;
use crate::workload::Step;

/// Records and steps that are shown.
const SHOWN: usize = 12;
/// Times that an item was written that are told.
const SHOWN_STORIES: usize = 2;
/// Lines for redis-cli that are shown.
const SHOWN_TYPED: usize = 40;

/// The report as Markdown.
pub(super) fn page(notes: &Notes, evidence: &Evidence<'_>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_report(notes, evidence, &mut text);
    text
}

fn write_report(notes: &Notes, evidence: &Evidence<'_>, text: &mut String) -> std::fmt::Result {
    let finding = &evidence.shrunk.finding;
    let chief = finding.sides.as_deref().and_then(Sides::chief);
    writeln!(
        text,
        "# {}: {}\n",
        notes.verdict,
        headline(finding, evidence.lineage.as_ref(), evidence.shrunk.needs.as_ref())
    )?;
    let key = finding.user_key.as_deref().map_or_else(String::new, |key| format!(" Key {}.", key_text::quoted(key)));
    writeln!(text, "Finding `{}`: {}.{key}\n", notes.fingerprint, finding.kind.meaning())?;
    write_steps(notes, evidence, text)?;
    write_difference(evidence, chief.as_ref(), text)?;
    if !notes.needs.is_empty() {
        writeln!(text, "\nThe finding {}.", notes.needs)?;
    }
    write_rules(evidence, text)?;
    text.push_str(&drawn::section(evidence.lineage.as_ref(), finding));
    write_lineage(evidence, chief.as_ref(), text)?;
    write_repeat(notes, evidence.shrunk.needs.as_ref().is_some_and(Needs::is_unsteady), text)
}

fn write_steps(notes: &Notes, evidence: &Evidence<'_>, text: &mut String) -> std::fmt::Result {
    let steps = &evidence.shrunk.steps;
    let (whole, shrunk) = (counted(notes.commands, "command"), counted(notes.shrunk_commands, "command"));
    let how =
        if notes.meta == SERVER { "on a server".to_owned() } else { format!("with {}", subject_words(&notes.meta)) };
    let cut = if steps == evidence.whole { String::new() } else { format!(", cut down from {whole}") };
    writeln!(text, "## The commands\n\n{shrunk}{cut}, {how}:\n\n```text")?;
    if notes.meta == SERVER {
        write_typed(steps, text)?;
    } else {
        for (number, step) in (1_u64..).zip(steps).take(SHOWN * 2) {
            let at = step.at_ms.map_or_else(String::new, |at_ms| at_ms.to_string());
            writeln!(text, "{number:>3}  {at:>13}  {}", step_text(step))?;
        }
        if steps.len() > SHOWN * 2 {
            writeln!(text, "     ... and {} more", counted((steps.len() - SHOWN * 2) as u64, "step"))?;
        }
    }
    writeln!(text, "```")?;
    if notes.meta == SERVER {
        writeln!(text, "\nThese lines can be pasted into `redis-cli`. The database must be empty.")?;
    }
    match notes.cut_short {
        None => Ok(()),
        Some(why @ CutShort::FailedOnce) => writeln!(text, "\nThis is the whole case, not shrunk: {}.", why.words()),
        Some(why) => {
            let hint = "`ekv-roundtrip shrink` on this folder may find a smaller trace";
            writeln!(text, "\nThis may not be the smallest trace: {}. {hint}.", why.words())
        }
    }
}

/// As they go to a server.
fn write_typed(steps: &[Step], text: &mut String) -> std::fmt::Result {
    let lines = typed_lines(steps);
    lines.iter().take(SHOWN_TYPED).try_for_each(|line| writeln!(text, "{line}"))?;
    if lines.len() > SHOWN_TYPED {
        let more = counted((lines.len() - SHOWN_TYPED) as u64, "line");
        writeln!(
            text,
            "# ... and {more} more; `ekv-roundtrip shrink --format plain` on this folder prints all of them"
        )?;
    }
    Ok(())
}

/// What was expected and what was found.
fn write_difference(evidence: &Evidence<'_>, chief: Option<&Difference>, text: &mut String) -> std::fmt::Result {
    let finding = &evidence.shrunk.finding;
    writeln!(text, "\n## Expected and found\n")?;
    if let (Some(sides), Some(difference)) = (finding.sides.as_deref(), chief) {
        write_hunk(sides, difference, text)?;
    }
    writeln!(text, "```text\n{}\n```", finding.detail.trim_end())
}

fn write_rules(evidence: &Evidence<'_>, text: &mut String) -> std::fmt::Result {
    let rules = rules(&evidence.shrunk.finding, &evidence.shrunk.needs.clone().unwrap_or_default());
    let Some((first, others)) = rules.split_first() else { return Ok(()) };
    writeln!(text, "\n## The rule\n\nThe rule of {} that is broken, most likely:\n", first.subject())?;
    writeln!(text, "- **{}**: {}.", first.name, first.says)?;
    if evidence.shrunk.finding.kind.is_about_a_decoder() {
        writeln!(text, "  The probes about it: {}.", first.probes.join(", "))?;
    }
    if others.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nIf it is not that one:\n")?;
    others.iter().try_for_each(|rule| writeln!(text, "- **{}**: {}.", rule.name, rule.says))
}

fn write_hunk(sides: &Sides, difference: &Difference, text: &mut String) -> std::fmt::Result {
    let Some(hunk) = sides.diff_of(difference) else { return Ok(()) };
    let (left, right) = (&sides.expected_name, &sides.found_name);
    writeln!(text, "The items, with their indexes in {left} and in {right}:\n\n```diff\n{hunk}```\n")
}

fn write_lineage(evidence: &Evidence<'_>, chief: Option<&Difference>, text: &mut String) -> std::fmt::Result {
    let finding = &evidence.shrunk.finding;
    writeln!(text, "\n## Where it comes from")?;
    if let (Some(sides), Some(difference)) = (finding.sides.as_deref(), chief)
        && is_about_a_dump(finding.kind)
    {
        match dump_line(difference, &sides.found) {
            DumpLine::NoFile { path } => writeln!(text, "\nThe dump has no file `{path}`.")?,
            DumpLine::At { path, line } => {
                writeln!(text, "\nIn the dump, see line {line} of `{path}`.")?;
            }
        }
    }
    let Some(lineage) = &evidence.lineage else {
        return writeln!(text, "\nThe case ran on a server. Its records cannot be read from here.");
    };
    let Some(key) = finding.user_key.as_deref() else {
        let count = counted(lineage.records.len() as u64, "record");
        return writeln!(text, "\nThe finding is not about a single key. `records.txt` has all {count}.");
    };
    let records = lineage.records_of(key);
    let written: std::collections::BTreeSet<u64> =
        records.iter().flat_map(|record| record.versions()).flat_map(|version| version.steps()).collect();
    let shown = around(&records, chief);
    if let Some(difference) = chief {
        write_origins(&records, difference, text)?;
    }
    writeln!(text, "\nThe records of key {}, each with the step that wrote it:\n\n```text", key_text::quoted(key))?;
    let mut parts: Vec<String> = shown.iter().map(|record| record_text(record).trim_end().to_owned()).collect();
    if records.len() > shown.len() {
        let more = counted((records.len() - shown.len()) as u64, "record");
        parts.push(format!("... and {more} more in records.txt"));
    }
    if records.is_empty() {
        parts.push("(none, at any time)".to_owned());
    }
    writeln!(text, "{}\n```", parts.join("\n\n"))?;
    let steps = &evidence.shrunk.steps;
    let named: Vec<u64> = steps_of(steps, key).union(&written).copied().filter(|number| *number > 0).collect();
    if named.len() == steps.len() && steps.len() <= SHOWN {
        return Ok(());
    }
    writeln!(text, "\nThe steps that name the key or wrote these records:\n\n```text")?;
    for number in named.iter().take(SHOWN) {
        let step = usize::try_from(*number).ok().and_then(|number| steps.get(number.saturating_sub(1)));
        writeln!(text, "{number:>3}  {}", step.map_or_else(String::new, step_text))?;
    }
    if named.len() > SHOWN {
        writeln!(text, "     ... and {} more", counted((named.len() - SHOWN) as u64, "step"))?;
    }
    writeln!(text, "```")
}

/// What the records say of the items at the first difference.
fn write_origins(records: &[&TracedRecord], difference: &Difference, text: &mut String) -> std::fmt::Result {
    let DifferenceKind::Items(items) = &difference.kind else { return Ok(()) };
    writeln!(text)?;
    for (item, what, is_shown) in [(&items.left, "should be", false), (&items.right, "is", true)] {
        let Some(item) = item else { continue };
        let at = format!("The item {} that {what} at index {}", key_text::quoted(item), items.first_index);
        let stories = stories(records, item, is_shown);
        if stories.is_empty() {
            writeln!(text, "- {at} is in no record of this key, and was in none before.")?;
        }
        stories.iter().take(SHOWN_STORIES).try_for_each(|story| writeln!(text, "- {at}: {story}."))?;
        if stories.len() > SHOWN_STORIES {
            let more = counted((stories.len() - SHOWN_STORIES) as u64, "more time");
            writeln!(text, "- An equal item was written {more}.")?;
        }
    }
    Ok(())
}

/// What became of an item, for each time that it was in a record. What is wrong comes first: of an item that should be there
/// the records that are, of one that is shown those that are no more.
fn stories(records: &[&TracedRecord], item: &[u8], is_shown: bool) -> Vec<String> {
    let mut stories: Vec<(bool, String)> = Vec::new();
    for record in records.iter().filter(|record| is_item(record)) {
        let seq = seq_of(record);
        let periods = record.periods();
        let of_item = periods.iter().filter(|period| period.value == item);
        stories.extend(of_item.map(|period| (period.is_over(), story(period, seq))));
    }
    stories.sort_by_key(|(is_over, _)| *is_over != is_shown);
    stories.into_iter().map(|(_, story)| story).collect()
}

/// What became of an item at its sequence number.
fn story(period: &Period<'_>, seq: i64) -> String {
    let again = period.written_again_by.map_or_else(String::new, |step| format!(", step {step} wrote it again"));
    let end = match (period.deleted_by, period.replaced_by) {
        (Some(deleted), Some(next)) => format!(", step {deleted} deleted it, and step {next} wrote another item there"),
        (Some(deleted), None) => format!(", and step {deleted} deleted it"),
        (None, Some(next)) => format!(", and step {next} wrote another item over it"),
        (None, None) => ", and the record is still there".to_owned(),
    };
    format!("step {} wrote it, with seq {seq}{again}{end}", period.written_by)
}

/// The number in an item's key.
fn seq_of(record: &TracedRecord) -> i64 {
    match classify(&record.key, &record.value) {
        Ok(Record::List(ListRecord::Item { seq, .. })) => seq.0,
        _ => 0,
    }
}

fn is_item(record: &TracedRecord) -> bool {
    record.key.starts_with(crate::format::list::ITEM_PREFIX)
}

fn is_about_a_dump(kind: FindingKind) -> bool {
    matches!(kind, FindingKind::DumpState | FindingKind::DecoderState | FindingKind::History)
}

/// The records that say most: the items about which the sides differ, then those that are no items, then the others.
fn around<'a>(records: &[&'a TracedRecord], chief: Option<&Difference>) -> Vec<&'a TracedRecord> {
    let concerned = |record: &TracedRecord| match chief.map(|difference| &difference.kind) {
        Some(DifferenceKind::Items(items)) => {
            [&items.left, &items.right].into_iter().flatten().any(|item| record.values().any(|value| value == item))
        }
        _ => false,
    };
    let mut ranked: Vec<(usize, &TracedRecord)> = records.iter().copied().enumerate().collect();
    ranked.sort_by_key(|(at, record)| {
        (!concerned(record) || !is_item(record), is_item(record), record.deleted_by.is_some(), *at)
    });
    ranked.truncate(SHOWN);
    ranked.into_iter().map(|(_, record)| record).collect()
}

/// A record in words and hex, and which steps wrote and deleted it.
pub(super) fn record_text(record: &TracedRecord) -> String {
    let mut bytes = Vec::new();
    // Memory takes everything.
    let _ = inspect::write_text(&record.key, &record.value, &mut bytes);
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    let mut steps = format!("  step   written by step {}", record.written_by);
    if !record.earlier.is_empty() {
        let _ = write!(steps, ", over {}", counted(record.earlier.len() as u64, "older version"));
    }
    if let Some(step) = record.deleted_by {
        let _ = write!(steps, ", deleted by step {step}");
    }
    format!("{text}\n{steps}\n\n")
}

fn write_repeat(notes: &Notes, is_unsteady: bool, text: &mut String) -> std::fmt::Result {
    writeln!(text, "\n## How to repeat it\n\n```text\n./repeat.sh\n```\n")?;
    writeln!(
        text,
        "It runs `ekv-roundtrip verify --trace` on this folder. It exits with code 1 while the finding is there, and"
    )?;
    let is_gone = if is_unsteady {
        "with 0 in a run without it. The finding comes and goes, so that does not mean that it is gone: run it several\n\
         times. It exits with code 2 if a run has another finding."
    } else {
        "with 0 when it is gone."
    };
    writeln!(text, "{is_gone} Version {} found it with:\n", notes.tool_version)?;
    writeln!(text, "```text\n{}\n```\n", notes.repeat)?;
    writeln!(text, "| file | what it is |\n| --- | --- |")?;
    notes.files.iter().try_for_each(|(name, what)| writeln!(text, "| `{name}` | {what} |"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::report::findings::trace_back;
    use crate::state::KeyState;
    use crate::store::MetaWidth;
    use crate::workload::Trace;

    /// What the report says of the items at the first difference of key `k`.
    fn origins(commands: &[&str], found: &[&str]) -> String {
        let words = |line: &str| line.split(' ').map(|word| format!("{word:?}")).collect::<Vec<_>>().join(",");
        let lines = (1000..).zip(commands).map(|(at, line)| format!("{{\"at_ms\":{at},\"cmd\":[{}]}}\n", words(line)));
        let steps = Trace::read(lines.collect::<String>().as_bytes()).expect("a trace").steps;
        let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
        let mut shown = lineage.expected.clone();
        let items = found.iter().map(|item| item.as_bytes().to_vec()).collect();
        shown.keys.insert(b"k".to_vec(), KeyState::list(items, None));
        let difference = compare(&lineage.expected, &shown, 0).differences.remove(0);
        let mut text = String::new();
        write_origins(&lineage.records_of(b"k"), &difference, &mut text).expect("memory");
        text
    }

    #[test]
    fn it_says_when_the_item_that_is_shown_was_in_the_list() {
        let reused = origins(&["RPUSH k a", "RPOP k", "RPUSH k b"], &["a"]);
        assert_eq!(
            reused,
            "\n- The item \"b\" that should be at index 0: step 3 wrote it, with seq 0, and the record is still there.\n\
             - The item \"a\" that is at index 0: step 1 wrote it, with seq 0, step 2 deleted it, and step 3 wrote another \
             item there.\n"
        );
        let set = origins(&["RPUSH k a b", "LSET k 0 x"], &["a", "b"]);
        assert!(set.ends_with(
            "\"a\" that is at index 0: step 1 wrote it, with seq 0, and step 2 wrote another item over it.\n"
        ));
        let popped = origins(&["RPUSH k a b", "LPOP k"], &["a", "b"]);
        assert!(popped.ends_with("\"a\" that is at index 0: step 1 wrote it, with seq 0, and step 2 deleted it.\n"));
        let never = origins(&["RPUSH k a b", "LPOP k"], &["x", "b"]);
        assert!(never.ends_with("\"x\" that is at index 0 is in no record of this key, and was in none before.\n"));
    }

    #[test]
    fn an_item_that_was_written_again_as_it_is_is_no_other_one() {
        let text = origins(&["RPUSH k a b", "LSET k 0 x"], &["x"]);
        let story = "step 1 wrote it, with seq 1, step 2 wrote it again, and the record is still there";
        assert_eq!(text, format!("\n- The item \"b\" that should be at index 1: {story}.\n"));
    }

    #[test]
    fn of_many_equal_items_those_that_say_most_come_first() {
        let text = origins(&["RPUSH k a a a a", "RPOP k"], &["a", "a", "a", "a"]);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "- The item \"a\" that is at index 3: step 1 wrote it, with seq 3, and step 2 deleted it.",
                "- The item \"a\" that is at index 3: step 1 wrote it, with seq 0, and the record is still there.",
                "- An equal item was written 2 more times.",
            ]
        );
        let missing = origins(&["RPUSH k a a b", "LPOP k"], &["b"]);
        let first =
            "- The item \"a\" that should be at index 0: step 1 wrote it, with seq 1, and the record is still there.";
        assert_eq!(missing.lines().nth(1), Some(first), "{missing}");
    }
}
