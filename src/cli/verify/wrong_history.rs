//! A history that no order explains: made small, kept if a folder is named, and reported.

use std::path::Path;
use std::time::{Duration, Instant};

use super::arguments::Arguments;
use super::client_runs::{Runs, repeat};
use crate::campaign::shrink::CutShort;
use crate::cli::ended::Failure;
use crate::cli::output::{Output, note, write_failure};
use crate::clients::{ATTEMPTS, Plan, Wrong, shrink};
use crate::finding::{Finding, FindingKind};
use crate::history::{Contradiction, History, Judgement, STATES, Timeline, Unexplained, Window};
use crate::jobs::Interrupt;
use crate::report::{NextSteps, Report, ShrunkCase};

/// How long a wrong history is shrunk.
const SHRINKING: Duration = Duration::from_secs(20);
/// The states that a history may take while it is shrunk.
const STATES_OF_ATTEMPT: u64 = STATES / 10;
/// Operations of a shrunk history that a report holds; a finding's folder has all of them.
const SHOWN_STEPS: usize = 24;

/// A wrong history, and what is needed to make it small.
pub(super) struct WrongHistory<'a> {
    pub(super) arguments: &'a Arguments,
    /// What the plan was drawn from.
    pub(super) seed: u64,
    pub(super) runs: &'a mut Runs,
    pub(super) interrupt: &'a Interrupt,
    pub(super) wrong: Wrong,
    pub(super) found: Unexplained,
}

/// A plan as small as it got, with one of its histories that are wrong.
struct Small {
    wrong: Wrong,
    cut_short: Option<CutShort>,
    runs: u64,
}

impl WrongHistory<'_> {
    /// Adds the finding to the report, whose last history it is, and the time that shrinking took to `shrinking`.
    pub(super) fn report(mut self, report: &mut Report, shrinking: &mut Duration) -> Result<(), Failure> {
        let whole = self.wrong.history.window(&self.found.operations, self.found.explained_until_us);
        let contradiction = whole.history.contradiction();
        report.add_of_history(
            &finding(&contradiction, &whole.timeline()),
            NextSteps { repeat: repeat(self.arguments, self.seed, 1), shrink: String::new() },
        );
        let started = Instant::now();
        let (small, ended) = match self.arguments.found.are_shrunk().then(|| self.shrunk()).transpose() {
            Ok(small) => (small, Ok(())),
            // What was found stays so, and is kept.
            Err(failure) => (None, Err(failure)),
        };
        *shrinking += started.elapsed();
        let (small, window, shrunk) = match small {
            Some(small) => {
                let window = window(&small.wrong.history)?;
                let shrunk = self.shrunk_case(&small, &window, &contradiction);
                (small.wrong, window, Some(shrunk))
            }
            None => (self.wrong.clone(), whole, None),
        };
        let kept =
            self.arguments.found.folder().map(|folder| keep(folder, &self.wrong.history, &small.history, &window));
        if let Some(reported) = report.findings.last_mut() {
            reported.timeline = Some(window.timeline());
            reported.headline = window.history.contradiction().words;
            reported.shrunk = shrunk;
            reported.folder = self.arguments.found.folder().map(|folder| folder.display().to_string());
        }
        ended.and(kept.unwrap_or(Ok(())))
    }

    fn shrunk(&mut self) -> Result<Small, Failure> {
        note(&format!(
            "shrinking a history, for at most {} seconds, each attempt {ATTEMPTS} times",
            SHRINKING.as_secs()
        ));
        let (until, before) = (Instant::now() + SHRINKING, self.runs.runs);
        let (runs, interrupt) = (&mut *self.runs, self.interrupt);
        let attempt = |plan: &Plan| {
            let history = runs.record(plan)?;
            let is_wrong = matches!(runs.judge(&history, STATES_OF_ATTEMPT), Judgement::Unexplained(_));
            Ok::<_, Failure>(is_wrong.then_some(history))
        };
        let small = shrink(self.wrong.clone(), attempt, || Instant::now() < until && !interrupt.is_wished())?;
        let cut_short = match (interrupt.is_wished(), Instant::now() < until) {
            (true, _) => Some(CutShort::Interrupted),
            (false, false) => Some(CutShort::TimeUp),
            (false, true) => None,
        };
        Ok(Small { wrong: small, cut_short, runs: self.runs.runs - before })
    }

    fn shrunk_case(&self, small: &Small, window: &Window, whole: &Contradiction) -> ShrunkCase {
        let Small { wrong: small, cut_short, runs } = small;
        let clients = small.plan.streams.len() as u64;
        // The last client is the one that reads everything in the end.
        let steps = small.history.timeline().rows.into_iter().filter(|row| u64::from(row.client) < clients);
        let commands = |plan: &Plan| plan.streams.iter().flatten().map(|sent| sent.requests().len() as u64).sum();
        let contradiction = window.history.contradiction();
        let needs = match contradiction.is_like(whole) {
            true => String::new(),
            false => format!("is another one than in the whole history, where {}", whole.words),
        };
        ShrunkCase {
            steps: steps.take(SHOWN_STEPS).map(|row| format!("client {}: {}", row.client, row.sent)).collect(),
            step_count: small.plan.streams.iter().flatten().count() as u64,
            commands: commands(&small.plan),
            whole_commands: commands(&self.wrong.plan),
            runs: *runs,
            cut_short: *cut_short,
            needs,
            key: None,
            detail: window.timeline().text(),
            diff: None,
            picture: None,
        }
    }
}

fn finding(contradiction: &Contradiction, timeline: &Timeline) -> Finding {
    let anomaly = Some(contradiction.words.clone());
    Finding { aspect: contradiction.command, anomaly, ..Finding::new(FindingKind::Reply, timeline.text()) }
}

/// The window of a history that was found to be wrong with fewer states.
fn window(history: &History) -> Result<Window, Failure> {
    match history.judge(STATES) {
        Judgement::Unexplained(found) => Ok(history.window(&found.operations, found.explained_until_us)),
        Judgement::Explained | Judgement::Undecided { .. } => Err(Failure::Defect(
            "a wrong history is right; this is a bug of ekv-roundtrip, please report it".to_owned(),
        )),
    }
}

fn keep(folder: &Path, whole: &History, small: &History, window: &Window) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Input(format!("write {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    for (name, history) in [("history.jsonl", whole), ("shrunk.jsonl", small), ("window.jsonl", &window.history)] {
        Output::create(&folder.join(name))?.write_all(|out| history.write(out).map_err(write_failure))?;
    }
    let timeline = window.timeline();
    for (name, text) in [("timeline.txt", timeline.text()), ("timeline.svg", timeline.svg())] {
        Output::create(&folder.join(name))?.write_all(|out| out.write_all(text.as_bytes()).map_err(write_failure))?;
    }
    Ok(())
}
