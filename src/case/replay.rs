//! Steps of a trace on the two executors.

use crate::command::{Reply, Request};
use crate::format::ExpireAtMs;
use crate::model::{Model, ModelValue};
use crate::state::{KeyState, State, Value};
use crate::store::{Answer, Planned, Store, StoreError};
use crate::workload::{Action, Step};

/// The requests of a step, if it is one that a client sends, and whether they are a transaction.
pub fn requests(step: &Step) -> Option<(&[Request], bool)> {
    match &step.action {
        Action::Command(request) => Some((std::slice::from_ref(request), false)),
        Action::Transaction(requests) => Some((requests, true)),
        Action::Compact(_)
        | Action::CompactRead(_)
        | Action::CompactCommit(_)
        | Action::Seed { .. }
        | Action::Upgrade => None,
    }
}

/// The commands of steps, each of a transaction counted.
pub fn command_count(steps: &[Step]) -> u64 {
    steps.iter().map(|step| requests(step).map_or(0, |(requests, _)| requests.len() as u64)).sum()
}

/// The reply to a transaction that Redis discards on arrival.
pub fn discarded(requests: &[Request], is_transaction: bool) -> Option<Reply> {
    if is_transaction { Request::exec_abort(requests) } else { None }
}

/// Runs a step on the store. The answers are one for each request, and none for a transaction that is discarded or a
/// step that no client sends.
///
/// # Errors
///
/// What the store says.
pub fn on_store(store: &mut Store, step: &Step) -> Result<Vec<Answer>, StoreError> {
    let planned = plan(store, step)?;
    store.commit(planned, None)
}

/// What a step is about to write on the store, and answer.
///
/// # Errors
///
/// What the store says.
pub fn plan(store: &mut Store, step: &Step) -> Result<Planned, StoreError> {
    if let Some(at_ms) = step.at_ms {
        store.advance_to(at_ms);
    }
    match &step.action {
        Action::Compact(key) => return store.plan_compact(key),
        Action::CompactRead(key) => store.compact_read(key)?,
        Action::CompactCommit(key) => return store.plan_compact_commit(key),
        Action::Seed { key, head } => return store.plan_seed(key, *head),
        Action::Upgrade => store.upgrade(),
        Action::Command(_) | Action::Transaction(_) => {}
    }
    match requests(step) {
        Some((requests, is_transaction)) if discarded(requests, is_transaction).is_none() => store.plan(requests),
        _ => Ok(Planned::default()),
    }
}

/// Runs a step on the model, except the requests that the store refused: `is_refused` says so by their place.
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
    match requests(step) {
        Some((requests, is_transaction)) if discarded(requests, is_transaction).is_none() => {
            let run = |(place, request)| {
                let reply = (!is_refused(place)).then(|| model.execute(request));
                watch(place, request, reply.as_ref(), model);
                reply
            };
            requests.iter().enumerate().map(run).collect()
        }
        _ => Vec::new(),
    }
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
