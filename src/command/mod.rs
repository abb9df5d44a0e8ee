//! The Redis list commands and replies as types.
//!
//! This is the one module that everything else may use: the store and the model both execute [`Command`]s, so that a
//! disagreement between them can only come from how a command is *executed*, never from how it was spelt. It depends on
//! nothing, and it decides nothing that depends on data: an index that is not an integer stays in the command as it
//! came ([`IndexArgument`]), because Redis looks the key up first and says `no such key` before it looks at the index.
//!
//! The texts and their order are those of Redis 7.0, the `redis-server` of Debian 12.

mod parse;
mod print;
mod reply;
mod table;

pub use print::write_resp;
pub use reply::{Reply, error};
pub use table::{COMMANDS, CommandSpec};

/// A Redis key as the client named it: any bytes, the empty string included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserKey(pub Vec<u8>);

impl UserKey {
    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for UserKey {
    fn from(text: &str) -> Self {
        UserKey(text.as_bytes().to_vec())
    }
}

/// One end of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The head, index 0: where `LPUSH` and `LPOP` work.
    Left,
    /// The tail, index -1: where `RPUSH` and `RPOP` work.
    Right,
}

/// Where `LINSERT` puts the new item, relative to the pivot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Just before the pivot.
    Before,
    /// Just after the pivot.
    After,
}

/// The index of `LSET` and `LINDEX`, which Redis reads only after it has found the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexArgument {
    /// An index; negative ones count from the tail, -1 being the last item.
    Index(i64),
    /// Bytes that are no integer: an error, unless the key is missing.
    NotAnInteger(Vec<u8>),
}

/// How the time of an `EXPIRE`-family command is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpireUnit {
    /// `EXPIRE`: seconds from now.
    Seconds,
    /// `PEXPIRE`: milliseconds from now.
    Milliseconds,
    /// `EXPIREAT`: Unix seconds.
    UnixSeconds,
    /// `PEXPIREAT`: Unix milliseconds.
    UnixMilliseconds,
}

impl ExpireUnit {
    /// The command's name in lower case, as Redis's error texts have it.
    pub fn command_name(self) -> &'static str {
        match self {
            ExpireUnit::Seconds => "expire",
            ExpireUnit::Milliseconds => "pexpire",
            ExpireUnit::UnixSeconds => "expireat",
            ExpireUnit::UnixMilliseconds => "pexpireat",
        }
    }
}

/// The `NX XX GT LT` options of the `EXPIRE` family. `XX` goes with `GT` or `LT`; the other pairs are refused when
/// parsed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpireCondition {
    /// Only when the key has no expiry.
    pub nx: bool,
    /// Only when the key has an expiry.
    pub xx: bool,
    /// Only when the new expiry is later; no expiry counts as infinitely late.
    pub gt: bool,
    /// Only when the new expiry is earlier; no expiry counts as infinitely late.
    pub lt: bool,
}

/// A well-formed command. Field values are as the client gave them: indexes may be out of range, counts larger than the
/// list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in Redis's own command reference")]
pub enum Command {
    /// `LPUSH`, `RPUSH`, and with `only_existing` `LPUSHX`, `RPUSHX`. `values` is never empty.
    Push { key: UserKey, end: End, values: Vec<Vec<u8>>, only_existing: bool },
    /// `LPOP`, `RPOP`; with a count the reply is an array.
    Pop { key: UserKey, end: End, count: Option<u64> },
    /// `LSET`.
    Set { key: UserKey, index: IndexArgument, value: Vec<u8> },
    /// `LINSERT`.
    Insert { key: UserKey, side: Side, pivot: Vec<u8>, value: Vec<u8> },
    /// `LREM`: positive counts from the head, negative ones from the tail, 0 removes all.
    Remove { key: UserKey, count: i64, value: Vec<u8> },
    /// `LTRIM`.
    Trim { key: UserKey, start: i64, stop: i64 },
    /// `RPOPLPUSH`.
    RPopLPush { source: UserKey, destination: UserKey },
    /// `LMOVE`.
    Move { source: UserKey, destination: UserKey, from: End, to: End },
    /// `LMPOP`; `count`, if given, is at least 1. `keys` is never empty.
    MultiPop { keys: Vec<UserKey>, end: End, count: Option<u64> },
    /// `DEL`. `keys` is never empty.
    Delete { keys: Vec<UserKey> },
    /// `RENAME`.
    Rename { source: UserKey, destination: UserKey },
    /// `EXPIRE`, `PEXPIRE`, `EXPIREAT`, `PEXPIREAT`; `time` is in `unit`, and may be negative.
    Expire { key: UserKey, unit: ExpireUnit, time: i64, condition: ExpireCondition },
    /// `PERSIST`.
    Persist { key: UserKey },
    /// `LLEN`.
    Length { key: UserKey },
    /// `LRANGE`.
    Range { key: UserKey, start: i64, stop: i64 },
    /// `LINDEX`.
    Index { key: UserKey, index: IndexArgument },
    /// `LPOS`; `rank` is not 0, and with a `count` (0 = all) the reply is an array. `max_len` 0 means no limit.
    Position { key: UserKey, value: Vec<u8>, rank: i64, count: Option<u64>, max_len: u64 },
    /// `TYPE`.
    Type { key: UserKey },
    /// `EXISTS`: a key named twice counts twice. `keys` is never empty.
    Exists { keys: Vec<UserKey> },
    /// `PEXPIRETIME`: Unix milliseconds, -1 without an expiry, -2 without a key.
    ExpireTime { key: UserKey },
}

/// When Redis notices that a request is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On arrival: a `MULTI` that holds such a request is discarded as a whole.
    Queue,
    /// When it runs: inside a `MULTI` the others run all the same.
    Run,
}

/// What a client sent: a command, or something that Redis answers with an error whatever the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A well-formed command.
    Valid(Command),
    /// A known command whose arguments Redis refuses.
    Rejected {
        /// The arguments as they came, the command's name first.
        args: Vec<Vec<u8>>,
        /// The whole error reply, such as `ERR syntax error`.
        error: String,
        /// When Redis says so.
        stage: Stage,
    },
}

impl Request {
    /// The command's name in upper case; empty for one that is not in the table.
    pub fn command_name(&self) -> &'static str {
        match self {
            Request::Valid(command) => command.name(),
            Request::Rejected { args, .. } => {
                let name = args.first().map(Vec::as_slice).unwrap_or_default();
                CommandSpec::find(name).map_or("", |spec| spec.name)
            }
        }
    }

    /// The reply of a `MULTI .. EXEC` of `requests` that Redis discards, or `None` when it runs.
    pub fn exec_abort(requests: &[Request]) -> Option<Reply> {
        let refused = |request: &Request| matches!(request, Request::Rejected { stage: Stage::Queue, .. });
        requests.iter().any(refused).then(|| Reply::error(error::EXEC_ABORT))
    }
}

/// A command name that this tool does not execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsupportedCommand {
    /// The name as it came, lossily as text; empty when there were no arguments at all.
    pub name: String,
}

impl std::fmt::Display for UnsupportedCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).collect();
        if self.name.is_empty() {
            return write!(f, "a command without a name; known are {}", known.join(" "));
        }
        write!(f, "unsupported command {:?}; known are {}", self.name, known.join(" "))
    }
}

impl std::error::Error for UnsupportedCommand {}
