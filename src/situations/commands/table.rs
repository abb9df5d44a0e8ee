//! The table of commands: every row, by the command that reaches it.

use super::row::{CommandRow, CommandRows};
use super::{any, ends, expiries, keys, moves, reads, rewrites};

const TABLES: &[&[CommandRows]] =
    &[ends::ROWS, ends::MORE_ROWS, rewrites::ROWS, moves::ROWS, reads::ROWS, keys::ROWS, expiries::ROWS, any::ROWS];

/// How many rows there are.
pub(in crate::situations) const COUNT: usize = count(TABLES);

const fn count(tables: &[&[CommandRows]]) -> usize {
    match tables {
        [] => 0,
        [groups, others @ ..] => count_in(groups) + count(others),
    }
}

const fn count_in(groups: &[CommandRows]) -> usize {
    match groups {
        [] => 0,
        [group, others @ ..] => group.rows.len() + count_in(others),
    }
}

/// Every row, in order.
pub(in crate::situations) fn command_rows() -> impl Iterator<Item = &'static CommandRow> {
    TABLES.iter().copied().flatten().flat_map(|group| group.rows)
}

/// The rows that a command can reach, with their places among all.
pub(in crate::situations) fn rows_of(command: &str) -> impl Iterator<Item = (usize, &'static CommandRow)> {
    let groups = TABLES.iter().copied().flatten().scan(0, |next, group| {
        let first = *next;
        *next += group.rows.len();
        Some((first, group))
    });
    let meant = groups.filter(move |(_, group)| group.command.is_empty() || group.command == command);
    meant.flat_map(|(first, group)| (first..).zip(group.rows))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::command::COMMANDS;

    #[test]
    fn every_command_has_rows_of_its_own() {
        let named: BTreeSet<&str> = TABLES.iter().copied().flatten().map(|group| group.command).collect();
        let commands = COMMANDS.iter().map(|spec| spec.name).chain([""]).collect();
        assert_eq!(named, commands);
        for spec in COMMANDS {
            let arity = format!("{}-wrong-arity", spec.name.to_ascii_lowercase());
            assert!(rows_of(spec.name).any(|(_, row)| row.name == arity), "{arity}");
        }
    }

    #[test]
    fn places_are_in_the_order_of_the_rows() {
        assert_eq!(command_rows().count(), COUNT);
        let mut places: Vec<(usize, &str)> = Vec::new();
        for command in COMMANDS.iter().map(|spec| spec.name) {
            places.extend(rows_of(command).map(|(place, row)| (place, row.name)));
        }
        places.sort_unstable();
        places.dedup();
        let expected: Vec<(usize, &str)> = command_rows().map(|row| row.name).enumerate().collect();
        assert_eq!(places, expected);
    }
}
