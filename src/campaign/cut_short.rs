//! Why shrinking, and what is tried after it, ended before there was nothing left to try.

use serde::{Deserialize, Serialize};

/// Why a trace is not as small as it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutShort {
    /// There was more to try when the time was up.
    TimeUp,
    /// There was more to try when somebody wished an end.
    Interrupted,
    /// Run again, the case did not fail in the same way, and so it is whole.
    FailedOnce,
}

impl CutShort {
    /// The reason, as a clause.
    pub fn words(self) -> &'static str {
        match self {
            CutShort::TimeUp => "the time was up, and there was more to try",
            CutShort::Interrupted => "interrupted, and there was more to try",
            CutShort::FailedOnce => "run again, the case did not fail in the same way",
        }
    }
}
