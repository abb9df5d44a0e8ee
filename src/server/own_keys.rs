//! Keys that a server shows of its own: statistics, its configuration, a clock. Nobody wrote them, and nobody can delete
//! them.

use std::collections::BTreeSet;

use glob::Pattern;

use crate::command::UserKey;

/// Which keys are a server's own.
#[derive(Debug, Default)]
pub(super) struct OwnKeys {
    patterns: Vec<Pattern>,
    /// They were still there after a flush.
    survivors: BTreeSet<UserKey>,
    /// Those that have been seen.
    found: BTreeSet<UserKey>,
}

impl OwnKeys {
    /// Those that match a pattern are.
    pub(super) fn name(&mut self, patterns: Vec<Pattern>) {
        self.patterns = patterns;
    }

    /// Whether somebody has named some.
    pub(super) fn are_named(&self) -> bool {
        !self.patterns.is_empty()
    }

    /// Those that are there after a flush are.
    pub(super) fn survive(&mut self, keys: BTreeSet<UserKey>) {
        self.found.extend(keys.iter().cloned());
        self.survivors.extend(keys);
    }

    /// Whether a key is one of them; it is taken down then.
    pub(super) fn take(&mut self, key: &UserKey) -> bool {
        let text = String::from_utf8_lossy(key.as_bytes());
        let is_own = self.survivors.contains(key) || self.patterns.iter().any(|pattern| pattern.matches(&text));
        if is_own && !self.found.contains(key) {
            self.found.insert(key.clone());
        }
        is_own
    }

    /// Whether this one has been seen.
    pub(super) fn has_found(&self, key: &UserKey) -> bool {
        self.found.contains(key)
    }

    /// Those that have been seen.
    pub(super) fn found(&self) -> impl Iterator<Item = &UserKey> {
        self.found.iter()
    }
}
