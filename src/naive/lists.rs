//! What all of these readings come to: lists.

use std::collections::BTreeMap;

/// Lists by user key.
pub type Lists = BTreeMap<Vec<u8>, List>;

/// A list as a dump has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The items, head first.
    pub items: Vec<Vec<u8>>,
    /// The expiry, in Unix milliseconds.
    pub expire_at_ms: Option<u64>,
}
