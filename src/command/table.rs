//! The commands, one row each: the only list of them, used by the parser, the error texts and the documentation.

/// What Redis's command table says of one command.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// The name in upper case.
    pub name: &'static str,
    /// Number of arguments, the name included; negative means "at least".
    pub arity: i32,
    /// Whether it can change data.
    pub writes: bool,
}

impl CommandSpec {
    /// Whether `argument_count` arguments, the name included, are a number that Redis lets pass.
    pub fn accepts(&self, argument_count: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { argument_count >= wanted } else { argument_count == wanted }
    }

    /// The row of a command, whatever the case of `name`.
    pub fn find(name: &[u8]) -> Option<&'static CommandSpec> {
        COMMANDS.iter().find(|spec| name.eq_ignore_ascii_case(spec.name.as_bytes()))
    }
}

const fn row(name: &'static str, arity: i32, writes: bool) -> CommandSpec {
    CommandSpec { name, arity, writes }
}

/// Every command that is understood.
pub const COMMANDS: &[CommandSpec] = &[
    row("LPUSH", -3, true),
    row("RPUSH", -3, true),
    row("LPUSHX", -3, true),
    row("RPUSHX", -3, true),
    row("LPOP", -2, true),
    row("RPOP", -2, true),
    row("LSET", 4, true),
    row("LINSERT", 5, true),
    row("LREM", 4, true),
    row("LTRIM", 4, true),
    row("RPOPLPUSH", 3, true),
    row("LMOVE", 5, true),
    row("LMPOP", -4, true),
    row("DEL", -2, true),
    row("RENAME", 3, true),
    row("EXPIRE", -3, true),
    row("PEXPIRE", -3, true),
    row("EXPIREAT", -3, true),
    row("PEXPIREAT", -3, true),
    row("PERSIST", 2, true),
    row("LLEN", 2, false),
    row("LRANGE", 4, false),
    row("LINDEX", 3, false),
    row("LPOS", -3, false),
    row("TYPE", 2, false),
    row("EXISTS", -2, false),
    row("PEXPIRETIME", 2, false),
];
