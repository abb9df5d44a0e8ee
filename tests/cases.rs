//! Inputs that people really have, each a folder of `tests/cases/`, and what is right for each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[cfg(feature = "rocksdb")]
#[path = "cases/databases.rs"]
mod databases;
#[path = "cases/dumps.rs"]
mod dumps;
#[path = "cases/every.rs"]
mod every;
#[path = "cases/intents.rs"]
mod intents;
#[path = "cases/rdb.rs"]
mod rdb;
#[path = "cases/recordings.rs"]
mod recordings;
#[path = "cases/rot.rs"]
mod rot;
