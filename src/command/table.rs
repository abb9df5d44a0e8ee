//! The commands, one row each: the only list of them, used by the parser, the error texts and the documentation.

use super::spec::{About, CommandSpec};
use super::valid::Command;
use super::{key, list};

impl CommandSpec {
    /// The row of a command, whatever the case of `name`.
    pub fn find(name: &[u8]) -> Option<&'static CommandSpec> {
        COMMANDS.iter().find(|spec| name.eq_ignore_ascii_case(spec.name.as_bytes()))
    }
}

/// Reads the arguments after the name, whose number has passed the arity check.
pub(super) fn parse(spec: &CommandSpec, operands: &[&[u8]]) -> Result<Command, String> {
    match spec.about {
        About::Lists => list::parse(spec, operands).map(Command::List),
        About::Keys => key::parse(spec, operands).map(Command::Key),
    }
}

const fn list(name: &'static str, arity: i32, writes: bool) -> CommandSpec {
    CommandSpec { name, arity, writes, about: About::Lists }
}

const fn key(name: &'static str, arity: i32, writes: bool) -> CommandSpec {
    CommandSpec { name, arity, writes, about: About::Keys }
}

/// Every command that is understood.
pub const COMMANDS: &[CommandSpec] = &[
    list("LPUSH", -3, true),
    list("RPUSH", -3, true),
    list("LPUSHX", -3, true),
    list("RPUSHX", -3, true),
    list("LPOP", -2, true),
    list("RPOP", -2, true),
    list("LSET", 4, true),
    list("LINSERT", 5, true),
    list("LREM", 4, true),
    list("LTRIM", 4, true),
    list("RPOPLPUSH", 3, true),
    list("LMOVE", 5, true),
    list("LMPOP", -4, true),
    key("DEL", -2, true),
    key("RENAME", 3, true),
    key("EXPIRE", -3, true),
    key("PEXPIRE", -3, true),
    key("EXPIREAT", -3, true),
    key("PEXPIREAT", -3, true),
    key("PERSIST", 2, true),
    list("LLEN", 2, false),
    list("LRANGE", 4, false),
    list("LINDEX", 3, false),
    list("LPOS", -3, false),
    key("TYPE", 2, false),
    key("EXISTS", -2, false),
    key("PEXPIRETIME", 2, false),
];
