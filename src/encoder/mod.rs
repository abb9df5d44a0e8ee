//! The backup encoder: records become a dump tree.
//!
//! Two ways lead to the same bytes. From a source in the order of its keys ([`encode_ordered`]) elements stream: nothing is
//! sorted, and memory does not grow with a value. From records in any order ([`Unordered`]) each value is buffered compactly,
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

mod catalog;
mod conclusion;
mod error;
mod list;
mod ordered;
#[cfg(test)]
mod tests;
mod tree;
mod unordered;
mod warning;

pub use error::EncodeError;
pub use ordered::encode_ordered;
pub use unordered::Unordered;
pub use warning::Warning;

use std::collections::BTreeMap;

use crate::format::Family;
use crate::format::dump_tree::Manifest;

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
    /// What was dumped of each family that has any values, those without elements included.
    pub counts: BTreeMap<Family, Count>,
    /// What seemed odd, in the order of the user keys.
    pub warnings: Vec<Warning>,
}

/// How much of a family was dumped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Values.
    pub keys: u64,
    /// Their elements.
    pub elements: u64,
}

impl Summary {
    /// What was dumped of a family.
    pub fn of(&self, family: Family) -> Count {
        self.counts.get(&family).copied().unwrap_or_default()
    }

    /// All values and all elements together.
    pub fn total(&self) -> u64 {
        self.counts.values().map(|count| count.keys + count.elements).sum()
    }
}
