//! Every fault of the catalogue is caught, as what it is to be reported, and its shrunk trace repeats that.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use ekv_roundtrip::verify::faults::hunt::{COMMANDS, meet, shrink_met};
use ekv_roundtrip::verify::faults::{Fault, faults};
use ekv_roundtrip::verify::findings::commands;

const SEED: u64 = 1;
const CASES: u64 = 200;

/// The commands that are left of the case in which a fault was caught.
fn caught(fault: &'static Fault, work: &Path) -> u64 {
    let name = fault.name;
    let met = meet(fault, SEED, CASES, COMMANDS, work).unwrap().unwrap_or_else(|| panic!("{name} has escaped"));
    assert!(
        fault.is_reported_by(&met.finding),
        "{name} is reported as {:?}: {}",
        met.finding.class(),
        met.finding.detail
    );
    let shrunk = shrink_met(fault, &met, work).unwrap().unwrap_or_else(|| panic!("{name} does not repeat"));
    assert!(commands(&shrunk.steps) <= 30, "{name} is shrunk to {} commands", commands(&shrunk.steps));
    commands(&shrunk.steps)
}

#[test]
fn every_fault_is_caught_and_shrunk_to_ten_commands_in_the_median() {
    // Very many small files: quicker in memory, where there is such a folder.
    let memory = Path::new("/dev/shm");
    let work = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let all: Vec<&'static Fault> = faults().collect();
    let next = AtomicUsize::new(0);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut sizes: Vec<u64> = std::thread::scope(|scope| {
        let hunt = || {
            let mut sizes = Vec::new();
            while let Some(fault) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                sizes.push(caught(fault, work.path()));
            }
            sizes
        };
        let hunters: Vec<_> = (0..jobs).map(|_| scope.spawn(hunt)).collect();
        hunters.into_iter().flat_map(|hunter| hunter.join().expect("no fault has escaped")).collect()
    });
    sizes.sort_unstable();
    assert_eq!(sizes.len(), all.len());
    assert!(sizes[sizes.len() / 2] <= 10, "{sizes:?}");
}
