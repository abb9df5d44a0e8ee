//! The output of MONITOR: a line for each command that a server has run, as redis-cli prints it or as it comes over the
//! connection (`+` before it and CR LF after it).
//!
//! ```text
//! OK
//! 1339518083.107412 [0 127.0.0.1:60866] "RPUSH" "k" "a\xff\"b"
//! 1339518087.877697 [0 lua] "LPOP" "k"                              what a script did
//! ```
//!
//! In brackets are the database and the client. The time is that at which the line was made, right after the command.

use std::io::BufRead;

use super::digits::number;
use super::error::{Place, Position, RecordedError};
use super::monitor_prefix::{find_head, is_beginning, is_end, trimmed};
use super::quoted::take_quoted;
use crate::bounds::read_line;

/// A value of the greatest length, every byte of it escaped.
const LINE_LIMIT_BYTES: u64 = 4 * (512 << 20);

/// One command that was run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MonitorLine {
    /// The number of the line, from 1.
    pub(super) line: u64,
    /// Unix milliseconds.
    pub(super) at_ms: u64,
    /// The database's number.
    pub(super) db: u64,
    /// The client's address, or `lua`.
    pub(super) client: Vec<u8>,
    /// The command's name and arguments.
    pub(super) args: Vec<Vec<u8>>,
}

impl MonitorLine {
    /// Whether a script ran it.
    pub(super) fn is_of_script(&self) -> bool {
        self.client == b"lua"
    }
}

/// Reads lines.
pub(super) struct MonitorReader {
    input: Box<dyn BufRead>,
    line: u64,
    buffer: Vec<u8>,
    /// Whether commands have something before them, once there was one.
    has_prefix: Option<bool>,
    /// The line at which the connection was lost.
    lost: Option<u64>,
    /// What the end of the input has cut short, as a sentence.
    pub(super) cut: Option<String>,
}

impl MonitorReader {
    pub(super) fn new(input: Box<dyn BufRead>) -> MonitorReader {
        MonitorReader { input, line: 0, buffer: Vec::new(), has_prefix: None, lost: None, cut: None }
    }

    /// The next command, or `None` at the end. A last line that does not end is left out, also where it looks whole:
    /// an argument may be missing.
    ///
    /// # Errors
    ///
    /// A line that is none of MONITOR's, with its number, or what the input says.
    pub(super) fn next_line(&mut self) -> Result<Option<MonitorLine>, RecordedError> {
        loop {
            self.buffer.clear();
            let failed = |error| RecordedError::Io { file: "the file".to_owned(), error };
            if read_line(&mut self.input, LINE_LIMIT_BYTES, &mut self.buffer).map_err(failed)? == 0 {
                let lost =
                    self.lost.map(|line| format!("line {line}: the connection was lost; the recording ends here"));
                self.cut = self.cut.take().or(lost);
                return Ok(None);
            }
            self.line += 1;
            let is_whole = self.buffer.ends_with(b"\n");
            let text = trimmed(self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer));
            if text.is_empty() {
                continue;
            }
            if is_end(text) {
                self.lost = self.lost.or(Some(self.line));
                continue;
            }
            if let Some(lost) = self.lost {
                return Err(self.malformed(&format!(
                    "the connection was lost at line {lost}, and what ran from there to here is not recorded; take the \
                     lines before it, or the append-only file"
                )));
            }
            if is_beginning(text) {
                if self.has_prefix.is_some() {
                    return Err(self.malformed(
                        "MONITOR began anew, and what ran before it did is not recorded; take the lines before it, or the \
                         append-only file",
                    ));
                }
                continue;
            }
            if !is_whole {
                self.cut = Some(format!("line {} is cut short, and left out", self.line));
                return Ok(None);
            }
            let head = find_head(text).filter(|at| self.has_prefix.is_none_or(|has_prefix| has_prefix == (*at > 0)));
            let parsed = head.and_then(|at| Some((at, parse(text.get(at..)?)?)));
            let Some((at, (at_ms, db, client, args))) = parsed else {
                return Err(self.malformed(
                    "expected a line of MONITOR, such as 1339518083.107412 [0 127.0.0.1:60866] \"GET\" \"k\"",
                ));
            };
            self.has_prefix = Some(at > 0);
            return Ok(Some(MonitorLine { line: self.line, at_ms, db, client, args }));
        }
    }

    fn malformed(&self, problem: &str) -> RecordedError {
        let place = Place { file: None, position: Position::Line(self.line) };
        RecordedError::Malformed { place, problem: problem.to_owned() }
    }
}

type Parsed = (u64, u64, Vec<u8>, Vec<Vec<u8>>);

fn parse(text: &[u8]) -> Option<Parsed> {
    let (time, rest) = split_at_byte(text, b' ')?;
    let (seconds, micros) = split_at_byte(time, b'.')?;
    let micros = number(micros).filter(|_| micros.len() == 6)?;
    let at_ms = number(seconds).filter(|_| !seconds.is_empty())?.checked_mul(1000)?.checked_add(micros / 1000)?;
    let (db, rest) = split_at_byte(rest.strip_prefix(b"[")?, b' ')?;
    let db = number(db).filter(|_| !db.is_empty())?;
    // The path of a socket may hold brackets and blanks, but a quote after them is the first argument's.
    let end = rest.windows(3).position(|bytes| bytes == b"] \"")?;
    let (client, rest) = rest.split_at_checked(end)?;
    let mut rest = rest.strip_prefix(b"]")?;
    let mut args = Vec::new();
    while !rest.is_empty() {
        let arg;
        (arg, rest) = take_quoted(rest.strip_prefix(b" ")?)?;
        args.push(arg);
    }
    Some((at_ms, db, client.to_vec(), args))
}

fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|found| *found == byte)?;
    let (before, after) = text.split_at_checked(end)?;
    Some((before, after.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Result<(Vec<MonitorLine>, Option<String>), String> {
        let mut reader = MonitorReader::new(Box::new(std::io::Cursor::new(text.to_vec())));
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().map_err(|error| error.to_string())? {
            lines.push(line);
        }
        Ok((lines, reader.cut))
    }

    fn line(line: u64, at_ms: u64, db: u64, client: &str, words: &[&[u8]]) -> MonitorLine {
        let args = words.iter().map(|word| word.to_vec()).collect();
        MonitorLine { line, at_ms, db, client: client.as_bytes().to_vec(), args }
    }

    #[test]
    fn lines_as_redis_cli_prints_them_and_as_they_come() {
        let expected = vec![
            line(2, 1_339_518_083_107, 0, "127.0.0.1:60866", &[b"keys", b"*"]),
            line(3, 1_339_518_083_000, 9, "lua", &[b"RPUSH", b"", b"a\"\\\n\r\t\x07\x08\x00\xff] \"b"]),
            line(4, 7, 0, "[::1]:80", &[b"PING"]),
            line(5, 7, 0, "unix:/a] [b c", &[b"PING"]),
        ];
        let texts: [&[u8]; 5] = [
            b"OK",
            br#"1339518083.107412 [0 127.0.0.1:60866] "keys" "*""#,
            br#"1339518083.000999 [9 lua] "RPUSH" "" "a\"\\\n\r\t\a\b\x00\xff] \"b""#,
            br#"0.007000 [0 [::1]:80] "PING""#,
            br#"0.007000 [0 unix:/a] [b c] "PING""#,
        ];
        let printed: Vec<u8> = texts.iter().flat_map(|text| [*text, b"\n"].concat()).collect();
        assert_eq!(lines(&printed), Ok((expected, None)));
        let raw: Vec<u8> = texts.iter().flat_map(|text| [b"+", *text, b"\r\n"].concat()).collect();
        assert_eq!(lines(&raw).expect("right"), lines(&printed).expect("right"));
    }

    #[test]
    fn other_lines_are_refused_by_number() {
        for bad in [
            "hello",
            "1.5 [0 c] \"PING\"",
            ".000000 [0 c] \"PING\"",
            "1.000000 [ c] \"PING\"",
            "1.000000 [x c] \"PING\"",
            "1.000000 [0 c]",
            "1.000000 [0 c] PING",
            "1.000000 [0 c] \"PING\"\"PING\"",
            "1.000000 [0 c] \"PING\" ",
            "1.000000 [0 c] \"PI\\qNG\"",
            "18446744073709551615.000000 [0 c] \"PING\"",
        ] {
            let error = lines(format!("OK\n{bad}\n").as_bytes()).expect_err(bad);
            assert!(error.starts_with("line 2: expected a line of MONITOR"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_line_that_the_end_cuts_is_left_out() {
        let text = b"1.000000 [0 c] \"GET\" \"k\"\n1.000000 [0 c] \"GET\" \"k";
        for end in 25..text.len() {
            let (found, cut) = lines(&text[..end]).expect("cut");
            assert_eq!(found.first(), Some(&line(1, 1000, 0, "c", &[b"GET", b"k"])), "{end}");
            assert_eq!(
                (found.len(), cut),
                (1, (end > 25).then(|| "line 2 is cut short, and left out".to_owned())),
                "{end}"
            );
        }
    }

    #[test]
    fn what_redis_cli_and_others_add_is_taken_for_what_it_is() {
        let command = "1.000000 [0 c] \"PING\"";
        let found = lines(
            format!("-- Journal begins --\nh cli[1]: OK\nh cli[1]: {command}\r\nh cli[1]: {command}\n").as_bytes(),
        );
        assert_eq!(found.expect("prefixed").0, [line(3, 1000, 0, "c", &[b"PING"]), line(4, 1000, 0, "c", &[b"PING"])]);
        for end in ["Error: Server closed the connection", "Error: Server closed the connection\n\n"] {
            let (found, cut) = lines(format!("OK\n{command}\n{end}").as_bytes()).expect("lost");
            assert_eq!(
                (found.len(), cut.as_deref()),
                (1, Some("line 3: the connection was lost; the recording ends here"))
            );
        }
        for (text, problem) in [
            (format!("{command}\nError: x\n{command}\n"), "line 3: the connection was lost at line 2"),
            (format!("{command}\nError: x\nOK\n{command}\n"), "line 3: the connection was lost at line 2"),
            (format!("{command}\nOK\n"), "line 2: MONITOR began anew"),
            (format!("{command}\nh | {command}\n"), "line 2: expected a line of MONITOR"),
            (format!("h | {command}\n{command}\n"), "line 2: expected a line of MONITOR"),
        ] {
            let error = lines(text.as_bytes()).expect_err(&text);
            assert!(error.starts_with(problem), "{text}: {error}");
        }
    }
}
