//! A trace's commands for a server that lives decades before the trace's time, so that it replies what it would reply
//! if its clock were the trace's.
//!
//! Only the `EXPIRE` family and the passing of expiries look at the clock. A command goes as the client sent it wherever
//! every clock gives the same reply, and else in other words. With `now` the trace's time:
//!
//! - A time above 0 from now: `PEXPIREAT` of the millisecond that it means. The reply depends on the key and on how the new
//!   expiry compares with the old one, and both are absolute.
//! - A time from now that does not fit 64 bits: the same command with the greatest time. Every clock refuses it, before
//!   anything else is looked at, in words that name the command and not the time.
//! - A time below 0 from now: as it is. Either the unit alone makes it an error, or it is past by every clock. Then it is
//!   earlier than any expiry that is there, by this clock or that, so that `GT` and `LT` decide alike.
//! - An absolute time above `now`, or past by every clock: as it is. It is on the same side of both clocks.
//! - What is left, 0 from now and absolute times that only the trace is past: [`EXPIRE_AT_ONCE`]. The server decides by
//!   `PEXPIREAT` whether the expiry is to be set; to set one that has come is to delete.
//!
//! Nothing here asks the model or the store what they think: they are the ones judged.

use std::collections::BTreeSet;

use ekv_roundtrip::command::{Command, ExpireUnit, Request, UserKey};

use crate::Args;

/// The first millisecond of 2020. No server's clock is behind it.
const PAST_FOR_ALL_MS: i64 = 1_577_836_800_000;

/// `PEXPIREAT`, and where that has an effect, the deletion that it would be at the trace's time.
const EXPIRE_AT_ONCE: &str = "local set = redis.call('PEXPIREAT', KEYS[1], unpack(ARGV)) \
                              if set == 1 then redis.call('DEL', KEYS[1]) end return set";

/// Deletes what has expired at the time given: a key lives through the millisecond that its expiry names. A script's
/// numbers are exact up to 2^53, and traces end long before.
const DELETE_EXPIRED: &str = "for _, key in ipairs(redis.call('KEYS', '*')) do local at = redis.call('PEXPIRETIME', key) \
                              if at >= 0 and at < tonumber(ARGV[1]) then redis.call('DEL', key) end end";

/// Spells the commands of one trace, in its order.
#[derive(Default)]
pub struct ClockShift {
    /// Expiries that the server may have been given, so that it is only asked for expired keys when one has passed.
    expiries_ms: BTreeSet<i64>,
}

impl ClockShift {
    /// What deletes the keys that expire before `now_ms`, if there may be any. Its reply says nothing.
    pub fn delete_expired(&mut self, now_ms: i64) -> Option<Args> {
        let later = self.expiries_ms.split_off(&now_ms);
        let passed = std::mem::replace(&mut self.expiries_ms, later);
        let args = || vec![bytes("EVAL"), bytes(DELETE_EXPIRED), bytes("0"), bytes(&now_ms.to_string())];
        (!passed.is_empty()).then(args)
    }

    /// What to send for a request at `now_ms`.
    pub fn spell(&mut self, request: &Request, now_ms: i64) -> Args {
        let Request::Valid(Command::Expire { key, unit, time, condition }) = request else { return request.args() };
        let (factor, is_relative) = match unit {
            ExpireUnit::Seconds => (1000, true),
            ExpireUnit::Milliseconds => (1, true),
            ExpireUnit::UnixSeconds => (1000, false),
            ExpireUnit::UnixMilliseconds => (1, false),
        };
        let respelt = |unit, time| Command::Expire { key: key.clone(), unit, time, condition: *condition }.args();
        let at_ms = i128::from(*time) * factor + if is_relative { i128::from(now_ms) } else { 0 };
        let Ok(at_ms) = i64::try_from(at_ms) else {
            return if is_relative && *time > 0 { respelt(*unit, i64::MAX) } else { request.args() };
        };
        if at_ms > now_ms {
            self.expiries_ms.insert(at_ms);
            return if is_relative { respelt(ExpireUnit::UnixMilliseconds, at_ms) } else { request.args() };
        }
        if is_relative && *time < 0 || at_ms < PAST_FOR_ALL_MS {
            return request.args();
        }
        let options = respelt(ExpireUnit::UnixMilliseconds, at_ms).split_off(2);
        [vec![bytes("EVAL"), bytes(EXPIRE_AT_ONCE), bytes("1"), key.0.clone()], options].concat()
    }
}

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::RedisServer;
    use ekv_roundtrip::command::Reply;

    const NOW_MS: i64 = 4_102_444_800_500;

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(bytes).collect()).expect("a known command")
    }

    #[test]
    fn only_what_another_clock_would_answer_otherwise_is_respelt() {
        for (sent, expected) in [
            ("PEXPIRE k 5 NX", "PEXPIREAT k 4102444800505 NX"),
            ("EXPIRE k 2", "PEXPIREAT k 4102444802500"),
            ("PEXPIRE k 9223372036854775000 GT", "PEXPIRE k 9223372036854775807 GT"),
        ] {
            assert_eq!(ClockShift::default().spell(&request(sent), NOW_MS), request(expected).args(), "{sent}");
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
            assert_eq!(ClockShift::default().spell(&request(sent), NOW_MS), request(sent).args(), "{sent}");
        }
        for sent in ["EXPIRE k 0", "EXPIREAT k 4102444800 XX LT", "PEXPIREAT k 4102444800500"] {
            assert_eq!(ClockShift::default().spell(&request(sent), NOW_MS)[0], b"EVAL", "{sent}");
        }
    }

    /// What a server does with an expiry that has come for the trace and not for the server, with every condition and
    /// every old expiry, held against the rule of Redis.
    #[test]
    fn an_expiry_that_has_come_deletes_where_it_would_be_set() {
        let server = RedisServer::start();
        let mut client = server.connect();
        for option in ["", " NX", " XX", " GT", " LT", " XX LT", " XX GT"] {
            for old in [None, Some(NOW_MS), Some(NOW_MS + 1)] {
                for (line, new) in [("PEXPIRE k 0", NOW_MS), ("PEXPIREAT k 4102444800499", NOW_MS - 1)] {
                    client.command(&["RPUSH", "k", "v"]);
                    client.command(&["PERSIST", "k"]);
                    if let Some(old) = old {
                        client.command(&["PEXPIREAT", "k", &old.to_string()]);
                    }
                    let is_set = match option.trim() {
                        "" => true,
                        "NX" => old.is_none(),
                        "XX" => old.is_some(),
                        "LT" => old.is_none_or(|old| new < old),
                        "XX LT" => old.is_some_and(|old| new < old),
                        _ => false,
                    };
                    let args = ClockShift::default().spell(&request(&format!("{line}{option}")), NOW_MS);
                    let replies = client.pipeline(&[args, vec![bytes("EXISTS"), bytes("k")]]);
                    let expected = [Reply::Integer(i64::from(is_set)), Reply::Integer(i64::from(!is_set))];
                    assert_eq!(replies, expected, "{line}{option}, before it {old:?}");
                }
            }
        }
    }

    #[test]
    fn keys_go_after_the_millisecond_that_their_expiry_names() {
        let server = RedisServer::start();
        let mut client = server.connect();
        let mut shift = ClockShift::default();
        assert_eq!(shift.delete_expired(NOW_MS), None);
        for line in ["RPUSH a v", "RPUSH b v", "RPUSH c v", "PEXPIRE a 5", "PEXPIREAT b 9223372036854775807"] {
            client.pipeline(&[shift.spell(&request(line), NOW_MS)]);
        }
        assert_eq!(shift.delete_expired(NOW_MS + 5), None);
        let delete = shift.delete_expired(NOW_MS + 6).expect("an expiry has passed");
        client.pipeline(&[delete]);
        assert_eq!(client.keys(), ["b", "c"].map(UserKey::from).into());
        assert_eq!(shift.delete_expired(NOW_MS + 7), None);
    }
}
