//! What came of all probes.

use serde::Serialize;

use super::row::Row;
use super::shell::{decode_command, snapshot_command};
use super::waivers::{Waivable, WaiverError, Waivers};
use crate::decoder::Decoder;
use crate::finding::Verdict;
use crate::format::counted;

/// A run of all probes.
#[derive(Clone, Debug)]
pub struct Report {
    /// The decoder.
    pub decoder: Decoder,
    /// A row for each rule.
    pub rows: Vec<Row>,
    /// The names of the rules that have a waiver and do not need it.
    pub waivers_not_needed: Vec<String>,
}

impl Report {
    /// The rows, the waived bugs among them marked.
    ///
    /// # Errors
    ///
    /// A waiver for a rule that there is not.
    pub fn new(decoder: Decoder, mut rows: Vec<Row>, waivers: &Waivers) -> Result<Report, WaiverError> {
        let waivers_not_needed = waivers.mark(&mut rows, |row| Waivable {
            name: &row.name,
            verdict: &mut row.verdict,
            reason: &mut row.reason,
        })?;
        Ok(Report { decoder, rows, waivers_not_needed })
    }

    /// The rows with this verdict.
    pub fn with_verdict(&self, verdict: Verdict) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.verdict == verdict)
    }

    /// Whether there is a bug that is not waived.
    pub fn has_bugs(&self) -> bool {
        self.with_verdict(Verdict::Bug).next().is_some()
    }

    /// All in one line.
    pub fn summary_line(&self) -> String {
        let count = |verdict| self.with_verdict(verdict).count() as u64;
        let (ok, bugs) = (count(Verdict::Ok), counted(count(Verdict::Bug), "bug"));
        let probes = counted(self.rows.len() as u64, "probe");
        let mut line = format!("{probes}: {ok} ok, {bugs}, {} open", count(Verdict::Open));
        match count(Verdict::Waived) {
            0 => {}
            waived => line.push_str(&format!(", {waived} waived")),
        }
        line
    }

    /// Everything, for programs.
    pub fn to_json(&self) -> impl Serialize + use<> {
        let row = |row: &Row| JsonRow {
            name: row.name.clone(),
            rule: row.rule.clone(),
            expected: row.expected.clone(),
            got: row.got.clone(),
            verdict: row.verdict.name(),
            reason: row.reason.clone(),
            detail: row.detail.clone(),
            outcome: row.outcome.clone(),
            output: row.output.clone(),
            snapshot_hex: hex::encode(row.snapshot.bytes()),
            repeat: self.repeat(row),
        };
        JsonReport {
            decoder: self.decoder.to_string(),
            summary: self.summary_line(),
            probes: self.rows.iter().map(row).collect(),
            waivers_not_needed: self.waivers_not_needed.clone(),
        }
    }

    /// What a shell takes to make the row's snapshot and have it decoded.
    pub fn repeat(&self, row: &Row) -> String {
        format!("{}{}\n", snapshot_command(row), decode_command(&self.decoder, row))
    }
}

#[derive(Serialize)]
struct JsonReport {
    decoder: String,
    summary: String,
    probes: Vec<JsonRow>,
    waivers_not_needed: Vec<String>,
}

#[derive(Serialize)]
struct JsonRow {
    name: String,
    rule: String,
    expected: String,
    got: String,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    detail: String,
    outcome: String,
    output: String,
    snapshot_hex: String,
    repeat: String,
}
