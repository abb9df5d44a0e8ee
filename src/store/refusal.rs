//! The store's limits.
//!
//! ```text
//! a whole logical key           1 MiB
//! a value                       256 MiB
//! items moved by one command    100 000
//! sequence numbers              head >= i64::MIN, tail <= i64::MAX
//! ```
//!
//! A command that would break a limit gets a [`Refusal`] instead of a reply, because Redis has no such error. It
//! changes nothing.

use crate::command::{End, UserKey};
use crate::format::VALUE_LIMIT_BYTES;
use crate::format::{KEY_LIMIT_BYTES, key_text};

/// The most items that one command may push, pop or rewrite.
pub const ITEMS_PER_COMMAND: u64 = 100_000;

/// Why the store does not do what Redis would.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described with the variants")]
pub enum Refusal {
    /// A push of `count` items at `end` would leave the sequence range; the list's window is `[head, head + len)`.
    SequenceRange { key: UserKey, end: End, head: i64, len: i64, count: u64 },
    /// The command would move this many items.
    TooManyItems { count: u64 },
    /// The longest record key of this user key would have this many bytes.
    KeyTooLong { bytes: usize },
    /// A value has this many bytes.
    ValueTooLong { bytes: usize },
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::SequenceRange { key, end, head, len, count } => {
                let side = if *end == End::Left { "left" } else { "right" };
                let key = key_text::quoted(key.as_bytes());
                write!(f, "sequence range exhausted: no room for {count} items on the {side} of {key}")?;
                write!(f, " (head {head}, length {len})")
            }
            Refusal::TooManyItems { count } => {
                write!(f, "the command would move {count} items, the limit is {ITEMS_PER_COMMAND}")
            }
            Refusal::KeyTooLong { bytes } => {
                write!(f, "the key's records would have keys of {bytes} bytes, the limit is {}", KEY_LIMIT_BYTES)
            }
            Refusal::ValueTooLong { bytes } => {
                write!(f, "the value has {bytes} bytes, the limit is {VALUE_LIMIT_BYTES}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_breaks_which_limit() {
        let full = |end| Refusal::SequenceRange { key: UserKey::from("k"), end, head: -7, len: 3, count: 2 };
        let texts = [
            (full(End::Left), "sequence range exhausted: no room for 2 items on the left of \"k\" (head -7, length 3)"),
            (
                full(End::Right),
                "sequence range exhausted: no room for 2 items on the right of \"k\" (head -7, length 3)",
            ),
            (Refusal::TooManyItems { count: 7 }, "the command would move 7 items, the limit is 100000"),
            (Refusal::KeyTooLong { bytes: 7 }, "the key's records would have keys of 7 bytes, the limit is 1048576"),
            (Refusal::ValueTooLong { bytes: 7 }, "the value has 7 bytes, the limit is 268435456"),
        ];
        for (refusal, text) in texts {
            assert_eq!(refusal.to_string(), text);
        }
    }
}
