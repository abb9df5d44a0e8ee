//! The backup encoder: list records become a dump tree.
//!
//! Two ways lead to the same bytes. From a source in the order of its keys ([`encode_ordered`]) items stream: nothing is
//! sorted, and memory does not grow with a list. From records in any order ([`Unordered`]) each list is buffered compactly,
//! sorted when everything has come, and flushed.
//!
//! What is dumped, whichever way:
//!
//! - Items are the truth. Items without a meta make a file; a base meta without items makes one with `[]`; deltas
//!   alone make none. Claims never hide an item. Items outside the window of the resolved meta are dumped, and warned
//!   about.
//! - The expiry is a 32-byte meta's own, as it is, 0 meaning none; otherwise the TTL record's, clamped to `i64::MAX`.
//! - User keys come in ascending byte order in the key map and the warnings.
//! - A malformed record ends the dump with an [`EncodeError`] that names it. What was written until then is the caller's
//!   to throw away, for which a staged folder is made.

mod attributes;
mod ordered;
#[cfg(test)]
mod tests;
mod tree;
mod unordered;

pub use ordered::encode_ordered;
pub use unordered::Unordered;

use crate::format::dump_tree::Manifest;
use crate::format::key_text;
use crate::records::SourceError;

/// What a dump is to say of itself.
#[derive(Clone, Debug)]
pub struct DumpOptions {
    /// The number of the Redis database, the `<n>` of `db_<n>`.
    pub db_index: u32,
    /// The manifest.
    pub manifest: Manifest,
}

/// What was dumped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Lists, those without items included.
    pub lists: u64,
    /// Items.
    pub items: u64,
    /// What seemed odd, in the order of the user keys.
    pub warnings: Vec<Warning>,
}

/// Something odd that does not end a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the event")]
pub enum Warning {
    /// A base meta exists, and the resolved length differs from the items found.
    LengthMismatch { user_key: Vec<u8>, declared_len: u64, observed_items: u64 },
    /// Items lie outside the window that meta and deltas say.
    ItemOutsideWindow { user_key: Vec<u8>, count: u64 },
    /// A base meta whose tail is not head + length.
    MetaInvariant { user_key: Vec<u8> },
    /// TTL records of keys that no record of any type names.
    OrphanTtl { count: u64 },
}

impl Warning {
    /// The event's name.
    pub fn event(&self) -> &'static str {
        match self {
            Warning::LengthMismatch { .. } => "redis_list_length_mismatch",
            Warning::ItemOutsideWindow { .. } => "redis_list_item_outside_window",
            Warning::MetaInvariant { .. } => "redis_list_meta_invariant",
            Warning::OrphanTtl { .. } => "redis_orphan_ttl",
        }
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
            Warning::LengthMismatch { declared_len, observed_items, .. } => {
                write!(f, " declared_len={declared_len} observed_items={observed_items}")?;
            }
            Warning::ItemOutsideWindow { count, .. } => write!(f, " count={count}")?,
            Warning::MetaInvariant { .. } | Warning::OrphanTtl { .. } => {}
        }
        write!(f, " (key {})", key_text::quoted(user_key))
    }
}

/// Why a dump ended.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A malformed record; the sentence names it.
    #[error("{0}")]
    Record(String),
    /// A record that came twice from a source that is not a database; the sentence names it.
    #[error("record {0} came twice")]
    Duplicate(String),
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file of the tree could not be written.
    #[error("write {path} of the dump: {source}")]
    Write {
        /// The path relative to the tree's root.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}
