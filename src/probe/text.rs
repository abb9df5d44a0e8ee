//! The report for people at a terminal.

use std::io::{self, Write};

use super::report::Report;
use super::row::Row;
use crate::decoder::barred;
use crate::finding::Verdict;
use crate::format::counted;

/// The widest that a column gets, in characters.
const COLUMN_CHARACTERS: usize = 40;
/// The lines of a decoder's output that are shown, and how many of them are its first ones.
const OUTPUT_LINES: usize = 20;
const FIRST_LINES: usize = 15;

/// How a report is printed for people.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    /// Whether the table has the rows that are ok as well.
    pub with_ok: bool,
    /// Paints a word that says the verdict.
    pub paint: &'a dyn Fn(Verdict, &str) -> String,
}

impl Layout<'_> {
    /// The rows that are printed: bugs first, then what is open or unknown, then what is waived, then what is ok.
    pub(super) fn order<'r, R>(&self, rows: &'r [R], verdict: fn(&R) -> Verdict) -> Vec<&'r R> {
        let rank = |row: &&R| match verdict(row) {
            Verdict::Bug => 0,
            Verdict::Open => 1,
            Verdict::Unknown => 2,
            Verdict::Policy => 3,
            Verdict::Waived => 4,
            Verdict::Ok => 5,
        };
        let mut shown: Vec<&R> = rows.iter().filter(|row| self.with_ok || verdict(row) != Verdict::Ok).collect();
        shown.sort_by_key(rank);
        shown
    }
}

/// Writes a line for each rule that is shown, then what is wrong, then the whole in one line.
///
/// # Errors
///
/// What `out` says.
pub fn write_text(report: &Report, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    let cells = |row: &Row| ([row.name.clone(), cut(&row.expected), cut(&row.got)], row.verdict);
    let rows = layout.order(&report.rows, |row| row.verdict);
    write_columns("rule", &rows.into_iter().map(cells).collect::<Vec<_>>(), layout, out)?;
    for row in report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Bug | Verdict::Waived)) {
        write_bug(row, layout, out)?;
    }
    for name in &report.waivers_not_needed {
        writeln!(out, "waiver not needed: {name}")?;
    }
    writeln!(out, "{}", report.summary_line())
}

/// Writes a table whose first column has this heading, and an empty line; nothing if there are no rows.
pub(super) fn write_columns(
    heading: &str,
    rows: &[([String; 3], Verdict)],
    layout: Layout<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let headings = [heading, "expected", "got"];
    let lines = || std::iter::once(headings).chain(rows.iter().map(|(cells, _)| cells.each_ref().map(String::as_str)));
    let width = |column: fn([&str; 3]) -> usize| lines().map(column).max().unwrap_or_default();
    let names = width(|[name, ..]| name.chars().count());
    let expected = width(|[_, expected, _]| expected.chars().count());
    let got = width(|[.., got]| got.chars().count());
    let verdicts = rows.iter().map(|(_, verdict)| (layout.paint)(*verdict, verdict.name()));
    for ([name, expectation, answer], verdict) in lines().zip(std::iter::once("verdict".to_owned()).chain(verdicts)) {
        writeln!(out, "{name:<names$}  {expectation:<expected$}  {answer:<got$}  {verdict}")?;
    }
    writeln!(out)
}

fn write_bug(row: &Row, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
    match &row.reason {
        None => writeln!(out, "{} {}: {}", (layout.paint)(row.verdict, "BUG"), row.name, row.rule)?,
        Some(reason) => {
            return writeln!(out, "{} {}: {reason}\n", (layout.paint)(row.verdict, "WAIVED"), row.name);
        }
    }
    writeln!(out, "  expected  {}", row.expected)?;
    writeln!(out, "  got       {}", row.got)?;
    for line in row.detail.lines() {
        writeln!(out, "  {line}")?;
    }
    let output: Vec<String> = barred(&row.output).collect();
    let mut label = format!("decoder ({}):", row.outcome);
    // A traceback ends with the error.
    let left_out = FIRST_LINES..(FIRST_LINES + output.len()).saturating_sub(OUTPUT_LINES);
    for (at, line) in output.iter().enumerate() {
        if at == left_out.start && !left_out.is_empty() {
            writeln!(out, "  ... {} left out ...", counted(left_out.len() as u64, "line"))?;
        }
        if !left_out.contains(&at) {
            writeln!(out, "  {label} {line}")?;
            label = " ".repeat(label.len());
        }
    }
    writeln!(out)
}

/// The text, its end left out where it is too long for a column.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(COLUMN_CHARACTERS) {
        None => text.to_owned(),
        Some(_) => text.chars().take(COLUMN_CHARACTERS - 3).chain("...".chars()).collect(),
    }
}
