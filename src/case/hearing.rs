//! What a client hears of a step, and how two hearings differ.

use super::text::{command_text, reply_text, texts_of_unlike};
use crate::command::{Command, Reply, Request, Stage, UserKey};
use crate::finding::{Finding, FindingKind};
use crate::format::key_text;
use crate::model::Model;
use crate::workload::{Action, Step};

/// A step as a client sends it. One that no client sends has no requests: only time passes with it.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// The number of the step, from 1.
    pub(super) number: u64,
    /// The time, if the step has one.
    pub(super) at_ms: Option<u64>,
    /// What is sent.
    pub(super) requests: Vec<Request>,
    /// Whether `MULTI` and `EXEC` stand around it.
    pub(super) is_transaction: bool,
}

impl Turn {
    /// The turn of a step.
    pub(super) fn of(number: u64, step: Step) -> Turn {
        let (requests, is_transaction) = match step.action {
            Action::Command(request) => (vec![request], false),
            Action::Transaction(requests) => (requests, true),
            Action::Compact(_)
            | Action::CompactRead(_)
            | Action::CompactCommit(_)
            | Action::Seed { .. }
            | Action::Upgrade
            | Action::Begin { .. }
            | Action::Commit { .. } => (Vec::new(), false),
        };
        Turn { number, at_ms: step.at_ms, requests, is_transaction }
    }

    /// What `EXEC` says if Redis discards the transaction on arrival.
    pub(super) fn discarded(&self) -> Option<Reply> {
        if self.is_transaction { Request::exec_abort(&self.requests) } else { None }
    }
}

/// What is heard of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hearing {
    /// A reply for each command: of a transaction also for `MULTI`, first, and for `EXEC`, last.
    pub(super) replies: Vec<Reply>,
    /// The keys that have expired before the turn, as far as the side that was heard counts them.
    pub(super) expired: Vec<UserKey>,
    /// The keys that have expired for the reference and not for the side that was heard, with what it says of that.
    pub(super) lingering: Vec<(UserKey, Reply)>,
}

impl Hearing {
    /// A turn with its requests' own replies, one each; none for a transaction that is discarded.
    pub(super) fn of(turn: &Turn, replies: Vec<Reply>) -> Hearing {
        let mut replies: Vec<Reply> = replies.into_iter().map(as_clients_show_it).collect();
        if turn.is_transaction {
            let exec = turn.discarded().unwrap_or_else(|| Reply::Array(std::mem::take(&mut replies)));
            replies = std::iter::once(Reply::OK).chain(turn.requests.iter().map(when_queued)).chain([exec]).collect();
        }
        Hearing { replies, ..Hearing::default() }
    }

    /// What the model lets hear of a turn.
    pub(super) fn of_model(model: &mut Model, turn: &Turn) -> Hearing {
        if let Some(at_ms) = turn.at_ms {
            model.advance_to(at_ms);
        }
        let expired = model.take_expired();
        let replies = match turn.discarded() {
            Some(_) => Vec::new(),
            None => turn.requests.iter().map(|request| model.execute(request)).collect(),
        };
        Hearing { expired, ..Hearing::of(turn, replies) }
    }

    /// The reply of a request by its place.
    pub(super) fn reply_of(&self, turn: &Turn, place: usize) -> Option<&Reply> {
        if !turn.is_transaction {
            return self.replies.get(place);
        }
        match self.replies.last() {
            Some(Reply::Array(replies)) => replies.get(place),
            _ => None,
        }
    }
}

/// What Redis says to a command between `MULTI` and `EXEC`.
fn when_queued(request: &Request) -> Reply {
    match request {
        Request::Rejected { error, stage: Stage::Queue, .. } => Reply::error(error.as_str()),
        Request::Rejected { .. } | Request::Valid(_) => Reply::status("QUEUED"),
    }
}

/// The client shows both nulls alike.
fn as_clients_show_it(reply: Reply) -> Reply {
    match reply {
        Reply::NullArray => Reply::Null,
        Reply::Array(replies) => Reply::Array(replies.into_iter().map(as_clients_show_it).collect()),
        reply => reply,
    }
}

/// What the two sides are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    /// The one that is right.
    pub(super) reference: &'a str,
    /// The one that is tried.
    pub(super) subject: &'a str,
}

/// The first reply of a turn in which the subject differs from the reference.
pub(super) fn difference(turn: &Turn, reference: &Hearing, subject: &Hearing, names: Names<'_>) -> Option<Finding> {
    if let Some((key, reply)) = subject.lingering.first() {
        return Some(lingering(turn, key, reply, names));
    }
    let count = reference.replies.len().max(subject.replies.len());
    let at = (0..count).find(|at| reference.replies.get(*at) != subject.replies.get(*at))?;
    let (right, found) = (reference.replies.get(at), subject.replies.get(at));
    // Of a transaction that is right only `EXEC` says an array.
    if turn.is_transaction
        && let (Some(Reply::Array(right)), Some(Reply::Array(found))) = (right, found)
        && right.len() == found.len()
    {
        let place = right.iter().zip(found).position(|(right, found)| right != found)?;
        let said = (right.get(place), found.get(place));
        return Some(reply_finding(turn, Place::InExec(place), said.0, said.1, names));
    }
    let place = match at {
        at if !turn.is_transaction => Place::Alone(at),
        0 => Place::Multi,
        at if at <= turn.requests.len() => Place::Queued(at - 1),
        _ => Place::Exec,
    };
    Some(reply_finding(turn, place, right, found, names))
}

/// A request of a turn, by its place, whose replies differ.
pub(super) fn wrong_reply(
    turn: &Turn,
    place: usize,
    reference: Option<&Reply>,
    subject: Option<&Reply>,
    names: Names<'_>,
) -> Finding {
    let place = if turn.is_transaction { Place::InExec(place) } else { Place::Alone(place) };
    reply_finding(turn, place, reference, subject, names)
}

/// A key that a request of a turn, by its place, leaves otherwise: what each side says to a question about it.
pub(super) fn wrong_state(
    turn: &Turn,
    place: usize,
    (key, question): (&UserKey, &Request),
    (reference, subject): (Option<&Reply>, Option<&Reply>),
    names: Names<'_>,
) -> Finding {
    let place = if turn.is_transaction { Place::InExec(place) } else { Place::Alone(place) };
    let what = match question {
        Request::Valid(Command::Key(_)) => "expiry",
        _ => "items",
    };
    let asked = Some(format!("its {what} by {}", command_text(&question.args())));
    let found = finding(turn, place, asked, (reference, subject), names);
    Finding { kind: FindingKind::StoreState, user_key: Some(key.0.clone()), ..found }
}

/// Which of a turn's replies differs.
#[derive(Clone, Copy)]
enum Place {
    Alone(usize),
    Multi,
    Queued(usize),
    Exec,
    InExec(usize),
}

fn reply_finding(
    turn: &Turn,
    place: Place,
    reference: Option<&Reply>,
    subject: Option<&Reply>,
    names: Names<'_>,
) -> Finding {
    finding(turn, place, None, (reference, subject), names)
}

/// A wrong reply to a command, or to what is asked after it.
fn finding(
    turn: &Turn,
    place: Place,
    asked: Option<String>,
    (reference, subject): (Option<&Reply>, Option<&Reply>),
    names: Names<'_>,
) -> Finding {
    let request = |at: usize| turn.requests.get(at);
    let words = |at: usize| request(at).map_or_else(String::new, |request| command_text(&request.args()));
    let (request, command) = match place {
        Place::Alone(at) => (request(at), words(at)),
        Place::Multi => (None, "MULTI".to_owned()),
        Place::Queued(at) => (request(at), format!("{} (queued after MULTI)", words(at))),
        Place::Exec => (None, "EXEC".to_owned()),
        Place::InExec(at) => (request(at), format!("{} (in EXEC's reply)", words(at))),
    };
    let [subject, reference] = texts_of_unlike([subject, reference]);
    let said = [(names.subject, subject), (names.reference, reference)];
    let asked = asked.map(|question| ("after it", question));
    let rows: Vec<(&str, String)> = [("command", command)].into_iter().chain(asked).chain(said).collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = rows.iter().map(|(name, text)| format!("{name:width$}  {text}")).collect();
    let user_key = match request {
        Some(Request::Valid(command)) => Command::first_key(command).map(|key| key.0.clone()),
        _ => None,
    };
    let aspect = request.map_or("", Request::command_name);
    let finding = Finding::new(FindingKind::Reply, lines.join("\n"));
    Finding { aspect, user_key, step: Some(turn.number), ..finding }
}

/// A key that is gone for one side only.
fn lingering(turn: &Turn, key: &UserKey, reply: &Reply, names: Names<'_>) -> Finding {
    let (reference, subject, reply) = (names.reference, names.subject, reply_text(reply));
    let detail = format!(
        "key {}\n  its expiry has passed for {reference}\n  {subject} says of its expiry: {reply}",
        key_text::quoted(key.as_bytes())
    );
    let user_key = Some(key.0.clone());
    Finding { user_key, step: Some(turn.number), ..Finding::new(FindingKind::StoreState, detail) }
}

/// A key that holds something else than a list, which no command of a workload makes.
pub(super) fn other_type(key: &[u8], type_name: &str, names: Names<'_>) -> Finding {
    let detail = format!(
        "key {}\n  {} says that it is of type {type_name}, and no command makes anything but lists",
        key_text::quoted(key),
        names.subject
    );
    Finding { user_key: Some(key.to_vec()), ..Finding::new(FindingKind::StoreState, detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(lines: &[&str], is_transaction: bool) -> Turn {
        let request = |line: &&str| {
            let args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            Request::parse(args).expect("a known command")
        };
        Turn { number: 7, at_ms: None, requests: lines.iter().map(request).collect(), is_transaction }
    }

    fn detail(turn: &Turn, reference: &[Reply], subject: &[Reply]) -> Option<String> {
        let names = Names { reference: "model", subject: "server" };
        let hearing = |replies: &[Reply]| Hearing { replies: replies.to_vec(), ..Hearing::default() };
        difference(turn, &hearing(reference), &hearing(subject), names).map(|finding| finding.detail)
    }

    #[test]
    fn both_sides_of_a_reply_are_named() {
        let turn = turn(&["LLEN k"], false);
        assert_eq!(detail(&turn, &[Reply::Integer(1)], &[Reply::Integer(1)]), None);
        let expected = "command  \"LLEN\" \"k\"\nserver   2\nmodel    1";
        assert_eq!(detail(&turn, &[Reply::Integer(1)], &[Reply::Integer(2)]).as_deref(), Some(expected));
    }

    #[test]
    fn within_a_transaction_the_command_is_named() {
        let turn = turn(&["LLEN a", "LLEN b"], true);
        let right = Hearing::of(&turn, vec![Reply::Integer(1), Reply::NullArray]).replies;
        assert_eq!(right.len(), 4);
        for (at, wrong, command) in [
            (0, Reply::error("ERR"), "MULTI"),
            (2, Reply::OK, "\"LLEN\" \"b\" (queued after MULTI)"),
            (3, Reply::error("ERR"), "EXEC"),
            (3, Reply::Array(vec![Reply::Integer(1)]), "EXEC"),
            (3, Reply::Array(vec![Reply::Integer(1), Reply::Integer(3)]), "\"LLEN\" \"b\" (in EXEC's reply)"),
        ] {
            let mut found = right.clone();
            found[at] = wrong;
            let detail = detail(&turn, &right, &found).expect("a difference");
            assert!(detail.starts_with(&format!("command  {command}\n")), "{detail}");
        }
    }

    #[test]
    fn a_wrong_reply_has_the_command_the_key_and_the_step_that_it_is_about() {
        let names = Names { reference: "model", subject: "server" };
        for is_transaction in [false, true] {
            let turn = turn(&["LLEN a", "LPOS b x"], is_transaction);
            let of = |second: i64| Hearing::of(&turn, vec![Reply::Integer(1), Reply::Integer(second)]);
            let finding = difference(&turn, &of(2), &of(3), names).expect("a difference");
            assert_eq!((finding.kind, finding.aspect, finding.step), (FindingKind::Reply, "LPOS", Some(7)));
            assert_eq!(finding.user_key.as_deref(), Some(b"b".as_slice()));
        }
        let finding = other_type(b"k", "hash", names);
        assert_eq!((finding.kind, finding.user_key), (FindingKind::StoreState, Some(b"k".to_vec())));
    }

    #[test]
    fn a_wrong_state_has_the_key_that_was_asked_about_and_what_was_asked() {
        let (names, turn) = (Names { reference: "model", subject: "server" }, turn(&["RPUSH a x"], false));
        let said = (Some(&Reply::Integer(1)), Some(&Reply::Integer(2)));
        for (line, asked) in [("PEXPIRETIME b", "its expiry"), ("LRANGE b 0 -1", "its items")] {
            let question = Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect());
            let asking = (&UserKey::from("b"), &question.expect("a known command"));
            let finding = wrong_state(&turn, 0, asking, said, names);
            assert_eq!((finding.kind, finding.aspect, finding.step), (FindingKind::StoreState, "RPUSH", Some(7)));
            assert_eq!(finding.user_key, Some(b"b".to_vec()));
            assert!(finding.detail.contains(&format!("\nafter it  {asked} by \"")), "{}", finding.detail);
        }
    }

    #[test]
    fn a_key_that_lingers_comes_before_every_reply() {
        let turn = turn(&["LLEN k"], false);
        let right = Hearing::of(&turn, vec![Reply::Integer(0)]);
        let lingering = vec![(UserKey::from("k"), Reply::Integer(9))];
        let found = Hearing { lingering, ..Hearing::of(&turn, vec![Reply::Integer(1)]) };
        let finding =
            difference(&turn, &right, &found, Names { reference: "model", subject: "server" }).expect("a difference");
        let detail = "key \"k\"\n  its expiry has passed for model\n  server says of its expiry: 9";
        assert_eq!((finding.kind, finding.detail.as_str()), (FindingKind::StoreState, detail));
        assert_eq!((finding.user_key, finding.step), (Some(b"k".to_vec()), Some(7)));
    }

    #[test]
    fn a_reply_is_found_by_the_place_of_its_request() {
        for is_transaction in [false, true] {
            let turn = turn(&["LLEN a", "LLEN b"], is_transaction);
            let hearing = Hearing::of(&turn, vec![Reply::Integer(1), Reply::Integer(2)]);
            assert_eq!(hearing.reply_of(&turn, 0), Some(&Reply::Integer(1)));
            assert_eq!(hearing.reply_of(&turn, 1), Some(&Reply::Integer(2)));
            assert_eq!(hearing.reply_of(&turn, 2), None);
        }
    }

    #[test]
    fn the_model_runs_no_transaction_that_is_discarded_and_tells_what_has_expired() {
        let mut model = Model::new();
        let at = |at_ms, turn: Turn| Turn { at_ms: Some(at_ms), ..turn };
        let said = Hearing::of_model(&mut model, &at(1, turn(&["RPUSH k a", "PEXPIRE k 5"], true)));
        let (queued, exec) = (Reply::status("QUEUED"), Reply::Array(vec![Reply::Integer(1), Reply::Integer(1)]));
        assert_eq!(said.replies, [Reply::OK, queued.clone(), queued.clone(), exec]);
        let discarded = turn(&["RPUSH k b", "LLEN"], true);
        let said = Hearing::of_model(&mut model, &discarded);
        assert!(matches!(&said.replies[..], [_, first, Reply::Error(_), Reply::Error(_)] if *first == queued));
        assert_eq!(discarded.discarded().as_ref(), said.replies.last());
        assert_eq!(turn(&["LLEN"], false).discarded(), None);
        let length = || turn(&["LLEN k"], false);
        assert_eq!(Hearing::of_model(&mut model, &length()).replies, [Reply::Integer(1)]);
        let said = Hearing::of_model(&mut model, &at(7, length()));
        assert_eq!((said.expired, said.replies), (vec![UserKey::from("k")], vec![Reply::Integer(0)]));
    }
}
