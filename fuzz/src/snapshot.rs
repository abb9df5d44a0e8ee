//! Snapshot files: taken or refused as a naive reader does, in any order of the rows, with the same state at any commit;
//! the rows written again are the same rows.
//!
//! The input is a file, or choices of which one is made. A file with a wrong checksum is looked at with the right one too:
//! by chance no change of it would ever have that.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use ekv_roundtrip::format::CommitTs;
use ekv_roundtrip::format::snapshot::{Framing, bare_header, mvcc_key, mvcc_value, write_row};
use ekv_roundtrip::naive::snapshot::{NaiveSnapshot, crc32c};
use ekv_roundtrip::records::{Namespace, RecordSource, SourceError, visit_records};
use ekv_roundtrip::snapshot::{SnapshotFile, SnapshotWriter, raw_rows};

use super::input::Input;
use super::tree::{Tree, options};

const MOST_ROWS: usize = 200;

/// Checks an input.
pub fn check(data: &[u8]) {
    if !data.starts_with(b"EKV") {
        let (file, number) = from_choices(data);
        return check_file(&file, number);
    }
    let number = data.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
    check_file(data, number);
    if let Some((bytes, footer)) = data.split_last_chunk::<4>()
        && crc32c(bytes).to_be_bytes() != *footer
    {
        check_file(&[bytes, &crc32c(bytes).to_be_bytes()].concat(), number);
    }
}

/// A file, and a number for further choices.
fn from_choices(data: &[u8]) -> (Vec<u8>, u8) {
    let mut input = Input::new(data);
    let (shape, number, last) = (input.byte(), input.byte(), CommitTs(u64::from(input.byte())));
    let framing = Framing::ALL[usize::from(shape) % 4];
    let mut rows = Vec::new();
    while !input.is_empty() && rows.len() < MOST_ROWS {
        rows.push(row(&mut input));
    }
    if shape & 0x40 == 0 {
        rows.sort();
    }
    if shape & 0x80 == 0 {
        let mut seen = std::collections::BTreeSet::new();
        rows.retain(|(key, _)| seen.insert(key.clone()));
    }
    let mut file = framing.outer_header(7, 8);
    file.extend_from_slice(&bare_header(last));
    rows.iter().for_each(|(key, value)| write_row(key, value, &mut file));
    if framing.has_footer() {
        let footer = crc32c(&file).to_be_bytes();
        file.extend_from_slice(&footer);
    }
    (file, number)
}

fn row(input: &mut Input<'_>) -> (Vec<u8>, Vec<u8>) {
    let form = input.byte();
    match form {
        0..8 => (input.counted().to_vec(), input.counted().to_vec()),
        8..16 => {
            let name = input.pick(&["_meta_min_retained_ts", "_meta_applied_index", "_meta_last_commit_ts"]);
            (name.as_bytes().to_vec(), (input.number() as u64).to_le_bytes().to_vec())
        }
        _ => {
            let (mut key, value) = input.record();
            if form >= 0xf0 {
                // A key that goes on with what looks like the timestamp of another version.
                key = mvcc_key(&key, CommitTs(u64::from(input.byte())));
            }
            let commit = match input.byte() {
                byte @ 0..0xf0 => u64::from(byte % 16),
                _ => input.number() as u64,
            };
            let value = (form & 3 != 0).then_some(value);
            (mvcc_key(&key, CommitTs(commit)), mvcc_value(value.as_deref()))
        }
    }
}

fn check_file(bytes: &[u8], number: u8) {
    let scratch = Tree::new();
    let path = scratch.path().join("a.fsm");
    std::fs::write(&path, bytes).unwrap();
    let naive = NaiveSnapshot::read(bytes);
    let opened = SnapshotFile::open(&path, None);
    assert_eq!(opened.is_ok(), naive.is_ok(), "{opened:?}\nnaive: {naive:?}");
    let (Ok(opened), Ok(naive)) = (opened, naive) else { return };
    assert_eq!((opened.last_commit_ts().0, opened.counts().rows), (naive.last, naive.rows.len() as u64));
    assert_eq!(raw_rows(&path).unwrap(), (CommitTs(naive.last), naive.rows.clone()));
    check_state(&opened, &naive.state(None).expect("the last commit is always there"));
    let commits = naive.commits();
    let at = match commits.get(usize::from(number) % commits.len().max(1)) {
        Some(commit) => commit.wrapping_sub(u64::from(number >> 7)),
        None => u64::from(number),
    };
    match (SnapshotFile::open(&path, Some(CommitTs(at))), naive.state(Some(at))) {
        (Ok(opened), Some(state)) => check_state(&opened, &state),
        (opened, state) => assert_eq!(opened.is_ok(), state.is_some(), "at {at}: {opened:?}\nnaive: {state:?}"),
    }
    check_written_again(&scratch.path().join("b.fsm"), &naive, Framing::ALL[usize::from(number) % 4]);
}

fn scanned(snapshot: &SnapshotFile, namespace: Namespace) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut records = BTreeMap::new();
    let scan = visit_records(snapshot, namespace, |record| {
        let again = records.insert(record.key.to_vec(), record.value.to_vec());
        assert!(again.is_none(), "{:?} came twice", record.key);
        Ok::<(), SourceError>(())
    });
    scan.expect("a file that has been checked");
    records
}

fn check_state(snapshot: &SnapshotFile, expected: &BTreeMap<Vec<u8>, Vec<u8>>) {
    assert_eq!(&scanned(snapshot, Namespace::All), expected);
    for namespace in [Namespace::Elements, Namespace::Attributes] {
        let mut part = expected.clone();
        part.retain(|key, _| namespace.prefixes().iter().any(|prefix| key.starts_with(prefix)));
        assert_eq!(scanned(snapshot, namespace), part);
    }
    // Raw keys are in another order than logical ones.
    let dump = |source: &dyn RecordSource| match Tree::of(source, &options()) {
        Ok((tree, summary)) => Ok((tree.checksums(), summary)),
        Err(error) => Err(error.to_string()),
    };
    match (dump(snapshot), dump(expected)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{ours:?}\nfrom memory: {theirs:?}"),
    }
}

fn check_written_again(path: &Path, naive: &NaiveSnapshot, framing: Framing) {
    let mut rows = naive.rows.clone();
    rows.sort();
    let mut writer = SnapshotWriter::new(File::create(path).unwrap(), framing, CommitTs(naive.last));
    rows.iter().for_each(|(key, value)| writer.row(key, value).unwrap());
    assert_eq!(writer.finish().unwrap(), rows.len() as u64);
    let again = SnapshotFile::open(path, None).expect("what we write ourselves");
    assert_eq!(again.framing(), framing);
    assert_eq!(raw_rows(path).unwrap(), (CommitTs(naive.last), rows));
    assert!(NaiveSnapshot::read(&std::fs::read(path).unwrap()).is_ok());
}
