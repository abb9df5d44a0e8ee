//! What a rule is.

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: lower-case words with hyphens.
    pub name: &'static str,
    /// The section of the format that it is from, 1 to 6; 6 are the hazards, and 7 what several clients do side by side.
    pub section: u8,
    /// What it says, as a clause.
    pub says: &'static str,
    /// The probes that ask a decoder about it; none where [`Rule::has_probes`] says so.
    pub probes: &'static [&'static str],
    /// The situations that reach it.
    pub situations: &'static [&'static str],
}

impl Rule {
    /// Whether a decoder can be asked about it. What clients do to each other is over when a snapshot is written.
    pub fn has_probes(&self) -> bool {
        self.section != CONCURRENCY
    }

    /// What it is a rule of.
    pub fn subject(&self) -> &'static str {
        if self.section == CONCURRENCY { "concurrency" } else { "the format" }
    }
}

/// The section of the rules about clients side by side.
pub(super) const CONCURRENCY: u8 = 7;
