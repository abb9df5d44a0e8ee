//! A case with a server in place of our store.

use super::careful::Careful;
use super::known::Known;
use super::precision::precision;
use super::right::Right;
use super::side::{Side, TURNS_AT_A_TIME};
use crate::case::hearing::{Names, Turn, difference, other_type};
use crate::case::outcome::CaseReport;
use crate::case::plan::CasePlan;
use crate::case::recorder::Recorder;
use crate::case::stop::{CaseError, Stop, concluded, plain, unanswered};
use crate::command::UserKey;
use crate::compare::{SideNames, compare};
use crate::finding::{Finding, FindingKind};
use crate::format::ExpireAtMs;
use crate::server::{ExpiryReading, Server, ServerError};
use crate::state::State;
use crate::workload::Step;

/// The turns of a case that are kept, so that it can be run again. A longer case that has a finding ends with that.
const KEPT_TURNS: usize = 1 << 18;

/// The turns of a case, written down as they are taken.
struct Turns<'a> {
    steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
    recorder: Recorder,
    number: u64,
}

impl Turns<'_> {
    fn next(&mut self) -> Result<Option<Turn>, Stop> {
        let Some(step) = self.steps.next() else { return Ok(None) };
        let step = step.map_err(Stop::Error)?;
        self.recorder.record(&step)?;
        self.number += 1;
        Ok(Some(Turn::of(self.number, step)))
    }
}

/// Runs a case on a server, against the model or the oracle.
pub(in crate::case) fn run_server_case(
    plan: CasePlan<'_>,
    server: &mut Server,
    mut oracle: Option<&mut Server>,
    known: &Known,
) -> Result<CaseReport, CaseError> {
    let mut report = CaseReport::default();
    let recorder = match Recorder::new(plan.folder, plan.record) {
        Ok(recorder) => recorder,
        Err(stop) => return concluded(Err(stop), report),
    };
    let mut turns = Turns { steps: plan.steps, recorder, number: 0 };
    let mut played = Vec::new();
    let ended = play(&mut turns, &mut played, server, oracle.as_deref_mut(), &mut report);
    let ended = match ended {
        Err(Stop::Finding(first)) if played.len() < KEPT_TURNS => {
            report = CaseReport::default();
            play_carefully(&mut turns, &played, (server, oracle), (known, first), &mut report)
        }
        ended => ended,
    };
    let ended = ended.and_then(|()| turns.recorder.finish());
    concluded(ended, report)
}

fn play(
    turns: &mut Turns<'_>,
    played: &mut Vec<Turn>,
    server: &mut Server,
    oracle: Option<&mut Server>,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let mut subject = Side::new(server).map_err(unanswered)?;
    let mut right = Right::new(oracle).map_err(unanswered)?;
    let subject_name = format!("server {}", subject.address());
    let mut waiting = Vec::with_capacity(TURNS_AT_A_TIME);
    while let Some(turn) = turns.next()? {
        waiting.push(turn);
        if waiting.len() == TURNS_AT_A_TIME {
            run_turns(&mut waiting, played, (&mut subject, &mut right), &subject_name, report)?;
        }
    }
    run_turns(&mut waiting, played, (&mut subject, &mut right), &subject_name, report)?;
    let expected = right.state()?;
    report.compares(&expected);
    require_equal(expected, &mut subject, Names { reference: right.name(), subject: &subject_name })
}

/// Runs a case again that has had a finding, from its beginning, and to its end if all that it finds is known.
fn play_carefully(
    turns: &mut Turns<'_>,
    played: &[Turn],
    (server, oracle): (&mut Server, Option<&mut Server>),
    (known, first): (&Known, Finding),
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let mut subject = Side::new(server).map_err(unanswered)?;
    let mut right = Right::new(oracle).map_err(unanswered)?;
    let subject_name = format!("server {}", subject.address());
    let mut careful = Careful::new(&mut subject, &mut right, &subject_name, known);
    for turns in played.chunks(careful.turns_at_a_time()) {
        careful.run(turns, report)?;
    }
    // Nothing that is known came before it, so it has another cause: one that shows only at the end, or where much is sent
    // at a time.
    match (careful.first_known(), first.step) {
        (None, None) => return known_at_the_end(first, known, report),
        (known, step) if !can_follow(known, step) => return Err(Stop::Finding(first)),
        _ => {}
    }
    while let Some(turn) = turns.next()? {
        careful.run(std::slice::from_ref(&turn), report)?;
    }
    let expected = right.state()?;
    report.compares(&expected);
    let names = Names { reference: right.name(), subject: &subject_name };
    match require_equal(expected, &mut subject, names) {
        Err(Stop::Finding(finding)) => known_at_the_end(finding, known, report),
        ended => ended,
    }
}

/// Whether a finding can follow from the first one that is known: it comes with that step, or later, or at the end.
fn can_follow(known_step: Option<u64>, step: Option<u64>) -> bool {
    known_step.is_some_and(|known| step.is_none_or(|step| known <= step))
}

/// Counts what a case shows at its end, if that is known; there is no command that it is known by.
fn known_at_the_end(finding: Finding, known: &Known, report: &mut CaseReport) -> Result<(), Stop> {
    match known.of_state(&finding.fingerprint(), std::iter::empty()) {
        None => Err(Stop::Finding(finding)),
        Some(entry) => {
            *report.known.entry(entry.name.clone()).or_default() += 1;
            Ok(())
        }
    }
}

/// Runs the turns that wait, and keeps them.
fn run_turns(
    waiting: &mut Vec<Turn>,
    played: &mut Vec<Turn>,
    (subject, right): (&mut Side<'_>, &mut Right<'_>),
    subject_name: &str,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let led = right.lead(waiting).map_err(unanswered)?;
    let followed = subject.follow(waiting, &led).map_err(unanswered)?;
    report.commands += waiting.iter().map(|turn| turn.requests.len() as u64).sum::<u64>();
    let names = Names { reference: right.name(), subject: subject_name };
    let mut all = waiting.iter().zip(led.iter().zip(&followed));
    let found = all.find_map(|(turn, (led, followed))| difference(turn, led, followed, names));
    if played.len() < KEPT_TURNS {
        played.append(waiting);
    }
    waiting.clear();
    match found {
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
        Err(error) => return Err(unanswered(error)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_follows_from_what_is_known_unless_it_came_before() {
        assert!([Some(6), Some(7), Some(8), None].map(|step| can_follow(Some(7), step)) == [false, true, true, true]);
        assert!(!can_follow(None, Some(7)));
    }

    #[test]
    fn what_is_found_at_the_end_is_counted_if_its_class_is_known() {
        let finding = || Finding::new(FindingKind::StoreState, "one item more".to_owned());
        let known = Known::parse(&format!("{}: it is late", finding().fingerprint())).expect("an entry");
        let mut report = CaseReport::default();
        for count in 1..=2 {
            assert!(known_at_the_end(finding(), &known, &mut report).is_ok());
            assert_eq!(report.known, [(finding().fingerprint(), count)].into());
        }
        let ended = known_at_the_end(finding(), &Known::default(), &mut report);
        assert!(matches!(ended, Err(Stop::Finding(same)) if same == finding()));
    }
}
