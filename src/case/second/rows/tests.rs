//! Files that are read otherwise, and what is shown of the difference.

use super::*;
use crate::case::second::told::finding_of;
use crate::naive::snapshot::{Row, version};

fn rows() -> Vec<Row> {
    let mut rows = vec![
        version(b"!redis|str|a", 1, Some(b"old")),
        version(b"!redis|str|a", 3, None),
        version(b"!redis|str|b", 2, Some(b"b")),
    ];
    rows.sort();
    rows
}

/// What is found of a file, whose naive reading is that of another one.
fn found(bytes: &[u8], other: Option<&[u8]>) -> Option<(FindingKind, &'static str)> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.fsm");
    std::fs::write(&path, bytes).expect("a file");
    let same = match other {
        None => require_same_rows(&path, bytes, (None, Place::Snapshot)).map(drop),
        Some(other) => {
            let naive = NaiveSnapshot::read(other).expect("in order");
            require_same_states(&path, &naive, &[1, 2], (None, Place::Snapshot))
        }
    };
    if same.is_ok() {
        return None;
    }
    let finding = finding_of(same);
    Some((finding.kind, finding.aspect))
}

/// A value that a record with such a key can have.
fn value_of(prefix: &str) -> &'static [u8] {
    match prefix {
        "!txn|cmt|" => b"\x01\0\0\0\0\0\0\0\0",
        "!txn|int|" => b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        "!txn|lock|" => b"\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        _ => b"\x01",
    }
}

#[test]
fn noise_is_marked_and_of_every_other_type_live_deleted_and_in_two_versions() {
    let shape = SnapshotShape { framing: Framing::Bare, raw_rows: false, noise: true };
    let nothing = Stored { records: Records::new(), past: BTreeSet::new() };
    // What is there of each type: the number of a key, a commit, and whether the key is live then.
    let problem = |last: u64, mark: &[u8], usual: &[(&str, u64, bool)], of_sets: &[(&str, u64, bool)]| {
        let rows = OTHERS.iter().flat_map(|prefix| {
            let versions = if *prefix == "!st|meta|" { of_sets } else { usual };
            versions.iter().map(move |(number, commit, is_live)| {
                let key = [prefix.as_bytes(), mark, number.as_bytes()].concat();
                version(&key, *commit, is_live.then_some(value_of(prefix)))
            })
        });
        let mut rows: Vec<Row> = rows.collect();
        rows.sort();
        let naive = NaiveSnapshot::read(&write(Frame::Bare, last, &rows)).expect("in order");
        let same = require_extras(&nothing, &naive, shape);
        if same.is_ok() { None } else { Some(finding_of(same).detail) }
    };
    let good: &[(&str, u64, bool)] = &[("1", 3, true), ("1", 5, false)];
    assert_eq!(problem(5, NOISE, good, good), None);
    let of_no_commit: &[(&str, u64, bool)] = &[("1", 0, true), ("2", 0, false)];
    assert_eq!(problem(0, NOISE, of_no_commit, of_no_commit), None);
    let lacking = "there is no noise of !st|meta| that is live, deleted and in two versions";
    for of_sets in
        [[("1", 3, true), ("2", 5, true)], [("1", 3, false), ("2", 5, false)], [("1", 5, true), ("2", 5, false)]]
    {
        assert_eq!(problem(5, NOISE, good, &of_sets).as_deref(), Some(lacking), "{of_sets:?}");
    }
    let unmarked = problem(5, b"somebody's:", good, good).expect("a finding");
    assert!(unmarked.ends_with("which the database has not"), "{unmarked}");
}

#[test]
fn the_first_row_and_the_first_record_that_differ_are_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, bytes) = (folder.path().join("a.fsm"), write(Frame::V1, 4, &rows()));
    std::fs::write(&path, &bytes).expect("a file");
    let change = Reread::Pairs(Place::Rows, |rows| rows[2].1.push(b'?'));
    let finding = finding_of(require_same_rows(&path, &bytes, (Some(change), Place::Snapshot)).map(drop));
    assert!(finding.detail.starts_with("row 3\nnaive   last commit 4, "), "{}", finding.detail);
    let records = |value: &[u8]| {
        [("a", b"1".as_slice()), ("b", value), ("c", value)].map(|(key, value)| (key.into(), value.to_vec())).into()
    };
    let finding = finding_of(require_same_records(&records(b"2"), &records(b"3"), "the end", "reader "));
    assert_eq!(finding.detail, "record \"b\" at the end\nnaive   32\nreader  33");
}

#[test]
fn a_file_that_is_read_otherwise_is_a_finding() {
    let file = write(Frame::V1, 4, &rows());
    assert_eq!((found(&file, None), found(&file, Some(&file))), (None, None));
    assert_eq!(found(&file[1..], None), Some((FindingKind::Reading, "rows")));
    let mut flags = file.clone();
    *flags.last_mut().expect("a byte") ^= 1;
    assert_eq!(found(&flags, None), Some((FindingKind::Reading, "rows")));
    // The tombstone is not seen, the version of another commit is chosen, and a commit is out of reach.
    for (row, last) in [(version(b"!redis|str|a", 3, Some(b"")), 4), (version(b"!redis|str|a", 2, Some(b"new")), 4)] {
        let mut rows = rows();
        rows.retain(|(key, _)| *key != row.0);
        rows.push(row);
        let other = write(Frame::Bare, last, &rows);
        assert_eq!(found(&file, Some(&other)), Some((FindingKind::Reading, "versions")));
    }
    let other = write(Frame::Bare, 1, &rows());
    assert_eq!(found(&file, Some(&other)), Some((FindingKind::Reading, "versions")));
}
