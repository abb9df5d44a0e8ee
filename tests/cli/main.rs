//! The command line as other tools call it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

mod bench;
mod campaign;
mod clients;
mod coverage;
mod durable;
mod engine;
mod findings;
mod histories;
mod integration;
mod outputs;
mod refusals;
mod repetition;
mod schema;
mod session;
mod shrink;
mod snapshots;
mod transcripts;
