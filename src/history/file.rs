//! Histories as files: JSON lines, one for each operation.
//!
//! ```text
//! {"format_version":1,"tool_version":"0.1.0","clock_us":[1764302400000000,1764302400000180]}    first line, optional
//! {"client":0,"call_us":12,"reply_us":40,"cmd":["RPUSH","k",{"base64":"_w"}],"reply":1}
//! {"client":1,"call_us":13,"reply_us":44,"txn":[["LPOP","k"],["LLEN","k"]],"reply":["a",0]}     MULTI .. EXEC
//! {"client":2,"call_us":15,"cmd":["LPOP","k"]}                                no reply came: done never, or at any time
//! {"client":3,"call_us":15,"reply_us":31,"cmd":["LPOP","k"],"failed":"..."}   the client was told that nothing was done
//! ```
//!
//! - Keys, arguments and items are byte strings ([`crate::format::byte_string`]).
//! - Times are microseconds of one clock that never goes back; 0 is any moment before the first call.
//! - `clock_us` is what the server's clock showed at time 0, in Unix microseconds: at least and at most.
//! - A reply is as in the files of replies that `apply` writes: statuses and strings are byte strings, both kinds of null are
//!   `null`, an error is `{"error":"ERR no such key"}`.
//! - Lines may be in any order; those that are written are in the order of the calls.

use std::io::Write;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::operation::{History, Operation, Outcome, Sent};
use crate::command::{Reply, Request};
use crate::format::byte_string::ByteStr;

/// The version of the form above.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct HeaderLine {
    format_version: u32,
    tool_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_us: Option<[u64; 2]>,
}

#[derive(Serialize)]
struct OperationLine<'a> {
    client: u32,
    call_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd: Option<Words<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn: Option<Vec<Words<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<ReplyJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
}

struct Words<'a>(&'a Request);

impl Serialize for Words<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.args().iter().map(|arg| ByteStr(arg)))
    }
}

/// As `src/workload/replies.rs` has it, in a room that this one may not use.
struct ReplyJson<'a>(&'a Reply);

impl Serialize for ReplyJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Reply::Status(text) => serializer.serialize_str(text),
            Reply::Bulk(bytes) => ByteStr(bytes).serialize(serializer),
            Reply::Integer(number) => serializer.serialize_i64(*number),
            Reply::Null | Reply::NullArray => serializer.serialize_unit(),
            Reply::Array(replies) => serializer.collect_seq(replies.iter().map(ReplyJson)),
            Reply::Error(text) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("error", text)?;
                map.end()
            }
        }
    }
}

impl History {
    /// Writes the history with its header.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let clock_us = self.clock.map(|clock| [clock.earliest_us, clock.latest_us]);
        let tool_version = env!("CARGO_PKG_VERSION");
        write_line(&HeaderLine { format_version: FORMAT_VERSION, tool_version, clock_us }, out)?;
        self.operations.iter().try_for_each(|operation| operation.write(out))
    }
}

impl Operation {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let (cmd, txn) = match &self.sent {
            Sent::Command(request) => (Some(Words(request)), None),
            Sent::Transaction(requests) => (None, Some(requests.iter().map(Words).collect())),
        };
        let failed = match &self.outcome {
            Outcome::Failed { why, .. } => Some(why.as_str()),
            Outcome::Replied { .. } | Outcome::Lost => None,
        };
        let reply = self.reply().map(ReplyJson);
        let Operation { client, call_us, .. } = *self;
        write_line(&OperationLine { client, call_us, reply_us: self.end_us(), cmd, txn, reply, failed }, out)
    }
}

fn write_line(line: &impl Serialize, out: &mut dyn Write) -> std::io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}
