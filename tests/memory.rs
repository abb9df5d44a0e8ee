//! A dump streams: a hundred times the items take hardly more memory, from a database as from a snapshot.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may fail by panicking, and its child answers by printing"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use ekv_roundtrip::format::snapshot::{Framing, mvcc_key, mvcc_value};
use ekv_roundtrip::format::{CommitTs, Seq, list};
use ekv_roundtrip::snapshot::SnapshotWriter;
use nix::sys::resource::{UsageWho, getrusage};

const FOLDER: &str = "EKV_ROUNDTRIP_MEASURED_FOLDER";
const SOURCE: &str = "EKV_ROUNDTRIP_MEASURED_SOURCE";
const LISTS: u64 = 4;
const ITEMS_A_LINE: u64 = 1000;
const ALLOWED_KIB: i64 = 32 * 1024;

fn tool() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn make_database(folder: &Path, items: u64) {
    let trace = folder.join("trace");
    let mut out = BufWriter::new(std::fs::File::create(&trace).unwrap());
    for line in 0..items / ITEMS_A_LINE {
        write!(out, "{{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"list-{}\"", line % LISTS).unwrap();
        for item in 0..ITEMS_A_LINE {
            write!(out, ",\"item-{:015}\"", line * ITEMS_A_LINE + item).unwrap();
        }
        writeln!(out, "]}}").unwrap();
    }
    out.into_inner().unwrap();
    let applied = tool().arg("apply").arg("--trace").arg(&trace).arg("--db").arg(folder.join("db")).status().unwrap();
    assert!(applied.success());
    std::fs::remove_file(trace).unwrap();
}

/// The peak memory of a dump. The kernel tells the greatest of all children that have ended, so this asks in a process
/// of its own, which has no other child.
fn dump_peak_kib(folder: &Path, source: &str) -> i64 {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "measured_dump", "--ignored", "--nocapture", "--test-threads", "1"]);
    let output = command.env(FOLDER, folder).env(SOURCE, source).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let told = text.split("peak_kib=").nth(1).and_then(|rest| rest.split_whitespace().next());
    told.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}

#[test]
#[ignore = "the part of the other test that runs in a process of its own"]
fn measured_dump() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let source = std::env::var(SOURCE).unwrap();
    let dumped = tool().current_dir(folder).args(["dump", &source, "--out", "dump"]).status().unwrap();
    assert!(dumped.success());
    println!("peak_kib={}", getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss());
}

#[test]
fn two_million_items_take_little_more_than_twenty_thousand() {
    let peak_kib = |items| {
        let folder = tempfile::tempdir().unwrap();
        make_database(folder.path(), items);
        dump_peak_kib(folder.path(), "db:db")
    };
    let (few, many) = (peak_kib(20_000), peak_kib(2_000_000));
    println!("20 000 items: {few} KiB, 2 000 000 items: {many} KiB");
    assert!(few > 1024, "{few} KiB is no process");
    assert!(many <= few + ALLOWED_KIB, "{many} KiB against {few} KiB");
}

/// A framed snapshot of few long lists, each item in two versions.
fn make_snapshot(path: &Path, megabytes: u64) {
    const ITEM_BYTES: usize = 500;
    const OLDER_VALUE: &[u8] = b"an older value";
    // Of either version: two lengths, a key of some 32 bytes, and a value's header.
    const BYTES_AN_ITEM: u64 = (2 * (16 + 32 + 9) + ITEM_BYTES + OLDER_VALUE.len()) as u64;
    let (older, newer) = (CommitTs(1 << 16), CommitTs(2 << 16));
    let out = BufWriter::new(File::create(path).unwrap());
    let mut writer = SnapshotWriter::new(out, Framing::V1, newer);
    let items = (megabytes << 20) / BYTES_AN_ITEM / LISTS;
    for list in 0..LISTS {
        let user_key = format!("list-{list}");
        for seq in 0..items {
            let key = list::item_key(user_key.as_bytes(), Seq(seq as i64 - items as i64 / 2));
            let value = vec![b'a' + (seq % 26) as u8; ITEM_BYTES];
            writer.row(&mvcc_key(&key, newer), &mvcc_value(Some(&value))).unwrap();
            writer.row(&mvcc_key(&key, older), &mvcc_value(Some(OLDER_VALUE))).unwrap();
        }
    }
    writer.finish().unwrap();
}

/// The size of the snapshot can be given, to measure a large one: EKV_ROUNDTRIP_SNAPSHOT_MB=2048 for 2 GiB, more or less.
#[test]
fn a_snapshot_of_long_lists_takes_less_than_64_mib() {
    let megabytes = std::env::var("EKV_ROUNDTRIP_SNAPSHOT_MB").map_or(300, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    make_snapshot(&folder.path().join("long.fsm"), megabytes);
    let bytes = folder.path().join("long.fsm").metadata().unwrap().len();
    let peak = dump_peak_kib(folder.path(), "fsm:long.fsm");
    println!("snapshot of {bytes} bytes: {peak} KiB");
    assert!((1024..64 * 1024).contains(&peak), "{peak} KiB");
}
