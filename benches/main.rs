//! Benches that check their results. `make bench` measures, and ends with a summary; `cargo test` runs each bench once.
//!
//! What is timed is the piece that a bench is named after. Its input is made, its result checked and its files removed
//! outside of the timing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench fails by panicking, as a test does, and prints what it measured"
)]

mod codecs;
mod flush;
mod rows;
mod scratch;
mod store;
mod stream;
mod summary;
mod text_codecs;
mod timed_dump;
mod verify;

use std::time::{Duration, SystemTime};

use criterion::Criterion;

fn main() {
    let started = SystemTime::now();
    let results = summary::results_folder();
    let mut criterion = Criterion::default()
        .without_plots()
        .output_directory(&results)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500))
        .sample_size(20)
        .nresamples(10_000)
        .configure_from_args();
    flush::benches(&mut criterion);
    stream::benches(&mut criterion);
    codecs::benches(&mut criterion);
    text_codecs::benches(&mut criterion);
    store::benches(&mut criterion);
    verify::benches(&mut criterion);
    summary::print(&results, started);
}
