//! How many cases of a run have reached each row.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::needs::Needs;
use super::reached::Reached;
use super::rows::{ROWS, Row, rows};

/// The ledger of a run; in JSON, cases by the name of the row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(BTreeMap<String, u64>);

impl Ledger {
    /// Adds a case. With the first one, every row gets its line.
    pub fn add(&mut self, reached: Reached) {
        if self.0.is_empty() {
            self.0.extend(rows().map(|row| (row.name.to_owned(), 0)));
        }
        for row in reached.rows() {
            if let Some(cases) = self.0.get_mut(row.name) {
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

    /// The cases of each row.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.0.values().copied()
    }

    /// Whether no case was looked at.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cases that reached a row.
    pub fn cases(&self, row: &Row) -> u64 {
        self.0.get(row.name).copied().unwrap_or(0)
    }

    /// The rows that no case reached, in order.
    pub fn missed(&self) -> Vec<Row> {
        rows().filter(|row| self.cases(row) == 0).collect()
    }

    /// Of those, the rows that a run needs no flag for.
    pub fn missed_without_flags(&self) -> Vec<Row> {
        rows().filter(|row| row.needs == Needs::Nothing && self.cases(row) == 0).collect()
    }

    /// The number of rows that cases reached.
    pub fn reached(&self) -> usize {
        ROWS - self.missed().len()
    }

    /// Writes a line for each row, and a sum.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for row in rows() {
            let count = match self.cases(&row) {
                0 => "MISSED".to_owned(),
                cases => cases.to_string(),
            };
            let needs = match row.needs {
                Needs::Nothing => String::new(),
                needs => format!(" (with {})", needs.words()),
            };
            writeln!(out, "{count:>7}  {:<34}  {}{needs}", row.name, row.what)?;
        }
        writeln!(out, "{} of {ROWS} situations reached", self.reached())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::situations::Mark;

    #[test]
    fn cases_are_counted_by_row() {
        let (mut ledger, mut reached) = (Ledger::default(), Reached::default());
        assert_eq!((ledger.reached(), ledger.missed().len()), (0, ROWS));
        reached.tick(Mark::NegativeHead);
        ledger.add(reached);
        reached.tick(Mark::BothSigns);
        reached.tick_command_row(0);
        ledger.add(reached);
        assert_eq!(ledger.reached(), 3);
        let mut text = Vec::new();
        ledger.write(&mut text).expect("memory");
        let text = String::from_utf8(text).expect("text");
        assert!(text.starts_with("      2  negative-head "), "{text}");
        assert!(text.contains("\n      1  lpush-missing "), "{text}");
        assert!(text.ends_with(&format!("3 of {ROWS} situations reached\n")), "{text}");
        assert_eq!(text.matches("MISSED").count(), ROWS - 3);
        let without = ledger.missed_without_flags();
        assert!(without.len() < ledger.missed().len() && without.iter().all(|row| row.needs == Needs::Nothing));
    }
}
