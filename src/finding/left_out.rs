//! What a run was to compare and did not: a table by kind, with counts, that goes from the cases to every report.
//!
//! "0 mismatches" says nothing about what was not compared. So whatever looks at less than it was given counts it here: in a
//! case, in its report; once for a run, in the report of the run. A share of cases that is drawn is nothing left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOutKind {
    /// Profiles that there was no time for.
    Profiles,
    /// Shapes of snapshots that the decoder does not take.
    Shapes,
    /// Commands that were not run.
    Commands,
    /// Keys of other types than those that are compared.
    Families,
    /// Databases of a recording that are not taken.
    Databases,
    /// Parts of a recording that are not whole.
    Entries,
    /// Earlier commits that had too many lists.
    Moments,
    /// Dumps that were too large to be made a second time.
    SecondDumps,
    /// Cases that were too large to be read a second time.
    SecondReadings,
    /// Cases that were too large to be run a second time.
    SecondRuns,
    /// Histories of several clients that were not judged.
    Histories,
}

/// Name of every kind, and what is counted: for reports and documentation.
pub const LEFT_OUT_KINDS: &[(LeftOutKind, &str, &str)] = &[
    (LeftOutKind::Profiles, "profiles", "cases of profiles for which --time was too short, by profile"),
    (LeftOutKind::Shapes, "shapes", "cases without a shape of snapshots that the decoder does not take, by shape"),
    (LeftOutKind::Commands, "commands", "commands that were not run, by name"),
    (
        LeftOutKind::Families,
        "families",
        "keys of other types than lists, in a recording or in a decoder's dumps, by type",
    ),
    (LeftOutKind::Databases, "databases", "commands about lists in other databases of a recording, by database"),
    (LeftOutKind::Entries, "entries", "entries of a recording that are cut short"),
    (LeftOutKind::Moments, "moments", "earlier commits with too many lists to dump and decode them, by way"),
    (LeftOutKind::SecondDumps, "second-dumps", "dumps with too many records to make them a second time, by way"),
    (LeftOutKind::SecondReadings, "second-readings", "cases with too many items to read them a second time"),
    (LeftOutKind::SecondRuns, "second-runs", "cases with too many items to run them twice"),
    (LeftOutKind::Histories, "histories", "histories of several clients without a verdict, by reason"),
];

impl LeftOutKind {
    /// The kind's name in reports.
    pub fn name(self) -> &'static str {
        LEFT_OUT_KINDS.iter().find(|(kind, ..)| *kind == self).map_or("unnamed", |(_, name, _)| name)
    }
}

/// More names of a kind than this are summed up in a line for people; JSON has them all.
const SHOWN_NAMES: usize = 8;

/// What was left out. In JSON, by kind and then by name, how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeftOut(BTreeMap<String, BTreeMap<String, u64>>);

impl LeftOut {
    /// Adds what was left out so often.
    pub fn add(&mut self, kind: LeftOutKind, name: &str, count: u64) {
        if count > 0 {
            let total = self.0.entry(kind.name().to_owned()).or_default().entry(name.to_owned()).or_default();
            *total = total.saturating_add(count);
        }
    }

    /// Adds what another case or run left out; `None` where a sum goes beyond 64 bits.
    pub fn join(&mut self, other: LeftOut) -> Option<()> {
        for (kind, counts) in other.0 {
            let totals = self.0.entry(kind).or_default();
            for (name, count) in counts {
                let total = totals.entry(name).or_default();
                *total = total.checked_add(count)?;
            }
        }
        Some(())
    }

    /// How often something of this name was left out.
    pub fn count(&self, kind: LeftOutKind, name: &str) -> u64 {
        self.0.get(kind.name()).and_then(|counts| counts.get(name)).copied().unwrap_or(0)
    }

    /// Whether everything was compared.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// Each kind with its sum and its names, as `commands 5 (LMPOP 3, LPOS 2)`.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().filter(|(_, counts)| !counts.is_empty()).map(|(kind, counts)| line(kind, counts)).collect()
    }

    /// The same in a clause.
    pub fn words(&self) -> String {
        if self.is_empty() { "nothing left out".to_owned() } else { format!("left out: {}", self.lines().join(", ")) }
    }

    /// For each kind its name, and what was left out of it in two lines.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.iter().filter(|(_, counts)| !counts.is_empty()).filter_map(|(kind, counts)| {
            let (_, name, what) = LEFT_OUT_KINDS.iter().find(|(_, name, _)| name == kind)?;
            Some((*name, format!("left out: {what}\n{}", line(kind, counts))))
        })
    }

    /// Whether all kinds are known.
    pub fn is_known(&self) -> bool {
        self.0.keys().all(|kind| LEFT_OUT_KINDS.iter().any(|(_, name, _)| name == kind))
    }
}

fn line(kind: &str, counts: &BTreeMap<String, u64>) -> String {
    let sum = counts.values().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let mut names: Vec<(&String, &u64)> = counts.iter().collect();
    names.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    let mut shown: Vec<String> =
        names.iter().take(SHOWN_NAMES).map(|(name, count)| format!("{name} {count}")).collect();
    if names.len() > SHOWN_NAMES {
        shown.push(format!("and {} more", names.len() - SHOWN_NAMES));
    }
    format!("{kind} {sum} ({})", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_summed_up_by_kind_and_name() {
        let mut left_out = LeftOut::default();
        assert!(left_out.is_empty() && left_out.rows().next().is_none());
        assert_eq!(left_out.words(), "nothing left out");
        left_out.add(LeftOutKind::Commands, "LPOS", 2);
        left_out.add(LeftOutKind::Commands, "LMPOP", 3);
        left_out.add(LeftOutKind::SecondDumps, "shuffled", 0);
        let mut other = LeftOut::default();
        other.add(LeftOutKind::Databases, "3", 1);
        other.add(LeftOutKind::Commands, "LPOS", 2);
        assert_eq!(left_out.join(other), Some(()));
        assert_eq!(left_out.words(), "left out: commands 7 (LPOS 4, LMPOP 3), databases 1 (3 1)");
        let rows: Vec<(&str, String)> = left_out.rows().collect();
        let said = "left out: commands that were not run, by name\ncommands 7 (LPOS 4, LMPOP 3)";
        assert_eq!(rows.first(), Some(&("commands", said.to_owned())));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn many_names_are_summed_up_and_sums_do_not_run_over() {
        let mut left_out = LeftOut::default();
        (0..10).for_each(|name| left_out.add(LeftOutKind::Databases, &format!("{name:02}"), 1));
        assert!(left_out.words().ends_with("07 1, and 2 more)"), "{}", left_out.words());
        let mut much = LeftOut::default();
        much.add(LeftOutKind::Databases, "00", u64::MAX);
        assert_eq!(left_out.join(much), None);
    }
}
