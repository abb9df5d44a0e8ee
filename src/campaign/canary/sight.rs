//! What a run knows of its comparisons once the canaries are back.

use crate::finding::Finding;

/// What a run knows of its comparisons once the canaries are back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Every comparison has reported its canaries.
    Clear,
    /// Some canaries say nothing, because their case has a finding with nothing wrong; this is the first of them.
    Unsettled(String),
    /// A comparison has not.
    Blind(Blind),
}

/// What a checker is that does not report a canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// What is wrong, and which kind of finding with which aspect must report it.
    pub canary: String,
    /// What has become of it, as a clause.
    pub instead: String,
}

/// A finding's class in words.
pub(super) fn class_text(finding: &Finding) -> String {
    let (kind, aspect) = finding.class();
    [kind.name(), aspect].join(" ").trim_end().to_owned()
}
