//! The sum of a campaign, as a line for people and as JSON for tools.
//!
//! Everything in the JSON but the member `timings` depends only on the seed and the flags.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::campaign::Outcome;
use super::finding::{subject_words, width_name};
use crate::format::byte_string::ByteString;

/// The version of the report's schema.
pub const REPORT_VERSION: u32 = 1;

/// A report, filled outcome by outcome.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct Report {
    pub format_version: u32,
    pub tool_version: &'static str,
    /// `None` for a trace whose header names none.
    pub seed: Option<u64>,
    /// The flags that shape the cases; how many threads ran them is not among them.
    pub flags: Vec<String>,
    pub cases: u64,
    /// Each command of a transaction counted.
    pub commands: u64,
    /// Lists compared at the ends of cases, and the items in them.
    pub lists: u64,
    pub items: u64,
    /// Commands that the store rightly refused because of its own limits.
    pub refused: u64,
    /// Empty lists that dumps kept, which the format allows.
    pub empty_kept: u64,
    pub mismatches: u64,
    /// Cases by profile and meta width.
    pub profiles: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    pub findings: Vec<ReportedFinding>,
    pub timings: Timings,
}

/// A finding and how to repeat it.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct ReportedFinding {
    pub case: u64,
    pub profile: Option<&'static str>,
    /// The bytes of a base meta, 24 or 32, or `server`.
    pub meta: &'static str,
    pub kind: &'static str,
    pub key: Option<ByteString>,
    /// The number of the step, from 1.
    pub step: Option<u64>,
    pub detail: String,
    /// The command that repeats just this case.
    pub repeat: String,
}

/// What differs from run to run.
#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON")]
pub struct Timings {
    pub seconds: f64,
    pub commands_per_second: f64,
}

impl ReportedFinding {
    /// The case and the kind, in one line.
    pub fn headline(&self) -> String {
        let profile = self.profile.map_or_else(String::new, |profile| format!("profile {profile}, "));
        format!("case {} ({profile}{}): {}", self.case, subject_words(self.meta), self.kind)
    }
}

impl Report {
    /// What stands for the profile where there is none, because the cases run a given trace.
    pub const TRACE: &str = "trace";

    /// Nothing yet.
    pub fn new(seed: Option<u64>, flags: Vec<String>) -> Report {
        Report {
            format_version: REPORT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION"),
            seed,
            flags,
            cases: 0,
            commands: 0,
            lists: 0,
            items: 0,
            refused: 0,
            empty_kept: 0,
            mismatches: 0,
            profiles: BTreeMap::new(),
            findings: Vec::new(),
            timings: Timings::default(),
        }
    }

    /// Adds a case; `repeat` is the command that repeats it.
    pub fn add(&mut self, outcome: &Outcome, repeat: impl FnOnce() -> String) {
        let report = &outcome.report;
        self.cases += 1;
        self.commands += report.commands;
        self.lists += report.lists;
        self.items += report.items;
        self.refused += report.refused;
        self.empty_kept += report.empty_kept;
        let profile = outcome.profile.map(|profile| profile.name);
        let meta = width_name(outcome.width);
        *self.profiles.entry(profile.unwrap_or(Report::TRACE)).or_default().entry(meta).or_default() += 1;
        if let Some(finding) = &report.finding {
            self.mismatches += 1;
            self.findings.push(ReportedFinding {
                case: outcome.case,
                profile,
                meta,
                kind: finding.kind.name(),
                key: finding.user_key.clone().map(ByteString),
                step: finding.step,
                detail: finding.detail.clone(),
                repeat: repeat(),
            });
        }
    }

    /// Sets the timings.
    pub fn took(&mut self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.commands as f64 / seconds } else { 0.0 };
        self.timings = Timings { seconds, commands_per_second: rate };
    }

    /// The last line of a run.
    pub fn summary_line(&self) -> String {
        let seed = self.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
        format!(
            "verified {}, {}, {}: {} in {:.1} s ({:.0} commands/s){seed}",
            counted(self.cases, "case"),
            counted(self.commands, "command"),
            counted(self.lists, "list"),
            mismatches(self.mismatches),
            self.timings.seconds,
            self.timings.commands_per_second,
        )
    }
}

/// A number of mismatches, in words.
pub fn mismatches(count: u64) -> String {
    if count == 1 { "1 mismatch".to_owned() } else { format!("{count} mismatches") }
}

/// A number and a noun whose plural takes an s.
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line() {
        let mut report = Report::new(Some(42), Vec::new());
        (report.cases, report.commands, report.lists) = (100, 100_000, 1214);
        report.took(Duration::from_millis(2100));
        assert_eq!(
            report.summary_line(),
            "verified 100 cases, 100000 commands, 1214 lists: 0 mismatches in 2.1 s (47619 commands/s), seed 42"
        );
        (report.cases, report.mismatches, report.seed) = (1, 1, None);
        assert!(report.summary_line().starts_with("verified 1 case, 100000 commands, 1214 lists: 1 mismatch in"));
    }
}
