//! A probe: a question to a decoder about one rule.

use super::expectation::Expected;
use super::snapshot::Snapshot;

/// A question to a decoder.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its name: lower-case words with hyphens.
    pub name: String,
    /// The rule that it isolates, in words.
    pub rule: String,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What must come of it.
    pub(super) expected: Expected,
}

impl Probe {
    pub(super) fn new(name: &str, rule: &str, snapshot: Snapshot, expected: Expected) -> Probe {
        Probe { name: name.to_owned(), rule: rule.to_owned(), snapshot, expected }
    }
}
