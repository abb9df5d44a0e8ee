//! The commands about keys of any type.

use super::arguments::{Arguments, integer, user_key, user_keys};
use super::spec::CommandSpec;
use super::user_key::UserKey;

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

/// A command about keys of any type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in Redis's own command reference")]
pub enum KeyCommand {
    /// `DEL`. `keys` is never empty.
    Delete { keys: Vec<UserKey> },
    /// `RENAME`.
    Rename { source: UserKey, destination: UserKey },
    /// `EXPIRE`, `PEXPIRE`, `EXPIREAT`, `PEXPIREAT`; `time` is in `unit`, and may be negative.
    Expire { key: UserKey, unit: ExpireUnit, time: i64, condition: ExpireCondition },
    /// `PERSIST`.
    Persist { key: UserKey },
    /// `TYPE`.
    Type { key: UserKey },
    /// `EXISTS`: a key named twice counts twice. `keys` is never empty.
    Exists { keys: Vec<UserKey> },
    /// `PEXPIRETIME`: Unix milliseconds, -1 without an expiry, -2 without a key.
    ExpireTime { key: UserKey },
}

/// As the parser of lists.
pub(super) fn parse(spec: &CommandSpec, operands: &[&[u8]]) -> Result<KeyCommand, String> {
    match (spec.name, operands) {
        ("DEL", keys) => Ok(KeyCommand::Delete { keys: user_keys(keys) }),
        ("RENAME", [source, destination]) => {
            Ok(KeyCommand::Rename { source: user_key(source), destination: user_key(destination) })
        }
        ("EXPIRE", [key, time, options @ ..]) => expire(key, ExpireUnit::Seconds, time, options),
        ("PEXPIRE", [key, time, options @ ..]) => expire(key, ExpireUnit::Milliseconds, time, options),
        ("EXPIREAT", [key, time, options @ ..]) => expire(key, ExpireUnit::UnixSeconds, time, options),
        ("PEXPIREAT", [key, time, options @ ..]) => expire(key, ExpireUnit::UnixMilliseconds, time, options),
        ("PERSIST", [key]) => Ok(KeyCommand::Persist { key: user_key(key) }),
        ("TYPE", [key]) => Ok(KeyCommand::Type { key: user_key(key) }),
        ("EXISTS", keys) => Ok(KeyCommand::Exists { keys: user_keys(keys) }),
        ("PEXPIRETIME", [key]) => Ok(KeyCommand::ExpireTime { key: user_key(key) }),
        _ => Err(spec.wrong_arity()),
    }
}

fn expire(key: &[u8], unit: ExpireUnit, time: &[u8], options: &[&[u8]]) -> Result<KeyCommand, String> {
    let mut condition = ExpireCondition::default();
    for option in options {
        match option.to_ascii_lowercase().as_slice() {
            b"nx" => condition.nx = true,
            b"xx" => condition.xx = true,
            b"gt" => condition.gt = true,
            b"lt" => condition.lt = true,
            _ => return Err(format!("ERR Unsupported option {}", as_c_string(option))),
        }
    }
    if condition.nx && (condition.xx || condition.gt || condition.lt) {
        return Err("ERR NX and XX, GT or LT options at the same time are not compatible".to_owned());
    }
    if condition.gt && condition.lt {
        return Err("ERR GT and LT options at the same time are not compatible".to_owned());
    }
    Ok(KeyCommand::Expire { key: user_key(key), unit, time: integer(time)?, condition })
}

/// Redis formats the option as a C string into a one-line error: it ends at a NUL, line breaks at its end are cut
/// off, the others become spaces.
fn as_c_string(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    text.trim_end_matches(['\r', '\n']).replace(['\r', '\n'], " ")
}

impl KeyCommand {
    /// The name in upper case.
    pub fn name(&self) -> &'static str {
        match self {
            KeyCommand::Delete { .. } => "DEL",
            KeyCommand::Rename { .. } => "RENAME",
            KeyCommand::Expire { unit: ExpireUnit::Seconds, .. } => "EXPIRE",
            KeyCommand::Expire { unit: ExpireUnit::Milliseconds, .. } => "PEXPIRE",
            KeyCommand::Expire { unit: ExpireUnit::UnixSeconds, .. } => "EXPIREAT",
            KeyCommand::Expire { unit: ExpireUnit::UnixMilliseconds, .. } => "PEXPIREAT",
            KeyCommand::Persist { .. } => "PERSIST",
            KeyCommand::Type { .. } => "TYPE",
            KeyCommand::Exists { .. } => "EXISTS",
            KeyCommand::ExpireTime { .. } => "PEXPIRETIME",
        }
    }

    /// The keys that it names.
    pub(super) fn keys(&self) -> Vec<&UserKey> {
        match self {
            KeyCommand::Rename { source, destination } => vec![source, destination],
            KeyCommand::Delete { keys } | KeyCommand::Exists { keys } => keys.iter().collect(),
            KeyCommand::Expire { key, .. }
            | KeyCommand::Persist { key }
            | KeyCommand::Type { key }
            | KeyCommand::ExpireTime { key } => vec![key],
        }
    }

    /// The arguments, the name first.
    pub fn args(&self) -> Vec<Vec<u8>> {
        let mut args = Arguments::of(self.name());
        match self {
            KeyCommand::Rename { source, destination } => args.key(source).key(destination),
            KeyCommand::Delete { keys } | KeyCommand::Exists { keys } => args.keys(keys),
            KeyCommand::Expire { key, time, condition, .. } => args.key(key).number(time).condition(*condition),
            KeyCommand::Persist { key } | KeyCommand::Type { key } | KeyCommand::ExpireTime { key } => args.key(key),
        };
        args.0
    }
}

impl Arguments {
    fn condition(&mut self, condition: ExpireCondition) -> &mut Self {
        let words = [(condition.nx, "NX"), (condition.xx, "XX"), (condition.gt, "GT"), (condition.lt, "LT")];
        for (_, word) in words.iter().filter(|(given, _)| *given) {
            self.word(word);
        }
        self
    }
}
