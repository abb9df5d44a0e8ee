//! Upper bounds of the lengths of a case's lists, from the commands alone.
//!
//! The generator sees no replies, yet it must not ask for more than a store does in one command (100 000 items), and
//! indexes should fall into the lists or just beside them. Bounds are enough for both: what may shrink a list is only
//! counted when it surely was executed, and an expiry never is.

use std::collections::HashMap;

use crate::command::UserKey;

#[derive(Clone, Debug, Default)]
pub(super) struct Lengths(HashMap<UserKey, u64>);

impl Lengths {
    /// The key's list has at most this many items.
    pub(super) fn at_most(&self, key: &UserKey) -> u64 {
        self.0.get(key).copied().unwrap_or(0)
    }

    pub(super) fn grow(&mut self, key: &UserKey, by: u64) {
        let grown = self.at_most(key).saturating_add(by);
        self.set(key, grown);
    }

    pub(super) fn shrink(&mut self, key: &UserKey, by: u64) {
        let shrunk = self.at_most(key).saturating_sub(by);
        self.set(key, shrunk);
    }

    pub(super) fn set(&mut self, key: &UserKey, length: u64) {
        if length == 0 {
            self.0.remove(key);
        } else if let Some(known) = self.0.get_mut(key) {
            *known = length;
        } else {
            self.0.insert(key.clone(), length);
        }
    }
}
