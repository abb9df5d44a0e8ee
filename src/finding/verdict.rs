//! What an answer, a finding or a remark is worth: one scale for cases and for probes.

/// The verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right.
    Ok,
    /// It is wrong.
    Bug,
    /// The format leaves the question open, and this is one of the answers.
    Open,
    /// It is a choice of whoever made it, which no client sees: an empty list that is kept, a limit of the store.
    Policy,
    /// It is wrong, and known to be.
    Waived,
    /// A server does not know what it was asked.
    Unknown,
}

impl Verdict {
    /// The verdict's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Bug => "bug",
            Verdict::Open => "open",
            Verdict::Policy => "policy",
            Verdict::Waived => "waived",
            Verdict::Unknown => "unknown",
        }
    }
}
