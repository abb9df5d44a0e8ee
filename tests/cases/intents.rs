//! Snapshots taken while transactions over several groups of keys were under way: what is committed counts, and no more.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use ekv_roundtrip::format::list::{item_key, meta_key};
use ekv_roundtrip::format::snapshot::{Framing, bare_header, mvcc_key, mvcc_value, write_row};
use ekv_roundtrip::format::{CommitTs, ListMeta, Seq};
use ekv_roundtrip::snapshot::SnapshotWriter;

const START: u64 = 5;
const COMMITTED: u64 = 7;
const LAST: u64 = 9;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn item(seq: i64) -> Vec<u8> {
    item_key(b"k", Seq(seq))
}

fn put(rows: &mut Rows, key: &[u8], at: u64, value: &[u8]) {
    rows.insert(mvcc_key(key, CommitTs(at)), mvcc_value(Some(value)));
}

/// Locks a key, and writes what it is to hold; `None` deletes it.
fn prepare(rows: &mut Rows, key: &[u8], primary: &[u8], value: Option<&[u8]>) {
    let counted = |bytes: &[u8]| [(bytes.len() as u64).to_be_bytes().as_slice(), bytes].concat();
    let start = START.to_be_bytes();
    let lock = [b"\x01", start.as_slice(), &[0; 8], &[u8::from(key == primary)], &counted(primary)].concat();
    put(rows, &[b"!txn|lock|", key].concat(), START, &lock);
    let operation = u8::from(value.is_none());
    let intent = [b"\x01", start.as_slice(), &[operation], &counted(value.unwrap_or_default())].concat();
    put(rows, &[b"!txn|int|", key].concat(), START, &intent);
}

fn meta(head: i64, tail: i64) -> Vec<u8> {
    ListMeta { head, tail, len: tail - head, expiry_field: None }.to_bytes()
}

/// A list of a and b; one transaction takes a away and adds c, and another adds x to the list other.
fn rows(is_committed: bool) -> Rows {
    let mut rows = Rows::new();
    put(&mut rows, &item(0), 2, b"a");
    put(&mut rows, &item(1), 2, b"b");
    put(&mut rows, &meta_key(b"k"), 2, &meta(0, 2));
    prepare(&mut rows, &item(0), &item(0), None);
    prepare(&mut rows, &item(2), &item(0), Some(b"c"));
    prepare(&mut rows, &meta_key(b"k"), &item(0), Some(&meta(1, 3)));
    prepare(&mut rows, &item_key(b"other", Seq(0)), b"in another group", Some(b"x"));
    if is_committed {
        let record = [b"\x01", COMMITTED.to_be_bytes().as_slice()].concat();
        put(&mut rows, &[b"!txn|cmt|", item(0).as_slice(), &START.to_be_bytes()].concat(), COMMITTED, &record);
    }
    rows
}

fn write(path: &Path, rows: &Rows) {
    let mut writer = SnapshotWriter::new(std::fs::File::create(path).unwrap(), Framing::V1, CommitTs(LAST));
    rows.iter().for_each(|(key, value)| writer.row(key, value).unwrap());
    writer.finish().unwrap();
}

#[track_caller]
fn run(folder: &Path, words: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(words.split(' ')).current_dir(folder).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS");
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), stdout, stderr)
}

const COMMITTED_NOTE: &str =
    "note: snapshot a.fsm: 3 keys with the value of an intent, whose commit is recorded here\n";

fn warning(keys: &str) -> String {
    format!(
        "warning: snapshot a.fsm: transactions in flight on {keys}: neither their commit nor their rollback is recorded here; \
         what they would write is taken as not there\n"
    )
}

fn list(items: &str) -> String {
    format!("{{\"key\":\"k\",\"items\":[{items}],\"expire_at_ms\":null}}\n")
}

#[test]
fn what_is_committed_is_in_the_list_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(&folder.join("a.fsm"), &rows(true));
    let (code, stdout, stderr) = run(folder, "state fsm:a.fsm");
    assert_eq!((code, stdout), (Some(0), list("\"b\",\"c\"")));
    assert!(stderr.contains(COMMITTED_NOTE) && stderr.contains(&warning("1 key")), "{stderr}");
    assert_eq!(run(folder, "dump fsm:a.fsm --out dump").0, Some(0));
    assert_eq!(run(folder, "state dump:dump").1, list("\"b\",\"c\""));
    assert_eq!(run(folder, "compare fsm:a.fsm dump:dump").0, Some(0));
    assert_eq!(run(folder, "restore dump:dump --fsm again.fsm").0, Some(0));
    assert_eq!(run(folder, "compare fsm:a.fsm fsm:again.fsm").0, Some(0));
    let inspected = run(folder, "inspect fsm:a.fsm --key k --format jsonl").1;
    assert!(inspected.contains("\"c\"") && !inspected.contains("\"a\""), "{inspected}");
    let drawn = run(folder, "inspect fsm:a.fsm --key k --picture").1;
    assert!(drawn.contains("\"a\"   deleted at commit 7") && drawn.contains("written at commit 7"), "{drawn}");
    // Before the commit there is nothing of it.
    let (_, stdout, stderr) = run(folder, "state fsm:a.fsm --at 6");
    assert_eq!(stdout, list("\"a\",\"b\""));
    assert!(stderr.contains(&warning("4 keys")) && !stderr.contains(COMMITTED_NOTE), "{stderr}");
}

#[test]
fn what_is_in_flight_or_written_since_is_as_if_there_were_no_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(&folder.join("a.fsm"), &rows(false));
    let (code, stdout, stderr) = run(folder, "state fsm:a.fsm");
    assert_eq!((code, stdout), (Some(0), list("\"a\",\"b\"")));
    assert!(stderr.contains(&warning("4 keys")), "{stderr}");
    // A later value stands above the intent, and one of the same commit is the same.
    let mut rows = rows(true);
    put(&mut rows, &item(0), 8, b"later");
    put(&mut rows, &meta_key(b"k"), 8, &meta(0, 3));
    put(&mut rows, &item(2), COMMITTED, b"c");
    write(&folder.join("a.fsm"), &rows);
    assert_eq!(run(folder, "state fsm:a.fsm").1, list("\"later\",\"b\",\"c\""));
    // Rows in another order are held in memory, and say the same.
    let mut bytes = bare_header(CommitTs(LAST)).to_vec();
    rows.iter().rev().for_each(|(key, value)| write_row(key, value, &mut bytes));
    std::fs::write(folder.join("a.fsm"), bytes).unwrap();
    let (_, stdout, stderr) = run(folder, "state fsm:a.fsm");
    assert_eq!(stdout, list("\"later\",\"b\",\"c\""));
    assert!(stderr.contains("not in key order") && stderr.contains(&warning("1 key")), "{stderr}");
}

#[test]
fn a_malformed_record_of_a_transaction_is_named_with_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (key, value, problem) in [
        (&b"!txn|int|k"[..], &b"\x01\0"[..], "the value of an intent has 2 bytes, must have 9"),
        (b"!txn|lock|k", b"", "the value of a lock has 0 bytes, must have 1"),
        (
            b"!txn|cmt|k",
            b"\x01",
            "the key of a commit record has 1 bytes after its prefix, must have a startTS of 8 at its end",
        ),
        (
            b"!txn|rb|k\0\0\0\0\0\0\0\x05",
            b"\x02",
            "the value of a rollback record begins with the format 0x02, must be 0x01",
        ),
    ] {
        let mut rows = Rows::new();
        put(&mut rows, b"!dist|catalog", 1, b"");
        put(&mut rows, key, START, value);
        write(&folder.join("a.fsm"), &rows);
        for words in
            ["state fsm:a.fsm", "dump fsm:a.fsm --out dump", "inspect fsm:a.fsm", "compare fsm:a.fsm fsm:a.fsm"]
        {
            let (code, stdout, stderr) = run(folder, words);
            assert_eq!((code, &*stdout), (Some(2), ""), "{words}");
            assert_eq!(stderr, format!("error: snapshot a.fsm: row 2 at offset 78: {problem}\n"), "{words}");
        }
        assert!(!folder.join("dump").exists());
    }
}
