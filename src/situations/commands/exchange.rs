//! A command alone, its answer, and what the records said of its keys before.

use crate::command::{Command, ExpireUnit, KeyCommand, ListCommand, Reply, Request, Stage, UserKey};
use crate::situations::list::tracks::{Touch, Tracks, View};
use crate::store::{Answer, Refusal};
use crate::workload::resp::unix_ms;

/// A command alone, its answer, and what the records said of its keys before.
pub(in crate::situations) struct Exchange<'a> {
    pub(super) request: &'a Request,
    pub(super) answer: &'a Answer,
    pub(super) now_ms: u64,
    tracks: &'a Tracks,
    touches: &'a [Touch],
    /// Of the first key.
    first: View,
    /// The items of the first key, where they were looked at.
    items: Option<&'a [Vec<u8>]>,
}

impl<'a> Exchange<'a> {
    /// `touches` is what the command did to keys, and `items` what was in the list of its first key.
    pub(in crate::situations) fn new(
        (request, answer): (&'a Request, &'a Answer),
        (tracks, touches): (&'a Tracks, &'a [Touch]),
        items: Option<&'a [Vec<u8>]>,
        now_ms: u64,
    ) -> Exchange<'a> {
        let mut exchange = Exchange { request, answer, now_ms, tracks, touches, first: View::default(), items };
        if let Request::Valid(command) = request {
            exchange.first = command.first_key().map(|key| exchange.before(key)).unwrap_or_default();
        }
        exchange
    }

    /// What the records of a key said before the command.
    fn before(&self, key: &UserKey) -> View {
        let is_its = |touch: &&Touch| self.tracks.peek(touch.place).is_some_and(|it| it.user_key == key.as_bytes());
        match self.touches.iter().find(is_its) {
            Some(touch) => touch.old,
            None => self.tracks.get(key.as_bytes()).map(|track| track.view()).unwrap_or_default(),
        }
    }

    fn seen_len(&self, view: &View) -> i64 {
        if view.is_alive(self.now_ms) { i64::try_from(view.len).unwrap_or(i64::MAX) } else { 0 }
    }

    /// The items under the first key, 0 if there is none.
    pub(super) fn len(&self) -> i64 {
        self.seen_len(&self.first)
    }

    pub(super) fn len_of(&self, key: &UserKey) -> i64 {
        self.seen_len(&self.before(key))
    }

    /// When the list of the first key goes, in Unix milliseconds, if it is there and does.
    pub(super) fn expiry(&self) -> Option<i64> {
        let expiry = self.first.expiry().filter(|_| self.first.is_alive(self.now_ms))?;
        i64::try_from(expiry.0).ok()
    }

    /// By how many milliseconds the first key has outlived its expiry: 0 in its last millisecond.
    pub(super) fn past_expiry(&self) -> Option<u64> {
        let expiry = self.first.expiry().filter(|_| self.first.has_items())?;
        self.now_ms.checked_sub(expiry.0)
    }

    pub(super) fn items(&self) -> Option<&'a [Vec<u8>]> {
        self.items
    }

    /// A command that Redis takes, and its reply, which may be an error.
    pub(super) fn replied(&self) -> Option<(&'a Command, &'a Reply)> {
        match (self.request, self.answer) {
            (Request::Valid(command), Answer::Reply(reply)) => Some((command, reply)),
            _ => None,
        }
    }

    /// A command about lists, and its reply unless that is an error.
    pub(super) fn list(&self) -> Option<(&'a ListCommand, &'a Reply)> {
        match self.replied()? {
            (_, Reply::Error(_)) => None,
            (Command::List(command), reply) => Some((command, reply)),
            _ => None,
        }
    }

    /// A command about keys, and its reply unless that is an error.
    pub(super) fn keys(&self) -> Option<(&'a KeyCommand, &'a Reply)> {
        match self.replied()? {
            (_, Reply::Error(_)) => None,
            (Command::Key(command), reply) => Some((command, reply)),
            _ => None,
        }
    }

    /// Whether the command ran and did not fail.
    pub(super) fn is_done(&self) -> bool {
        self.replied().is_some_and(|(_, reply)| !matches!(reply, Reply::Error(_)))
    }

    /// An integer that was replied.
    pub(super) fn integer(&self) -> Option<i64> {
        match self.answer {
            Answer::Reply(Reply::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn is_integer(&self, wanted: i64) -> bool {
        self.integer() == Some(wanted)
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.answer, Answer::Reply(Reply::Null | Reply::NullArray))
    }

    /// Whether the reply is an error that starts with these words, `ERR` left out.
    pub(super) fn fails(&self, start: &str) -> bool {
        match self.answer {
            Answer::Reply(Reply::Error(text)) => text.strip_prefix("ERR ").is_some_and(|text| text.starts_with(start)),
            _ => false,
        }
    }

    pub(super) fn is_wrong_arity(&self) -> bool {
        matches!(self.request, Request::Rejected { stage: Stage::Queue, .. })
    }

    /// The refusal, if the store refused.
    pub(super) fn refusal(&self) -> Option<&'a Refusal> {
        match self.answer {
            Answer::Refused(refusal) => Some(refusal),
            Answer::Reply(_) => None,
        }
    }

    /// The arguments of a request that Redis refuses whatever the data is, its name first.
    pub(super) fn refused_args(&self) -> &'a [Vec<u8>] {
        match self.request {
            Request::Rejected { args, .. } => args,
            Request::Valid(_) => &[],
        }
    }

    /// Whether Redis refuses the request whatever the data is, and this argument of it is no integer.
    pub(super) fn is_no_integer(&self, place: usize) -> bool {
        let argument = self.refused_args().get(place).and_then(|argument| std::str::from_utf8(argument).ok());
        let is_integer = |text: &str| text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
        self.fails("value is not an integer") && argument.is_some_and(|text| !is_integer(text))
    }

    /// The millisecond that the time of an expiry command means.
    pub(super) fn wanted_expiry(&self, unit: ExpireUnit, time: i64) -> Option<i64> {
        unix_ms(unit, time, self.now_ms)
    }
}
