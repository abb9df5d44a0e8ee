//! One operation on one state: the states that can come of it, if the replies are as recorded.
//!
//! The model runs the commands. What it cannot know is the time, so the commands that depend on it are split here:
//!
//! - A key with an expiry is there, or it has gone. Where the times allow both, both are tried. A key that has gone is
//!   deleted in the model, so it stays gone.
//! - `EXPIRE` and its kin set, refuse or delete by rules like those of `src/model/expiry.rs`, over spans of time instead of
//!   moments. Where the spans allow several outcomes, each is tried.
//! - `PEXPIRETIME` must name a moment of the span; from then on the expiry is that moment.
//!
//! Spans forget how two moments depend on each other, so a state too many may be tried, never one too few: a right history
//! is always explained.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::expiries::{Expiries, Span};
use super::operation::keys_of;
use crate::command::{Command, ExpireCondition, ExpireUnit, KeyCommand, Reply, Request, UserKey, error};
use crate::model::{Model, ModelValue};

/// What the store may hold after some operations.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The keys, with tokens for expiries.
    model: Model,
    /// It is not earlier than this: a key was seen to be gone that lived until then.
    pub(super) not_before_ms: i64,
}

/// An operation as the search sees it.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) requests: &'a [Request],
    pub(super) is_transaction: bool,
    /// The reply that it must have; without one, any will do.
    pub(super) reply: Option<&'a Reply>,
    /// Between call and reply, by the server's clock.
    pub(super) span: Span,
}

impl State {
    /// A digest of the state, for telling states apart.
    pub(super) fn digest(&self) -> u128 {
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (salt, self.not_before_ms).hash(&mut hasher);
            for (key, found) in self.model.keys() {
                let ModelValue::List(items) = &found.value;
                (key, items, found.expire_at_ms).hash(&mut hasher);
            }
            u128::from(hasher.finish())
        };
        half(1) << 64 | half(2)
    }

    /// The states after `task`, if it takes effect within `within` and has its reply.
    pub(super) fn after(&self, task: &Task<'_>, within: Span, expiries: &mut Expiries) -> Vec<State> {
        if task.is_transaction {
            if let Some(abort) = Request::exec_abort(task.requests) {
                return if agrees(task.reply, &abort) { vec![self.clone()] } else { Vec::new() };
            }
            match task.reply {
                None => {}
                Some(Reply::Array(replies)) if replies.len() == task.requests.len() => {}
                Some(_) => return Vec::new(),
            }
        }
        let mut states = self.with_keys_there_or_gone(task, within, expiries);
        for (index, request) in task.requests.iter().enumerate() {
            let reply = match task.reply {
                Some(Reply::Array(replies)) if task.is_transaction => replies.get(index),
                reply => reply,
            };
            let mut next = Vec::new();
            for (state, within) in states {
                run(state, request, reply, task.span, within, expiries, &mut next);
            }
            states = next;
        }
        states.into_iter().map(|(state, _)| state).collect()
    }

    /// Splits by which keys of the task have gone, and when that can have been.
    fn with_keys_there_or_gone(&self, task: &Task<'_>, within: Span, expiries: &Expiries) -> Vec<(State, Span)> {
        let mut states = vec![(self.clone(), within)];
        let mut keys: Vec<&UserKey> = task.requests.iter().flat_map(keys_of).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let Some(expiry) = self.expiry(key, expiries) else { continue };
            let mut split = Vec::new();
            for (state, within) in states {
                let after = Span { from_ms: expiry.from_ms.saturating_add(1), until_ms: i64::MAX };
                if let Some(within) = within.and(after) {
                    let mut gone = state.clone();
                    gone.model.execute(&Request::Valid(KeyCommand::Delete { keys: vec![key.clone()] }.into()));
                    gone.not_before_ms = gone.not_before_ms.max(after.from_ms);
                    split.push((gone, within));
                }
                if let Some(within) = within.and(Span { from_ms: i64::MIN, until_ms: expiry.until_ms }) {
                    split.push((state, within));
                }
            }
            states = split;
        }
        states
    }

    fn expiry(&self, key: &UserKey, expiries: &Expiries) -> Option<Span> {
        expiries.span(self.model.get(key)?.expire_at_ms?)
    }

    fn set_expiry(&mut self, key: &UserKey, token: i64) {
        let (unit, condition) = (ExpireUnit::UnixMilliseconds, ExpireCondition::default());
        let expire = KeyCommand::Expire { key: key.clone(), unit, time: token, condition };
        self.model.execute(&Request::Valid(expire.into()));
    }
}

/// Runs one request, and appends what can come of it.
fn run(
    mut state: State,
    request: &Request,
    reply: Option<&Reply>,
    task: Span,
    within: Span,
    expiries: &mut Expiries,
    next: &mut Vec<(State, Span)>,
) {
    match request {
        Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, condition })) => {
            for (effect, says) in expire(&state, key, *unit, *time, *condition, task, within, expiries) {
                if !agrees(reply, &says) {
                    continue;
                }
                let mut state = state.clone();
                match effect {
                    Effect::Nothing => {}
                    Effect::Delete => {
                        state.model.execute(&Request::Valid(KeyCommand::Delete { keys: vec![key.clone()] }.into()));
                    }
                    Effect::Set(span) => state.set_expiry(key, expiries.token(span)),
                }
                next.push((state, within));
            }
        }
        Request::Valid(Command::Key(KeyCommand::ExpireTime { key })) if state.expiry(key, expiries).is_some() => {
            let Some(reply) = reply else {
                next.push((state, within));
                return;
            };
            let expiry = state.expiry(key, expiries);
            if let (Reply::Integer(at_ms), Some(span)) = (reply, expiry)
                && span.contains(*at_ms)
            {
                state.set_expiry(key, expiries.token(Span::exactly(*at_ms)));
                next.push((state, within));
            }
        }
        _ => {
            let says = state.model.execute(request);
            if agrees(reply, &says) {
                next.push((state, within));
            }
        }
    }
}

enum Effect {
    Nothing,
    Delete,
    Set(Span),
}

/// What a command of the `EXPIRE` family may do, with its replies.
#[expect(clippy::too_many_arguments, reason = "the fields of one command, and the times around it")]
fn expire(
    state: &State,
    key: &UserKey,
    unit: ExpireUnit,
    time: i64,
    condition: ExpireCondition,
    task: Span,
    within: Span,
    expiries: &Expiries,
) -> Vec<(Effect, Reply)> {
    let (factor, is_relative) = match unit {
        ExpireUnit::Seconds => (1000, true),
        ExpireUnit::Milliseconds => (1, true),
        ExpireUnit::UnixSeconds => (1000, false),
        ExpireUnit::UnixMilliseconds => (1, false),
    };
    // Which time is too large depends on the clock, for times that end in 300 million years.
    let is_too_large = |ms: i64| is_relative && ms.checked_add(within.from_ms).is_none();
    let Some(ms) = time.checked_mul(factor).filter(|ms| !is_too_large(*ms)) else {
        return vec![(Effect::Nothing, Reply::Error(error::invalid_expire_time(unit.command_name())))];
    };
    let Some(found) = state.model.get(key) else {
        return vec![(Effect::Nothing, Reply::Integer(0))];
    };
    let current = found.expire_at_ms.and_then(|token| expiries.span(token));
    // The task's own span, not the narrower one of this order: so the order does not show in the state.
    let new = if is_relative { task.later_by(ms) } else { Span::exactly(ms) };
    let ExpireCondition { nx, xx, gt, lt } = condition;
    let (is_later, is_not_later, is_earlier, is_not_earlier) = match current {
        None => (false, true, true, false),
        Some(current) => (
            new.until_ms > current.from_ms,
            new.from_ms <= current.until_ms,
            new.from_ms < current.until_ms,
            new.until_ms >= current.from_ms,
        ),
    };
    let has_expiry = current.is_some();
    let can_be_admitted = !(nx && has_expiry || xx && !has_expiry) && (!gt || is_later) && (!lt || is_earlier);
    let can_be_refused = nx && has_expiry || xx && !has_expiry || gt && is_not_later || lt && is_not_earlier;
    let mut effects = Vec::new();
    if can_be_admitted {
        let (deletes, sets) =
            if is_relative { (ms <= 0, ms > 0) } else { (ms <= within.until_ms, ms > within.from_ms) };
        if sets {
            effects.push((Effect::Set(new), Reply::Integer(1)));
        }
        if deletes {
            effects.push((Effect::Delete, Reply::Integer(1)));
        }
    }
    if can_be_refused {
        effects.push((Effect::Nothing, Reply::Integer(0)));
    }
    effects
}

/// Whether a recorded reply is this one. Files do not tell statuses from strings, nor the two kinds of null. Of an error that
/// is not in Redis's words, the first word counts: the rest is for people, and servers differ in it.
fn agrees(recorded: Option<&Reply>, says: &Reply) -> bool {
    recorded.is_none_or(|recorded| is_same(recorded, says))
}

fn is_same(one: &Reply, other: &Reply) -> bool {
    const WORDS_OF_REDIS: [&str; 3] = [error::NO_SUCH_KEY, error::INDEX_OUT_OF_RANGE, error::NOT_AN_INTEGER];
    match (one, other) {
        (Reply::Array(one), Reply::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Reply::Error(recorded), Reply::Error(says)) if !WORDS_OF_REDIS.contains(&recorded.as_str()) => {
            recorded.split(' ').next() == says.split(' ').next()
        }
        (Reply::Status(status), Reply::Bulk(bytes)) | (Reply::Bulk(bytes), Reply::Status(status)) => {
            status.as_bytes() == bytes
        }
        (Reply::Null | Reply::NullArray, Reply::Null | Reply::NullArray) => true,
        _ => one == other,
    }
}
