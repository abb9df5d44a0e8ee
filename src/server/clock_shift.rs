//! A trace's commands for a server that lives by another clock, so that it replies what it would reply if its clock were
//! the trace's.
//!
//! Only the `EXPIRE` family and the passing of expiries look at the clock. Times are first shifted so that all of a trace
//! lies in 2100 or later, decades ahead of every server: generated traces do so anyway, and to the times of another one,
//! recorded from real traffic, one number is added, whole seconds, and taken away again from what the server says of
//! expiries. Then a command goes as the client sent it wherever every clock gives the same reply, and else in other words.
//! With `now` the trace's time:
//!
//! - A time above 0 from now: `PEXPIREAT` of the millisecond that it means. The reply depends on the key and on how the new
//!   expiry compares with the old one, and both are absolute.
//! - A time from now that does not fit 64 bits: the same command with the greatest time. Every clock refuses it, before
//!   anything else is looked at, in words that name the command and not the time.
//! - A time below 0 from now: as it is. Either the unit alone makes it an error, or it is past by every clock. Then it is
//!   earlier than any expiry that is there, by this clock or that, so that `GT` and `LT` decide alike.
//! - An absolute time above `now`, or past by every clock: as it is. It is on the same side of both clocks.
//! - What is left, 0 from now and absolute times that only the trace is past: the server decides by `PEXPIREAT` whether
//!   the expiry is to be set, and to set one that has come is to delete.
//!
//! The last point, and the keys whose expiry passes between two steps, take a deletion, and there are two ways to it:
//!
//! - [`ClockShift::spell`] and [`ClockShift::delete_expired`] send scripts. The server then decides by itself and nobody
//!   else has a say, as it must be where the server is the judge.
//! - [`ClockShift::spell_plainly`] is for servers that may know no scripts. Whether to delete is decided by whoever
//!   knows what is right: the reference that the server is compared with. After a command of the last kind comes a `DEL`
//!   if the reference says 1, which is to say that it has deleted the key; the server's own reply to the command stands
//!   before that and is compared, so that a wrong 0 or 1 shows. If it is 0 in both, the key stays in both. A key that the
//!   reference says has expired is deleted before the step, but not before the server was asked for its expiry, which must
//!   have passed for the trace as well: one that has lost it, or put it off, is not helped out. What remains hidden is an
//!   expiry that is too early, unless a reply or the state at the end shows it. Within `MULTI` the same holds,
//!   because time stands still there: the `DEL` is queued right behind its command, no other command comes between, and
//!   its reply is taken out of what `EXEC` says.
//!
//! A server without `PEXPIREAT` gets a time above 0 from now as one that is longer by the years since 2020, so that it
//! lies ahead for it as well. Its expiries are then right by presence and not by the millisecond, and commands that
//! compare expiries (`GT`, `LT`) cannot be put to it.

use std::collections::BTreeSet;

use super::{Args, Vocabulary, words};
use crate::command::{Command, ExpireCondition, ExpireUnit, KeyCommand, Reply, Request, UserKey};

/// The first millisecond of 2020. No server's clock is behind it.
const PAST_FOR_ALL_MS: i64 = 1_577_836_800_000;
/// The first millisecond of 2100. No server's clock is ahead of it.
const AHEAD_FOR_ALL_MS: i64 = 4_102_444_800_000;
const SECOND_MS: i64 = 1000;

/// `PEXPIREAT`, and where that has an effect, the deletion that it would be at the trace's time.
const EXPIRE_AT_ONCE: &str = "local set = redis.call('PEXPIREAT', KEYS[1], unpack(ARGV)) \
                              if set == 1 then redis.call('DEL', KEYS[1]) end return set";

/// Deletes and returns which of the keys have expired at the time given: a key lives through the millisecond that its
/// expiry names. A script's numbers are exact up to 2^53, and traces end long before.
const DELETE_EXPIRED: &str = "local gone = {} for _, key in ipairs(KEYS) do local at = redis.call('PEXPIRETIME', key) \
                              if at >= 0 and at < tonumber(ARGV[1]) then redis.call('DEL', key) gone[#gone + 1] = key end \
                              end return gone";

/// Spells the commands of one trace, in its order.
#[derive(Clone, Debug, Default)]
pub struct ClockShift {
    /// What is added to the trace's times; known with the first of them.
    offset_ms: Option<i64>,
    /// The trace's time.
    now_ms: i64,
    /// Expiries that the server may have been given, so that it is only asked for expired keys when one has passed.
    expiries_ms: BTreeSet<i64>,
    /// The keys that may have them.
    expiring: BTreeSet<UserKey>,
}

/// A command in words that need no script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelt {
    /// What to send.
    pub args: Args,
    /// The key to delete afterwards, if the right reply is 1.
    pub deletes: Option<UserKey>,
}

/// An `EXPIRE` command as it looks from the trace's time.
enum Outlook {
    /// Every clock gives the same reply to these words.
    Alike(Args),
    /// The expiry lies ahead, by the shifted time.
    Ahead(i64),
    /// The expiry has come for the trace and not for the server, by the shifted time.
    Come(i64),
    /// The shifted time does not fit 64 bits.
    TooFar,
}

/// The operands of an `EXPIRE` command.
#[derive(Clone, Copy)]
struct Expire<'a> {
    key: &'a UserKey,
    unit: ExpireUnit,
    time: i64,
    condition: ExpireCondition,
}

impl<'a> Expire<'a> {
    fn of(request: &'a Request) -> Option<Expire<'a>> {
        match request {
            Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, condition })) => {
                Some(Expire { key, unit: *unit, time: *time, condition: *condition })
            }
            _ => None,
        }
    }

    fn is_relative(self) -> bool {
        matches!(self.unit, ExpireUnit::Seconds | ExpireUnit::Milliseconds)
    }

    fn factor(self) -> i64 {
        if matches!(self.unit, ExpireUnit::Seconds | ExpireUnit::UnixSeconds) { SECOND_MS } else { 1 }
    }

    fn spelt(self, unit: ExpireUnit, time: i64) -> Args {
        Command::Key(KeyCommand::Expire { key: self.key.clone(), unit, time, condition: self.condition }).args()
    }

    fn at(self, at_ms: i64) -> Args {
        self.spelt(ExpireUnit::UnixMilliseconds, at_ms)
    }

    /// The same command with a time that lies ahead of every clock, and the later, the later the expiry is.
    fn years_from_now(self, at_ms: i64) -> Args {
        let distance_ms = at_ms - PAST_FOR_ALL_MS;
        self.spelt(self.unit, distance_ms / self.factor() + i64::from(distance_ms % self.factor() != 0))
    }
}

impl ClockShift {
    /// Moves the trace's time, in Unix milliseconds; it never goes back.
    pub fn advance_to(&mut self, at_ms: u64) {
        let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
        self.offset_ms.get_or_insert_with(|| {
            let behind_ms = AHEAD_FOR_ALL_MS.saturating_sub(at_ms).max(0);
            behind_ms / SECOND_MS * SECOND_MS + if behind_ms % SECOND_MS == 0 { 0 } else { SECOND_MS }
        });
        self.now_ms = self.now_ms.max(at_ms);
    }

    /// What is added to the trace's times, in milliseconds.
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.unwrap_or(0)
    }

    /// The trace's time.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.now_ms).unwrap_or(0)
    }

    /// The trace's time as the server's expiries count it.
    pub fn server_now_ms(&self) -> i64 {
        self.now_ms.saturating_add(self.offset_ms())
    }

    /// Whether a request can be put to a server with this vocabulary at the present time.
    pub fn can_spell(&self, request: &Request, vocabulary: &Vocabulary) -> bool {
        let Some(expire) = Expire::of(request) else { return true };
        let knows_absolute = vocabulary.knows("PEXPIREAT");
        if (expire.condition.gt || expire.condition.lt) && !knows_absolute {
            return false;
        }
        match self.outlook(expire) {
            Outlook::TooFar => false,
            // The server adds its own time, which must not take it out of 64 bits.
            Outlook::Ahead(at_ms) if expire.is_relative() && !knows_absolute => {
                at_ms <= i64::MAX - (AHEAD_FOR_ALL_MS - PAST_FOR_ALL_MS) - SECOND_MS
            }
            _ => true,
        }
    }

    /// A script that deletes the keys that have expired, if there may be any, and replies which.
    pub fn delete_expired(&mut self) -> Option<Args> {
        let later = self.expiries_ms.split_off(&self.now_ms);
        let passed = std::mem::replace(&mut self.expiries_ms, later);
        if passed.is_empty() {
            return None;
        }
        let mut args = words(&["EVAL", DELETE_EXPIRED, &self.expiring.len().to_string()]);
        args.extend(self.expiring.iter().map(|key| key.0.clone()));
        args.push(self.server_now_ms().to_string().into_bytes());
        Some(args)
    }

    /// What to send for a request now, to a server that knows scripts. The reply is the request's own.
    pub fn spell(&mut self, request: &Request) -> Args {
        if let Request::Valid(Command::Key(KeyCommand::Rename { destination, .. })) = request {
            self.expiring.insert(destination.clone());
        }
        let Some(expire) = Expire::of(request) else { return request.args() };
        match self.outlook(expire) {
            Outlook::Alike(args) => args,
            Outlook::TooFar => request.args(),
            Outlook::Ahead(at_ms) => {
                self.expiries_ms.insert(at_ms - self.offset_ms());
                self.expiring.insert(expire.key.clone());
                self.absolute(expire, at_ms)
            }
            Outlook::Come(at_ms) => {
                let options = expire.at(at_ms).split_off(2);
                [words(&["EVAL", EXPIRE_AT_ONCE, "1"]), vec![expire.key.0.clone()], options].concat()
            }
        }
    }

    /// What to send for a request now, to a server that may know no scripts.
    pub fn spell_plainly(&self, request: &Request, vocabulary: &Vocabulary) -> Spelt {
        let as_it_is = |args| Spelt { args, deletes: None };
        let Some(expire) = Expire::of(request) else { return as_it_is(request.args()) };
        let knows_absolute = !expire.is_relative() || vocabulary.knows("PEXPIREAT");
        match self.outlook(expire) {
            Outlook::Alike(args) => as_it_is(args),
            Outlook::TooFar => as_it_is(request.args()),
            Outlook::Ahead(at_ms) if knows_absolute => as_it_is(self.absolute(expire, at_ms)),
            Outlook::Ahead(at_ms) => as_it_is(expire.years_from_now(at_ms)),
            Outlook::Come(at_ms) => {
                let args = if knows_absolute { self.absolute(expire, at_ms) } else { request.args() };
                Spelt { args, deletes: Some(expire.key.clone()) }
            }
        }
    }

    /// A reply of the server as it would be by the trace's times.
    pub fn in_trace_time(&self, request: &Request, reply: Reply) -> Reply {
        match (request, reply) {
            (Request::Valid(Command::Key(KeyCommand::ExpireTime { .. })), Reply::Integer(at_ms)) if at_ms >= 0 => {
                Reply::Integer(at_ms.saturating_sub(self.offset_ms()))
            }
            (_, reply) => reply,
        }
    }

    /// An absolute time in the command's own unit, which a command from now does not have.
    fn absolute(&self, expire: Expire<'_>, at_ms: i64) -> Args {
        if expire.is_relative() { expire.at(at_ms) } else { expire.spelt(expire.unit, at_ms / expire.factor()) }
    }

    fn outlook(&self, expire: Expire<'_>) -> Outlook {
        let as_it_is = || Outlook::Alike(expire.spelt(expire.unit, expire.time));
        let base_ms = if expire.is_relative() { i128::from(self.now_ms) } else { 0 };
        let at_ms = i128::from(expire.time) * i128::from(expire.factor()) + base_ms;
        let Ok(at_ms) = i64::try_from(at_ms) else {
            let is_late = expire.is_relative() && expire.time > 0;
            return if is_late { Outlook::Alike(expire.spelt(expire.unit, i64::MAX)) } else { as_it_is() };
        };
        let is_ahead = at_ms > self.now_ms;
        if !is_ahead && (expire.is_relative() && expire.time < 0 || at_ms < PAST_FOR_ALL_MS) {
            return as_it_is();
        }
        match at_ms.checked_add(self.offset_ms()) {
            None => Outlook::TooFar,
            Some(at_ms) if is_ahead => Outlook::Ahead(at_ms),
            Some(at_ms) => Outlook::Come(at_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 4_102_444_800_500;

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    fn shift(now_ms: u64) -> ClockShift {
        let mut shift = ClockShift::default();
        shift.advance_to(now_ms);
        shift
    }

    fn plainly(now_ms: u64, line: &str, vocabulary: &Vocabulary) -> (String, bool) {
        let Spelt { args, deletes } = shift(now_ms).spell_plainly(&request(line), vocabulary);
        let words: Vec<String> = args.into_iter().map(|word| String::from_utf8(word).expect("ASCII")).collect();
        (words.join(" "), deletes.is_some())
    }

    #[test]
    fn only_what_another_clock_would_answer_otherwise_is_respelt() {
        for (sent, expected) in [
            ("PEXPIRE k 5 NX", "PEXPIREAT k 4102444800505 NX"),
            ("EXPIRE k 2", "PEXPIREAT k 4102444802500"),
            ("PEXPIRE k 9223372036854775000 GT", "PEXPIRE k 9223372036854775807 GT"),
        ] {
            assert_eq!(shift(NOW_MS).spell(&request(sent)), request(expected).args(), "{sent}");
            assert_eq!(plainly(NOW_MS, sent, &Vocabulary::everything()), (expected.to_owned(), false));
        }
        for sent in [
            "LPUSH k v",
            "EXPIRE k",
            "EXPIRE k soon",
            "EXPIRE k -1",
            "PEXPIRE k -9223372036854775808",
            "EXPIRE k -9223372036854775807",
            "EXPIRE k 9223372036854775807",
            "EXPIREAT k 4102444801 XX",
            "EXPIREAT k 9223372036854775807",
            "PEXPIREAT k 9223372036854775807",
            "PEXPIREAT k 0 LT",
            "PEXPIREAT k -1",
        ] {
            assert_eq!(shift(NOW_MS).spell(&request(sent)), request(sent).args(), "{sent}");
            assert_eq!(plainly(NOW_MS, sent, &Vocabulary::everything()), (sent.to_owned(), false));
        }
    }

    #[test]
    fn an_expiry_that_has_come_is_a_script_or_a_deletion_afterwards() {
        for (sent, plain) in [
            ("PEXPIRE k 0", "PEXPIREAT k 4102444800500"),
            ("EXPIRE k 0 NX", "PEXPIREAT k 4102444800500 NX"),
            ("EXPIREAT k 4102444800 XX LT", "EXPIREAT k 4102444800 XX LT"),
            ("PEXPIREAT k 4102444800500", "PEXPIREAT k 4102444800500"),
        ] {
            assert_eq!(shift(NOW_MS).spell(&request(sent))[0], b"EVAL", "{sent}");
            assert_eq!(plainly(NOW_MS, sent, &Vocabulary::everything()), (plain.to_owned(), true), "{sent}");
        }
    }

    #[test]
    fn a_trace_of_the_past_is_moved_by_whole_seconds() {
        // 2023, and 2 078 804 799.001 s before 2100, so 2 078 804 800 s are added.
        let now_ms = 2_023_640_000_999;
        let everything = Vocabulary::everything();
        assert_eq!(shift(now_ms).offset_ms(), 2_078_804_800_000);
        for (sent, expected) in [
            ("PEXPIRE k 5", ("PEXPIREAT k 4102444801004", false)),
            ("PEXPIREAT k 2023640001000 GT", ("PEXPIREAT k 4102444801000 GT", false)),
            ("EXPIREAT k 2023640001", ("EXPIREAT k 4102444801", false)),
            ("EXPIREAT k 2023640000", ("EXPIREAT k 4102444800", true)),
            ("PEXPIREAT k 1000000000000", ("PEXPIREAT k 1000000000000", false)),
        ] {
            assert_eq!(plainly(now_ms, sent, &everything), (expected.0.to_owned(), expected.1), "{sent}");
        }
        let said = shift(now_ms).in_trace_time(&request("PEXPIRETIME k"), Reply::Integer(4_102_444_801_004));
        assert_eq!(said, Reply::Integer(2_023_640_001_004));
        assert_eq!(shift(now_ms).in_trace_time(&request("PEXPIRETIME k"), Reply::Integer(-1)), Reply::Integer(-1));
        let too_far = request("PEXPIREAT k 9223372036854775807");
        assert!(!shift(now_ms).can_spell(&too_far, &everything));
        assert!(shift(NOW_MS).can_spell(&too_far, &everything));
    }

    #[test]
    fn without_absolute_expiries_a_key_lives_for_decades() {
        let old = Vocabulary::without(&["PEXPIREAT", "EXPIREAT", "PEXPIRETIME"]);
        for (sent, expected) in [
            ("PEXPIRE k 5 NX", ("PEXPIRE k 2524608000505 NX", false)),
            ("EXPIRE k 2", ("EXPIRE k 2524608003", false)),
            ("PEXPIRE k 0", ("PEXPIRE k 0", true)),
            ("EXPIRE k -1", ("EXPIRE k -1", false)),
        ] {
            assert_eq!(plainly(NOW_MS, sent, &old), (expected.0.to_owned(), expected.1), "{sent}");
        }
        assert!(!shift(NOW_MS).can_spell(&request("PEXPIRE k 5 GT"), &old));
        assert!(shift(NOW_MS).can_spell(&request("PEXPIRE k 5 XX"), &old));
    }

    #[test]
    fn a_server_is_asked_about_the_keys_that_may_have_expired() {
        let mut shift = shift(NOW_MS);
        for line in ["RPUSH a v", "PEXPIRE a 5", "RENAME a b"] {
            shift.spell(&request(line));
        }
        shift.advance_to(NOW_MS + 5);
        assert_eq!(shift.delete_expired(), None);
        shift.advance_to(NOW_MS + 6);
        let args = shift.delete_expired().expect("an expiry has passed");
        assert_eq!(args[2..], words(&["2", "a", "b", "4102444800506"]));
        shift.advance_to(NOW_MS + 7);
        assert_eq!(shift.delete_expired(), None);
    }
}
