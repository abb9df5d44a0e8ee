//! The judge of records beside a case: what the store commits is copied for it, and a violation becomes a finding.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::replay::{Landed, on_model_watched};
use super::stop::Stop;
use super::text::step_text;
use crate::command::{Command, KeyCommand, Reply, Request};
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

    /// A client's transaction begins, and has no effect yet.
    pub(super) fn client_begins(&mut self, client: u32, requests: &[Request]) {
        let folding = requests.iter().filter_map(|request| match request {
            Request::Valid(Command::Key(KeyCommand::Expire { key, .. })) => Some(key),
            _ => None,
        });
        self.judge.client_begins(client, folding);
    }

    /// A client's transaction takes effect in this step.
    pub(super) fn client_lands(&mut self, landed: Landed) {
        self.judge.client_lands(landed.client, (landed.read_ms, landed.delta_ts.0, landed.tries > 1));
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
            // They take effect as the commands that they are.
            Action::Begin { .. } | Action::Commit { .. } => {}
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
    if rows.len() > SHOWN_ROWS {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn step(line: &str) -> Step {
        let args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        Step { at_ms: Some(1), action: Action::Command(Request::parse(args).expect("a known command")) }
    }

    /// The record of a key's expiry; without one, its deletion.
    fn row(key: &str, ms: Option<u8>) -> WrittenRow {
        let key = [b"!redis|ttl|", key.as_bytes()].concat();
        WrittenRow { key, value: ms.map(|ms| vec![0, 0, 0, 0, 0, 0, 0, ms]) }
    }

    /// The sign of each row that a diff shows, and its key.
    fn shown(diff: &str) -> Vec<String> {
        let of_row = |line: &str| {
            let (sign, words) = line.split_at(2);
            words.strip_prefix("ttl").and_then(|words| Some(format!("{sign}{}", words.split_whitespace().next()?)))
        };
        diff.lines().filter_map(of_row).collect()
    }

    #[test]
    fn a_diff_has_the_rows_of_both_batches_in_the_order_of_their_keys() {
        let expected = [row("a", Some(1)), row("b", Some(2)), row("d", None)];
        let written = [row("a", Some(1)), row("b", Some(3)), row("c", Some(4))];
        let text = diff(&expected, &written);
        assert_eq!(shown(&text), ["  \"a\"", "- \"b\"", "+ \"b\"", "+ \"c\"", "- \"d\""]);
        assert!(text.contains("- ttl    \"d\"  deleted") && text.lines().all(|line| line.len() > 2), "{text}");
    }

    #[test]
    fn where_not_all_rows_can_be_shown_those_that_differ_are() {
        let rows = |ms: u8, keys: std::ops::Range<u8>| {
            keys.map(|key| row(&format!("k{key:02}"), Some(ms))).collect::<Vec<WrittenRow>>()
        };
        let of = |same: u8, differing: u8| {
            let written = [rows(1, 0..same), rows(2, same..same + differing)].concat();
            let text = diff(&rows(1, 0..same), &written);
            (shown(&text).len(), text.lines().last().filter(|line| line.starts_with("...")).map(str::to_owned))
        };
        assert_eq!(of(23, 1), (24, None));
        assert_eq!(of(24, 1), (1, None));
        assert_eq!(of(5, 24), (24, None));
        assert_eq!(of(1, 25), (24, Some("... and 1 rows more".to_owned())));
        assert_eq!(of(0, 27), (24, Some("... and 3 rows more".to_owned())));
    }

    #[test]
    fn a_finding_says_what_broke_which_rule_and_shows_the_rows_if_there_are_any() {
        let of = |expected: Vec<WrittenRow>, written: Vec<WrittenRow>| {
            let (user_key, problem) = (Some(b"k".to_vec()), "it has none".to_owned());
            finding(Violation { rule: "fence", user_key, problem, expected, written }, 7, &step("LPOP k"))
        };
        let bare = of(Vec::new(), Vec::new());
        assert_eq!((bare.kind, bare.aspect, bare.step), (FindingKind::Record, "fence", Some(7)));
        assert_eq!(bare.user_key.as_deref(), Some(b"k".as_slice()));
        let demand = RULES.iter().find(|(name, _)| *name == "fence").expect("a rule").1;
        assert_eq!(bare.detail, format!("command  LPOP k\nrule     fence: {demand}\nproblem  it has none"));
        for (expected, written, sign) in [(vec![row("k", Some(1))], vec![], '-'), (vec![], vec![row("k", None)], '+')] {
            let detail = of(expected, written).detail;
            let head = "\n--- should be written\n+++ was written\n";
            assert!(detail.contains(&format!("{head}{sign} ttl    \"k\"")), "{detail}");
        }
    }

    #[test]
    fn where_the_reference_is_no_model_the_judge_has_one_of_its_own() {
        let mut judged = Judged::new(MetaWidth::Short);
        let push = step("RPUSH k a");
        judged.begin();
        judged.on_own_model(&push, &[false]);
        assert!(judged.require_right_records(1, &push, None).is_err(), "a push that writes nothing");
    }
}
