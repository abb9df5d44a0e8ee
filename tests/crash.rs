//! Whenever a command is killed or the power goes, its output is absent, the old one, or the whole new one.
//!
//! For the loss of power a command runs once under strace, and what it did to its folder is done again on a model of a disk,
//! up to each call, with what was not synced by then lost, kept, or there in part.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may fail by panicking"
)]

#[path = "crash/commands.rs"]
mod commands;
#[path = "crash/disk.rs"]
mod disk;
#[cfg(feature = "rocksdb")]
#[path = "crash/durable.rs"]
mod durable;
#[path = "crash/kills.rs"]
mod kills;
#[path = "crash/power.rs"]
mod power;
#[path = "crash/strace.rs"]
mod strace;
