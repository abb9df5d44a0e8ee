//! What is remembered about a finding, and what is known of it.

use serde::{Deserialize, Serialize};

use super::lineage::Lineage;
use crate::campaign::shrink::{CutShort, Shrunk};
use crate::case::Demands;
use crate::store::MetaWidth;
use crate::workload::Step;

/// What is remembered about a finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct Notes {
    pub format_version: u32,
    /// The version of the tool that found it.
    pub tool_version: String,
    pub fingerprint: String,
    pub verdict: String,
    pub kind: String,
    pub aspect: String,
    /// The bytes of a base meta, 24 or 32, or `server`.
    pub meta: String,
    /// The flags of the check, which find it again.
    pub flags: Vec<String>,
    /// The command that runs the case that it was found in.
    pub repeat: String,
    pub commands: u64,
    pub shrunk_commands: u64,
    pub shrink_runs: u64,
    /// Why shrinking ended before there was nothing left to cut. Older folders do not say.
    #[serde(default)]
    pub cut_short: Option<CutShort>,
    /// What the finding needs beside the steps, and what not; empty where that was not tried. Older folders do not say.
    #[serde(default)]
    pub needs: String,
    /// How many cases have hit it, and which.
    pub seen_count: u64,
    pub seen: Vec<Seen>,
    /// The folder's other files, and what they are.
    pub files: Vec<(String, String)>,
}

impl Notes {
    /// Whether nothing was left to cut. Folders that do not say so look alike: but they do not say either what the finding
    /// needs, which is tried last.
    pub fn is_smallest(&self) -> bool {
        self.cut_short.is_none() && !self.needs.is_empty()
    }
}

/// A case that hit a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON")]
pub struct Seen {
    pub seed: Option<u64>,
    /// `None` where the finding is about the run as a whole.
    pub case: Option<u64>,
    pub profile: Option<String>,
}

/// What is known of a finding.
pub struct Evidence<'a> {
    /// The steps of the case that it was found in.
    pub whole: &'a [Step],
    /// What is left of them.
    pub shrunk: &'a Shrunk,
    /// What the case's own choices were drawn from.
    pub case_seed: u64,
    /// Which base metas were written; `None` on a server.
    pub width: Option<MetaWidth>,
    /// What was checked: the least that has the finding.
    pub demands: &'a Demands,
    /// Where its records come from, which [`super::write()`] fills if nobody has; `None` on a server.
    pub lineage: Option<Lineage>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_the_smallest_if_shrinking_has_come_to_its_end() {
        let older = serde_json::json!({
            "format_version": 1, "tool_version": "0.1.0", "fingerprint": "tree-00000000", "verdict": "bug", "kind": "tree",
            "aspect": "", "meta": "24", "flags": [], "repeat": "", "commands": 9, "shrunk_commands": 1, "shrink_runs": 7,
            "seen_count": 1, "seen": [], "files": [],
        });
        let older: Notes = serde_json::from_value(older).expect("notes");
        assert!(!older.is_smallest(), "it does not say");
        let smallest = Notes { needs: "needs --history".to_owned(), ..older };
        assert!(smallest.is_smallest());
        for why in [CutShort::TimeUp, CutShort::Interrupted, CutShort::FailedOnce] {
            assert!(!Notes { cut_short: Some(why), ..smallest.clone() }.is_smallest(), "{why:?}");
        }
    }
}
