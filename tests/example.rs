//! The example of the library's front, compiled and run: it is short, and it finds the bug that it has.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../examples/test_suite.rs"]
mod test_suite;

use ekv_roundtrip::suite::{FindingKind, Suite};

#[test]
fn the_example_runs() {
    test_suite::main().unwrap();
}

#[test]
fn the_bug_of_the_example_is_found_in_one_command() {
    let found = Suite::new(42).cases(20).check_store(test_suite::Lists::default).unwrap();
    let (first, others) = found.split_first().expect("a finding");
    assert!(others.is_empty(), "one bug is one class: {others:?}");
    assert_eq!(first.kind, FindingKind::StoreState);
    assert!(first.detail.contains("back to front"), "{first}");
    assert_eq!(first.trace.lines().count(), 2, "a header and a push:\n{first}");
}

#[test]
fn the_example_is_short() {
    let lines = include_str!("../examples/test_suite.rs").lines().count();
    assert!(lines < 40, "{lines} lines");
}
