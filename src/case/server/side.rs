//! A server that hears the steps of one case.

use std::collections::BTreeSet;

use super::precision::precision;
use crate::case::hearing::{Hearing, Turn};
use crate::command::{Command, ExpireCondition, ExpireUnit, KeyCommand, Reply, Request, UserKey};
use crate::server::{Args, ClockShift, ExpiryReading, Server, ServerError, ServerState, Spelt};

/// Turns that are sent together, at most.
pub(super) const TURNS_AT_A_TIME: usize = 128;

/// Items that are written to a list at a time.
const ITEMS_AT_A_TIME: usize = 128;

/// One server in one case.
pub(super) struct Side<'a> {
    server: &'a mut Server,
    shift: ClockShift,
}

/// What one reply from the wire is.
enum Slot {
    /// It says nothing.
    Passing,
    /// The keys that have expired.
    Expired,
    /// The expiry of a key that must have passed, by the server's times.
    Passed(UserKey, i64),
    /// What the client hears to a command alone: the request's own reply.
    Own(usize),
    /// What the client hears to `MULTI`, and to what is queued.
    Said,
    /// What the client hears to `EXEC`: which items of it belong to requests.
    Exec(Vec<bool>),
}

/// What is sent for a batch, and what each reply is, with the turn that it belongs to.
#[derive(Default)]
struct Wire {
    args: Vec<Args>,
    slots: Vec<(usize, Slot)>,
}

impl Wire {
    fn push(&mut self, turn: usize, args: Args, slot: Slot) {
        self.args.push(args);
        self.slots.push((turn, slot));
    }

    /// Sends a turn, its requests spelt as `spell` says.
    fn push_turn(&mut self, index: usize, turn: &Turn, mut spell: impl FnMut(usize, &Request) -> (Args, Option<Args>)) {
        let spelt = turn.requests.iter().enumerate().map(|(place, request)| match turn.discarded() {
            Some(_) => (request.args(), None),
            None => spell(place, request),
        });
        if !turn.is_transaction {
            for (place, (args, after)) in spelt.enumerate() {
                self.push(index, args, Slot::Own(place));
                after.into_iter().for_each(|args| self.push(index, args, Slot::Passing));
            }
            return;
        }
        let mut said = Vec::new();
        self.push(index, vec![b"MULTI".to_vec()], Slot::Said);
        for (args, after) in spelt {
            self.push(index, args, Slot::Said);
            said.push(true);
            if let Some(args) = after {
                self.push(index, args, Slot::Passing);
                said.push(false);
            }
        }
        self.push(index, vec![b"EXEC".to_vec()], Slot::Exec(said));
    }
}

impl<'a> Side<'a> {
    /// Begins a case with an empty database.
    pub(super) fn new(server: &'a mut Server) -> Result<Side<'a>, ServerError> {
        server.clear()?;
        Ok(Side { server, shift: ClockShift::default() })
    }

    /// The server's address, as its name in findings.
    pub(super) fn address(&self) -> String {
        self.server.address().to_string()
    }

    /// The server.
    pub(super) fn server(&self) -> &Server {
        self.server
    }

    /// The time of the trace.
    pub(super) fn now_ms(&self) -> u64 {
        self.shift.now_ms()
    }

    /// Runs turns and decides by itself what expires.
    pub(super) fn lead(&mut self, turns: &[Turn]) -> Result<Vec<Hearing>, ServerError> {
        let mut wire = Wire::default();
        for (index, turn) in turns.iter().enumerate() {
            turn.at_ms.into_iter().for_each(|at_ms| self.shift.advance_to(at_ms));
            if let Some(args) = self.shift.delete_expired() {
                wire.push(index, args, Slot::Expired);
            }
            wire.push_turn(index, turn, |_, request| (self.shift.spell(request), None));
        }
        self.hear(turns, wire)
    }

    /// Runs turns of which is known what the reference says.
    pub(super) fn follow(&mut self, turns: &[Turn], reference: &[Hearing]) -> Result<Vec<Hearing>, ServerError> {
        let mut wire = Wire::default();
        for (index, (turn, right)) in turns.iter().zip(reference).enumerate() {
            turn.at_ms.into_iter().for_each(|at_ms| self.shift.advance_to(at_ms));
            for key in &right.expired {
                if let Some(args) = self.server.expiry_question(key) {
                    wire.push(index, args, Slot::Passed(key.clone(), self.shift.server_now_ms()));
                }
                wire.push(index, deletion(key), Slot::Passing);
            }
            wire.push_turn(index, turn, |place, request| {
                if let Some(question) = self.other_question(request) {
                    return (question, None);
                }
                let Spelt { args, deletes } = self.shift.spell_plainly(request, self.server.vocabulary());
                let is_deleted = right.reply_of(turn, place) == Some(&Reply::Integer(1));
                (args, deletes.filter(|_| is_deleted).as_ref().map(deletion))
            });
        }
        self.hear(turns, wire)
    }

    fn hear(&mut self, turns: &[Turn], wire: Wire) -> Result<Vec<Hearing>, ServerError> {
        for request in turns.iter().flat_map(|turn| &turn.requests) {
            if let Request::Valid(command) = request {
                self.server.own(command.keys())?;
            }
        }
        let replies = self.server.connection().pipeline(&wire.args)?;
        let mut hearings = vec![Hearing::default(); turns.len()];
        for ((index, slot), (args, reply)) in wire.slots.into_iter().zip(wire.args.iter().zip(replies)) {
            if let Some(trouble) = self.server.connection().trouble(args, &reply) {
                return Err(trouble);
            }
            let (Some(turn), Some(hearing)) = (turns.get(index), hearings.get_mut(index)) else { continue };
            let in_trace_time = |place: usize, reply| match turn.requests.get(place) {
                Some(request) if self.other_question(request).is_some() => reply,
                Some(request) => self.shift.in_trace_time(request, reply),
                None => reply,
            };
            match slot {
                Slot::Passing => {}
                Slot::Said => hearing.replies.push(reply),
                Slot::Own(place) => hearing.replies.push(in_trace_time(place, reply)),
                Slot::Exec(said) => hearing.replies.push(match of_requests(reply, &said) {
                    Ok(own) => Reply::Array(
                        own.into_iter().enumerate().map(|(place, reply)| in_trace_time(place, reply)).collect(),
                    ),
                    Err(reply) => reply,
                }),
                Slot::Passed(key, now_ms) => {
                    if !has_passed(&reply, now_ms, precision(self.server)) {
                        hearing.lingering.push((key, reply));
                    }
                }
                Slot::Expired => {
                    let keys = if let Reply::Array(replies) = &reply { keys(replies) } else { None };
                    hearing.expired = keys.ok_or_else(|| self.server.connection().unexpected(args, &reply))?;
                }
            }
        }
        Ok(hearings)
    }

    /// What asks for an expiry where the server knows no `PEXPIRETIME`. No step does that then, but a careful look does.
    fn other_question(&self, request: &Request) -> Option<Args> {
        let Request::Valid(Command::Key(KeyCommand::ExpireTime { key })) = request else { return None };
        if self.server.expiry_reading() == ExpiryReading::Exact { None } else { self.server.expiry_question(key) }
    }

    /// Writes a key anew: its items, and when it expires, in the trace's time. What the server replies is not looked at.
    pub(super) fn put(&mut self, key: &UserKey, items: &[Reply], expire_at_ms: Option<i64>) -> Result<(), ServerError> {
        let items: Vec<&Vec<u8>> =
            items.iter().filter_map(|item| if let Reply::Bulk(item) = item { Some(item) } else { None }).collect();
        let several = self.server.vocabulary().unknown_form_of(&push(key, &[&Vec::new(), &Vec::new()])).is_none();
        let mut commands = vec![deletion(key)];
        commands.extend(items.chunks(if several { ITEMS_AT_A_TIME } else { 1 }).map(|items| push(key, items)));
        if let Some(at_ms) = expire_at_ms {
            let vocabulary = self.server.vocabulary();
            let expire = |unit, time| {
                let (key, condition) = (key.clone(), ExpireCondition::default());
                Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, condition }))
            };
            commands.push(match vocabulary.knows("PEXPIREAT") {
                true => expire(ExpireUnit::UnixMilliseconds, at_ms.saturating_add(self.shift.offset_ms())).args(),
                false => {
                    let now_ms = i64::try_from(self.now_ms()).unwrap_or(i64::MAX);
                    let later = expire(ExpireUnit::Milliseconds, at_ms.saturating_sub(now_ms).max(1));
                    self.shift.spell_plainly(&later, vocabulary).args
                }
            });
        }
        self.server.own([key])?;
        self.server.connection().pipeline(&commands).map(drop)
    }

    /// What the database holds, by the times of the trace.
    pub(super) fn state(&mut self, named: BTreeSet<UserKey>) -> Result<ServerState, ServerError> {
        let mut found = self.server.state(named)?;
        let mut keys = found.state.keys.keys().chain(found.other_types.keys());
        if let Some(key) = keys.find(|key| !self.server.owns(key)) {
            return Err(ServerError::shared(self.server.address(), key));
        }
        let offset_ms = u64::try_from(self.shift.offset_ms()).unwrap_or(0);
        for expire_at in found.state.keys.values_mut().filter_map(|list| list.expire_at.as_mut()) {
            expire_at.0 = expire_at.0.saturating_sub(offset_ms);
        }
        found.state.last_ms = Some(self.now_ms());
        Ok(found)
    }
}

/// Whether an expiry that is told has passed, where a key is to be gone. Not to the millisecond, any expiry may have.
fn has_passed(reply: &Reply, now_ms: i64, precision: ExpiryReading) -> bool {
    let Reply::Integer(at_ms) = reply else { return false };
    *at_ms >= 0 && (precision != ExpiryReading::Exact || *at_ms < now_ms)
}

/// The replies of requests in that of an `EXEC`, by which of its items belong to requests; else what it says instead.
fn of_requests(exec: Reply, said: &[bool]) -> Result<Vec<Reply>, Reply> {
    match exec {
        Reply::Array(replies) if replies.len() == said.len() => {
            Ok(replies.into_iter().zip(said).filter(|(_, said)| **said).map(|(reply, _)| reply).collect())
        }
        exec => Err(exec),
    }
}

fn push(key: &UserKey, items: &[&Vec<u8>]) -> Args {
    let mut args = vec![b"RPUSH".to_vec(), key.0.clone()];
    args.extend(items.iter().map(|item| item.to_vec()));
    args
}

fn deletion(key: &UserKey) -> Args {
    vec![b"DEL".to_vec(), key.0.clone()]
}

fn keys(replies: &[Reply]) -> Option<Vec<UserKey>> {
    let key = |reply: &Reply| if let Reply::Bulk(key) = reply { Some(UserKey(key.clone())) } else { None };
    replies.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_has_passed_before_now_and_one_that_is_not_exact_at_any_time() {
        let is_past = |at_ms, reading| has_passed(&Reply::Integer(at_ms), 6, reading);
        let is_exactly: Vec<bool> = [-2, -1, 0, 5, 6, 7].map(|at_ms| is_past(at_ms, ExpiryReading::Exact)).into();
        assert_eq!(is_exactly, [false, false, true, true, false, false]);
        let is_roughly: Vec<bool> = [-1, 0, 7].map(|at_ms| is_past(at_ms, ExpiryReading::Remaining("PTTL"))).into();
        assert_eq!(is_roughly, [false, true, true]);
        assert!(!has_passed(&Reply::error("ERR"), 6, ExpiryReading::Exact));
    }

    #[test]
    fn what_was_sent_beside_the_requests_of_a_transaction_is_taken_out_of_its_reply() {
        let numbers = |numbers: &[i64]| numbers.iter().copied().map(Reply::Integer).collect::<Vec<Reply>>();
        let own = |exec: Reply| of_requests(exec, &[true, false, true]);
        assert_eq!(own(Reply::Array(numbers(&[1, 2, 3]))), Ok(numbers(&[1, 3])));
        for other in [Reply::Array(numbers(&[1, 2])), Reply::NullArray, Reply::error("EXECABORT")] {
            assert_eq!(own(other.clone()), Err(other));
        }
    }
}
