//! A finding's case, made small: what a report shows instead of the whole case.

use serde::{Deserialize, Serialize};

use crate::campaign::Needs;
use crate::campaign::shrink::{CutShort, Shrunk};
use crate::case::replay::command_count;
use crate::case::step_text;
use crate::finding::Sides;
use crate::format::byte_string::ByteString;
use crate::format::counted;
use crate::picture::Picture;
use crate::report::findings::{Lineage, picture_of};
use crate::workload::Step;

/// Steps that a report holds; a finding's folder has all of them.
const SHOWN_STEPS: usize = 24;

/// A case as small as it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShrunkCase {
    /// The first steps that are left, as they would be typed, such as `RPUSH k "a" "b"`.
    pub steps: Vec<String>,
    /// The steps that are left, of which a transaction is one.
    pub step_count: u64,
    /// The commands that are left.
    pub commands: u64,
    /// The commands of the whole case.
    pub whole_commands: u64,
    /// How often the case was run for that.
    pub runs: u64,
    /// Why shrinking ended before there was nothing left to try; then another run may come to another trace.
    pub cut_short: Option<CutShort>,
    /// What the finding needs beside the steps, and what it does not: `needs --history; happens also without --noise`. Empty
    /// where that was not tried. Of a history, whether it contradicts itself in another way than the whole one.
    pub needs: String,
    /// The key concerned, where there is one.
    pub key: Option<ByteString>,
    /// What was expected of the small case and what was found.
    pub detail: String,
    /// The items of the list concerned as a diff, where the finding is about those.
    pub diff: Option<String>,
    /// The list concerned, drawn; `None` on a server, and where the finding is about no list.
    pub picture: Option<Picture>,
}

impl ShrunkCase {
    /// What shrinking the steps of a case has left; there is no lineage on a server.
    pub fn of(shrunk: &Shrunk, whole: &[Step], lineage: Option<&Lineage>) -> ShrunkCase {
        let finding = &shrunk.finding;
        ShrunkCase {
            steps: shrunk.steps.iter().take(SHOWN_STEPS).map(step_text).collect(),
            step_count: shrunk.steps.len() as u64,
            commands: command_count(&shrunk.steps),
            whole_commands: command_count(whole),
            runs: shrunk.runs,
            cut_short: shrunk.cut_short,
            needs: shrunk.needs.as_ref().map_or_else(String::new, Needs::line),
            key: finding.user_key.clone().map(ByteString),
            detail: finding.detail.clone(),
            diff: finding.sides.as_deref().and_then(Sides::items_diff),
            picture: picture_of(lineage, finding),
        }
    }

    /// Why it is the whole case; `None` if that was made smaller, or nothing could be cut.
    pub fn why_whole(&self) -> Option<CutShort> {
        // The first run is of the whole case.
        self.cut_short.filter(|_| self.runs <= 1)
    }

    /// How much smaller it got, after `shrunk`: `to 2 commands of 1000, in 46 runs`.
    pub fn how_small(&self) -> String {
        match self.why_whole() {
            Some(why) => format!("not at all: {}", why.words()),
            None => {
                let why = self.cut_short.map_or_else(String::new, |why| format!("; {}", why.words()));
                let (left, runs) = (counted(self.commands, "command"), counted(self.runs, "run"));
                format!("to {left} of {}, in {runs}{why}", self.whole_commands)
            }
        }
    }
}
