//! Runs one step on our store and on the reference, compares the replies, and has the committed records judged.
//!
//! The store may refuse a command because of its own limits ([`crate::store::Refusal`]). The judge says whether it had to;
//! then the reference does not get the command.

use super::clients::Clients;
use super::hearing::{Hearing, Turn};
use super::judged::Judged;
use super::outcome::CaseReport;
use super::reference::Reference;
use super::replay::{Plan, commit, discarded, plan, requests};
use super::stop::{Stop, environment, guarded, store_failure};
use super::text::{command_text, texts_of_unlike};
use crate::command::{Reply, Request};
use crate::faults::Act;
use crate::finding::{Finding, FindingKind};
use crate::model::Model;
use crate::situations::Observer;
use crate::store::{Answer, Store};
use crate::workload::Step;

/// Runs a step on both sides, holds the replies against each other, and has the records judged.
pub(super) fn run_step(
    store: &mut Store,
    reference: &mut Reference<'_>,
    (number, step): (u64, &Step),
    (fault, observer, judged, clients): (Option<Act>, &Observer, &mut Judged, &mut Clients),
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let failed = |error| store_failure(error, Some(number));
    let stored_step = fault.and_then(|fault| fault.changed_step(step));
    let sent = stored_step.as_ref().unwrap_or(step);
    judged.begin();
    let Plan { planned, step: stored_step, landing } = guarded(Some(number), || plan(store, sent))?.map_err(failed)?;
    let client = clients.take_effect((number, step), &stored_step, landing, judged);
    let step = client.as_ref().map_or(step, |client| &client.step);
    observer.look(&stored_step, store.database()).map_err(environment)?;
    let mut answers = guarded(Some(number), || commit(store, planned, landing))?.map_err(failed)?;
    observer.step(sent, &stored_step, &answers);
    clients.note(step, &answers);
    if let Some(fault) = fault {
        fault.change_answers(step, &mut answers);
    }
    report.commands += requests(step).map_or(0, |(requests, _)| requests.len() as u64);
    let refused: Vec<bool> = answers.iter().map(Answer::is_refused).collect();
    match reference {
        Reference::Model(model) => {
            let compared = model_step((number, step), (answers, &refused), judged, model, report);
            let agreed = compared.and_then(|()| match &client {
                Some(client) => client.require_agreement(store, model),
                None => Ok(()),
            });
            clients.explained(agreed, (step, client.as_ref()), store, model)
        }
        Reference::Oracle(oracle) => {
            judged.on_own_model(step, &refused);
            let (turn, store) = heard(Turn::of(number, step.clone()), answers, judged, report)?;
            oracle.hold_against(turn, store)?;
            judged.require_right_records(number, step, None)
        }
    }
}

fn model_step(
    (number, step): (u64, &Step),
    (answers, refused): (Vec<Answer>, &[bool]),
    judged: &mut Judged,
    model: &mut Model,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let replies = judged.on_model(model, step, refused);
    require_same_replies((number, step), answers, replies, judged, report)?;
    let at_ms = step.at_ms.unwrap_or(model.now_ms());
    model.as_of(at_ms, |model| judged.require_right_records(number, step, Some(model)))
}

fn require_same_replies(
    (number, step): (u64, &Step),
    answers: Vec<Answer>,
    replies: Vec<Option<Reply>>,
    judged: &Judged,
    report: &mut CaseReport,
) -> Result<(), Stop> {
    let Some((requests, is_transaction)) = requests(step) else { return Ok(()) };
    if discarded(requests, is_transaction).is_some() {
        return Ok(());
    }
    assert!(answers.len() == requests.len() && replies.len() == requests.len(), "one answer a request");
    for (place, ((request, answer), reply)) in requests.iter().zip(answers).zip(replies).enumerate() {
        let words = request.args();
        let found = |kind, detail| {
            let user_key = match request {
                Request::Valid(command) => command.first_key().map(|key| key.0.clone()),
                Request::Rejected { .. } => None,
            };
            let aspect = request.command_name();
            Err(Stop::Finding(Finding { aspect, user_key, step: Some(number), ..Finding::new(kind, detail) }))
        };
        match (answer, reply) {
            (Answer::Refused(_), _) if judged.had_to_refuse(place) => report.refused += 1,
            (Answer::Refused(refusal), _) => {
                let detail = format!("command  {}\nrefused  {refusal}", command_text(&words));
                return found(FindingKind::Refusal, detail);
            }
            (Answer::Reply(ours), Some(redis)) if ours == redis => {}
            (Answer::Reply(ours), redis) => {
                let [ours, redis] = texts_of_unlike([Some(&ours), redis.as_ref()]);
                let detail = format!("command  {}\nstore    {ours}\nRedis    {redis}", command_text(&words));
                return found(FindingKind::Reply, detail);
            }
        }
    }
    Ok(())
}

/// What the store lets hear of a turn, and what of it is put to the oracle: no request that the store has refused.
fn heard(
    mut turn: Turn,
    answers: Vec<Answer>,
    judged: &Judged,
    report: &mut CaseReport,
) -> Result<(Turn, Hearing), Stop> {
    let (mut taken, mut replies) = (Vec::new(), Vec::new());
    let is_run = !answers.is_empty();
    for (place, (request, answer)) in turn.requests.iter().zip(answers).enumerate() {
        match answer {
            Answer::Reply(reply) => {
                taken.push(request.clone());
                replies.push(reply);
            }
            Answer::Refused(_) if judged.had_to_refuse(place) => report.refused += 1,
            Answer::Refused(refusal) => {
                let detail = format!("command  {}\nrefused  {refusal}", command_text(&request.args()));
                let (kind, step) = (FindingKind::Refusal, Some(turn.number));
                return Err(Stop::Finding(Finding { step, ..Finding::new(kind, detail) }));
            }
        }
    }
    if is_run {
        turn.requests = taken;
    }
    let store = Hearing::of(&turn, replies);
    Ok((turn, store))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{MetaWidth, Refusal};
    use crate::workload::Action;

    fn step(line: &str) -> Step {
        let args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        Step { at_ms: Some(1), action: Action::Command(Request::parse(args).expect("a known command")) }
    }

    #[test]
    fn a_wrong_reply_has_the_command_the_key_and_the_step_that_it_is_about() {
        let (judged, mut report) = (Judged::new(MetaWidth::Short), CaseReport::default());
        let (ours, redis) = (Answer::Reply(Reply::Integer(2)), Some(Reply::Integer(1)));
        let ended = require_same_replies((7, &step("LLEN k")), vec![ours], vec![redis], &judged, &mut report);
        let Err(Stop::Finding(finding)) = ended else { panic!("a finding") };
        assert_eq!((finding.kind, finding.aspect, finding.step), (FindingKind::Reply, "LLEN", Some(7)));
        assert_eq!(finding.user_key, Some(b"k".to_vec()));
        assert_eq!(finding.detail, "command  \"LLEN\" \"k\"\nstore    2\nRedis    1");
    }

    #[test]
    fn a_command_that_had_to_be_refused_is_counted() {
        let (judged, mut report) = (Judged::new(MetaWidth::Short), CaseReport::default());
        for count in 1..=2 {
            let refused = Answer::Refused(Refusal::TooManyItems { count: 100_001 });
            let ended = require_same_replies((1, &step("RPUSH k a")), vec![refused], vec![None], &judged, &mut report);
            assert!(ended.is_ok() && report.refused == count);
        }
    }

    #[test]
    fn an_oracle_is_not_asked_about_what_had_to_be_refused() {
        let (mut judged, mut report) = (Judged::new(MetaWidth::Short), CaseReport::default());
        let request = |line: &str| match step(line).action {
            Action::Command(request) => request,
            other => panic!("{other:?}"),
        };
        let requests = vec![request("RPUSH k a"), request("LLEN k"), request("RPUSH k b")];
        let turn = Turn { number: 7, at_ms: None, requests, is_transaction: true };
        let refused = || Answer::Refused(Refusal::TooManyItems { count: 100_001 });
        let answers = || vec![refused(), Answer::Reply(Reply::Integer(0)), refused()];
        let Ok((asked, store)) = heard(turn.clone(), answers(), &judged, &mut report) else { panic!("no finding") };
        assert_eq!((asked.requests, report.refused), (vec![request("LLEN k")], 2));
        assert_eq!(store.replies.last(), Some(&Reply::Array(vec![Reply::Integer(0)])));
        // The model has room for it.
        judged.on_own_model(&step("RPUSH k a"), &[true]);
        let Err(Stop::Finding(finding)) = heard(turn, answers(), &judged, &mut report) else { panic!("a finding") };
        assert_eq!((finding.kind, finding.step), (FindingKind::Refusal, Some(7)));
    }
}
