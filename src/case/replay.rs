//! Steps of a trace on the two executors.

use std::borrow::Cow;

use crate::command::{Reply, Request};
use crate::format::{CommitTs, ExpireAtMs};
use crate::model::{Model, ModelValue};
use crate::state::{KeyState, State, Value};
use crate::store::{Answer, Landing, Planned, Store, StoreError};
use crate::workload::{Action, Delivery, Step};

/// The requests of a step, if it is one that a client sends, and whether they are a transaction.
pub fn requests(step: &Step) -> Option<(&[Request], bool)> {
    match &step.action {
        Action::Command(request) => Some((std::slice::from_ref(request), false)),
        Action::Transaction(requests) => Some((requests, true)),
        Action::Compact(_)
        | Action::CompactRead(_)
        | Action::CompactCommit(_)
        | Action::Seed { .. }
        | Action::Upgrade
        | Action::Begin { .. }
        | Action::Commit { .. } => None,
    }
}

/// The commands of steps, each of a transaction counted.
pub fn command_count(steps: &[Step]) -> u64 {
    steps.iter().map(|step| step.action.requests().len() as u64).sum()
}

/// The reply to a transaction that Redis discards on arrival.
pub fn discarded(requests: &[Request], is_transaction: bool) -> Option<Reply> {
    if is_transaction { Request::exec_abort(requests) } else { None }
}

/// What a step has done on the store.
pub struct Ran<'s> {
    /// The step that took effect: the same one, or what a client's transaction consists of, at the time of its snapshot.
    pub step: Cow<'s, Step>,
    /// One for each request, and none for a transaction that is discarded or a step that no client sends.
    pub answers: Vec<Answer>,
}

/// What a step is about to do on the store.
pub struct Plan<'s> {
    /// What it writes and answers.
    pub planned: Planned,
    /// As in [`Ran`].
    pub step: Cow<'s, Step>,
    /// Of a client's transaction that lands, how it does.
    pub landing: Option<Landed>,
}

/// How a client's transaction lands.
#[derive(Clone, Copy, Debug)]
pub struct Landed {
    /// The client's number.
    pub client: u32,
    /// The time of its snapshot, in Unix milliseconds.
    pub read_ms: u64,
    /// The commit that its deltas name.
    pub delta_ts: CommitTs,
    /// How often it was tried, at least 1.
    pub tries: u32,
    /// Whether it gave up.
    pub gave_up: bool,
    /// Whether it is to land once more, as it was not heard of.
    pub(super) is_unheard: bool,
}

/// Runs a step on the store.
///
/// # Errors
///
/// What the store says.
pub fn on_store<'s>(store: &mut Store, step: &'s Step) -> Result<Ran<'s>, StoreError> {
    let Plan { planned, step, landing } = plan(store, step)?;
    let answers = commit(store, planned, landing)?;
    Ok(Ran { step, answers })
}

/// Writes what was planned. Of a client that has not heard of it, the answers are those that it gets in the end.
///
/// # Errors
///
/// What the store says.
pub fn commit(store: &mut Store, planned: Planned, landing: Option<Landed>) -> Result<Vec<Answer>, StoreError> {
    let answers = store.commit(planned, None)?;
    match landing.filter(|landing| landing.is_unheard) {
        None => Ok(answers),
        Some(Landed { client, .. }) => match store.land(client)? {
            Some(again) => store.commit(again.planned, None),
            None => Ok(answers),
        },
    }
}

/// What a step is about to do on the store.
///
/// # Errors
///
/// What the store says.
pub fn plan<'s>(store: &mut Store, step: &'s Step) -> Result<Plan<'s>, StoreError> {
    if let Some(at_ms) = step.at_ms {
        store.advance_to(at_ms);
    }
    let (mut shown, mut landing) = (Cow::Borrowed(step), None);
    let planned = match &step.action {
        Action::Compact(key) => store.plan_compact(key)?,
        Action::CompactRead(key) => {
            store.compact_read(key)?;
            Planned::default()
        }
        Action::CompactCommit(key) => store.plan_compact_commit(key)?,
        Action::Seed { key, head } => store.plan_seed(key, *head)?,
        Action::Upgrade => {
            store.upgrade();
            Planned::default()
        }
        Action::Begin { client, requests } => {
            let at_once = Step { at_ms: step.at_ms, action: Action::of_requests(requests.clone()) };
            let is_discarded = discarded(requests, requests.len() != 1).is_some();
            match if is_discarded { Some(Planned::default()) } else { store.begin_of(*client, requests)? } {
                Some(planned) => {
                    shown = Cow::Owned(at_once);
                    planned
                }
                None => Planned::default(),
            }
        }
        Action::Commit { client, delivery } => {
            if *delivery == Delivery::Resent {
                store.lose_commit(*client);
            }
            let landed = match delivery {
                Delivery::Lost => store.land_unheard(*client)?,
                Delivery::Heard | Delivery::Resent => store.land(*client)?,
            };
            match landed {
                Some(Landing { planned, requests, read_ms, tries, gave_up }) => {
                    shown = Cow::Owned(Step { at_ms: Some(read_ms), action: Action::of_requests(requests) });
                    let is_unheard = *delivery == Delivery::Lost && !gave_up;
                    let delta_ts = planned.delta_ts();
                    landing = Some(Landed { client: *client, read_ms, delta_ts, tries, gave_up, is_unheard });
                    planned
                }
                None => Planned::default(),
            }
        }
        Action::Command(_) | Action::Transaction(_) => match requests(step) {
            Some((requests, is_transaction)) if discarded(requests, is_transaction).is_none() => {
                store.plan(requests)?
            }
            _ => Planned::default(),
        },
    };
    Ok(Plan { planned, step: shown, landing })
}

/// Runs a step on the model, except the requests that the store refused: `is_refused` says so by their place. One that lands
/// later than it has read sees the time of then.
pub fn on_model(model: &mut Model, step: &Step, is_refused: impl Fn(usize) -> bool) -> Vec<Option<Reply>> {
    on_model_watched(model, step, is_refused, |_, _, _, _| {})
}

/// As [`on_model`]. `watch` is called after each request, with its place, and its reply unless the store refused it.
pub(super) fn on_model_watched(
    model: &mut Model,
    step: &Step,
    is_refused: impl Fn(usize) -> bool,
    mut watch: impl FnMut(usize, &Request, Option<&Reply>, &Model),
) -> Vec<Option<Reply>> {
    if let Some(at_ms) = step.at_ms {
        model.advance_to(at_ms);
    }
    let at_ms = step.at_ms.unwrap_or(model.now_ms());
    model.as_of(at_ms, |model| match requests(step) {
        Some((requests, is_transaction)) if discarded(requests, is_transaction).is_none() => {
            let run = |(place, request)| {
                let reply = (!is_refused(place)).then(|| model.execute(request));
                watch(place, request, reply.as_ref(), model);
                reply
            };
            requests.iter().enumerate().map(run).collect()
        }
        _ => Vec::new(),
    })
}

/// What a client gets for a whole step: nothing for one that no client sends, an array for a transaction.
pub fn client_reply(step: &Step, answers: Vec<Answer>) -> Option<Reply> {
    let (requests, is_transaction) = requests(step)?;
    if let Some(reply) = discarded(requests, is_transaction) {
        return Some(reply);
    }
    let mut replies = answers.into_iter().map(Answer::into_reply);
    if is_transaction { Some(Reply::Array(replies.collect())) } else { replies.next() }
}

/// What a Redis client would see at the model's time.
pub fn model_state(model: &Model) -> State {
    let keys = model.keys().map(|(user_key, key)| {
        let value = match &key.value {
            ModelValue::List(items) => Value::List(items.iter().cloned().collect()),
        };
        let expire_at = key.expire_at_ms.and_then(|ms| u64::try_from(ms).ok()).map(ExpireAtMs);
        (user_key.0.clone(), KeyState { value, expire_at })
    });
    State { keys: keys.collect(), last_ms: Some(model.now_ms()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_a_reply_for_a_command_an_array_for_a_transaction_and_nothing_else() {
        let request = |line: &str| {
            let args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            Request::parse(args).expect("a known command")
        };
        let step = |action| Step { at_ms: Some(1), action };
        let command = step(Action::Command(request("LLEN k")));
        let transaction = step(Action::Transaction(vec![request("LLEN k"), request("LPOP k")]));
        let refused = step(Action::Transaction(vec![request("LLEN k"), request("LLEN")]));
        let upgrade = step(Action::Upgrade);
        let answers = || vec![Answer::Reply(Reply::Integer(3)), Answer::Reply(Reply::Null)];
        assert_eq!(client_reply(&command, answers()), Some(Reply::Integer(3)));
        assert_eq!(client_reply(&transaction, answers()), Some(Reply::Array(vec![Reply::Integer(3), Reply::Null])));
        let discarded = "EXECABORT Transaction discarded because of previous errors.";
        assert_eq!(client_reply(&refused, Vec::new()), Some(Reply::error(discarded)));
        assert_eq!(client_reply(&upgrade, answers()), None);
        assert_eq!(command_count(&[command, transaction, refused, upgrade]), 5);
    }
}
