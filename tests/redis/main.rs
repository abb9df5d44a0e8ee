//! A real Redis server is asked what is right: `random` holds the model against it, `resp` also what
//! is written for `redis-cli --pipe`. Without a server these tests fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may fail by panicking"
)]

mod random;
mod resp;
mod server;

use std::io::Write;

/// A command as it goes over the wire, its name first.
type Args = Vec<Vec<u8>>;

/// Prints a line that stays visible when the test passes: `cargo test` captures only what goes through the macros.
fn report(line: &str) {
    // A closed standard error is no reason to fail.
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
