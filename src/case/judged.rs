//! The judge of records beside a case: what the store commits is copied for it, and a violation becomes a finding.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::replay::on_model_watched;
use super::stop::Stop;
use super::text::step_text;
use crate::command::{Reply, Request};
use crate::database::Watch;
use crate::finding::{Finding, FindingKind};
use crate::inspect::{write_deletion, write_text};
use crate::judge::{Batch, Judge, RULES, Violation, WrittenRow};
use crate::model::Model;
use crate::store::MetaWidth;
use crate::workload::{Action, Step};

/// The rows that a finding shows; of the others it says the number.
const SHOWN_ROWS: usize = 24;

/// The judge of one case.
pub(super) struct Judged {
    judge: Judge,
    batch: Arc<Mutex<Batch>>,
    /// The model that the judge believes where the reference is none.
    own_model: Model,
    /// The requests of the step that were refused though they break no limit, by their places.
    needlessly_refused: Vec<usize>,
}

impl Judged {
    /// For a new store that writes such base metas.
    pub(super) fn new(width: MetaWidth) -> Judged {
        let judge = Judge::new(width == MetaWidth::Long);
        Judged { judge, batch: Arc::default(), own_model: Model::new(), needlessly_refused: Vec::new() }
    }

    /// What the store's database is to be watched by, so that both the judge and `other` see every batch.
    pub(super) fn watch(&self, other: Watch) -> Watch {
        let batch = Arc::clone(&self.batch);
        Arc::new(move |commit_ts, changes| {
            other(commit_ts, changes);
            locked(&batch).commit(commit_ts.0, changes.iter().copied());
        })
    }

    /// A step begins.
    pub(super) fn begin(&mut self) {
        locked(&self.batch).clear();
        self.needlessly_refused.clear();
    }

    /// Runs a step on the model, and tells the judge of it.
    pub(super) fn on_model(&mut self, model: &mut Model, step: &Step, refused: &[bool]) -> Vec<Option<Reply>> {
        self.tell_of_operation(model, step);
        let is_refused = |place: usize| refused.get(place) == Some(&true);
        on_model_watched(model, step, is_refused, |place, request, reply, model| match (request, reply) {
            (Request::Valid(command), Some(reply)) => self.judge.command(command, reply, model),
            (Request::Valid(command), None) if self.judge.refused(command, model) => {}
            (Request::Rejected { .. }, Some(_)) => {}
            (_, None) => self.needlessly_refused.push(place),
        })
    }

    /// Whether the store had to refuse the request of this place, of those that it refused.
    pub(super) fn had_to_refuse(&self, place: usize) -> bool {
        !self.needlessly_refused.contains(&place)
    }

    /// The same where the reference is not the model.
    pub(super) fn on_own_model(&mut self, step: &Step, refused: &[bool]) {
        let mut model = std::mem::take(&mut self.own_model);
        self.on_model(&mut model, step, refused);
        self.own_model = model;
    }

    fn tell_of_operation(&mut self, model: &mut Model, step: &Step) {
        if let Some(at_ms) = step.at_ms {
            model.advance_to(at_ms);
            self.judge.advance_to(at_ms);
        }
        match &step.action {
            Action::Command(_) | Action::Transaction(_) => {}
            Action::Compact(key) => self.judge.compact(key),
            Action::CompactRead(key) => self.judge.compact_read(key),
            Action::CompactCommit(key) => self.judge.compact_commit(key),
            Action::Seed { key, head } => self.judge.seed(key, *head, model),
            Action::Upgrade => self.judge.upgrade(),
        }
    }

    /// Ends a step: its batch must be what the judge expects.
    pub(super) fn require_right_records(
        &mut self,
        number: u64,
        step: &Step,
        model: Option<&Model>,
    ) -> Result<(), Stop> {
        let verdict = self.judge.verdict(&locked(&self.batch), model.unwrap_or(&self.own_model));
        verdict.map_err(|violation| Stop::Finding(finding(*violation, number, step)))
    }
}

fn locked(batch: &Mutex<Batch>) -> MutexGuard<'_, Batch> {
    batch.lock().unwrap_or_else(PoisonError::into_inner)
}

fn finding(violation: Violation, number: u64, step: &Step) -> Finding {
    let Violation { rule, user_key, problem, expected, written } = violation;
    let demand = RULES.iter().find(|(name, _)| *name == rule).map_or("", |(_, demand)| demand);
    let mut detail = format!("command  {}\nrule     {rule}: {demand}\nproblem  {problem}", step_text(step));
    if !expected.is_empty() || !written.is_empty() {
        detail.push_str("\n--- should be written\n+++ was written\n");
        detail.push_str(&diff(&expected, &written));
    }
    let finding = Finding::new(FindingKind::Record, detail.trim_end().to_owned());
    Finding { aspect: rule, user_key, step: Some(number), ..finding }
}

/// Two batches as a diff. Both are in order.
fn diff(expected: &[WrittenRow], written: &[WrittenRow]) -> String {
    let only = |row: &WrittenRow, others: &[WrittenRow]| !others.contains(row);
    let missing = expected.iter().filter(|row| only(row, written)).map(|row| ('-', row));
    let mut rows: Vec<(char, &WrittenRow)> = missing.collect();
    rows.extend(written.iter().map(|row| if only(row, expected) { ('+', row) } else { (' ', row) }));
    rows.sort_by_key(|(sign, row)| (&row.key, *sign == '+'));
    // What differs counts most where not all can be shown.
    let differing = rows.iter().filter(|(sign, _)| *sign != ' ').count();
    if rows.len() > SHOWN_ROWS && differing < rows.len() {
        rows.retain(|(sign, _)| *sign != ' ');
    }
    let mut text = Vec::new();
    for (sign, row) in rows.iter().take(SHOWN_ROWS) {
        let mut lines = Vec::new();
        let rendered = match &row.value {
            Some(value) => write_text(&row.key, value, &mut lines),
            None => write_deletion(&row.key, &mut lines),
        };
        debug_assert!(rendered.is_ok(), "memory takes everything");
        for line in String::from_utf8_lossy(&lines).lines().filter(|line| !line.is_empty()) {
            text.push(format!("{sign} {line}"));
        }
    }
    if rows.len() > SHOWN_ROWS {
        text.push(format!("... and {} rows more", rows.len() - SHOWN_ROWS));
    }
    text.join("\n")
}
