//! A turn with questions after each of its commands, about the keys that it has written.
//!
//! The same questions go to both sides. So it shows after which command a server's state is first wrong, also within a
//! transaction.

use crate::case::hearing::{Hearing, Turn};
use crate::command::{Command, CommandSpec, KeyCommand, ListCommand, Reply, Request, UserKey};
use crate::server::ExpiryReading;

/// Of a long list, so many items at either end are asked for.
const ITEMS_AT_AN_END: i64 = 256;

/// A turn with questions in it.
pub(super) struct Peeked {
    /// What is sent: the turn's own requests, each with its questions behind it.
    pub(super) turn: Turn,
    /// What each request of it is.
    roles: Vec<Role>,
}

#[derive(Clone)]
enum Role {
    /// The turn's own.
    Own,
    /// A question after the request of this place.
    Question(usize, UserKey),
}

/// An answer to a question on both sides.
pub(super) struct Answer<'a> {
    pub(super) key: &'a UserKey,
    pub(super) question: &'a Request,
    /// What the right side says, and what the other one.
    pub(super) said: (Option<&'a Reply>, Option<&'a Reply>),
}

impl Peeked {
    /// A turn, with questions that the server understands.
    pub(super) fn of(turn: &Turn, reading: ExpiryReading) -> Peeked {
        let (mut requests, mut roles) = (Vec::new(), Vec::new());
        for (place, request) in turn.requests.iter().enumerate() {
            requests.push(request.clone());
            roles.push(Role::Own);
            // What is discarded does nothing.
            if turn.discarded().is_some() {
                continue;
            }
            for key in written(request) {
                let questions = questions(&key, reading);
                roles.extend(questions.iter().map(|_| Role::Question(place, key.clone())));
                requests.extend(questions);
            }
        }
        Peeked { turn: Turn { requests, ..turn.clone() }, roles }
    }

    /// Nothing but questions about keys: all items, and the expiry if the server tells it.
    pub(super) fn at(keys: &[UserKey], reading: ExpiryReading) -> Turn {
        let of_expiry = |key| Some(expiry(key)).filter(|_| reading != ExpiryReading::Unknown);
        let requests = keys.iter().flat_map(|key| [Some(range(key, 0, -1)), of_expiry(key)]).flatten();
        Turn { number: 0, at_ms: None, requests: requests.collect(), is_transaction: false }
    }

    /// What is heard of the turn itself.
    pub(super) fn own(&self, hearing: &Hearing) -> Hearing {
        let own = |replies: &[Reply]| {
            let own = replies.iter().zip(&self.roles).filter(|(_, role)| matches!(role, Role::Own));
            own.map(|(reply, _)| reply.clone()).collect::<Vec<Reply>>()
        };
        let replies = match hearing.replies.as_slice() {
            [multi, queued @ .., exec] if self.turn.is_transaction => {
                let exec = match exec {
                    Reply::Array(replies) if replies.len() == self.roles.len() => Reply::Array(own(replies)),
                    exec => exec.clone(),
                };
                [vec![multi.clone()], own(queued), vec![exec]].concat()
            }
            replies => own(replies),
        };
        Hearing { replies, ..hearing.clone() }
    }

    /// The answers to the questions after the request of a place.
    pub(super) fn answers<'a>(
        &'a self,
        place: usize,
        right: &'a Hearing,
        found: &'a Hearing,
    ) -> impl Iterator<Item = Answer<'a>> {
        let roles = self.turn.requests.iter().zip(&self.roles).enumerate();
        roles.filter_map(move |(at, (question, role))| match role {
            Role::Question(of, key) if *of == place => {
                let said = (right.reply_of(&self.turn, at), found.reply_of(&self.turn, at));
                Some(Answer { key, question, said })
            }
            _ => None,
        })
    }
}

/// The keys that a request may write, each once.
fn written(request: &Request) -> Vec<UserKey> {
    let Request::Valid(command) = request else { return Vec::new() };
    if !CommandSpec::find(request.command_name().as_bytes()).is_some_and(|spec| spec.writes) {
        return Vec::new();
    }
    let mut keys: Vec<UserKey> = command.keys().into_iter().cloned().collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Not `LLEN`: a command that is wrong itself must not be what others are blamed by. `LRANGE` cannot be done without.
fn questions(key: &UserKey, reading: ExpiryReading) -> Vec<Request> {
    let items = [range(key, 0, ITEMS_AT_AN_END - 1), range(key, -ITEMS_AT_AN_END, -1)];
    let expiry = (reading != ExpiryReading::Unknown).then(|| expiry(key));
    items.into_iter().chain(expiry).collect()
}

fn range(key: &UserKey, start: i64, stop: i64) -> Request {
    Request::Valid(Command::List(ListCommand::Range { key: key.clone(), start, stop }))
}

fn expiry(key: &UserKey) -> Request {
    Request::Valid(Command::Key(KeyCommand::ExpireTime { key: key.clone() }))
}

/// Whether both sides, the right one first, say the same to a question, where a server may tell no more of an expiry than
/// that there is one.
pub(super) fn is_same(question: &Request, said: (Option<&Reply>, Option<&Reply>), reading: ExpiryReading) -> bool {
    let is_expiry = matches!(question, Request::Valid(Command::Key(KeyCommand::ExpireTime { .. })));
    match said {
        (Some(Reply::Integer(right)), Some(Reply::Integer(found))) if is_expiry && reading != ExpiryReading::Exact => {
            (*right).min(0) == (*found).min(0)
        }
        (right, found) => right == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    fn turn(lines: &[&str], is_transaction: bool) -> Turn {
        Turn { number: 1, at_ms: None, requests: lines.iter().map(|line| request(line)).collect(), is_transaction }
    }

    fn lines(requests: &[Request]) -> Vec<String> {
        requests.iter().map(|request| String::from_utf8_lossy(&request.args().join(&b' ')).into_owned()).collect()
    }

    #[test]
    fn after_each_command_its_keys_are_asked_about_if_it_writes_them() {
        let turn = turn(&["RPUSH b x", "LLEN b", "LMOVE b a LEFT RIGHT"], false);
        let asked = |key: &str| [format!("LRANGE {key} 0 255"), format!("LRANGE {key} -256 -1")];
        let with_expiry = |key: &str| [asked(key).to_vec(), vec![format!("PEXPIRETIME {key}")]].concat();
        let (push, rest) =
            (vec!["RPUSH b x".to_owned()], ["LLEN b", "LMOVE b a LEFT RIGHT"].map(str::to_owned).to_vec());
        let all = |of_key: &dyn Fn(&str) -> Vec<String>| {
            [push.clone(), of_key("b"), rest.clone(), of_key("a"), of_key("b")].concat()
        };
        let exact = Peeked::of(&turn, ExpiryReading::Exact).turn.requests;
        assert_eq!(lines(&exact), all(&with_expiry));
        let without = Peeked::of(&turn, ExpiryReading::Unknown).turn.requests;
        assert_eq!(lines(&without), all(&|key| asked(key).to_vec()));
    }

    #[test]
    fn keys_are_asked_for_all_their_items_and_for_the_expiry_if_it_is_told() {
        let keys = [UserKey::from("a"), UserKey::from("b")];
        let exact = lines(&Peeked::at(&keys, ExpiryReading::Exact).requests);
        assert_eq!(exact, ["LRANGE a 0 -1", "PEXPIRETIME a", "LRANGE b 0 -1", "PEXPIRETIME b"]);
        let without = lines(&Peeked::at(&keys, ExpiryReading::Unknown).requests);
        assert_eq!(without, ["LRANGE a 0 -1", "LRANGE b 0 -1"]);
    }

    #[test]
    fn what_is_heard_is_of_the_turn_itself_or_answers_a_question() {
        let replies = |numbers: std::ops::Range<i64>| numbers.map(Reply::Integer).collect::<Vec<Reply>>();
        let hearing = |replies: Vec<Reply>| Hearing { replies, ..Hearing::default() };
        let alone = Peeked::of(&turn(&["RPUSH k x", "LLEN k"], false), ExpiryReading::Unknown);
        let heard = hearing(replies(0..4));
        assert_eq!(alone.own(&heard).replies, [Reply::Integer(0), Reply::Integer(3)]);
        let said: Vec<_> = alone.answers(0, &heard, &heard).map(|answer| answer.said.1.cloned()).collect();
        assert_eq!(said, [Some(Reply::Integer(1)), Some(Reply::Integer(2))]);
        assert_eq!(alone.answers(1, &heard, &heard).count(), 0);
        let both = Peeked::of(&turn(&["RPUSH k x", "LLEN k"], true), ExpiryReading::Unknown);
        let of_exec = |exec: Reply| hearing([vec![Reply::OK], replies(0..4), vec![exec]].concat());
        let own = |exec: Reply| vec![Reply::OK, Reply::Integer(0), Reply::Integer(3), exec];
        let (run, own_run) = (Reply::Array(replies(4..8)), Reply::Array(vec![Reply::Integer(4), Reply::Integer(7)]));
        assert_eq!(both.own(&of_exec(run)).replies, own(own_run));
        // An array of another length says nothing of its parts.
        let other = Reply::Array(replies(4..6));
        assert_eq!(both.own(&of_exec(other.clone())).replies, own(other));
    }

    #[test]
    fn expiries_that_are_not_told_exactly_are_the_same_if_both_are_there() {
        let (expiry, items) = (request("PEXPIRETIME k"), request("LLEN k"));
        let same = |question: &Request, right: i64, found: i64, reading| {
            is_same(question, (Some(&Reply::Integer(right)), Some(&Reply::Integer(found))), reading)
        };
        let remaining = ExpiryReading::Remaining("PTTL");
        assert!(same(&expiry, 5, 5, ExpiryReading::Exact) && !same(&expiry, 5, 6, ExpiryReading::Exact));
        assert!(same(&expiry, 5, 6, remaining) && same(&expiry, -1, -1, remaining));
        assert!(!same(&expiry, 5, -1, remaining) && !same(&expiry, -2, -1, remaining));
        assert!(same(&items, 5, 5, remaining) && !same(&items, 5, 6, remaining));
        assert!(!is_same(&items, (Some(&Reply::OK), None), remaining));
    }
}
