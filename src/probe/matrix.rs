//! The forms of commands on a server: what each should reply, and what it does reply.

use std::io::{self, Write};

use serde::Serialize;

use super::markdown::{cell, write_block};
use super::text::{Layout, cut, write_columns};
use super::waivers::{Waivable, WaiverError, Waivers};
use crate::case::Trial;
use crate::finding::Verdict;
use crate::format::counted;

/// A row for each form of each command.
#[derive(Clone, Debug, Serialize)]
pub struct Matrix {
    server: String,
    summary: String,
    forms: Vec<MatrixRow>,
    waivers_not_needed: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct MatrixRow {
    form: &'static str,
    expected: String,
    got: String,
    #[serde(serialize_with = "by_name")]
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What was sent: the commands before it, and it.
    commands: Vec<String>,
}

fn by_name<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verdict.name())
}

impl Matrix {
    /// The rows, the waived bugs among them marked.
    ///
    /// # Errors
    ///
    /// A waiver for a form that there is not.
    pub fn new(server: String, trials: Vec<Trial>, waivers: &Waivers) -> Result<Matrix, WaiverError> {
        let row = |trial: Trial| MatrixRow {
            form: trial.form.name,
            expected: trial.expected,
            got: trial.got,
            verdict: trial.verdict,
            reason: None,
            commands: trial.setup.into_iter().chain([trial.command]).collect(),
        };
        let mut forms: Vec<MatrixRow> = trials.into_iter().map(row).collect();
        let waivers_not_needed = waivers.mark(&mut forms, |row| Waivable {
            name: row.form,
            verdict: &mut row.verdict,
            reason: &mut row.reason,
        })?;
        let summary = summary(&forms);
        Ok(Matrix { server, summary, forms, waivers_not_needed })
    }

    /// Whether there is a bug that is not waived.
    pub fn has_bugs(&self) -> bool {
        self.forms.iter().any(|row| row.verdict == Verdict::Bug)
    }

    /// Each bug that is not waived: its form, and what is wrong.
    pub fn bugs(&self) -> impl Iterator<Item = (&str, String)> {
        let bugs = self.forms.iter().filter(|row| row.verdict == Verdict::Bug);
        bugs.map(|row| {
            (row.form, format!("{}\nexpected {}\ngot      {}", row.commands.join("\n"), row.expected, row.got))
        })
    }

    /// Writes a line for each form that is shown, then what is wrong, then the whole in one line.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_text(&self, layout: Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
        let cells = |row: &MatrixRow| ([row.form.to_owned(), cut(&row.expected), cut(&row.got)], row.verdict);
        let rows = layout.order(&self.forms, |row| row.verdict);
        write_columns("form", &rows.into_iter().map(cells).collect::<Vec<_>>(), layout, out)?;
        for row in &self.forms {
            let painted = |word| (layout.paint)(row.verdict, word);
            match (row.verdict, &row.reason) {
                (Verdict::Waived, Some(reason)) => writeln!(out, "{} {}: {reason}\n", painted("WAIVED"), row.form)?,
                (Verdict::Bug, _) => {
                    writeln!(out, "{} {}", painted("BUG"), row.form)?;
                    row.commands.iter().try_for_each(|command| writeln!(out, "  command   {command}"))?;
                    writeln!(out, "  expected  {}\n  got       {}\n", row.expected, row.got)?;
                }
                _ => {}
            }
        }
        for name in &self.waivers_not_needed {
            writeln!(out, "waiver not needed: {name}")?;
        }
        writeln!(out, "{}", self.summary)
    }

    /// Writes the bugs one by one, and a table of all forms.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# Forms of commands on a server\n")?;
        write_block("", &self.server, out)?;
        writeln!(out, "{}\n", self.summary)?;
        for row in self.forms.iter().filter(|row| row.verdict == Verdict::Bug) {
            writeln!(out, "## Bug: {}\n", cell(row.form))?;
            let text = format!("{}\n\nexpected  {}\ngot       {}", row.commands.join("\n"), row.expected, row.got);
            write_block("", &text, out)?;
        }
        writeln!(out, "## All forms\n")?;
        writeln!(out, "| form | expected | got | verdict |\n| --- | --- | --- | --- |")?;
        for row in &self.forms {
            let verdict = match &row.reason {
                None => row.verdict.name().to_owned(),
                Some(reason) => format!("{}: {}", row.verdict.name(), cell(reason)),
            };
            let (expected, got) = (cell(&cut(&row.expected)), cell(&cut(&row.got)));
            writeln!(out, "| {} | {expected} | {got} | {verdict} |", cell(row.form))?;
        }
        if !self.waivers_not_needed.is_empty() {
            writeln!(out)?;
        }
        self.waivers_not_needed.iter().try_for_each(|name| writeln!(out, "- waiver not needed: {name}"))
    }
}

fn summary(forms: &[MatrixRow]) -> String {
    let count = |verdict| forms.iter().filter(|row| row.verdict == verdict).count() as u64;
    let (bugs, unknown) = (counted(count(Verdict::Bug), "bug"), count(Verdict::Unknown));
    let mut line =
        format!("{}: {} ok, {bugs}, {unknown} unknown", counted(forms.len() as u64, "form"), count(Verdict::Ok));
    if count(Verdict::Waived) > 0 {
        line.push_str(&format!(", {} waived", count(Verdict::Waived)));
    }
    line
}
