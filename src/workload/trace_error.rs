//! Why a trace cannot be read: which line, what is wrong with it, and what would have been right there.

use super::recorded::RecordedError;
use super::trace::FORMAT_VERSION;
use crate::command::UnsupportedCommand;
use crate::format::CommitTs;

/// Why a trace cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The input failed.
    #[error("reading the trace: {0}")]
    Io(#[from] std::io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {fault}")]
    Line {
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// What is no trace.
    #[error("{0}")]
    Other(&'static str),
    /// Nothing tells what it is.
    #[error(
        "it is in none of the forms that are taken: JSON lines, such as {{\"at_ms\":4102444800000,\"cmd\":\
         [\"RPUSH\",\"k\",\"v\"]}}; an append-only file of Redis, which begins with *, #TS: or REDIS; its manifest, such \
         as file appendonly.aof.1.incr.aof seq 1 type i; or the output of MONITOR, such as 1339518083.107412 \
         [0 127.0.0.1:60866] \"GET\" \"k\""
    )]
    UnknownForm,
    /// What a server recorded cannot be taken.
    #[error(transparent)]
    Recorded(#[from] RecordedError),
}

/// What is wrong with a line, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Longer than any line of a trace.
    #[error("the line has more than {0} bytes")]
    TooLong(u64),
    /// The line does not start with a brace.
    #[error("expected one JSON object a line, such as {{\"at_ms\":4102444800000,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}}")]
    NotAnObject,
    /// Broken JSON, a member of the wrong type, or one that is not known.
    #[error("{message} (column {column})")]
    Json {
        /// Column in bytes, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// The trace is in a form that this version does not read.
    #[error("format_version {0} is not supported; expected {FORMAT_VERSION}")]
    FormatVersion(u32),
    /// A header anywhere else.
    #[error("a header (format_version, tool_version, seed, flags) is expected on the first line only")]
    MisplacedHeader,
    /// None of the members that make a step, or several.
    #[error("expected exactly one of \"cmd\", \"txn\" and \"op\"")]
    NotOneAction,
    /// Not one of the two things that a client's line says.
    #[error("expected exactly one of \"begin\" and \"commit\":true")]
    NotOneOfClient,
    /// An operation of another name.
    #[error("unknown op {0:?}; expected compact, compact-read, compact-commit, seed or upgrade")]
    UnknownOp(String),
    /// A member that this kind of line needs.
    #[error("\"{member}\" is missing; {kind} needs it")]
    Missing {
        /// The member.
        member: &'static str,
        /// The kind of line.
        kind: &'static str,
    },
    /// A member that belongs to another kind of line.
    #[error("\"{member}\" is not expected with {kind}")]
    Unexpected {
        /// The member.
        member: &'static str,
        /// The kind of line.
        kind: &'static str,
    },
    /// A time beyond what the store's clock can hold.
    #[error("at_ms {0} is out of range; expected at most {max}", max = CommitTs::MAX_MS)]
    TooLate(u64),
    /// A time before that of an earlier line.
    #[error("at_ms goes back from {last_ms} to {at_ms}; expected the time of the line before, or a later one")]
    GoesBack {
        /// The latest time so far.
        last_ms: u64,
        /// The time of the line.
        at_ms: u64,
    },
    /// A command that is not executed.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedCommand),
}
