//! A class of findings as a few lines, the same in terminals, annotations, JUnit and step summaries: what broke, the commands
//! that show it, what was expected and what was found, and how to go on.
//!
//! ```text
//! MISMATCH decoder-state-items-ec083bde: an item is missing from the decoder's dump
//!   case     2 (profile stack, 24-byte meta), one of 7 cases
//!   shrunk   to 1 command of 200, in 42 runs
//!     RPUSH k "" a
//!   key "k" (hex 6b): items, dropped: the decoder's dump lacks 1 of the 2 items of Redis
//!     --- Redis, 2 items
//!     +++ the decoder's dump, 1 item
//!     -      0         ""
//!            1      0  "a"
//!   finding  needs --history; happens also without --noise
//!   repeat   ekv-roundtrip verify --seed 3 --case 2
//!   folder   found/decoder-state-items-ec083bde
//! ```
//!
//! A block is short whatever the case is like: a report and a finding's folder have the rest.

use super::{Report, ReportedFinding};
use crate::finding::FindingKind;
use crate::format::{counted, key_text};

/// Lines of a diff or a description that are shown, and steps.
const SHOWN_LINES: usize = 8;
const SHOWN_STEPS: usize = 6;
/// Lines that are shown of why a shape is not taken, where there are several.
const SHOWN_OF_A_SHAPE: usize = 3;
/// Columns of such a line, and of one about a key.
const SHOWN_COLUMNS: usize = 116;
const KEY_COLUMNS: usize = 196;
/// Lines of a timeline that are shown, and their columns: a call and a reply are short, and so are most timelines.
const SHOWN_OPERATIONS: usize = 24;
const OPERATION_COLUMNS: usize = 260;

/// A line of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockLine {
    /// What it is, for whoever gives it a colour.
    pub part: BlockPart,
    /// The line, without a line feed.
    pub text: String,
}

/// What a line of a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockPart {
    /// The class, and what broke.
    Headline,
    /// A line of a diff that only the side that is right has.
    Expected,
    /// A line of a diff that only the other side has.
    Found,
    /// Any other.
    Plain,
}

/// What one block tells.
#[derive(Clone, Debug)]
pub enum Told<'a> {
    /// A class, by a finding of it, and how many cases have one; 0 where more may come.
    Class(&'a ReportedFinding, u64),
    /// Shapes of snapshots that the decoder does not take, a finding each.
    Shapes(Vec<&'a ReportedFinding>),
}

impl Report {
    /// What there is to tell of the classes, each in a block of its own but for the shapes of snapshots that the decoder does not
    /// take: these are told together, behind all others, for wherever there is room for only so many.
    pub fn told(&self) -> Vec<Told<'_>> {
        let (shapes, others): (Vec<_>, Vec<_>) =
            self.firsts_of_classes().into_iter().partition(|first| first.kind == FindingKind::DecoderShape.name());
        let others = others.into_iter().map(|first| Told::Class(first, self.cases_of(&first.class)));
        others.chain((!shapes.is_empty()).then_some(Told::Shapes(shapes))).collect()
    }
}

impl Told<'_> {
    /// What broke, as a clause.
    pub fn headline(&self) -> String {
        match self {
            Told::Class(finding, _) => finding.headline.clone(),
            Told::Shapes(findings) => match findings[..] {
                [only] => only.headline.clone(),
                _ => {
                    let names: Vec<&str> = findings.iter().filter_map(|finding| shape_of(finding)).collect();
                    format!("the decoder does not take snapshots of {} shapes: {}", findings.len(), names.join(", "))
                }
            },
        }
    }

    /// The block.
    pub fn block(&self) -> Vec<BlockLine> {
        match self {
            Told::Class(finding, cases) => finding.block(Some(*cases)),
            Told::Shapes(findings) => match findings[..] {
                [only] => only.block(None),
                _ => self.block_of_shapes(findings),
            },
        }
    }

    /// Shapes that fail in the same way have their reason once.
    fn block_of_shapes(&self, findings: &[&ReportedFinding]) -> Vec<BlockLine> {
        let mut lines = Lines(Vec::new());
        lines.push(BlockPart::Headline, format!("MISMATCH {}: {}", FindingKind::DecoderShape.name(), self.headline()));
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for finding in findings {
            let reason = finding.detail.split_once('\n').map_or("", |(_, reason)| reason);
            match reasons.iter_mut().find(|(other, _)| *other == reason) {
                Some((_, classes)) => classes.push(&finding.class),
                None => reasons.push((reason, vec![&finding.class])),
            }
        }
        for (reason, classes) in reasons {
            classes.iter().for_each(|class| lines.indented(class));
            lines.described(reason, SHOWN_OF_A_SHAPE);
        }
        let Some(first) = findings.first() else { return lines.0 };
        lines.field("repeat", &first.repeat);
        if let Some(folder) = &first.folder {
            lines.field("folder", &format!("{folder}, and one for each other class"));
        }
        lines.0
    }
}

/// The name of the shape that is not taken, as the first line of its detail has it: `shape NAME, in a snapshot of one list`.
fn shape_of(finding: &ReportedFinding) -> Option<&str> {
    finding.detail.strip_prefix("shape ").and_then(|rest| rest.split_once(',')).map(|(name, _)| name)
}

impl ReportedFinding {
    /// The first finding of a class as lines; `cases` is how many cases have one, where that is known.
    pub fn block(&self, cases: Option<u64>) -> Vec<BlockLine> {
        let mut lines = Lines(Vec::new());
        lines.push(BlockPart::Headline, format!("MISMATCH {}: {}", self.class, self.headline));
        lines.field(self.field_of_case(), &self.case_words(cases));
        match &self.shrunk {
            Some(shrunk) => {
                lines.field("shrunk", &shrunk.how_small());
                // A timeline shows what was sent.
                if self.timeline.is_none() {
                    let all_steps = usize::try_from(shrunk.step_count).unwrap_or(usize::MAX);
                    lines.quoted(shrunk.steps.iter().map(String::as_str), SHOWN_STEPS, all_steps, "more step");
                }
                self.push_difference(&mut lines);
                if !shrunk.needs.is_empty() {
                    lines.field("finding", &shrunk.needs);
                }
            }
            None => self.push_difference(&mut lines),
        }
        lines.field("repeat", &self.repeat);
        let is_small = self.shrunk.as_ref().is_some_and(|shrunk| shrunk.cut_short.is_none());
        match &self.folder {
            Some(folder) => lines.field("folder", folder),
            None if is_small || self.shrink.is_empty() => {}
            None => lines.field("shrink", &self.shrink),
        }
        lines.0
    }

    /// A few lines beside the block of another finding, which tells of the class.
    pub fn block_beside(&self, other: &ReportedFinding) -> Vec<BlockLine> {
        let mut lines = Lines(Vec::new());
        lines.push(BlockPart::Headline, format!("MISMATCH {}: {}", self.class, other.headline));
        lines.field(self.field_of_case(), &self.case_words(None));
        lines.field("see", &format!("{} {}", other.field_of_case(), other.case_words(None)));
        lines.field("repeat", &self.repeat);
        lines.0
    }

    fn field_of_case(&self) -> &'static str {
        self.found_in().map_or("case", |(noun, _)| noun)
    }

    /// The case, how it was run, and how many others there are.
    fn case_words(&self, cases: Option<u64>) -> String {
        let Some((_, words)) = self.found_in() else { return "the whole run".to_owned() };
        let more = match cases {
            Some(cases) if cases > 1 => format!(", one of {}", counted(cases, "case")),
            _ => String::new(),
        };
        // In the small case it is another one.
        let step =
            self.step.filter(|_| self.shrunk.is_none()).map_or_else(String::new, |step| format!(", step {step}"));
        format!("{words}{step}{more}")
    }

    /// What was expected and what was found, of the key that the finding is named after.
    fn push_difference(&self, lines: &mut Lines) {
        let (key, detail, diff) = match &self.shrunk {
            Some(shrunk) => (&shrunk.key, &shrunk.detail, &shrunk.diff),
            None => (&self.key, &self.detail, &self.diff),
        };
        let of_key = key.as_ref().map(|key| format!("key {}", key_text::quoted(&key.0)));
        if self.timeline.is_some() {
            // The headline is the contradiction.
            let told: Vec<&str> = detail.lines().map(str::trim_start).filter(|line| *line != self.headline).collect();
            return lines.uncut(&told);
        }
        let is_named = |line: &&str| of_key.as_deref().is_some_and(|start| line.starts_with(start));
        let rest: Vec<&str> = detail.lines().skip_while(|line| !is_named(line)).collect();
        let first = rest.first().copied();
        match (first, diff) {
            (Some(named), Some(diff)) => {
                lines.indented(named);
                lines.quoted(diff.lines(), SHOWN_LINES, diff.lines().count(), "more line");
            }
            // A comparison of states: what is under the key, and nothing of other keys.
            (Some(named), None) => {
                lines.indented(named);
                let details =
                    rest.iter().skip(1).take_while(|line| line.starts_with(' ')).map(|line| line.trim_start());
                let all = details.clone().count();
                lines.quoted(details, SHOWN_LINES, all, "more line");
            }
            (None, _) => {
                of_key.iter().for_each(|key| lines.indented(key));
                lines.described(detail, SHOWN_LINES);
            }
        }
    }
}

/// A block as text, without a line feed at its end.
pub fn text(block: &[BlockLine]) -> String {
    block.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

struct Lines(Vec<BlockLine>);

impl Lines {
    fn push(&mut self, part: BlockPart, text: String) {
        self.0.push(BlockLine { part, text });
    }

    /// A name and what it has; commands are not cut, because they are to be copied.
    fn field(&mut self, name: &str, value: &str) {
        self.push(BlockPart::Plain, format!("  {name:<8} {value}"));
    }

    /// The lines of a timeline, of which the ends matter most.
    fn uncut(&mut self, told: &[&str]) {
        let shown = told.iter().take(SHOWN_OPERATIONS);
        shown.for_each(|line| self.push(BlockPart::Plain, format!("    {}", cut(line, OPERATION_COLUMNS))));
        if let Some(more) = told.len().checked_sub(SHOWN_OPERATIONS).filter(|more| *more > 0) {
            self.push(BlockPart::Plain, format!("    ... and {}", counted(more as u64, "more line")));
        }
    }

    fn indented(&mut self, line: &str) {
        self.push(BlockPart::Plain, format!("  {}", cut(line, KEY_COLUMNS)));
    }

    /// A description. Where it ends with what a decoder said, its last lines are shown too: a traceback ends with the error.
    fn described(&mut self, text: &str, shown: usize) {
        let all = text.lines().count();
        let is_said = text.lines().last().is_some_and(|line| line.starts_with("| "));
        if !is_said || all <= shown {
            return self.quoted(text.lines(), shown, all, "more line");
        }
        let last = (shown / 3).max(1);
        let first = shown.saturating_sub(last);
        self.quoted(text.lines(), first, first, "line");
        let left_out = counted((all - shown) as u64, "line");
        self.push(BlockPart::Plain, format!("    ... {left_out} left out ..."));
        self.quoted(text.lines().skip(all - last), last, last, "line");
    }

    /// The first lines of a text of `all` lines.
    fn quoted<'a>(&mut self, text: impl Iterator<Item = &'a str>, shown: usize, all: usize, what: &str) {
        for line in text.take(shown) {
            let part = match line.chars().next() {
                Some('-') => BlockPart::Expected,
                Some('+') => BlockPart::Found,
                _ => BlockPart::Plain,
            };
            self.push(part, format!("    {}", cut(line, SHOWN_COLUMNS)));
        }
        if all > shown {
            self.push(BlockPart::Plain, format!("    ... and {}", counted((all - shown) as u64, what)));
        }
    }
}

/// The beginning of a long line.
fn cut(line: &str, columns: usize) -> std::borrow::Cow<'_, str> {
    match line.char_indices().nth(columns).and_then(|(end, _)| line.get(..end)) {
        Some(start) => format!("{start}...").into(),
        None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Budget, Shard};
    use crate::finding::{Finding, FindingKind};
    use crate::format::byte_string::ByteString;
    use crate::history::{Timeline, TimelineRow};
    use crate::report::{NextSteps, ShrunkCase};

    fn finding(detail: &str, diff: Option<&str>) -> ReportedFinding {
        let finding =
            Finding { user_key: Some(b"k".to_vec()), ..Finding::new(FindingKind::DumpState, detail.to_owned()) };
        let steps = NextSteps { repeat: "ekv-roundtrip verify --case 2".to_owned(), shrink: "smaller".to_owned() };
        let (diff, profile, meta) = (diff.map(str::to_owned), Some("stack".to_owned()), Some("24".to_owned()));
        ReportedFinding { case: Some(2), profile, meta, diff, ..ReportedFinding::of_run(&finding, steps) }
    }

    #[test]
    fn one_key_tells_it() {
        let detail = "key \"a\" (hex 61): expiry: Redis none, the dump 5\nkey \"k\" (hex 6b): items, dropped\n  first \
                      difference\nkey \"z\" (hex 7a): items, dropped\n";
        let expected = "MISMATCH CLASS: the lists in the dump are not those that Redis shows
  case     2 (profile stack, 24-byte meta)
  key \"k\" (hex 6b): items, dropped
    first difference
  repeat   ekv-roundtrip verify --case 2
  shrink   smaller";
        let finding = finding(detail, None);
        assert_eq!(text(&finding.block(None)), expected.replace("CLASS", &finding.class));
    }

    #[test]
    fn the_small_case_takes_the_place_of_the_whole_one() {
        let mut finding = finding("key \"long\" (hex 00): items, dropped\n", Some("-      0         \"long\"\n"));
        finding.folder = Some("found/class".to_owned());
        finding.shrunk = Some(ShrunkCase {
            steps: vec!["RPUSH k \"a\" \"b\"".to_owned()],
            step_count: 1,
            commands: 1,
            whole_commands: 200,
            runs: 42,
            cut_short: None,
            needs: "needs --history".to_owned(),
            key: Some(ByteString(b"k".to_vec())),
            detail: "key \"k\" (hex 6b): items, dropped: the dump lacks 1 of the 2 items of Redis\n".to_owned(),
            diff: Some("--- Redis, 2 items\n+++ the dump, 1 item\n-      0         \"a\"\n".to_owned()),
            picture: None,
        });
        let expected = "MISMATCH CLASS: the lists in the dump are not those that Redis shows
  case     2 (profile stack, 24-byte meta), one of 7 cases
  shrunk   to 1 command of 200, in 42 runs
    RPUSH k \"a\" \"b\"
  key \"k\" (hex 6b): items, dropped: the dump lacks 1 of the 2 items of Redis
    --- Redis, 2 items
    +++ the dump, 1 item
    -      0         \"a\"
  finding  needs --history
  repeat   ekv-roundtrip verify --case 2
  folder   found/class";
        assert_eq!(text(&finding.block(Some(7))), expected.replace("CLASS", &finding.class));
        let parts: Vec<BlockPart> = finding.block(None).iter().map(|line| line.part).collect();
        assert_eq!(parts.get(7), Some(&BlockPart::Expected), "{parts:?}");
    }

    #[test]
    fn a_history_has_its_timeline_in_place_of_steps() {
        let row = |client, told: &str| TimelineRow {
            client,
            call_us: 3,
            reply_us: None,
            sent: "LPOP k".to_owned(),
            told: told.to_owned(),
        };
        let mut report = Report::new(Some(1), Vec::new(), None, Budget::Cases(1), Shard::WHOLE).of_histories();
        report.add_history(4, 0);
        let timeline = Timeline {
            rows: vec![row(0, "a"), row(1, "a")],
            contradiction: "it was taken twice".to_owned(),
            others: 0,
        };
        let finding = Finding {
            aspect: "LPOP",
            anomaly: Some("it was taken twice".to_owned()),
            ..Finding::new(FindingKind::Reply, timeline.text())
        };
        report.add_of_history(&finding, NextSteps { repeat: "again".to_owned(), shrink: String::new() });
        report.findings[0].timeline = Some(timeline);
        let class = &report.findings[0].class;
        let bar = "=".repeat(30);
        let expected = format!(
            "MISMATCH {class}: it was taken twice
  history  0
    client 0  |{bar}|            3..? us  LPOP k -> a
    client 1  |{bar}|            3..? us  LPOP k -> a
  repeat   again"
        );
        let told = report.told();
        assert_eq!(text(&told[0].block()), expected.replace(&bar, &format!("{}=", " ".repeat(29))));
        assert_eq!(
            report.summary_line(),
            "verified 1 history, 4 commands: 1 mismatch in 0.0 s (0 commands/s), seed 1; nothing left out"
        );
    }

    #[test]
    fn shapes_are_told_together_and_those_that_fail_alike_have_one_reason() {
        let shape = |name: &'static str, reason: &str| {
            let detail = format!("shape {name}, in a snapshot of one list\n{reason}");
            let finding = Finding { aspect: name, ..Finding::new(FindingKind::DecoderShape, detail) };
            let steps = NextSteps { repeat: "again".to_owned(), shrink: String::new() };
            ReportedFinding::of_run(&finding, steps)
        };
        let failed = "decoder-failed: the decoder ended with: exit 1; it said:\n| no";
        let shapes =
            [shape("framing-v2", failed), shape("noise", "decoder-state: 1 list less"), shape("history", failed)];
        let [v2, noise, history] = shapes.each_ref().map(|shape| shape.class.clone());
        let expected = format!(
            "MISMATCH decoder-shape: the decoder does not take snapshots of 3 shapes: framing-v2, noise, history
  {v2}
  {history}
    decoder-failed: the decoder ended with: exit 1; it said:
    | no
  {noise}
    decoder-state: 1 list less
  repeat   again"
        );
        assert_eq!(text(&Told::Shapes(shapes.iter().collect()).block()), expected);
        let one = Told::Shapes(shapes.iter().take(1).collect());
        assert_eq!(one.headline(), "the decoder does not take snapshots of the shape framing-v2");
        assert_eq!(one.block(), shapes[0].block(None));
    }

    #[test]
    fn of_what_a_decoder_said_the_end_is_shown_too() {
        let said: String = (1..=30).map(|number| format!("| line {number}\n")).collect();
        let detail = format!("the decoder ended with: exit 1; it said:\n{said}| KeyError: 'k'\n");
        let block = text(&ReportedFinding { key: None, ..finding(&detail, None) }.block(None));
        let expected = "    the decoder ended with: exit 1; it said:
    | line 1
    | line 2
    | line 3
    | line 4
    | line 5
    ... 24 lines left out ...
    | line 30
    | KeyError: 'k'
  repeat";
        assert!(block.contains(expected), "{block}");
    }

    #[test]
    fn a_block_is_short() {
        let detail: String = (0..100).map(|number| format!("{number} {}\n", "x".repeat(1000))).collect();
        let finding = finding(&detail, None);
        let lines = finding.block(None);
        assert!(lines.len() < 16 && lines.iter().all(|line| line.text.len() < 130), "{lines:?}");
        assert!(text(&finding.block(None)).contains("    ... and 92 more lines\n"));
    }
}
