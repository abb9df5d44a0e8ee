//! What of a recording became no step: counted by name, so that nothing is left out in silence.

use std::collections::BTreeMap;

use super::follow::TAKEN;

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    pub(super) by_name: BTreeMap<String, u64>,
    pub(super) elsewhere: BTreeMap<u64, u64>,
    /// Keys that were there at the start and are no lists, by what they are.
    pub(super) keys: BTreeMap<&'static str, u64>,
    /// A last entry that is not whole, as a sentence.
    pub(super) cut: Option<String>,
}

impl Skipped {
    /// A command that did nothing to lists.
    pub(super) fn command(&mut self, name: String) {
        *self.by_name.entry(name).or_default() += 1;
    }

    /// Keys that are no lists.
    pub(super) fn keys(&mut self, counts: BTreeMap<&'static str, u64>) {
        counts.into_iter().for_each(|(kind, count)| *self.keys.entry(kind).or_default() += count);
    }

    /// A command of lists in another database.
    pub(super) fn elsewhere(&mut self, db: u64) {
        *self.elsewhere.entry(db).or_default() += 1;
    }

    /// How many commands of lists there were in which other databases.
    pub(super) fn other_databases(&self) -> Option<String> {
        let counts: Vec<String> =
            self.elsewhere.iter().map(|(db, count)| format!("{count} in database {db}")).collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    }

    /// What there is to say, a line each.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.keys.is_empty() {
            let counts: Vec<String> = self.keys.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
            notes.push(format!(
                "note: of the keys in RDB form, only lists are taken; passed over: {}",
                counts.join(", ")
            ));
        }
        let mut counts: Vec<(u64, &str)> = self.by_name.iter().map(|(name, count)| (*count, name.as_str())).collect();
        counts.sort_by_key(|(count, name)| (std::cmp::Reverse(*count), *name));
        if !counts.is_empty() {
            let counts: Vec<String> = counts.iter().map(|(count, name)| format!("{count} {name}")).collect();
            notes.push(format!("note: skipped {} (no effect on lists)", counts.join(", ")));
        }
        if let Some(others) = self.other_databases() {
            notes.push(format!("note: only database {TAKEN} is taken; commands about lists elsewhere: {others}"));
        }
        notes.extend(self.cut.iter().map(|cut| format!("note: {cut}")));
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_count_by_name_and_by_database() {
        let mut skipped = Skipped::default();
        assert!(skipped.notes().is_empty());
        for name in ["SET", "HSET", "GET", "SET"] {
            skipped.command(name.to_owned());
        }
        skipped.elsewhere(3);
        skipped.keys(BTreeMap::from([("hashes", 2), ("streams", 1)]));
        skipped.keys(BTreeMap::from([("hashes", 1)]));
        assert_eq!(
            skipped.notes(),
            [
                "note: of the keys in RDB form, only lists are taken; passed over: hashes 3, streams 1",
                "note: skipped 2 SET, 1 GET, 1 HSET (no effect on lists)",
                "note: only database 0 is taken; commands about lists elsewhere: 1 in database 3"
            ]
        );
        skipped.elsewhere(9);
        assert_eq!(skipped.other_databases().as_deref(), Some("1 in database 3, 1 in database 9"));
    }
}
