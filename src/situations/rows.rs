//! The rows of the ledger: the situations, and then what commands can be asked.

use super::commands::table;
use super::needs::Needs;
use super::table::SITUATIONS;

/// A row of the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The name in reports: lower case, with hyphens.
    pub name: &'static str,
    /// What has been there when it is ticked off.
    pub what: &'static str,
    /// What a run must be asked for.
    pub needs: Needs,
    /// Its place among all rows, from 0.
    pub(super) place: usize,
}

/// How many rows there are.
pub const ROWS: usize = SITUATIONS.len() + table::COUNT;

/// Every row, in order.
pub fn rows() -> impl Iterator<Item = Row> {
    let situations = SITUATIONS.iter().map(|situation| (situation.name, situation.what, situation.needs));
    let commands = table::command_rows().map(|row| (row.name, row.what, row.needs));
    let all = situations.chain(commands).enumerate();
    all.map(|(place, (name, what, needs))| Row { name, what, needs, place })
}

impl Row {
    /// The row of that name.
    pub fn find(name: &str) -> Option<Row> {
        rows().find(|row| row.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_well_named_and_no_two_alike() {
        assert_eq!(rows().count(), ROWS);
        for row in rows() {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(row.name.bytes().all(is_plain), "{}", row.name);
            assert!(!row.what.is_empty() && !row.what.ends_with('.'), "{}", row.name);
            assert_eq!(Row::find(row.name).map(|found| found.place), Some(row.place), "names are unique: {}", row.name);
        }
    }
}
