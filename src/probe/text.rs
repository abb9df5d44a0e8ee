//! The report for people at a terminal.

use std::io::{self, Write};

use super::report::Report;
use super::row::Row;
use crate::finding::Verdict;

/// The widest that a column gets, in characters.
const COLUMN_CHARACTERS: usize = 40;
/// The lines of a decoder's output that are shown.
const OUTPUT_LINES: usize = 20;

/// Writes a line for each rule, then what is wrong, then the whole in one line.
///
/// # Errors
///
/// What `out` says.
pub fn write_text(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let headline = ["rule", "expected", "got", "verdict"].map(str::to_owned);
    let cells = |row: &Row| [row.name.clone(), cut(&row.expected), cut(&row.got), row.verdict.name().to_owned()];
    let lines: Vec<[String; 4]> = std::iter::once(headline).chain(report.rows.iter().map(cells)).collect();
    write_columns(&lines, out)?;
    for row in report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Bug | Verdict::Waived)) {
        write_bug(row, out)?;
    }
    for name in &report.waivers_not_needed {
        writeln!(out, "waiver not needed: {name}")?;
    }
    writeln!(out, "{}", report.summary_line())
}

/// Writes a table, and an empty line.
pub(super) fn write_columns(lines: &[[String; 4]], out: &mut dyn Write) -> io::Result<()> {
    let width = |column: fn(&[String; 4]) -> &String| {
        lines.iter().map(|line| column(line).chars().count()).max().unwrap_or_default()
    };
    let (names, expected, got) =
        (width(|[name, ..]| name), width(|[_, expected, ..]| expected), width(|[_, _, got, _]| got));
    for [name, expectation, answer, verdict] in lines {
        writeln!(out, "{name:<names$}  {expectation:<expected$}  {answer:<got$}  {verdict}")?;
    }
    writeln!(out)
}

fn write_bug(row: &Row, out: &mut dyn Write) -> io::Result<()> {
    match &row.reason {
        None => writeln!(out, "BUG {}: {}", row.name, row.rule)?,
        Some(reason) => return writeln!(out, "WAIVED {}: {reason}\n", row.name),
    }
    writeln!(out, "  expected  {}", row.expected)?;
    writeln!(out, "  got       {}", row.got)?;
    for line in row.detail.lines() {
        writeln!(out, "  {line}")?;
    }
    let mut output = row.output.lines();
    let mut label = format!("decoder ({})", row.outcome);
    for line in output.by_ref().take(OUTPUT_LINES) {
        writeln!(out, "  {label}: {line}")?;
        label = " ".repeat(label.len());
    }
    match output.count() {
        0 => writeln!(out),
        more => writeln!(out, "  ... and {more} more lines\n"),
    }
}

/// The text, its end left out where it is too long for a column.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(COLUMN_CHARACTERS) {
        None => text.to_owned(),
        Some(_) => text.chars().take(COLUMN_CHARACTERS - 3).chain("...".chars()).collect(),
    }
}
