//! The report as Markdown, fit to paste into a bug report.

use std::io::{self, Write};

use super::report::Report;
use super::row::Row;
use super::snapshot::Snapshot;
use super::text::cut;
use crate::decoder::barred;
use crate::finding::Verdict;
use crate::format::key_text;

/// The bytes on a line of hex.
const LINE_BYTES: usize = 16;
/// The bytes of a part that are shown in hex; the command has them all.
const SHOWN_BYTES: usize = 512;
/// The parts of a snapshot that are shown, of the first and of the last ones.
const SHOWN_PARTS: (usize, usize) = (12, 4);
/// A longer command is left out: a bug report is not the place for it.
const REPEAT_BYTES: usize = 16 << 10;

/// Writes the bugs one by one, each with its snapshot and the command that repeats it, and a table of all rules.
///
/// # Errors
///
/// What `out` says.
pub fn write_markdown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Probes of a snapshot decoder\n")?;
    write_block("", &report.decoder.to_string(), out)?;
    writeln!(out, "{}\n", report.summary_line())?;
    for row in report.with_verdict(Verdict::Bug) {
        write_bug(report, row, out)?;
    }
    writeln!(out, "## All rules\n")?;
    writeln!(out, "| rule | expected | got | verdict |\n| --- | --- | --- | --- |")?;
    for row in &report.rows {
        let verdict = match &row.reason {
            None => row.verdict.name().to_owned(),
            Some(reason) => format!("{}: {}", row.verdict.name(), cell(reason)),
        };
        let (expected, got) = (cell(&cut(&row.expected)), cell(&cut(&row.got)));
        writeln!(out, "| {}: {} | {expected} | {got} | {verdict} |", row.name, cell(&row.rule))?;
    }
    if !report.waivers_not_needed.is_empty() {
        writeln!(out)?;
    }
    for name in &report.waivers_not_needed {
        writeln!(out, "- waiver not needed: {name}")?;
    }
    Ok(())
}

fn write_bug(report: &Report, row: &Row, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Bug: {}\n\nRule: {}.\n", row.name, cell(&row.rule))?;
    let (expected, got, outcome) = (&row.expected, &row.got, &row.outcome);
    let output = match barred(&row.output).collect::<Vec<_>>() {
        lines if lines.is_empty() => "(no output)".to_owned(),
        lines => lines.join("\n"),
    };
    let text = format!("expected  {expected}\ngot       {got}\n{}\ndecoder ({outcome}):\n{output}", row.detail);
    write_block("", &text, out)?;
    writeln!(out, "The snapshot, {} bytes:\n", row.snapshot.bytes().len())?;
    write_block("", &hex_lines(&row.snapshot), out)?;
    let repeat = report.repeat(row);
    if repeat.len() > REPEAT_BYTES {
        return writeln!(out, "`--format json` has the whole snapshot, and the commands that make and decode it.\n");
    }
    writeln!(out, "To repeat it:\n")?;
    write_block("sh", &repeat, out)
}

/// A fenced block; the fence is longer than any within.
pub(super) fn write_block(language: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Text in a table or a paragraph: on one line, and what Markdown or HTML would take for its own escaped.
pub(super) fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_{}[]<>&|#!~".contains(c) {
            cell.push('\\');
        }
        cell.push(if c.is_control() { ' ' } else { c });
    }
    cell
}

/// Offset, hex and text, part by part, each part's first line with what it is.
fn hex_lines(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    let mut offset = 0;
    let (first, last) = SHOWN_PARTS;
    let hidden = first..snapshot.parts.len().saturating_sub(last);
    for (index, part) in snapshot.parts.iter().enumerate() {
        if hidden.contains(&index) {
            if index == hidden.start {
                text.push_str(&format!("... {} more\n", hidden.len()));
            }
            offset += part.bytes.len();
            continue;
        }
        text.push_str(&format!("{}\n", part.caption));
        let shown = part.bytes.get(..SHOWN_BYTES).unwrap_or(&part.bytes);
        for (line, bytes) in shown.chunks(LINE_BYTES).enumerate() {
            let visible = |byte: &u8| if matches!(byte, 0x20..=0x7e) { char::from(*byte) } else { '.' };
            let (at, hex) = (offset + line * LINE_BYTES, key_text::hex(bytes));
            text.push_str(&format!("  {at:08x}  {hex:<47}  {}\n", bytes.iter().map(visible).collect::<String>()));
        }
        if shown.len() < part.bytes.len() {
            text.push_str(&format!("  ... {} more bytes\n", part.bytes.len() - shown.len()));
        }
        offset += part.bytes.len();
    }
    if text.is_empty() { "(an empty file)\n".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_within_ends_a_block_or_a_cell() {
        let mut text = Vec::new();
        write_block("sh", "a\n````\nb\n", &mut text).expect("memory");
        assert_eq!(String::from_utf8_lossy(&text), "`````sh\na\n````\nb\n`````\n\n");
        assert_eq!(cell("a|b\n<c>"), "a\\|b \\<c\\>");
    }

    #[test]
    fn hex_has_offsets_through_all_parts() {
        let snapshot = Snapshot::default().with("one", *b"0123456789abcdefg").with("two", [0xff]);
        assert_eq!(
            hex_lines(&snapshot),
            "one\n  00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n  \
             00000010  67                                               g\ntwo\n  \
             00000011  ff                                               .\n"
        );
    }
}
