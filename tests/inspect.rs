//! `inspect --picture` and `--versions` on snapshot files of `fixtures/`, for which no RocksDB is needed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Exit code, standard output, standard error.
fn run(words: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")).args(words.split(' '));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn holds(words: &str) -> String {
    let (code, out, err) = run(words);
    assert_eq!(code, Some(0), "{words}: {err}");
    out
}

#[test]
fn a_list_of_a_live_engine_is_drawn_with_what_has_been_there() {
    let shown = holds("inspect fsm:pops-under-claims/snapshot-live.fsm --key k --picture");
    assert_eq!(
        shown,
        r#"List "k": head 2, len 2, tail 4

How its window adds up  head  len  tail
  no base meta             0    0
  + delta                 +0   +5        commit 268857822412800000
  + delta                 +2   -2        commit 268857822412865536
  + delta                 +0   -1        commit 268857822412931072
  = resolved               2    2     4

seq: a record's sequence number; the list is what stands from head up to, but not at, tail
index: where an item stands in the list

  seq  index  item  record
    0      -  "a"   deleted at commit 268857822412865536; claimed by a pop
    1      -  "b"   deleted at commit 268857822412865536; claimed by a pop
  -- head 2 ----------
    2      0  "c"   live, written at commit 268857822412800000
    3      1  "d"   live, written at commit 268857822412800000
  -- tail 4 ----------
    4      -  "e"   deleted at commit 268857822412931072; claimed by a pop
"#
    );
    // Before the second pop its item is there.
    let before = holds("inspect fsm:pops-under-claims/snapshot-live.fsm --key k --picture --at 268857822412865536");
    assert!(before.starts_with("List \"k\": head 2, len 3, tail 5\n"), "{before}");
    assert!(before.contains("    4      2  \"e\"   live, written at commit 268857822412800000\n"), "{before}");
    // A file with the newest versions alone knows of no deletions.
    let latest = holds("inspect fsm:pops-under-claims/snapshot.fsm --key k --picture");
    assert!(latest.contains("    0      -  -     no item; claimed by a pop\n"), "{latest}");
}

#[test]
fn every_fixture_is_drawn_within_100_columns_and_40_cells() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut drawn = 0;
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        for file in ["snapshot.fsm", "snapshot-live.fsm", "live.fsm"] {
            let path = format!("{name}/{file}");
            if !Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(&path).is_file() {
                continue;
            }
            let (code, out, err) = run(&format!("inspect fsm:{path} --picture"));
            assert_eq!(code, Some(0), "{path}: {err}");
            for line in out.lines() {
                assert!(line.len() <= 100 && line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{path}: {line}");
            }
            for picture in out.split("List ") {
                assert!(picture.lines().count() < 100, "{path}: {picture}");
            }
            drawn += out.matches("How its window adds up").count();
        }
    }
    assert!(drawn > 100, "{drawn}");
    let long = holds("inspect fsm:ten-thousand-items/snapshot.fsm --picture");
    assert!(long.contains(" more seqs of the list\n"), "{long}");
}

#[test]
fn every_row_of_a_snapshot_file_is_shown_with_its_place() {
    let text = holds("inspect fsm:engine/tiny.fsm --versions");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("row ")).collect();
    assert_eq!(rows.len(), 19);
    assert_eq!(
        rows[8],
        "row 9 at offset 617  commitTS 117663005506600960 (2026-11-23T00:49:41.485Z, counter 0)  tombstone"
    );
    assert_eq!(rows[16], "row 17 at offset 1120  the engine's own: _meta_applied_index 9");
    let file = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/engine/tiny.fsm")).unwrap();
    let lines = holds("inspect fsm:engine/tiny.fsm --versions --format jsonl");
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let offset = row["offset"].as_u64().unwrap() as usize;
        let key_bytes = u64::from_le_bytes(file[offset..offset + 8].try_into().unwrap()) as usize;
        let raw_key = hex::encode(&file[offset + 8..offset + 8 + key_bytes]);
        assert!(raw_key.starts_with(row["key_hex"].as_str().unwrap()), "{line}");
    }
    assert_eq!(lines.matches("\"tombstone\":true").count(), 1);
    // Of one list, and as of an earlier commit.
    let of_one = holds("inspect fsm:engine/tiny.fsm --versions --key L --format jsonl");
    assert_eq!(of_one.lines().count(), 11);
    let earlier = holds("inspect fsm:engine/tiny.fsm --versions --key L --format jsonl --at 117663005440999424");
    assert_eq!(earlier.lines().count(), 4);
}

#[test]
fn the_window_of_each_list_follows_its_records() {
    let text = holds("inspect fsm:engine/tiny.fsm");
    let window = "list   \"L\"  resolved: head 0  len 2  tail 2  from no base meta and 3 deltas\n";
    assert!(text.ends_with(&format!("\n\n{window}")), "{text}");
    assert!(!holds("inspect fsm:engine/tiny.fsm --format jsonl").contains("resolved"));
    let below = holds("inspect fsm:length-below-zero/snapshot.fsm");
    assert!(below.contains(" (they add up to -"), "{below}");
}

#[test]
fn what_cannot_be_drawn_is_refused_in_one_line() {
    for (words, code, error) in [
        ("inspect fsm:engine/tiny.fsm --picture --versions", 2, "cannot be used with"),
        ("inspect fsm:engine/tiny.fsm --picture --format jsonl", 2, "cannot be used with"),
        ("inspect fsm:engine/tiny.fsm --picture --key nothing", 1, "has no record under the key \"nothing\""),
        ("inspect fsm:engine/tiny.fsm --versions --key nothing", 1, "has no record under the key \"nothing\""),
    ] {
        let (ended, out, err) = run(words);
        assert!(ended == Some(code) && out.is_empty() && err.contains(error), "{words}: {ended:?} {out} {err}");
    }
}
