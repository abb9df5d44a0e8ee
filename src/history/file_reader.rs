//! Histories, read from files. Other tools write them too, so every refusal names the line and what was expected.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::file::FORMAT_VERSION;
use super::operation::{History, Operation, Outcome, Sent, ServerClock};
use crate::bounds::read_line;
use crate::command::{Command, ExpireUnit, KeyCommand, Reply, Request, UnsupportedCommand};
use crate::format::byte_string::{ByteString, decode_base64};
use crate::format::json_fault;

/// The longest line, in bytes.
const LINE_LIMIT_BYTES: u64 = 256 << 20;
/// The most operations of a history, which is held in memory.
const OPERATIONS_LIMIT: usize = 1_000_000;

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The input failed.
    #[error("reading the history: {0}")]
    Io(#[from] std::io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {fault}")]
    Line {
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        fault: HistoryFault,
    },
}

/// What is wrong with a line, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum HistoryFault {
    /// Longer than any line of a history.
    #[error("the line has more than {LINE_LIMIT_BYTES} bytes")]
    TooLong,
    /// Too many operations.
    #[error("a history has at most {OPERATIONS_LIMIT} operations; cut it into several that begin with an empty store")]
    TooMany,
    /// Broken JSON, a member of the wrong type, or one that is not known.
    #[error("{message} (column {column})")]
    Json {
        /// Column in bytes, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// The line does not start with a brace.
    #[error(
        "expected one JSON object a line, such as \
         {{\"client\":0,\"call_us\":1,\"reply_us\":2,\"cmd\":[\"LLEN\",\"k\"],\"reply\":0}}"
    )]
    NotAnObject,
    /// A form that this version does not read.
    #[error("format_version {0} is not supported; expected {FORMAT_VERSION}")]
    FormatVersion(u32),
    /// A header anywhere else.
    #[error("a header (format_version, tool_version, clock_us) is expected on the first line only")]
    MisplacedHeader,
    /// The clock goes back.
    #[error("clock_us is [least, most]; the least is larger")]
    Clock,
    /// A member is missing.
    #[error("\"{0}\" is missing; an operation needs it")]
    Missing(&'static str),
    /// Neither a command nor a transaction, or both.
    #[error("expected exactly one of \"cmd\" and \"txn\"")]
    NotOneKind,
    /// What belongs together is not there together.
    #[error("expected \"reply_us\" with either \"reply\" or \"failed\", or none of them where no reply came")]
    NotOneOutcome,
    /// The reply came before the call.
    #[error("reply_us {reply_us} is before call_us {call_us}")]
    EndsBeforeItBegins {
        /// The call.
        call_us: u64,
        /// The reply.
        reply_us: u64,
    },
    /// A client does two things at a time.
    #[error(
        "client {client} calls at {call_us} us, before the reply at {reply_us} us to what it did before; give each \
         connection a number of its own"
    )]
    Overlaps {
        /// The client.
        client: u32,
        /// When it calls.
        call_us: u64,
        /// When it was answered.
        reply_us: u64,
    },
    /// A command with an absolute time, and no clock to compare it with.
    #[error("{0} names a time of the server's clock; give \"clock_us\" in a header")]
    NoClock(&'static str),
    /// A command that is not known.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedCommand),
}

impl History {
    /// Reads a history.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, or what `input` says.
    pub fn read(mut input: impl BufRead) -> Result<History, HistoryError> {
        let (mut history, mut lines) = (History::default(), Vec::new());
        let (mut buffer, mut line, mut is_first) = (Vec::new(), 0, true);
        loop {
            buffer.clear();
            if read_line(&mut input, LINE_LIMIT_BYTES + 1, &mut buffer)? == 0 {
                break;
            }
            line += 1;
            if buffer.trim_ascii().is_empty() {
                continue;
            }
            let at_line = |fault| HistoryError::Line { line, fault };
            match parse_line(&buffer, is_first).map_err(at_line)? {
                Line::Header(clock) => history.clock = clock,
                Line::Operation(operation) => {
                    if let (None, Some(name)) = (history.clock, needs_clock(&operation)) {
                        return Err(at_line(HistoryFault::NoClock(name)));
                    }
                    lines.push((operation, line));
                }
            }
            if lines.len() > OPERATIONS_LIMIT {
                return Err(at_line(HistoryFault::TooMany));
            }
            is_first = false;
        }
        lines.sort_by_key(|(operation, _)| operation.call_us);
        let mut ends: HashMap<u32, u64> = HashMap::new();
        for (operation, line) in &lines {
            let Operation { client, call_us, .. } = *operation;
            let reply_us = ends.insert(client, operation.end_us().unwrap_or(call_us)).unwrap_or(0);
            if call_us < reply_us {
                let fault = HistoryFault::Overlaps { client, call_us, reply_us };
                return Err(HistoryError::Line { line: *line, fault });
            }
        }
        history.operations = lines.into_iter().map(|(operation, _)| operation).collect();
        Ok(history)
    }
}

/// The command whose time means nothing without the server's clock.
fn needs_clock(operation: &Operation) -> Option<&'static str> {
    operation.sent.requests().iter().find_map(|request| match request {
        Request::Valid(Command::Key(KeyCommand::Expire { unit, .. })) => {
            matches!(unit, ExpireUnit::UnixSeconds | ExpireUnit::UnixMilliseconds).then(|| request.command_name())
        }
        Request::Valid(Command::Key(KeyCommand::ExpireTime { .. })) => Some(request.command_name()),
        _ => None,
    })
}

/// Every member of both kinds of line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a JSON object")]
struct Members {
    client: Option<u32>,
    call_us: Option<u64>,
    reply_us: Option<u64>,
    cmd: Option<Vec<ByteString>>,
    txn: Option<Vec<Vec<ByteString>>>,
    #[serde(default, deserialize_with = "given")]
    reply: Option<ReplyJson>,
    failed: Option<String>,
    format_version: Option<u32>,
    tool_version: Option<String>,
    clock_us: Option<[u64; 2]>,
}

/// `null` is a reply, and not the lack of one.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ReplyJson>, D::Error> {
    ReplyJson::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct VersionOnly {
    format_version: Option<u32>,
}

enum Line {
    Header(Option<ServerClock>),
    Operation(Operation),
}

fn parse_line(line: &[u8], is_first: bool) -> Result<Line, HistoryFault> {
    if line.len() as u64 > LINE_LIMIT_BYTES {
        return Err(HistoryFault::TooLong);
    }
    // Asked first because a derived parser takes an array for a struct.
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err(HistoryFault::NotAnObject);
    }
    // A header of another version may have members that are not known here.
    if let Ok(VersionOnly { format_version: Some(version) }) = serde_json::from_slice(line)
        && version != FORMAT_VERSION
    {
        return Err(HistoryFault::FormatVersion(version));
    }
    let members: Members = serde_json::from_slice(line).map_err(|error| {
        let message = json_fault::sentence_about_a_line(&error);
        HistoryFault::Json { column: error.column(), message }
    })?;
    if members.format_version.is_some() && is_first {
        return members.into_header();
    }
    if members.format_version.is_some() || members.tool_version.is_some() || members.clock_us.is_some() {
        return Err(HistoryFault::MisplacedHeader);
    }
    members.into_operation().map(Line::Operation)
}

impl Members {
    fn into_header(self) -> Result<Line, HistoryFault> {
        let is_operation = self.client.is_some()
            || self.cmd.is_some()
            || self.txn.is_some()
            || self.call_us.is_some()
            || self.reply_us.is_some()
            || self.reply.is_some()
            || self.failed.is_some();
        if is_operation {
            return Err(HistoryFault::MisplacedHeader);
        }
        let clock = self.clock_us.map(|[earliest_us, latest_us]| ServerClock { earliest_us, latest_us });
        if clock.is_some_and(|clock| clock.earliest_us > clock.latest_us) {
            return Err(HistoryFault::Clock);
        }
        Ok(Line::Header(clock))
    }

    fn into_operation(self) -> Result<Operation, HistoryFault> {
        let client = self.client.ok_or(HistoryFault::Missing("client"))?;
        let call_us = self.call_us.ok_or(HistoryFault::Missing("call_us"))?;
        let sent = match (self.cmd, self.txn) {
            (Some(args), None) => Sent::Command(request(args)?),
            (None, Some(commands)) => Sent::Transaction(commands.into_iter().map(request).collect::<Result<_, _>>()?),
            _ => return Err(HistoryFault::NotOneKind),
        };
        let outcome = match (self.reply_us, self.reply, self.failed) {
            (Some(at_us), Some(ReplyJson(reply)), None) => Outcome::Replied { at_us, reply },
            (Some(at_us), None, Some(why)) => Outcome::Failed { at_us, why },
            (None, None, None) => Outcome::Lost,
            _ => return Err(HistoryFault::NotOneOutcome),
        };
        let operation = Operation { client, call_us, sent, outcome };
        match operation.end_us().filter(|reply_us| *reply_us < call_us) {
            Some(reply_us) => Err(HistoryFault::EndsBeforeItBegins { call_us, reply_us }),
            None => Ok(operation),
        }
    }
}

fn request(args: Vec<ByteString>) -> Result<Request, UnsupportedCommand> {
    Request::parse(args.into_iter().map(|arg| arg.0).collect())
}

/// A reply. Strings become bulk strings, which compare equal to statuses.
struct ReplyJson(Reply);

impl<'de> Deserialize<'de> for ReplyJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ReplyJson, D::Error> {
        deserializer.deserialize_any(ReplyVisitor)
    }
}

struct ReplyVisitor;

impl<'de> Visitor<'de> for ReplyVisitor {
    type Value = ReplyJson;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a reply: a number, a string, null, an array, {\"base64\":\"...\"} or {\"error\":\"...\"}")
    }

    fn visit_unit<E>(self) -> Result<ReplyJson, E> {
        Ok(ReplyJson(Reply::Null))
    }

    fn visit_i64<E>(self, number: i64) -> Result<ReplyJson, E> {
        Ok(ReplyJson(Reply::Integer(number)))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<ReplyJson, E> {
        i64::try_from(number).map(Reply::Integer).map(ReplyJson).map_err(|_| E::custom("no reply is such a number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<ReplyJson, E> {
        Ok(ReplyJson(Reply::Bulk(text.as_bytes().to_vec())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<ReplyJson, A::Error> {
        let mut replies = Vec::new();
        while let Some(ReplyJson(reply)) = items.next_element()? {
            replies.push(reply);
        }
        Ok(ReplyJson(Reply::Array(replies)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReplyJson, A::Error> {
        let member = map.next_entry::<String, String>()?;
        if map.next_key::<String>()?.is_some() {
            return Err(A::Error::custom("expected one member, \"base64\" or \"error\""));
        }
        match member {
            Some((name, text)) if name == "error" => Ok(ReplyJson(Reply::Error(text))),
            Some((name, text)) if name == "base64" => decode_base64(&text)
                .map(|bytes| ReplyJson(Reply::Bulk(bytes)))
                .ok_or_else(|| A::Error::custom(format!("{text:?} is not unpadded base64url"))),
            _ => Err(A::Error::custom("expected one member, \"base64\" or \"error\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"format_version":1,"tool_version":"0.1.0","clock_us":[5,7]}
{"client":0,"call_us":12,"reply_us":40,"cmd":["RPUSH","k",{"base64":"_w"}],"reply":1}
{"client":1,"call_us":13,"reply_us":44,"txn":[["LPOP","k"],["LLEN","k"]],"reply":[{"base64":"_w"},0]}
{"client":2,"call_us":15,"cmd":["LPOP","k"]}
{"client":3,"call_us":15,"reply_us":31,"cmd":["LPOP","k"],"failed":"conflict"}
{"client":3,"call_us":31,"reply_us":32,"cmd":["LSET","k","0","v"],"reply":{"error":"ERR no such key"}}
{"client":3,"call_us":33,"reply_us":34,"cmd":["LPOP","k"],"reply":null}
{"client":3,"call_us":35,"reply_us":36,"cmd":["PEXPIREAT","k","-9"],"reply":0}
"#;

    fn refusal(text: &str) -> String {
        History::read(text.as_bytes()).expect_err(text).to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let mut history = History::read(LINES.as_bytes()).expect("right lines");
        assert_eq!(history.clock, Some(ServerClock { earliest_us: 5, latest_us: 7 }));
        let ends: Vec<Option<u64>> = history.operations.iter().map(Operation::end_us).collect();
        assert_eq!(ends, [Some(40), Some(44), None, Some(31), Some(32), Some(34), Some(36)]);
        assert_eq!(history.operations.last().and_then(Operation::reply), Some(&Reply::Integer(0)));
        assert_eq!((history.commands(), history.clients()), (8, 4));
        let mut out = Vec::new();
        history.write(&mut out).expect("a vector takes everything");
        let version = format!("\"tool_version\":\"{}\"", env!("CARGO_PKG_VERSION"));
        let expected = LINES.replace("\"tool_version\":\"0.1.0\"", &version);
        assert_eq!(String::from_utf8(out).expect("JSON is UTF-8"), expected);
        let mut lines: Vec<&str> = LINES.lines().collect();
        lines[1..].reverse();
        let mut reversed = History::read(lines.join("\n\n").as_bytes()).expect("any order");
        [&mut history, &mut reversed]
            .into_iter()
            .for_each(|one| one.operations.sort_by_key(|one| (one.call_us, one.client)));
        assert_eq!(reversed, history);
        assert_eq!(History::read(&b""[..]).expect("nothing").operations, []);
    }

    #[test]
    fn refusals_say_what_is_expected() {
        for (line, expected) in [
            ("[]", "expected one JSON object a line"),
            ("{", "EOF while parsing"),
            (r#"{"klient":1}"#, "unknown field `klient`"),
            (r#"{"call_us":1,"cmd":["LLEN","k"]}"#, r#""client" is missing"#),
            (r#"{"client":1,"cmd":["LLEN","k"]}"#, r#""call_us" is missing"#),
            (r#"{"client":1,"call_us":1}"#, r#"exactly one of "cmd" and "txn""#),
            (r#"{"client":1,"call_us":1,"cmd":["GET","k"]}"#, "unsupported command \"GET\""),
            (r#"{"client":1,"call_us":1,"cmd":["LLEN","k"],"reply":1}"#, "expected \"reply_us\" with either"),
            (r#"{"client":1,"call_us":1,"reply_us":2,"cmd":["LLEN","k"]}"#, "expected \"reply_us\" with either"),
            (r#"{"client":1,"call_us":3,"reply_us":2,"cmd":["LLEN","k"],"reply":1}"#, "reply_us 2 is before call_us 3"),
            (r#"{"client":1,"call_us":1,"reply_us":2,"cmd":["LLEN","k"],"reply":1.5}"#, "expected a reply: a number"),
            (r#"{"client":1,"call_us":1,"reply_us":2,"cmd":["LLEN","k"],"reply":{"x":"y"}}"#, "expected one member"),
            (r#"{"client":1,"call_us":1,"cmd":["PEXPIRETIME","k"]}"#, "PEXPIRETIME names a time of the server's clock"),
            (r#"{"client":1,"call_us":1,"cmd":["EXPIREAT","k","9"]}"#, "give \"clock_us\" in a header"),
            (r#"{"client":9,"call_us":5,"cmd":["LLEN","k"]}"#, "client 9 calls at 5 us, before the reply at 8 us"),
            (r#"{"format_version":1}"#, "on the first line only"),
            (r#"{"format_version":2}"#, "format_version 2 is not supported; expected 1"),
        ] {
            let before = r#"{"client":9,"call_us":4,"reply_us":8,"cmd":["LLEN","k"],"reply":0}"#;
            let message = refusal(&format!("{before}\n\n{line}\n"));
            assert!(message.starts_with("line 3: ") && message.contains(expected), "{line} -> {message}");
        }
        assert!(refusal(r#"{"format_version":1,"clock_us":[2,1]}"#).contains("the least is larger"));
        assert!(refusal(r#"{"format_version":1,"client":1}"#).contains("on the first line only"));
    }
}
