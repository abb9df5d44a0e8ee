//! A case with a server in place of our store.

use super::oracle::Oracle;
use super::precision::precision;
use super::side::Side;
use crate::case::hearing::{Hearing, Names, Turn, difference, other_type};
use crate::case::outcome::CaseReport;
use crate::case::plan::CasePlan;
use crate::case::recorder::Recorder;
use crate::case::replay::model_state;
use crate::case::stop::{CaseError, Stop, concluded, environment, plain};
use crate::command::UserKey;
use crate::compare::{SideNames, compare};
use crate::finding::{Finding, FindingKind};
use crate::format::ExpireAtMs;
use crate::model::Model;
use crate::server::{ExpiryReading, Server, ServerError};
use crate::state::State;

/// Turns that are sent together, at most.
const TURNS_AT_A_TIME: usize = 128;

/// Who is right.
enum Right<'a> {
    Model(Model),
    Oracle(Oracle<'a>),
}

impl Right<'_> {
    fn name(&self) -> &str {
        match self {
            Right::Model(_) => "model",
            Right::Oracle(oracle) => oracle.name(),
        }
    }

    fn lead(&mut self, turns: &[Turn]) -> Result<Vec<Hearing>, ServerError> {
        match self {
            Right::Model(model) => Ok(turns.iter().map(|turn| Hearing::of_model(model, turn)).collect()),
            Right::Oracle(oracle) => oracle.lead(turns),
        }
    }

    fn state(&mut self) -> Result<State, Stop> {
        match self {
            Right::Model(model) => Ok(model_state(model)),
            Right::Oracle(oracle) => oracle.state(),
        }
    }
}

/// Runs a case on a server, against the model or the oracle.
pub(in crate::case) fn run_server_case(
    plan: CasePlan<'_>,
    server: &mut Server,
    oracle: Option<Oracle<'_>>,
) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    let right = oracle.map_or_else(|| Right::Model(Model::new()), Right::Oracle);
    let ended = play(plan, server, right, &mut report);
    concluded(ended, report)
}

fn play(plan: CasePlan<'_>, server: &mut Server, mut right: Right<'_>, report: &mut CaseReport) -> Result<(), Stop> {
    let mut subject = Side::new(server).map_err(environment)?;
    let subject_name = format!("server {}", subject.address());
    let mut recorder = Recorder::new(plan.folder, plan.record)?;
    let mut turns = Vec::with_capacity(TURNS_AT_A_TIME);
    for (number, step) in (1..).zip(plan.steps) {
        let step = step.map_err(Stop::Error)?;
        recorder.record(&step)?;
        turns.push(Turn::of(number, step));
        if turns.len() == TURNS_AT_A_TIME {
            run_turns(&turns, &mut subject, &mut right, &subject_name, report)?;
            turns.clear();
        }
    }
    run_turns(&turns, &mut subject, &mut right, &subject_name, report)?;
    recorder.finish()?;

    let expected = right.state()?;
    report.compares(&expected);
    require_equal(expected, &mut subject, Names { reference: right.name(), subject: &subject_name })
}

fn run_turns(
    turns: &[Turn],
    subject: &mut Side<'_>,
    right: &mut Right<'_>,
    subject_name: &str,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let led = right.lead(turns).map_err(environment)?;
    let followed = subject.follow(turns, &led).map_err(environment)?;
    report.commands += turns.iter().map(|turn| turn.requests.len() as u64).sum::<u64>();
    let names = Names { reference: right.name(), subject: subject_name };
    let mut all = turns.iter().zip(led.iter().zip(&followed));
    match all.find_map(|(turn, (led, followed))| difference(turn, led, followed, names)) {
        Some(finding) => Err(Stop::Finding(finding)),
        None => Ok(()),
    }
}

/// Holds what the server shows against what is right.
fn require_equal(mut expected: State, subject: &mut Side<'_>, names: Names<'_>) -> Result<(), Stop> {
    let named = expected.keys.keys().cloned().map(UserKey).collect();
    let found = match subject.state(named) {
        Ok(found) => found,
        // Its reply to a question about a key makes no sense: that is a finding about it and no trouble of ours.
        Err(error @ ServerError::Unexpected { .. }) => return Err(plain(FindingKind::StoreState, error.to_string())),
        Err(error) => return Err(environment(error)),
    };
    if let Some((key, name)) = found.other_types.first_key_value() {
        return Err(Stop::Finding(other_type(key, name, names)));
    }
    let mut shown = found.state;
    let now_ms = expected.last_ms.unwrap_or(0);
    blur_expiries(&mut expected, &mut shown, precision(subject.server()));
    let comparison = compare(&expected, &shown, now_ms);
    let sides = SideNames { left: names.reference, right: names.subject };
    let finding = Finding::of_states(FindingKind::StoreState, &comparison, &expected, &shown, sides);
    finding.map_or(Ok(()), |finding| Err(Stop::Finding(finding)))
}

/// Makes expiries equal that cannot be told apart: where a server does not tell the millisecond, one that is there is
/// any other.
fn blur_expiries(expected: &mut State, shown: &mut State, reading: ExpiryReading) {
    for (key, list) in &mut shown.keys {
        let right = expected.keys.get(key).and_then(|list| list.expire_at);
        match (reading, list.expire_at, right) {
            (ExpiryReading::Exact, ..) => {}
            (ExpiryReading::Unknown, ..) | (_, Some(_), Some(_)) => list.expire_at = right,
            // By its own clock it may be any time; what counts is that there should be none.
            (_, Some(_), None) => list.expire_at = Some(ExpireAtMs::RECORD_MAX),
            (_, None, _) => {}
        }
    }
}
