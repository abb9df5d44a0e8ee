//! Which commands can be drawn: those of each family, and those about keys.

use super::scene::Builder;
use super::{key_requests, list};
use crate::format::Family;

/// A command's own name, and how it is drawn.
type Row = (&'static str, Builder);

/// How commands are drawn, and the family that they are about; those of no family are about keys.
const BUILDERS: &[(Option<Family>, &[Row])] =
    &[(Some(Family::List), list::requests::BUILDERS), (None, key_requests::BUILDERS)];

/// The command of that name.
pub(super) fn find(name: &str) -> Option<Row> {
    BUILDERS.iter().flat_map(|(_, rows)| *rows).find(|(known, _)| *known == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::COMMANDS;
    use crate::format::FAMILIES;
    use crate::workload::PROFILES;
    use crate::workload::scene::Scene;

    #[test]
    fn every_command_is_drawn_under_its_own_name() {
        let rows = || BUILDERS.iter().flat_map(|(_, rows)| *rows);
        assert_eq!(rows().count(), COMMANDS.len());
        let mut scene = Scene::new(&PROFILES[0], 3, 1);
        for spec in COMMANDS {
            let (_, builder) = find(spec.name).expect(spec.name);
            assert_eq!(builder(&mut scene).name(), spec.name);
        }
    }

    #[test]
    fn every_family_has_commands_that_are_drawn() {
        for row in FAMILIES {
            let mut of_it = BUILDERS.iter().filter(|(family, _)| *family == Some(row.family));
            assert!(of_it.any(|(_, rows)| !rows.is_empty()), "no command draws a {}", row.name);
        }
    }
}
