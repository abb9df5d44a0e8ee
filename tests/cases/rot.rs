//! A dump or a framed snapshot with a wrong bit, without its end, or without one of its files is refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use ekv_roundtrip::reader::{MadeBy, read};
use ekv_roundtrip::snapshot::SnapshotFile;

use super::every::Every;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Damages a file in each way, and gives how many there were: none is accepted.
fn all_refused(file: &Path, every: Every, is_accepted: &dyn Fn() -> bool) -> usize {
    let bytes = std::fs::read(file).unwrap();
    assert!(is_accepted(), "{}, whole", file.display());
    let ways = [every.bit(&bytes), every.cut(&bytes)].concat();
    for (number, damaged) in ways.iter().enumerate() {
        std::fs::write(file, damaged).unwrap();
        assert!(!is_accepted(), "{}, way {number}, {} of {} bytes", file.display(), damaged.len(), bytes.len());
    }
    std::fs::remove_file(file).unwrap();
    assert!(!is_accepted(), "{} is gone", file.display());
    std::fs::write(file, bytes).unwrap();
    ways.len() + 1
}

#[expect(clippy::print_stdout, reason = "the figures are for people")]
fn rot(every: Every) {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let copied = Command::new("cp").arg("-r").arg(fixture("segments-fallback/dump")).arg(&dump).status().unwrap();
    assert!(copied.success());
    let mut paths = Vec::new();
    files(&dump, &mut paths);
    paths.sort();
    for path in paths {
        let ways = all_refused(&path, every, &|| read(&dump, MadeBy::AnyDecoder).is_ok());
        println!("dump {}: {ways} ways, all refused", path.strip_prefix(&dump).unwrap().display());
    }
    for name in ["engine/tiny.fsm", "pops-under-claims/snapshot-live.fsm"] {
        let path = folder.path().join("a.fsm");
        std::fs::copy(fixture(name), &path).unwrap();
        let ways = all_refused(&path, every, &|| SnapshotFile::open(&path, None).is_ok());
        println!("snapshot {name}: {ways} ways, all refused");
    }
}

#[test]
fn a_wrong_bit_or_a_cut_in_a_dump_or_a_snapshot_is_refused() {
    rot(Every(29));
}

#[test]
#[ignore = "make rot-test"]
fn every_wrong_bit_and_every_cut_in_a_dump_or_a_snapshot_is_refused() {
    rot(Every(1));
}
