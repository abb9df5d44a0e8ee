//! Arguments of a command: written one after the other, and read by Redis's own rules.

use super::reply::error;
use super::user_key::UserKey;

/// What Redis says of arguments that are no command, whatever the command is.
pub(super) const SYNTAX: &str = "ERR syntax error";

/// The arguments of a command as they are written down, its name first.
pub(super) struct Arguments(pub(super) Vec<Vec<u8>>);

impl Arguments {
    pub(super) fn of(name: &str) -> Arguments {
        Arguments(vec![name.as_bytes().to_vec()])
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.push(bytes.to_vec());
        self
    }

    pub(super) fn word(&mut self, word: &str) -> &mut Self {
        self.bytes(word.as_bytes())
    }

    pub(super) fn number(&mut self, number: impl ToString) -> &mut Self {
        self.word(&number.to_string())
    }

    pub(super) fn key(&mut self, key: &UserKey) -> &mut Self {
        self.bytes(key.as_bytes())
    }

    pub(super) fn keys(&mut self, keys: &[UserKey]) -> &mut Self {
        self.0.extend(keys.iter().map(|key| key.0.clone()));
        self
    }

    pub(super) fn all(&mut self, values: &[Vec<u8>]) -> &mut Self {
        self.0.extend_from_slice(values);
        self
    }
}

pub(super) fn user_key(bytes: &[u8]) -> UserKey {
    UserKey(bytes.to_vec())
}

pub(super) fn user_keys(keys: &[&[u8]]) -> Vec<UserKey> {
    keys.iter().map(|key| user_key(key)).collect()
}

pub(super) fn integer(bytes: &[u8]) -> Result<i64, String> {
    strict_integer(bytes).ok_or_else(|| error::NOT_AN_INTEGER.to_owned())
}

pub(super) fn non_negative(bytes: &[u8], message: &str) -> Result<u64, String> {
    strict_integer(bytes).and_then(|number| u64::try_from(number).ok()).ok_or_else(|| message.to_owned())
}

/// Redis takes a 64-bit integer only in the one form in which it would print it: no sign but a minus, no leading zero,
/// no `-0`, no space.
pub(super) fn strict_integer(bytes: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
