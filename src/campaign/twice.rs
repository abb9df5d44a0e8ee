//! Whether a case that is run twice leaves the same bytes: its records and its dump.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::case::{CaseError, CaseReport, is_on_disk};
use crate::database::Database;
use crate::finding::{Finding, FindingKind, LeftOutKind};
use crate::format::dump_tree::CHECKSUMS;

/// Cases with more lists and items than this are not.
const SIZE_LIMIT: u64 = 20_000;

/// Whether a case is to be run twice, once it has been run: those are whose databases are there to be looked at. `seed` is what
/// its own choices are drawn from.
pub(super) fn is_wanted(seed: u64, report: &mut CaseReport) -> bool {
    if !is_on_disk(seed) || report.finding.is_some() {
        return false;
    }
    let is_small = report.lists + report.items <= SIZE_LIMIT;
    report.left_out.add(LeftOutKind::SecondRuns, "case", u64::from(!is_small));
    is_small
}

/// What a case has left, by SHA-256.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) records: String,
    pub(super) dump: String,
}

/// A change of what a case has left.
pub(super) type Change = fn(&mut Left);

/// A finding if two runs of a case have left other bytes.
pub(super) fn require_same(case: u64, folders: [&Path; 2]) -> Result<Option<Finding>, CaseError> {
    require_same_after(case, folders, |_| {})
}

/// The same, after a change of what the second run has left.
pub(super) fn require_same_after(case: u64, folders: [&Path; 2], change: Change) -> Result<Option<Finding>, CaseError> {
    let [first, mut second] = [left(folders[0])?, left(folders[1])?];
    change(&mut second);
    let both = [("records", first.records, second.records), ("dump", first.dump, second.dump)];
    let differing = both.into_iter().find(|(_, one, other)| one != other);
    Ok(differing.map(|(what, one, other)| {
        let detail = format!("case {case}, its {what} by SHA-256\nfirst   {one}\nsecond  {other}");
        Finding::new(FindingKind::Unrepeatable, detail)
    }))
}

fn left(folder: &Path) -> Result<Left, CaseError> {
    let failed = |error: &dyn std::fmt::Display| CaseError::Input(format!("{}: {error}", folder.display()));
    // The checksums cover every other file.
    let dump = match std::fs::read(folder.join("dump").join(CHECKSUMS)) {
        Ok(checksums) => Sha256::digest(checksums),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Sha256::digest(b""),
        Err(error) => return Err(failed(&error)),
    };
    let mut records = Sha256::new();
    let path = folder.join("db");
    if path.is_dir() {
        let database = Database::open_read_only(&path).map_err(|error| failed(&error))?;
        for mut rows in [database.rows(b"", None), database.history_rows(b"", None)] {
            while let Some((key, value)) = rows.current().map_err(|error| failed(&error))? {
                for part in [key, value] {
                    records.update((part.len() as u64).to_le_bytes());
                    records.update(part);
                }
                rows.step();
            }
        }
    }
    Ok(Left { records: hex::encode(records.finalize()), dump: hex::encode(dump) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_dumps_of_one_case_are_a_finding() {
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        let [one, other] = [folders[0].path(), folders[1].path()];
        assert_eq!(require_same(3, [one, other]).expect("readable"), None);
        std::fs::create_dir(one.join("dump")).expect("a folder");
        std::fs::write(one.join("dump").join(CHECKSUMS), "a digest").expect("a file");
        let finding = require_same(3, [one, other]).expect("readable").expect("they differ");
        assert_eq!(finding.kind, FindingKind::Unrepeatable);
        assert!(finding.detail.starts_with("case 3, its dump"), "{}", finding.detail);
    }
}
