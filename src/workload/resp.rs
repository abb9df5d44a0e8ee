//! Steps as the bytes that `redis-cli --pipe` takes, so that a real server ends where the trace does.
//!
//! ```text
//! {"at_ms":4102444800000,"cmd":["RPUSH","k","v"]}       RPUSH k v
//! {"at_ms":4102444800000,"cmd":["PEXPIRE","k","5"]}     PEXPIREAT k 4102444800005
//! {"at_ms":4102444800006,"cmd":["LLEN","other"]}        DEL k, LLEN other
//! {"at_ms":4102444800006,"cmd":["LSET","k","0","v"]}    nothing: an error changes nothing
//! ```
//!
//! The server lives by its own clock, which is far behind the trace's. So expiries are written as absolute times, which
//! no server reaches while it is looked at, and what logical time does away with is deleted by name: the keys whose
//! expiry passes between two steps, and those that are given an expiry in the past. Which ones these are, and which
//! commands get an error that would make the pipe report failure, depends on all that came before. That is why a
//! [`Model`] runs along, the one place in `workload` that knows of it: nothing flows from it into what is generated,
//! only into how it is spelt.

use super::clock::START_MS;
use super::trace::{Action, SEED, Step};
use crate::command::{Command, ExpireUnit, KeyCommand, Reply, Request, UserKey, write_resp};
use crate::format::key_text;
use crate::model::Model;

/// Why a real server cannot be brought where a step leads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotExpressible {
    /// Clients have no say in sequence numbers.
    #[error("op {SEED} of {key}: no Redis command does it", key = key_text::quoted(.0.as_bytes()))]
    Seed(UserKey),
    /// Clients take turns on one connection.
    #[error("transactions of several clients side by side: no stream of commands has them")]
    Clients,
    /// The server's clock may have passed it.
    #[error(
        "{name} gives {key} an expiry at {at_ms}, which a server may call past; expected {START_MS} (2100) or later",
        key = key_text::quoted(.key.as_bytes())
    )]
    EarlyExpiry {
        /// The command's name.
        name: &'static str,
        /// The key.
        key: UserKey,
        /// Its expiry in Unix milliseconds.
        at_ms: i64,
    },
}

/// Turns steps into RESP. Memory grows with the lists that exist, as it does in a server.
#[derive(Debug, Default)]
pub struct RespWriter {
    model: Model,
}

impl RespWriter {
    /// Starts a trace, for a server without keys.
    pub fn new() -> RespWriter {
        RespWriter::default()
    }

    /// Appends what a server needs to follow the step: whole commands, and `MULTI .. EXEC` around those of a
    /// transaction. Whatever gets an error reply is left out.
    ///
    /// # Errors
    ///
    /// The step cannot be followed. `out` then lacks it, and this writer is of no more use.
    pub fn step(&mut self, step: &Step, out: &mut Vec<u8>) -> Result<(), NotExpressible> {
        if let Some(at_ms) = step.at_ms {
            self.model.advance_to(at_ms);
        }
        self.bury_expired(out);
        match &step.action {
            Action::Command(request) => {
                if let Some(args) = self.follow(request)? {
                    write_resp(&args, out);
                }
            }
            Action::Transaction(requests) if Request::exec_abort(requests).is_none() => {
                let followed: Vec<_> = requests.iter().map(|request| self.follow(request)).collect::<Result<_, _>>()?;
                write_transaction(&followed.into_iter().flatten().collect::<Vec<_>>(), out);
            }
            Action::Transaction(_)
            | Action::Compact(_)
            | Action::CompactRead(_)
            | Action::CompactCommit(_)
            | Action::Upgrade => {}
            Action::Seed { key, .. } => return Err(NotExpressible::Seed(key.clone())),
            Action::Begin { .. } | Action::Commit { .. } => return Err(NotExpressible::Clients),
        }
        Ok(())
    }

    fn bury_expired(&mut self, out: &mut Vec<u8>) {
        for key in self.model.take_expired() {
            write_resp(&Command::Key(KeyCommand::Delete { keys: vec![key] }).args(), out);
        }
    }

    /// Runs the request on the model; the arguments with which a server does the same, unless it changes and says
    /// nothing.
    fn follow(&mut self, request: &Request) -> Result<Option<Vec<Vec<u8>>>, NotExpressible> {
        let reply = self.model.execute(request);
        let Request::Valid(command) = request else { return Ok(None) };
        match (command, reply) {
            (_, Reply::Error(_)) => Ok(None),
            (Command::Key(KeyCommand::Expire { key, unit, time, condition }), reply) => {
                let is_set = reply == Reply::Integer(1);
                if is_set && self.model.get(key).is_none() {
                    return Ok(Some(Command::Key(KeyCommand::Delete { keys: vec![key.clone()] }).args()));
                }
                let Some(at_ms) = unix_ms(*unit, *time, self.model.now_ms()) else { return Ok(None) };
                if is_set && u64::try_from(at_ms).is_ok_and(|at_ms| at_ms < START_MS) {
                    return Err(NotExpressible::EarlyExpiry { name: command.name(), key: key.clone(), at_ms });
                }
                let (key, unit) = (key.clone(), ExpireUnit::UnixMilliseconds);
                Ok(Some(Command::Key(KeyCommand::Expire { key, unit, time: at_ms, condition: *condition }).args()))
            }
            (command, _) => Ok(Some(command.args())),
        }
    }
}

fn write_transaction(commands: &[Vec<Vec<u8>>], out: &mut Vec<u8>) {
    if commands.is_empty() {
        return;
    }
    write_resp(&[b"MULTI".to_vec()], out);
    commands.iter().for_each(|args| write_resp(args, out));
    write_resp(&[b"EXEC".to_vec()], out);
}

/// The millisecond that the argument of an expiry command means; `None` where Redis refuses it.
pub fn unix_ms(unit: ExpireUnit, time: i64, now_ms: u64) -> Option<i64> {
    let now_ms = i64::try_from(now_ms).ok()?;
    match unit {
        ExpireUnit::Seconds => time.checked_mul(1000)?.checked_add(now_ms),
        ExpireUnit::Milliseconds => time.checked_add(now_ms),
        ExpireUnit::UnixSeconds => time.checked_mul(1000),
        ExpireUnit::UnixMilliseconds => Some(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Trace;

    /// The RESP of a trace, one command a line and its arguments separated by spaces.
    fn lines(trace: &str) -> Result<Vec<String>, NotExpressible> {
        let (mut writer, mut out) = (RespWriter::new(), Vec::new());
        for step in &Trace::read(trace.as_bytes()).expect("a trace").steps {
            writer.step(step, &mut out)?;
        }
        let text = String::from_utf8(out).expect("these traces are ASCII");
        let words = |command: &str| command.split("\r\n").skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        Ok(text.split('*').skip(1).map(|command| words(command.split_once("\r\n").expect("a count").1)).collect())
    }

    #[test]
    fn lines_are_as_documented() {
        let trace = r#"{"at_ms":4102444800000,"cmd":["RPUSH","k","v"]}
{"at_ms":4102444800000,"cmd":["PEXPIRE","k","5"]}
{"at_ms":4102444800005,"cmd":["LLEN","k"]}
{"at_ms":4102444800006,"cmd":["LLEN","other"]}
{"at_ms":4102444800006,"cmd":["LSET","k","0","v"]}
"#;
        let expected = ["RPUSH k v", "PEXPIREAT k 4102444800005", "LLEN k", "DEL k", "LLEN other"];
        assert_eq!(lines(trace).expect("expressible"), expected);
    }

    #[test]
    fn the_bytes_are_resp() {
        let trace = Trace::read(&br#"{"at_ms":4102444800000,"cmd":["rpush","k",{"base64":"_w"}]}"#[..]);
        let mut out = Vec::new();
        RespWriter::new().step(&trace.expect("a trace").steps[0], &mut out).expect("expressible");
        assert_eq!(out, b"*3\r\n$5\r\nRPUSH\r\n$1\r\nk\r\n$1\r\n\xff\r\n");
    }

    #[test]
    fn expiries_become_absolute_and_past_ones_deletions() {
        let at = 4_102_444_800_500_u64;
        for (command, expected) in [
            (r#""EXPIRE","k","2""#, "PEXPIREAT k 4102444802500"),
            (r#""EXPIREAT","k","4102444802","NX""#, "PEXPIREAT k 4102444802000 NX"),
            (r#""PEXPIRE","k","1","xx","gt""#, "PEXPIREAT k 4102444800501 XX GT"),
            (r#""PEXPIREAT","k","9223372036854775807""#, "PEXPIREAT k 9223372036854775807"),
            // Now is past as well, and so is everything that a real server would still wait for.
            (r#""PEXPIRE","k","0","LT""#, "DEL k"),
            (r#""EXPIREAT","k","4102444800""#, "DEL k"),
            (r#""PEXPIREAT","k","4000000000000""#, "DEL k"),
            (r#""PEXPIREAT","k","-1""#, "DEL k"),
            // Without an effect in the model, and without one on the server.
            (r#""PEXPIREAT","k","0","XX""#, "PEXPIREAT k 0 XX"),
            (r#""EXPIRE","nowhere","-1""#, "PEXPIREAT nowhere 4102444799500"),
        ] {
            let trace =
                format!("{{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}}\n{{\"at_ms\":{at},\"cmd\":[{command}]}}");
            assert_eq!(lines(&trace).expect("expressible"), ["RPUSH k v", expected], "{command}");
        }
    }

    #[test]
    fn what_gets_an_error_or_shows_nothing_is_left_out() {
        for step in [
            r#""cmd":["LPUSH","k"]"#,
            r#""cmd":["RENAME","nowhere","k"]"#,
            r#""cmd":["LRANGE","k","0","one"]"#,
            r#""cmd":["EXPIRE","k","9223372036854775807"]"#,
            r#""txn":[]"#,
            r#""txn":[["LSET","nowhere","0","v"]]"#,
            r#""txn":[["RPUSH","k","v"],["LPUSH","k"]]"#,
            r#""op":"compact","key":"k""#,
            r#""op":"compact-read","key":"k""#,
            r#""op":"compact-commit","key":"k""#,
            r#""op":"upgrade""#,
        ] {
            assert_eq!(lines(&format!("{{\"at_ms\":1,{step}}}")).expect("expressible"), [""; 0], "{step}");
        }
    }

    #[test]
    fn in_a_transaction_only_the_commands_that_fail_are_left_out() {
        let trace = r#"{"at_ms":4102444800000,"txn":[["LSET","k","0","a"],["RPUSH","k","b"],["LSET","k","0","c"],
["LPOP","k","x"],["PEXPIRE","k","-1"],["LPUSHX","k","d"]]}"#
            .replace('\n', "");
        let expected = ["MULTI", "RPUSH k b", "LSET k 0 c", "DEL k", "LPUSHX k d", "EXEC"];
        assert_eq!(lines(&trace).expect("expressible"), expected);
    }

    #[test]
    fn a_key_that_expires_is_deleted_before_an_operation_that_shows_nothing() {
        let trace = r#"{"at_ms":4102444800000,"txn":[["RPUSH","a","v"],["RPUSH","b","v"],["PEXPIRE","a","9"]]}
{"at_ms":4102444800000,"cmd":["RENAME","a","b"]}
{"at_ms":4102444800010,"op":"compact","key":"b"}"#;
        assert_eq!(lines(trace).expect("expressible").last().map(String::as_str), Some("DEL b"));
    }

    #[test]
    fn a_later_expiry_that_was_given_first_hides_no_earlier_one() {
        let trace = r#"{"at_ms":4102444800000,"txn":[["RPUSH","k","v"],["RPUSH","l","v"]]}
{"at_ms":4102444800000,"txn":[["PEXPIRE","k","50"],["PEXPIRE","l","5"]]}
{"at_ms":4102444800006,"cmd":["LLEN","k"]}"#;
        let lines = lines(trace).expect("expressible");
        assert_eq!(&lines[lines.len() - 2..], ["DEL l", "LLEN k"]);
    }

    #[test]
    fn what_a_server_cannot_follow_is_refused() {
        let refusal = |trace: &str| lines(trace).expect_err("not expressible").to_string();
        assert_eq!(refusal(r#"{"op":"seed","key":"k","head":-5}"#), r#"op seed of "k": no Redis command does it"#);
        let early = r#"{"at_ms":1,"cmd":["RPUSH","k","v"]}
{"at_ms":1700000000000,"cmd":["EXPIRE","k","1"]}"#;
        assert_eq!(
            refusal(early),
            "EXPIRE gives \"k\" an expiry at 1700000001000, which a server may call past; expected 4102444800000 \
             (2100) or later"
        );
    }

    #[test]
    fn the_first_millisecond_of_2100_is_late_enough_for_a_server() {
        let trace = |at_ms: u64| {
            format!(
                "{{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}}\n\
                 {{\"at_ms\":1,\"cmd\":[\"PEXPIREAT\",\"k\",\"{at_ms}\"]}}"
            )
        };
        let first = lines(&trace(4_102_444_800_000)).expect("expressible");
        assert_eq!(first, ["RPUSH k v", "PEXPIREAT k 4102444800000"]);
        assert!(lines(&trace(4_102_444_799_999)).is_err());
    }
}
