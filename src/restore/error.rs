//! Why a key cannot be stored.

use crate::format::{KEY_LIMIT_BYTES, VALUE_LIMIT_BYTES};

/// Why a key cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Its key is too long for the store.
    #[error("list {key}: its records would have keys of {bytes} bytes, the store's limit is {KEY_LIMIT_BYTES}")]
    KeyTooLong {
        /// The user key, as people read it.
        key: String,
        /// The length of its longest record key.
        bytes: usize,
    },
    /// One of its items is too long for the store.
    #[error("list {key}: item {index} has {bytes} bytes, the store's limit is {VALUE_LIMIT_BYTES}")]
    ItemTooLong {
        /// The user key, as people read it.
        key: String,
        /// The item's place, from 0.
        index: usize,
        /// Its length.
        bytes: usize,
    },
}
