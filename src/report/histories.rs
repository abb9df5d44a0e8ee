//! Reports of histories: each stands in the place of a case, because a run consists of them as another does of cases.

use super::{NextSteps, Report, ReportedFinding};
use crate::case::{subject_words, width_name};
use crate::finding::Finding;
use crate::format::counted;

const CASE: &str = "case";
const HISTORY: &str = "history";

impl Report {
    /// What stands for the profile where the cases are histories of several clients of a server.
    pub const CLIENTS: &str = "clients";

    /// Nothing yet, of histories.
    pub fn of_histories(mut self) -> Report {
        self.profiles.entry(Report::CLIENTS.to_owned()).or_default().insert(width_name(None).to_owned(), 0);
        self
    }

    /// Whether the cases are histories.
    pub fn is_of_histories(&self) -> bool {
        self.profiles.contains_key(Report::CLIENTS)
    }

    /// What a case is called.
    pub fn noun(&self) -> &'static str {
        if self.is_of_histories() { HISTORY } else { CASE }
    }

    /// What several of them are called.
    pub fn noun_of_many(&self) -> &'static str {
        if self.is_of_histories() { "histories" } else { "cases" }
    }

    /// So many cases, or histories.
    pub fn counted_cases(&self, count: u64) -> String {
        counted(count, self.noun())
    }

    /// Adds a history: its commands, and how many of them the server gave up, of which the clients were told.
    pub fn add_history(&mut self, commands: u64, given_up: u64) {
        self.cases += 1;
        self.commands += commands;
        self.refused += given_up;
        let servers = self.profiles.entry(Report::CLIENTS.to_owned()).or_default();
        *servers.entry(width_name(None).to_owned()).or_default() += 1;
    }

    /// Adds the finding of the history that was added last.
    pub fn add_of_history(&mut self, finding: &Finding, next_steps: NextSteps) {
        let found = ReportedFinding {
            case: Some(self.cases.saturating_sub(1)),
            profile: Some(Report::CLIENTS.to_owned()),
            meta: Some(width_name(None).to_owned()),
            ..ReportedFinding::of_run(finding, next_steps)
        };
        self.count(&found);
        self.findings.push(found);
    }
}

impl ReportedFinding {
    /// What it was found in: `case` and `3 (profile stack, 24-byte meta)`; `None` where it is about the run as a whole.
    pub(super) fn found_in(&self) -> Option<(&'static str, String)> {
        let (case, meta) = (self.case?, self.meta.as_ref()?);
        match &self.profile {
            Some(profile) if profile == Report::CLIENTS => Some((HISTORY, case.to_string())),
            Some(profile) => Some((CASE, format!("{case} (profile {profile}, {})", subject_words(meta)))),
            None => Some((CASE, format!("{case} ({})", subject_words(meta)))),
        }
    }

    /// The case and the kind, in one line.
    pub fn place(&self) -> String {
        match self.found_in() {
            Some((noun, words)) => format!("{noun} {words}: {}", self.kind),
            None => format!("the whole run: {}", self.kind),
        }
    }
}
