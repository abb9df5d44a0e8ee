//! The checks of the fuzz targets over the corpus that is checked in, and over what fuzzing has found: without libFuzzer, so
//! that neither rots.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use ekv_roundtrip::case::Demands;
use ekv_roundtrip::faults::{Fault, faults, find};
use ekv_roundtrip::format::CommitTs;
use ekv_roundtrip::format::snapshot::{bare_header, mvcc_key, mvcc_value, write_row};
use ekv_roundtrip::jobs::side_by_side;
use ekv_roundtrip::naive::snapshot::NaiveSnapshot;
use fuzz::input::Input;
use fuzz::round_trip::Case;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn inputs(target: &str) -> Vec<PathBuf> {
    let folders = ["fuzz/corpus", "regressions/fuzz"].map(|folder| root().join(folder).join(target));
    folders.iter().flat_map(|folder| entries(folder)).collect()
}

/// Every input holds.
fn replay(target: &str) {
    let (_, check) = fuzz::TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let inputs = inputs(target);
    assert!(inputs.len() > 10, "{target} has lost its corpus");
    for path in inputs {
        let input = std::fs::read(&path).unwrap();
        let held = std::panic::catch_unwind(|| check(&input));
        assert!(held.is_ok(), "{} does not hold", path.display());
    }
}

#[test]
fn records() {
    replay("records");
}

#[test]
fn snapshot() {
    replay("snapshot");
}

#[test]
fn dump_reader() {
    replay("dump_reader");
}

#[test]
fn trace() {
    replay("trace");
}

#[test]
fn aof() {
    replay("aof");
}

#[test]
fn rdb() {
    replay("rdb");
}

#[test]
fn round_trip() {
    replay("round_trip");
}

/// Inputs that reach every edge meet nearly every fault too; if they do not, the target has gone blind.
#[test]
fn the_round_trips_catch_faults() {
    let cases: Vec<Case> =
        inputs("round_trip").iter().filter_map(|path| fuzz::round_trip::case(&std::fs::read(path).unwrap())).collect();
    let is_caught = |fault: &'static Fault| {
        cases.iter().any(|case| {
            let (width, demands, seed) = (case.width, Demands::of_fault(fault), case.seed);
            let case = Case { steps: case.steps.clone(), width, demands, seed };
            fuzz::round_trip::run(&case).finding.is_some_and(|finding| fault.is_reported_by(&finding))
        })
    };
    let all: Vec<&'static Fault> = faults().collect();
    let jobs = std::thread::available_parallelism().unwrap();
    let Ok(caught) = side_by_side(&all, jobs, |fault| Ok::<bool, Infallible>(is_caught(fault)), &|| {});
    let escaped = all.iter().zip(caught).filter(|(_, is_caught)| !is_caught).map(|(fault, _)| fault.name);
    let escaped: Vec<&str> = escaped.collect();
    // Some inputs have clients side by side, which every one of these needs.
    let between_clients: Vec<&&str> =
        escaped.iter().filter(|name| find(name).is_some_and(Fault::needs_clients)).collect();
    assert!(between_clients.is_empty(), "{between_clients:?}");
    assert!(all.len() >= 10 * escaped.len(), "{escaped:?}");
}

/// Snapshots taken while transactions over several groups of keys were under way: which of their values count is decided by
/// our reader and a naive one alike, in rows of any order.
#[test]
fn transactions_in_flight_are_judged_as_by_a_naive_reader() {
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let (mut settled, mut in_flight, mut refused) = (0, 0, 0);
    for _ in 0..2000 {
        let mut rows = BTreeMap::new();
        for _ in 0..dice.random_range(1..40) {
            // Half of the rows are those of transactions.
            let mut choices: [u8; 16] = dice.random();
            choices[0] = if dice.random_bool(0.5) { 0xff } else { 2 };
            let (key, value) = Input::new(&choices).record();
            let value = dice.random_bool(0.8).then_some(value.as_slice());
            rows.insert(mvcc_key(&key, CommitTs(dice.random_range(0..8))), mvcc_value(value));
        }
        let mut rows: Vec<(Vec<u8>, Vec<u8>)> = rows.into_iter().collect();
        if dice.random_bool(0.2) {
            rows.reverse();
        }
        let mut file = bare_header(CommitTs(7)).to_vec();
        rows.iter().for_each(|(key, value)| write_row(key, value, &mut file));
        fuzz::snapshot::check(&file);
        match NaiveSnapshot::read(&file) {
            Ok(naive) => {
                let [values, open] = naive.intents(7);
                settled += values;
                in_flight += open;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(settled > 100 && in_flight > 1000 && refused > 10, "{settled} {in_flight} {refused}");
}

/// A target that is listed in one place only would be one that nobody runs.
#[test]
fn every_target_is_in_every_list() {
    let names: Vec<&str> = fuzz::TARGETS.iter().map(|(name, _)| *name).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
        entries(&root().join(folder)).into_iter().map(stem).collect()
    };
    let all: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(stems("fuzz/fuzz_targets"), all);
    assert_eq!(stems("fuzz/corpus"), all);
    let script = std::fs::read_to_string(root().join("fuzz/run")).unwrap();
    assert!(script.contains(&format!("\nall=({})\n", names.join(" "))));
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let bins: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""))
        .collect();
    assert_eq!(bins, names);
}
