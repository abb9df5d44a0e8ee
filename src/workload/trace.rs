//! Traces: the steps of a case, as JSON lines.
//!
//! ```text
//! {"format_version":1,"tool_version":"0.1.0","seed":42,"flags":["--profile","churn"]}     first line, optional
//! {"at_ms":4102444800000,"cmd":["RPUSH","k",{"base64":"_w"}]}
//! {"at_ms":4102444800003,"txn":[["LPOP","k"],["DEL","k"]]}                                MULTI .. EXEC
//! {"at_ms":4102444800003,"op":"compact","key":"k"}                                        also compact-read, compact-commit
//! {"op":"seed","key":"k","head":-5}                                                       at_ms is optional on an op
//! {"op":"upgrade"}
//! {"at_ms":4102444800004,"client":2,"begin":[["LPOP","k"]]}                               it reads; several: MULTI .. EXEC
//! {"client":2,"commit":true}                                                              also "lost":true, "resent":true
//! ```
//!
//! Transactions of several clients run side by side: each reads a snapshot when it begins, and is applied by its commit, unless
//! something that it has read or writes was written in between; then it begins anew, and is applied at once. With `lost` it is
//! applied, and the client is told of a conflict, so it goes out once more; with `resent` it goes out once more because the first
//! try never arrived. A transaction that is never committed has no effect, and neither has a commit without a beginning.
//!
//! Keys and arguments are byte strings ([`crate::format::byte_string`]). `at_ms` is logical time in Unix milliseconds, and
//! never goes back. [`crate::workload::TraceReader`] reads what is written here.
//!
//! The `seed` of a header is what the case's own choices were drawn from, such as the moments at which its history is
//! read. A trace that is kept or shrunk carries it, so that it finds again what it found.

use std::io::Write;

use serde::Serialize;

use crate::command::{Request, UserKey};
use crate::format::byte_string::ByteStr;

/// The version of the form above.
pub const FORMAT_VERSION: u32 = 1;

/// A whole trace in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Where it comes from, when it says so.
    pub header: Option<Header>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// Where a trace comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// [`FORMAT_VERSION`]; traces of other versions are refused.
    pub format_version: u32,
    /// The version of the tool that wrote it.
    pub tool_version: String,
    /// The seed it was generated from, if it was.
    pub seed: Option<u64>,
    /// The flags that generate it again.
    pub flags: Vec<String>,
}

impl Header {
    /// The header of a trace that this version writes.
    pub fn new(seed: Option<u64>, flags: Vec<String>) -> Header {
        Header { format_version: FORMAT_VERSION, tool_version: env!("CARGO_PKG_VERSION").to_owned(), seed, flags }
    }
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Logical time in Unix milliseconds, at most [`crate::format::CommitTs::MAX_MS`]. `None` means "when the step before
    /// was", and is not allowed for commands and transactions.
    pub at_ms: Option<u64>,
    /// What is done then.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// One command.
    Command(Request),
    /// The commands of a `MULTI .. EXEC`.
    Transaction(Vec<Request>),
    /// A compaction of a key, from reading to committing.
    Compact(UserKey),
    /// The reading half of a compaction: the deltas seen now are the ones to be folded.
    CompactRead(UserKey),
    /// The committing half, whatever was committed since.
    CompactCommit(UserKey),
    /// Puts the head of a key that has no list at a sequence number, as if it had got there by pushes and pops.
    Seed {
        /// The key.
        key: UserKey,
        /// Where its next items go.
        head: i64,
    },
    /// The store is replaced by a newer one over the same records, which writes 32-byte base metas from now on.
    Upgrade,
    /// A client begins: one command, or those of a `MULTI .. EXEC`, read the present.
    Begin {
        /// The client's number.
        client: u32,
        /// What it sends.
        requests: Vec<Request>,
    },
    /// What the client has begun is committed.
    Commit {
        /// The client's number.
        client: u32,
        /// How the client hears of it.
        delivery: Delivery,
    },
}

/// How a client hears of its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As it should.
    Heard,
    /// It is applied, and the client is told of a conflict; so it goes out once more.
    Lost,
    /// It never arrived, and goes out once more: the same keys and values, under a later commit timestamp.
    Resent,
}

impl Action {
    /// The action of requests that are sent together: a command, or a transaction if there is not exactly one.
    pub fn of_requests(mut requests: Vec<Request>) -> Action {
        match (requests.len(), requests.pop()) {
            (1, Some(request)) => Action::Command(request),
            (_, last) => {
                requests.extend(last);
                Action::Transaction(requests)
            }
        }
    }

    /// The requests that a client sends with it; none for what is no client's.
    pub fn requests(&self) -> &[Request] {
        match self {
            Action::Command(request) => std::slice::from_ref(request),
            Action::Transaction(requests) | Action::Begin { requests, .. } => requests,
            Action::Compact(_)
            | Action::CompactRead(_)
            | Action::CompactCommit(_)
            | Action::Seed { .. }
            | Action::Upgrade
            | Action::Commit { .. } => &[],
        }
    }
}

/// The names of the operations.
pub(super) const COMPACT: &str = "compact";
pub(super) const COMPACT_READ: &str = "compact-read";
pub(super) const COMPACT_COMMIT: &str = "compact-commit";
pub(super) const SEED: &str = "seed";
pub(super) const UPGRADE: &str = "upgrade";

#[derive(Default, Serialize)]
struct StepLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd: Option<Vec<ByteStr<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn: Option<Vec<Vec<ByteStr<'a>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<ByteStr<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    begin: Option<Vec<Vec<ByteStr<'a>>>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    commit: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    lost: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    resent: bool,
}

impl Step {
    /// Writes the step as one line.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut line = StepLine { at_ms: self.at_ms, ..StepLine::default() };
        let requests = match &self.action {
            Action::Command(request) => vec![request.args()],
            Action::Transaction(requests) | Action::Begin { requests, .. } => {
                requests.iter().map(Request::args).collect()
            }
            _ => Vec::new(),
        };
        let mut arguments: Vec<Vec<ByteStr<'_>>> =
            requests.iter().map(|args| args.iter().map(|arg| ByteStr(arg)).collect()).collect();
        let mut operation = |name, key, head| {
            line.op = Some(name);
            line.key = key;
            line.head = head;
        };
        match &self.action {
            Action::Command(_) => line.cmd = arguments.pop(),
            Action::Transaction(_) => line.txn = Some(arguments),
            Action::Compact(key) => operation(COMPACT, Some(ByteStr(key.as_bytes())), None),
            Action::CompactRead(key) => operation(COMPACT_READ, Some(ByteStr(key.as_bytes())), None),
            Action::CompactCommit(key) => operation(COMPACT_COMMIT, Some(ByteStr(key.as_bytes())), None),
            Action::Seed { key, head } => operation(SEED, Some(ByteStr(key.as_bytes())), Some(*head)),
            Action::Upgrade => operation(UPGRADE, None, None),
            Action::Begin { client, .. } => (line.client, line.begin) = (Some(*client), Some(arguments)),
            Action::Commit { client, delivery } => {
                (line.client, line.commit) = (Some(*client), true);
                (line.lost, line.resent) = (*delivery == Delivery::Lost, *delivery == Delivery::Resent);
            }
        }
        write_line(&line, out)
    }
}

impl Header {
    /// Writes the header as one line, which must be the first.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write_line(self, out)
    }
}

impl Trace {
    /// Writes the whole trace.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if let Some(header) = &self.header {
            header.write(out)?;
        }
        self.steps.iter().try_for_each(|step| step.write(out))
    }

    /// The time at which the trace ends: its latest one, because time does not go back. `None` when no step has one.
    pub fn last_ms(&self) -> Option<u64> {
        self.steps.iter().filter_map(|step| step.at_ms).max()
    }
}

/// One `write_all` a line: `out` may be an unbuffered pipe.
pub(super) fn write_line(line: &impl Serialize, out: &mut dyn Write) -> std::io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_documented() {
        let key = UserKey::from("k");
        let request =
            |words: &[&[u8]]| Request::parse(words.iter().map(|word| word.to_vec()).collect()).expect("known");
        let at = |at_ms, action| Step { at_ms: Some(at_ms), action };
        let trace = Trace {
            header: Some(Header {
                format_version: 1,
                tool_version: "0.1.0".to_owned(),
                seed: Some(42),
                flags: vec!["--profile".to_owned(), "churn".to_owned()],
            }),
            steps: vec![
                at(4_102_444_800_000, Action::Command(request(&[b"rpush", b"k", b"\xff"]))),
                at(4_102_444_800_003, Action::Transaction(vec![request(&[b"LPOP", b"k"]), request(&[b"DEL", b"k"])])),
                at(4_102_444_800_003, Action::Compact(key.clone())),
                Step { at_ms: None, action: Action::CompactRead(UserKey(vec![0xff])) },
                Step { at_ms: None, action: Action::CompactCommit(key.clone()) },
                Step { at_ms: None, action: Action::Seed { key, head: -5 } },
                Step { at_ms: None, action: Action::Upgrade },
                at(4_102_444_800_004, Action::Begin { client: 2, requests: vec![request(&[b"LPOP", b"k"])] }),
                Step { at_ms: None, action: Action::Commit { client: 2, delivery: Delivery::Heard } },
                Step { at_ms: None, action: Action::Commit { client: 2, delivery: Delivery::Lost } },
                Step { at_ms: None, action: Action::Commit { client: 3, delivery: Delivery::Resent } },
            ],
        };
        let mut out = Vec::new();
        trace.write(&mut out).expect("a vector takes everything");
        let expected = r#"{"format_version":1,"tool_version":"0.1.0","seed":42,"flags":["--profile","churn"]}
{"at_ms":4102444800000,"cmd":["RPUSH","k",{"base64":"_w"}]}
{"at_ms":4102444800003,"txn":[["LPOP","k"],["DEL","k"]]}
{"at_ms":4102444800003,"op":"compact","key":"k"}
{"op":"compact-read","key":{"base64":"_w"}}
{"op":"compact-commit","key":"k"}
{"op":"seed","key":"k","head":-5}
{"op":"upgrade"}
{"at_ms":4102444800004,"client":2,"begin":[["LPOP","k"]]}
{"client":2,"commit":true}
{"client":2,"commit":true,"lost":true}
{"client":3,"commit":true,"resent":true}
"#;
        assert_eq!(String::from_utf8(out).expect("JSON is UTF-8"), expected);
        assert_eq!(Trace::read(expected.as_bytes()).expect("what was written"), trace);
        assert_eq!(trace.last_ms(), Some(4_102_444_800_004));
        assert_eq!(Trace::default().last_ms(), None);
    }
}
