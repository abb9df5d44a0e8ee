//! What seems odd in the records, and does not end a dump.

use crate::format::{Family, key_text};

/// Something odd that does not end a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the event")]
pub enum Warning {
    /// A base meta exists, and the resolved length differs from the elements found.
    LengthMismatch { family: Family, user_key: Vec<u8>, declared_len: u64, observed: u64 },
    /// Items of a list lie outside the window that meta and deltas say.
    ItemOutsideWindow { user_key: Vec<u8>, count: u64 },
    /// A list's base meta whose tail is not head + length.
    MetaInvariant { user_key: Vec<u8> },
    /// TTL records of keys that no record of any type names.
    OrphanTtl { count: u64 },
}

impl Warning {
    /// The event's name.
    pub fn event(&self) -> String {
        match self {
            Warning::LengthMismatch { family, .. } => return format!("redis_{}_length_mismatch", family.row().name),
            Warning::ItemOutsideWindow { .. } => "redis_list_item_outside_window",
            Warning::MetaInvariant { .. } => "redis_list_meta_invariant",
            Warning::OrphanTtl { .. } => "redis_orphan_ttl",
        }
        .to_owned()
    }
}

/// The event, its fields, and then the key, which the event itself does not carry.
impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.event())?;
        let (Warning::LengthMismatch { user_key, .. }
        | Warning::ItemOutsideWindow { user_key, .. }
        | Warning::MetaInvariant { user_key }) = self
        else {
            let Warning::OrphanTtl { count } = self else { return Ok(()) };
            return write!(f, " count={count}");
        };
        write!(f, " user_key_len={}", user_key.len())?;
        match self {
            Warning::LengthMismatch { family, declared_len, observed, .. } => {
                write!(f, " declared_len={declared_len} observed_{}s={observed}", family.row().element)?;
            }
            Warning::ItemOutsideWindow { count, .. } => write!(f, " count={count}")?,
            Warning::MetaInvariant { .. } | Warning::OrphanTtl { .. } => {}
        }
        write!(f, " (key {})", key_text::quoted(user_key))
    }
}
