//! Every fault of the catalogue is caught, as what it is to be reported, and its shrunk trace repeats that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::convert::Infallible;
use std::path::Path;

use ekv_roundtrip::campaign::hunt::{Ending, hunt};
use ekv_roundtrip::case::replay::command_count;
use ekv_roundtrip::database::Engine;
use ekv_roundtrip::faults::{Fault, faults};
use ekv_roundtrip::jobs::{Interrupt, side_by_side};

const SEED: u64 = 1;
const CASES: u64 = 200;

/// The commands that are left of the case in which a fault was caught.
fn caught(fault: &'static Fault, work: &Path) -> u64 {
    let name = fault.name;
    let shrunk = match hunt(fault, SEED, CASES, (Engine::Memory, work), &Interrupt::NEVER).unwrap() {
        Ending::Caught(met, shrunk) => {
            assert!(fault.is_reported_by(&met.finding) && shrunk.finding.is_like(&met.finding), "{name}");
            shrunk
        }
        Ending::Escaped => panic!("{name} has escaped"),
        Ending::Misreported(met) => {
            panic!("{name} is reported as {:?}: {}", met.finding.class(), met.finding.detail)
        }
        Ending::Unrepeated(_) => panic!("{name} does not repeat"),
    };
    // What several clients do to each other is told in words that need no knowledge of records.
    let is_told = shrunk.finding.anomaly.is_some() || !fault.needs_clients();
    assert!(is_told, "{name}: {}", shrunk.finding.detail);
    assert!(command_count(&shrunk.steps) <= 30, "{name} is shrunk to {} commands", command_count(&shrunk.steps));
    command_count(&shrunk.steps)
}

#[test]
fn every_fault_is_caught_and_shrunk_to_ten_commands_in_the_median() {
    // Very many small files: quicker in memory, where there is such a folder.
    let memory = Path::new("/dev/shm");
    let work = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let all: Vec<&'static Fault> = faults().collect();
    let jobs = std::thread::available_parallelism().unwrap();
    let Ok(mut sizes) = side_by_side(&all, jobs, |fault| Ok::<u64, Infallible>(caught(fault, work.path())), &|| {});
    sizes.sort_unstable();
    assert_eq!(sizes.len(), all.len());
    assert!(sizes[sizes.len() / 2] <= 10, "{sizes:?}");
}
