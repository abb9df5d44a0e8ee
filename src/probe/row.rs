//! What came of one rule.

use super::snapshot::Snapshot;
use crate::finding::Verdict;

/// What came of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The probe's name.
    pub name: String,
    /// Its rule, in words.
    pub rule: String,
    /// What must come of it, in a few words.
    pub expected: String,
    /// What came of it, in a few words.
    pub got: String,
    /// What that is worth.
    pub verdict: Verdict,
    /// Why it is waived, if it is.
    pub reason: Option<String>,
    /// Where it is wrong, in lines; empty where it is not.
    pub detail: String,
    /// How the decoder ended.
    pub outcome: String,
    /// What it wrote to its outputs.
    pub output: String,
    /// The name of the snapshot; it is the probe's but for a rule that is judged over several.
    pub snapshot_name: String,
    /// The snapshot.
    pub snapshot: Snapshot,
}
