//! What the fuzz targets check, one module each: `check` takes any bytes and panics with what is wrong.
//!
//! None of it knows libFuzzer, so `tests/fuzz_corpus.rs` runs the same checks over the corpus that is checked in. What they
//! hold the code against is an independent reading where there can be one: records and snapshot files are decoded a second
//! time by the room `naive`, from the description of the format alone.
//!
//! An input is a list of choices, or a file as the fixtures have it. The targets make lengths and checksums right
//! before they use it, because by chance they would never be.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a check fails by panicking"
)]

pub mod aof;
pub mod dump_reader;
pub mod input;
pub mod rdb;
pub mod records;
pub mod round_trip;
pub mod script;
pub mod snapshot;
pub mod trace;
pub mod tree;

/// A target's name, and what it checks of an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("records", records::check),
    ("snapshot", snapshot::check),
    ("dump_reader", dump_reader::check),
    ("trace", trace::check),
    ("aof", aof::check),
    ("rdb", rdb::check),
    ("round_trip", round_trip::check),
];
