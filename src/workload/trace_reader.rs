//! Traces, read line by line.
//!
//! Traces are written by hand as well as by the generator, so every refusal says which line it is about and what would
//! have been right there. Blank lines are skipped.

use std::io::BufRead;

use serde::Deserialize;

use super::trace::{
    Action, COMPACT, COMPACT_COMMIT, COMPACT_READ, Delivery, FORMAT_VERSION, Header, SEED, Step, Trace, UPGRADE,
};
use super::trace_error::{LineFault, TraceError};
use crate::bounds::read_line;
use crate::command::{Request, UserKey};
use crate::format::CommitTs;
use crate::format::byte_string::ByteString;
use crate::format::json_fault;

/// The longest line, in bytes: more than a command with the largest value needs, each of whose bytes may be escaped.
const LINE_LIMIT_BYTES: u64 = 2 << 30;

/// The steps of a trace, one at a time; after an error there are no more.
#[derive(Debug)]
pub struct TraceReader<R> {
    input: R,
    line: u64,
    buffer: Vec<u8>,
    limit_bytes: u64,
    header: Option<Header>,
    /// The first step, read while looking for the header.
    ahead: Option<Step>,
    /// The latest time so far.
    last_ms: u64,
    ended: bool,
}

impl<R: BufRead> TraceReader<R> {
    /// Starts reading: takes in the first line, be it a header or a step.
    ///
    /// # Errors
    ///
    /// Those of that line.
    pub fn new(input: R) -> Result<TraceReader<R>, TraceError> {
        TraceReader::with_line_limit(input, LINE_LIMIT_BYTES)
    }

    fn with_line_limit(input: R, limit_bytes: u64) -> Result<TraceReader<R>, TraceError> {
        let (buffer, header, ahead) = (Vec::new(), None, None);
        let mut reader = TraceReader { input, line: 0, buffer, limit_bytes, header, ahead, last_ms: 0, ended: false };
        if reader.fill_line()? {
            match parse_first_line(&reader.buffer).map_err(|fault| reader.at_line(fault))? {
                FirstLine::Header(header) => reader.header = Some(header),
                FirstLine::Step(step) => {
                    reader.last_ms = step.at_ms.unwrap_or(0);
                    reader.ahead = Some(step);
                }
            }
        }
        Ok(reader)
    }

    /// The header, if there is one.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The number of the line that the latest step came from.
    pub fn line(&self) -> u64 {
        self.line
    }

    fn at_line(&self, fault: LineFault) -> TraceError {
        TraceError::Line { line: self.line, fault }
    }

    /// Reads the next line that is not blank; `false` at the end.
    fn fill_line(&mut self) -> Result<bool, TraceError> {
        loop {
            self.buffer.clear();
            if read_line(&mut self.input, self.limit_bytes.saturating_add(1), &mut self.buffer)? == 0 {
                return Ok(false);
            }
            self.line += 1;
            if self.buffer.len() as u64 > self.limit_bytes {
                return Err(self.at_line(LineFault::TooLong(self.limit_bytes)));
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn read_step(&mut self) -> Result<Option<Step>, TraceError> {
        if !self.fill_line()? {
            return Ok(None);
        }
        let step = parse_line(&self.buffer).and_then(StepOrHeader::into_step).map_err(|fault| self.at_line(fault))?;
        let (at_ms, last_ms) = (step.at_ms.unwrap_or(self.last_ms), self.last_ms);
        if at_ms < last_ms {
            return Err(self.at_line(LineFault::GoesBack { last_ms, at_ms }));
        }
        self.last_ms = at_ms;
        Ok(Some(step))
    }
}

impl<R: BufRead> Iterator for TraceReader<R> {
    type Item = Result<Step, TraceError>;

    fn next(&mut self) -> Option<Result<Step, TraceError>> {
        if self.ended {
            return None;
        }
        if let Some(step) = self.ahead.take() {
            return Some(Ok(step));
        }
        let step = self.read_step().transpose();
        self.ended = !matches!(step, Some(Ok(_)));
        step
    }
}

impl Trace {
    /// Reads a whole trace.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, or what `input` says.
    pub fn read(input: impl BufRead) -> Result<Trace, TraceError> {
        let mut reader = TraceReader::new(input)?;
        let steps = reader.by_ref().collect::<Result<Vec<Step>, TraceError>>()?;
        Ok(Trace { header: reader.header, steps })
    }
}

enum FirstLine {
    Header(Header),
    Step(Step),
}

/// Every member of every kind of line. Which ones go together is checked afterwards, with better words than a parser's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct StepOrHeader {
    at_ms: Option<u64>,
    cmd: Option<Vec<ByteString>>,
    txn: Option<Vec<Vec<ByteString>>>,
    op: Option<String>,
    key: Option<ByteString>,
    head: Option<i64>,
    client: Option<u32>,
    begin: Option<Vec<Vec<ByteString>>>,
    commit: Option<bool>,
    lost: Option<bool>,
    resent: Option<bool>,
    format_version: Option<u32>,
    tool_version: Option<String>,
    seed: Option<u64>,
    flags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: Option<u32>,
}

/// The version is looked at by itself: a header of another version may have members that are not known here.
fn parse_first_line(line: &[u8]) -> Result<FirstLine, LineFault> {
    if let Ok(VersionOnly { format_version: Some(version) }) = serde_json::from_slice(line)
        && version != FORMAT_VERSION
    {
        return Err(LineFault::FormatVersion(version));
    }
    let parsed = parse_line(line)?;
    match parsed.format_version {
        Some(version) => parsed.into_header(version).map(FirstLine::Header),
        None => parsed.into_step().map(FirstLine::Step),
    }
}

fn parse_line(line: &[u8]) -> Result<StepOrHeader, LineFault> {
    // Asked first because a derived parser takes an array for a struct.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(LineFault::NotAnObject);
    }
    serde_json::from_slice(line)
        .map_err(|error| LineFault::Json { column: error.column(), message: json_fault::sentence_about_a_line(&error) })
}

fn refuse(kind: &'static str, members: &[(&'static str, bool)]) -> Result<(), LineFault> {
    match members.iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(LineFault::Unexpected { member, kind }),
        None => Ok(()),
    }
}

impl StepOrHeader {
    fn into_header(self, format_version: u32) -> Result<Header, LineFault> {
        const KIND: &str = "a header";
        refuse(
            KIND,
            &[
                ("at_ms", self.at_ms.is_some()),
                ("cmd", self.cmd.is_some()),
                ("txn", self.txn.is_some()),
                ("op", self.op.is_some()),
                ("key", self.key.is_some()),
                ("head", self.head.is_some()),
                ("client", self.client.is_some()),
                ("begin", self.begin.is_some()),
                ("commit", self.commit.is_some()),
            ],
        )?;
        let tool_version = self.tool_version.ok_or(LineFault::Missing { member: "tool_version", kind: KIND })?;
        Ok(Header { format_version, tool_version, seed: self.seed, flags: self.flags.unwrap_or_default() })
    }

    fn into_step(self) -> Result<Step, LineFault> {
        let header_members =
            [self.format_version.is_some(), self.tool_version.is_some(), self.seed.is_some(), self.flags.is_some()];
        if header_members.contains(&true) {
            return Err(LineFault::MisplacedHeader);
        }
        if let Some(at_ms) = self.at_ms.filter(|at_ms| *at_ms > CommitTs::MAX_MS) {
            return Err(LineFault::TooLate(at_ms));
        }
        let at_ms = self.at_ms;
        if self.client.is_some() || self.begin.is_some() || self.commit.is_some() {
            return self.into_step_of_client();
        }
        refuse("this line", &[("lost", self.lost.is_some()), ("resent", self.resent.is_some())])?;
        let action = match (self.cmd, self.txn, self.op) {
            (Some(args), None, None) => {
                check_command_line("a command", at_ms, self.key.is_some(), self.head.is_some())?;
                Action::Command(request(args)?)
            }
            (None, Some(commands), None) => {
                check_command_line("a transaction", at_ms, self.key.is_some(), self.head.is_some())?;
                Action::Transaction(commands.into_iter().map(request).collect::<Result<_, _>>()?)
            }
            (None, None, Some(op)) => operation(op, self.key, self.head)?,
            _ => return Err(LineFault::NotOneAction),
        };
        Ok(Step { at_ms, action })
    }

    fn into_step_of_client(self) -> Result<Step, LineFault> {
        const KIND: &str = "a client's line";
        let given = [
            ("cmd", self.cmd.is_some()),
            ("txn", self.txn.is_some()),
            ("op", self.op.is_some()),
            ("key", self.key.is_some()),
            ("head", self.head.is_some()),
        ];
        refuse(KIND, &given)?;
        let client = self.client.ok_or(LineFault::Missing { member: "client", kind: KIND })?;
        let (is_lost, is_resent) = (self.lost == Some(true), self.resent == Some(true));
        let action = match (self.begin, self.commit) {
            (Some(commands), None) => {
                refuse("a beginning", &[("lost", self.lost.is_some()), ("resent", self.resent.is_some())])?;
                if self.at_ms.is_none() {
                    return Err(LineFault::Missing { member: "at_ms", kind: "a beginning" });
                }
                Action::Begin { client, requests: commands.into_iter().map(request).collect::<Result<_, _>>()? }
            }
            (None, Some(true)) => {
                refuse("a commit that is lost", &[("resent", is_lost && is_resent)])?;
                let delivery = match (is_lost, is_resent) {
                    (true, _) => Delivery::Lost,
                    (false, true) => Delivery::Resent,
                    (false, false) => Delivery::Heard,
                };
                Action::Commit { client, delivery }
            }
            _ => return Err(LineFault::NotOneOfClient),
        };
        Ok(Step { at_ms: self.at_ms, action })
    }
}

fn check_command_line(kind: &'static str, at_ms: Option<u64>, key: bool, head: bool) -> Result<(), LineFault> {
    refuse(kind, &[("key", key), ("head", head)])?;
    if at_ms.is_none() {
        return Err(LineFault::Missing { member: "at_ms", kind });
    }
    Ok(())
}

fn operation(op: String, key: Option<ByteString>, head: Option<i64>) -> Result<Action, LineFault> {
    let compaction: fn(UserKey) -> Action = match op.as_str() {
        COMPACT => Action::Compact,
        COMPACT_READ => Action::CompactRead,
        COMPACT_COMMIT => Action::CompactCommit,
        SEED => {
            let missing = |member| LineFault::Missing { member, kind: "op \"seed\"" };
            let ByteString(key) = key.ok_or_else(|| missing("key"))?;
            return Ok(Action::Seed { key: UserKey(key), head: head.ok_or_else(|| missing("head"))? });
        }
        UPGRADE => {
            refuse("op \"upgrade\"", &[("key", key.is_some()), ("head", head.is_some())])?;
            return Ok(Action::Upgrade);
        }
        _ => return Err(LineFault::UnknownOp(op)),
    };
    refuse("a compaction", &[("head", head.is_some())])?;
    let ByteString(key) = key.ok_or(LineFault::Missing { member: "key", kind: "a compaction" })?;
    Ok(compaction(UserKey(key)))
}

fn request(args: Vec<ByteString>) -> Result<Request, LineFault> {
    Ok(Request::parse(args.into_iter().map(|ByteString(arg)| arg).collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Trace::read(text.as_bytes()).expect_err(text).to_string()
    }

    #[test]
    fn malformed_lines_are_refused_by_number_and_with_what_was_expected() {
        let table = [
            ("7", "expected one JSON object a line"),
            ("[1]", "expected one JSON object a line"),
            ("cmd", "expected one JSON object a line"),
            ("{", "EOF while parsing an object (column"),
            (r#"{"at_ms":1,"cmd":["LLEN","k"]} x"#, "trailing characters (column 32)"),
            (r#"{"at_ms":-1,"cmd":["LLEN","k"]}"#, "invalid value: integer `-1`, expected u64"),
            (r#"{"at_ms":1,"cmd":["LLEN",1]}"#, r#"expected a string or {"base64":"..."}"#),
            (r#"{"at_ms":1,"cmd":["LLEN",{"base64":"_w=="}]}"#, "not unpadded base64url"),
            (r#"{"at_ms":1,"cmd":["LLEN","k"],"at_ms":2}"#, "duplicate field `at_ms`"),
            (r#"{"at_ms":1,"command":["LLEN","k"]}"#, "unknown field `command`, expected one of `at_ms`, `cmd`"),
            (r#"{"at_ms":1}"#, r#"expected exactly one of "cmd", "txn" and "op""#),
            (r#"{"at_ms":1,"cmd":["LLEN","k"],"txn":[]}"#, r#"expected exactly one of "cmd", "txn" and "op""#),
            (r#"{"at_ms":1,"cmd":["LLEN","k"],"op":"seed"}"#, r#"expected exactly one of "cmd", "txn" and "op""#),
            (r#"{"cmd":["LLEN","k"]}"#, r#""at_ms" is missing; a command needs it"#),
            (r#"{"txn":[["LLEN","k"]]}"#, r#""at_ms" is missing; a transaction needs it"#),
            (r#"{"at_ms":1,"cmd":["LLEN","k"],"key":"k"}"#, r#""key" is not expected with a command"#),
            (r#"{"at_ms":281474976710656,"cmd":["LLEN","k"]}"#, "expected at most 281474976710655"),
            (
                r#"{"at_ms":1,"op":"compactify","key":"k"}"#,
                r#"unknown op "compactify"; expected compact, compact-read"#,
            ),
            (r#"{"op":"compact"}"#, r#""key" is missing; a compaction needs it"#),
            (r#"{"op":"compact","key":"k","head":1}"#, r#""head" is not expected with a compaction"#),
            (r#"{"op":"seed","key":"k"}"#, r#""head" is missing; op "seed" needs it"#),
            (r#"{"op":"upgrade","key":"k"}"#, r#""key" is not expected with op "upgrade""#),
            (r#"{"op":"seed","head":0}"#, r#""key" is missing; op "seed" needs it"#),
            (r#"{"at_ms":1,"cmd":["SADD","k","v"]}"#, r#"unsupported command "SADD"; known are LPUSH RPUSH"#),
            (r#"{"at_ms":1,"txn":[["LLEN","k"],[]]}"#, "a command without a name; known are"),
            (r#"{"format_version":1,"tool_version":"x"}"#, "is expected on the first line only"),
            (r#"{"seed":1}"#, "is expected on the first line only"),
            (r#"{"client":1}"#, r#"expected exactly one of "begin" and "commit":true"#),
            (r#"{"client":1,"commit":false}"#, r#"expected exactly one of "begin" and "commit":true"#),
            (r#"{"at_ms":1,"client":1,"begin":[],"commit":true}"#, r#"expected exactly one of "begin" and"#),
            (r#"{"commit":true}"#, r#""client" is missing; a client's line needs it"#),
            (r#"{"client":1,"begin":[]}"#, r#""at_ms" is missing; a beginning needs it"#),
            (r#"{"client":1,"cmd":["LLEN","k"]}"#, r#""cmd" is not expected with a client's line"#),
            (r#"{"at_ms":1,"client":1,"begin":[],"lost":true}"#, r#""lost" is not expected with a beginning"#),
            (
                r#"{"client":1,"commit":true,"lost":true,"resent":true}"#,
                r#""resent" is not expected with a commit that is lost"#,
            ),
            (r#"{"at_ms":1,"cmd":["LLEN","k"],"lost":true}"#, r#""lost" is not expected with this line"#),
        ];
        for (line, expected) in table {
            let text = format!("{{\"at_ms\":1,\"cmd\":[\"LLEN\",\"k\"]}}\n\n{line}\n");
            let message = refusal(&text);
            assert!(message.starts_with("line 3: ") && message.contains(expected), "{line} -> {message}");
            assert!(!message.contains("at line"), "{message}");
        }
    }

    #[test]
    fn headers() {
        let read = |text: &str| Trace::read(text.as_bytes()).expect(text).header;
        let header = |seed, flags: &[&str]| {
            let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            Some(Header { format_version: 1, tool_version: "9".to_owned(), seed, flags })
        };
        assert_eq!(read(""), None);
        assert_eq!(read("{\"format_version\":1,\"tool_version\":\"9\"}"), header(None, &[]));
        let full = "\n{\"format_version\":1,\"tool_version\":\"9\",\"seed\":18446744073709551615,\"flags\":[\"-x\"]}";
        assert_eq!(read(full), header(Some(u64::MAX), &["-x"]));
        let unsupported = refusal("{\"format_version\":2,\"tool_version\":\"9\",\"novelty\":{}}");
        assert_eq!(unsupported, "line 1: format_version 2 is not supported; expected 1");
        assert!(refusal("{\"format_version\":1}").contains("\"tool_version\" is missing; a header needs it"));
        let mixed = refusal("{\"format_version\":1,\"tool_version\":\"9\",\"cmd\":[\"LLEN\",\"k\"]}");
        assert_eq!(mixed, "line 1: \"cmd\" is not expected with a header");
    }

    #[test]
    fn steps_stream_and_end_at_the_first_error() {
        let text =
            "{\"op\":\"seed\",\"key\":\"k\",\"head\":-5}\r\n  \n{\"at_ms\":5,\"txn\":[]}\n{}\n{\"at_ms\":6,\"txn\":[]}";
        let mut reader = TraceReader::new(text.as_bytes()).expect("the first line is right");
        assert_eq!(reader.header(), None);
        let seed = Action::Seed { key: UserKey::from("k"), head: -5 };
        assert_eq!(reader.next().expect("a step").expect("a good one"), Step { at_ms: None, action: seed });
        assert_eq!(reader.line(), 1);
        let step = reader.next().expect("a step").expect("a good one");
        assert_eq!((step.at_ms, reader.line()), (Some(5), 3));
        assert!(reader.next().is_some_and(|step| step.is_err()));
        assert!(reader.next().is_none());
    }

    #[test]
    fn time_does_not_go_back() {
        let at = |line: &str| format!("{{\"at_ms\":5,\"txn\":[]}}\n{{\"op\":\"upgrade\"}}\n{line}");
        assert_eq!(Trace::read(at("{\"at_ms\":5,\"txn\":[]}").as_bytes()).expect("as late").steps.len(), 3);
        let problem = "at_ms goes back from 5 to 4; expected the time of the line before, or a later one";
        assert_eq!(refusal(&at("{\"at_ms\":4,\"txn\":[]}")), format!("line 3: {problem}"));
        assert_eq!(refusal(&at("{\"at_ms\":4,\"op\":\"upgrade\"}")), format!("line 3: {problem}"));
    }

    #[test]
    fn lines_may_not_go_on_for_ever() {
        let text = "{\"at_ms\":4,\"txn\":[]}\n{\"at_ms\":5,\"txn\":[]}\n";
        let limit = (text.len() / 2) as u64;
        let steps: Vec<_> = TraceReader::with_line_limit(text.as_bytes(), limit).expect("a trace").collect();
        assert!(steps.len() == 2 && steps.iter().all(Result::is_ok));
        let error = TraceReader::with_line_limit(text.as_bytes(), limit - 1).expect_err("too long a line");
        assert_eq!(error.to_string(), format!("line 1: the line has more than {} bytes", limit - 1));
    }

    #[test]
    fn a_reader_tells_the_header_and_takes_the_latest_time_there_is() {
        let text = "{\"format_version\":1,\"tool_version\":\"9\"}\n{\"at_ms\":281474976710655,\"txn\":[]}";
        let mut reader = TraceReader::new(text.as_bytes()).expect("a header");
        assert_eq!(reader.header().map(|header| header.tool_version.as_str()), Some("9"));
        let step = reader.next().expect("a step").expect("a good one");
        assert_eq!(step.at_ms, Some(281_474_976_710_655));
    }
}
