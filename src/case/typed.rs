//! Steps as lines that can be typed into redis-cli.

use crate::command::{Command, ExpireUnit, KeyCommand, Request};
use crate::workload::{Action, Step};

use super::text::{in_transaction, is_plain, step_text};

/// A step as lines: one for each command, in a transaction between `MULTI` and `EXEC`. What is no client's, such as a
/// compaction, is a comment.
fn lines_of(step: &Step) -> Vec<String> {
    match &step.action {
        Action::Command(request) => vec![typed(&request.args())],
        Action::Transaction(requests) => in_transaction(requests.iter().map(|request| typed(&request.args()))),
        _ => vec![format!("# {}", step_text(step).trim_matches(['(', ')']))],
    }
}

/// Steps as lines for redis-cli, with a comment wherever time passes. The clock is that of the server: an expiry at a time of
/// the trace's becomes one at as much time from now.
pub fn typed_lines(steps: &[Step]) -> Vec<String> {
    let (mut lines, mut now_ms) = (Vec::new(), None);
    for step in steps {
        let before = now_ms;
        now_ms = step.at_ms.or(now_ms);
        if let (Some(before), Some(now)) = (before, now_ms)
            && now > before
        {
            lines.push(format!("# wait {}", duration(now - before)));
        }
        lines.extend(lines_of(&Step { at_ms: step.at_ms, action: from_now(&step.action, now_ms.unwrap_or(0)) }));
    }
    lines
}

fn duration(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{} s", ms / 1000) } else { format!("{ms} ms") }
}

/// The same with expiries that count from now.
fn from_now(action: &Action, now_ms: u64) -> Action {
    let relative = |request: &Request| match request {
        Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, condition })) => {
            let unit_ms = match unit {
                ExpireUnit::UnixSeconds => 1000,
                ExpireUnit::UnixMilliseconds => 1,
                ExpireUnit::Seconds | ExpireUnit::Milliseconds => return request.clone(),
            };
            let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
            // What stands for forever does so by every clock.
            let from_now = time.checked_mul(unit_ms).and_then(|time| time.checked_sub(now_ms));
            let Some(time) = from_now.filter(|time| *time < now_ms) else { return request.clone() };
            let (key, unit, condition) = (key.clone(), ExpireUnit::Milliseconds, *condition);
            Request::Valid(Command::Key(KeyCommand::Expire { key, unit, time, condition }))
        }
        _ => request.clone(),
    };
    match action {
        Action::Command(request) => Action::Command(relative(request)),
        Action::Transaction(requests) => Action::Transaction(requests.iter().map(relative).collect()),
        other => other.clone(),
    }
}

fn typed(words: &[Vec<u8>]) -> String {
    words.iter().map(|word| typed_word(word)).collect::<Vec<_>>().join(" ")
}

/// A word as redis-cli reads it: in quotes where it has to be.
fn typed_word(word: &[u8]) -> String {
    if is_plain(word) {
        return String::from_utf8_lossy(word).into_owned();
    }
    let mut text = "\"".to_owned();
    for &byte in word {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Trace;

    fn steps(text: &str) -> Vec<Step> {
        Trace::read(text.as_bytes()).expect("a trace").steps
    }

    #[test]
    fn words_are_quoted_as_redis_cli_takes_them() {
        let case = r#"{"at_ms":1,"cmd":["RPUSH","jobs:1","","two words","\"'\\","\u0000\n\u00e9","d|a"]}
{"at_ms":1,"txn":[["LPOP","k"],["LLEN","k"]]}
{"at_ms":1,"op":"compact","key":"k"}
"#;
        let push = r#"RPUSH jobs:1 "" "two words" "\"'\\" "\x00\n\xc3\xa9" d|a"#;
        assert_eq!(
            typed_lines(&steps(case)),
            [push, "MULTI", "LPOP k", "LLEN k", "EXEC", "# the store compacts \"k\""]
        );
    }

    #[test]
    fn time_passes_and_expiries_count_from_now() {
        let case = r#"{"at_ms":4102444800000,"cmd":["PEXPIREAT","k","4102444810000","NX"]}
{"at_ms":4102444800000,"cmd":["EXPIRE","k","10"]}
{"at_ms":4102444800007,"txn":[["EXPIREAT","k","4102444801"]]}
{"at_ms":4102444820007,"cmd":["PEXPIREAT","k","9223372036854775807"]}
"#;
        let expected = [
            "PEXPIRE k 10000 NX",
            "EXPIRE k 10",
            "# wait 7 ms",
            "MULTI",
            "PEXPIRE k 993",
            "EXEC",
            "# wait 20 s",
            "PEXPIREAT k 9223372036854775807",
        ];
        assert_eq!(typed_lines(&steps(case)), expected);
    }
}
