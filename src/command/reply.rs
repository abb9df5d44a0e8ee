//! Replies, in the terms of RESP2, and the error texts that both executors give.

use std::borrow::Cow;

/// What a client sees of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A simple string such as `OK`; a foreign server may say what no executor of ours does.
    Status(Cow<'static, str>),
    /// An error, its code first: `ERR no such key`.
    Error(String),
    /// An integer.
    Integer(i64),
    /// A bulk string.
    Bulk(Vec<u8>),
    /// The null bulk string (`$-1`).
    Null,
    /// The null array (`*-1`).
    NullArray,
    /// An array.
    Array(Vec<Reply>),
}

impl Reply {
    /// The status `OK`.
    pub const OK: Reply = Reply::status("OK");

    /// A status.
    pub const fn status(text: &'static str) -> Reply {
        Reply::Status(Cow::Borrowed(text))
    }

    /// An error reply.
    pub fn error(text: impl Into<String>) -> Reply {
        Reply::Error(text.into())
    }

    /// What Redis says to a command with too few or too many arguments; `name` in any case.
    pub fn wrong_arity(name: &[u8]) -> Reply {
        Reply::Error(error::wrong_arity(&String::from_utf8_lossy(name)))
    }

    /// The length of something in memory, as Redis prints it.
    pub fn length(length: usize) -> Reply {
        Reply::Integer(i64::try_from(length).unwrap_or(i64::MAX))
    }

    /// An array of bulk strings.
    pub fn bulks(items: Vec<Vec<u8>>) -> Reply {
        Reply::Array(items.into_iter().map(Reply::Bulk).collect())
    }
}

/// Error texts that depend on data, so that the executors give them. The other ones are given by the parser.
pub mod error {
    /// `LSET` and `RENAME` of a missing key.
    pub const NO_SUCH_KEY: &str = "ERR no such key";
    /// `LSET` outside the list.
    pub const INDEX_OUT_OF_RANGE: &str = "ERR index out of range";
    /// An index that is no 64-bit integer.
    pub const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
    /// A `MULTI` in which Redis refused a command on arrival.
    pub const EXEC_ABORT: &str = "EXECABORT Transaction discarded because of previous errors.";

    /// Too few or too many arguments for a command; `command_name` in any case.
    pub fn wrong_arity(command_name: &str) -> String {
        format!("ERR wrong number of arguments for '{}' command", command_name.to_ascii_lowercase())
    }

    /// An expiry that does not fit 64 bits of milliseconds; `command_name` in lower case.
    pub fn invalid_expire_time(command_name: &str) -> String {
        format!("ERR invalid expire time in '{command_name}' command")
    }
}
