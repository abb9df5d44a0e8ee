//! How many cases of a run have been in each situation.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::reached::Reached;
use super::table::{Needs, SITUATIONS, Situation};

/// The ledger of a run; in JSON, cases by the name of the situation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(BTreeMap<String, u64>);

impl Ledger {
    /// Adds a case. With the first one, every situation gets its line.
    pub fn add(&mut self, reached: Reached) {
        if self.0.is_empty() {
            self.0.extend(SITUATIONS.iter().map(|situation| (situation.name.to_owned(), 0)));
        }
        for situation in reached.situations() {
            if let Some(cases) = self.0.get_mut(situation.name) {
                *cases += 1;
            }
        }
    }

    /// Adds what another run reached; `None` where a sum goes beyond 64 bits.
    pub fn join(&mut self, other: Ledger) -> Option<()> {
        for (name, cases) in other.0 {
            let total = self.0.entry(name).or_default();
            *total = total.checked_add(cases)?;
        }
        Some(())
    }

    /// The cases of each situation.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.0.values().copied()
    }

    /// Whether no case was looked at.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cases that were in a situation.
    pub fn cases(&self, situation: &Situation) -> u64 {
        self.0.get(situation.name).copied().unwrap_or(0)
    }

    /// The situations that no case was in, in the order of the table.
    pub fn missed(&self) -> Vec<&'static Situation> {
        SITUATIONS.iter().filter(|situation| self.cases(situation) == 0).collect()
    }

    /// The number of situations that cases were in.
    pub fn reached(&self) -> usize {
        SITUATIONS.len() - self.missed().len()
    }

    /// Writes a line for each situation, and a sum.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for situation in SITUATIONS {
            let count = match self.cases(situation) {
                0 => "MISSED".to_owned(),
                cases => cases.to_string(),
            };
            let needs = match situation.needs {
                Needs::Nothing => String::new(),
                needs => format!(" (with {})", needs.flags()),
            };
            writeln!(out, "{count:>7}  {:<34}  {}{needs}", situation.name, situation.what)?;
        }
        writeln!(out, "{} of {} situations reached", self.reached(), SITUATIONS.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::situations::Mark;

    #[test]
    fn cases_are_counted_by_situation() {
        let (mut ledger, mut reached) = (Ledger::default(), Reached::default());
        assert_eq!((ledger.reached(), ledger.missed().len()), (0, SITUATIONS.len()));
        reached.tick(Mark::NegativeHead);
        ledger.add(reached);
        reached.tick(Mark::BothSigns);
        ledger.add(reached);
        assert_eq!(ledger.reached(), 2);
        let mut text = Vec::new();
        ledger.write(&mut text).expect("memory");
        let text = String::from_utf8(text).expect("text");
        assert!(text.starts_with("      2  negative-head "), "{text}");
        assert!(text.ends_with(&format!("2 of {} situations reached\n", SITUATIONS.len())), "{text}");
        assert_eq!(text.matches("MISSED").count(), SITUATIONS.len() - 2);
    }
}
