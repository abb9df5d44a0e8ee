//! A case with somebody else's store in the place of ours, in this process.

use super::hearing::{Hearing, Names, Turn, difference};
use super::outcome::CaseReport;
use super::plan::CasePlan;
use super::replay::model_state;
use super::stop::{CaseError, Stop, plain};
use crate::command::{Reply, Request};
use crate::compare::{SideNames, compare};
use crate::finding::{Finding, FindingKind};
use crate::model::Model;
use crate::state::State;

/// A store that is to do what Redis does, as one client sees it.
///
/// Time is logical: the store is told it with each call, in Unix milliseconds, and it never goes back. A key whose expiry
/// is before that time is gone. `Err` says that the store has failed, in a sentence that becomes part of the finding; an
/// error *reply*, which a client sees, is a [`Reply::Error`].
pub trait TestedStore {
    /// Runs one request, such as `RPUSH key a b` in four words, and gives its reply.
    ///
    /// # Errors
    ///
    /// The store has failed.
    fn execute(&mut self, request: &[Vec<u8>], at_ms: u64) -> Result<Reply, String>;

    /// What a client sees of all keys.
    ///
    /// # Errors
    ///
    /// The store has failed.
    fn state(&mut self, at_ms: u64) -> Result<State, String>;

    /// Runs the requests between a `MULTI` and an `EXEC`, and gives their replies. By default, one after another.
    ///
    /// # Errors
    ///
    /// The store has failed.
    fn transact(&mut self, requests: &[Vec<Vec<u8>>], at_ms: u64) -> Result<Vec<Reply>, String> {
        requests.iter().map(|request| self.execute(request, at_ms)).collect()
    }

    /// Whether the store knows a command, by its name in capitals. Steps with others are left out.
    fn knows(&self, command: &str) -> bool {
        let _ = command;
        true
    }
}

const NAMES: Names<'_> = Names { reference: "Redis", subject: "store" };

/// Runs a case on somebody else's store, against the model.
///
/// # Errors
///
/// A malformed trace.
pub fn run_tested_case(plan: CasePlan<'_>, store: &mut dyn TestedStore) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    match play(plan, store, &mut report) {
        Ok(()) => Ok(report),
        Err(Stop::Finding(finding)) => {
            report.finding = Some(finding);
            Ok(report)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

fn play(plan: CasePlan<'_>, store: &mut dyn TestedStore, report: &mut CaseReport) -> Result<(), Stop> {
    let mut model = Model::new();
    for (number, step) in (1..).zip(plan.steps) {
        let turn = Turn::of(number, step.map_err(Stop::Error)?);
        if !turn.requests.iter().all(|request| store.knows(request.command_name())) {
            continue;
        }
        let right = Hearing::of_model(&mut model, &turn);
        let heard = hear(&turn, store, model.now_ms())?;
        report.commands += turn.requests.len() as u64;
        if let Some(finding) = difference(&turn, &right, &heard, NAMES) {
            return Err(Stop::Finding(finding));
        }
    }
    let expected = model_state(&model);
    let now_ms = model.now_ms();
    report.lists = expected.keys.len() as u64;
    report.items = expected.element_count();
    let shown = store
        .state(now_ms)
        .map_err(|problem| plain(FindingKind::StoreState, format!("the store cannot show its state: {problem}")))?;
    let sides = SideNames { left: NAMES.reference, right: NAMES.subject };
    let comparison = compare(&expected, &shown, now_ms);
    let finding = Finding::of_states(FindingKind::StoreState, &comparison, &expected, &shown, sides);
    finding.map_or(Ok(()), |finding| Err(Stop::Finding(finding)))
}

/// What a client of the store hears of a turn. A transaction that Redis discards on arrival is not put to it.
fn hear(turn: &Turn, store: &mut dyn TestedStore, at_ms: u64) -> Result<Hearing, Stop> {
    if turn.discarded().is_some() {
        return Ok(Hearing::of(turn, Vec::new()));
    }
    let requests: Vec<Vec<Vec<u8>>> = turn.requests.iter().map(Request::args).collect();
    let replies = match &requests[..] {
        [request] if !turn.is_transaction => store.execute(request, at_ms).map(|reply| vec![reply]),
        [] => Ok(Vec::new()),
        requests => store.transact(requests, at_ms),
    };
    let replies = replies.map_err(|problem| {
        let aspect = turn.requests.first().map_or("", Request::command_name);
        let finding = Finding::new(FindingKind::Reply, format!("the store failed: {problem}"));
        Stop::Finding(Finding { aspect, step: Some(turn.number), ..finding })
    })?;
    Ok(Hearing::of(turn, replies))
}
