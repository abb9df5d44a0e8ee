//! ekv-roundtrip proves a storage format right.
//!
//! A distributed store, elastickv, keeps Redis lists as many small key-value records; a backup encoder turns those
//! records into logical dumps. This crate holds both of them, as independent as they can be of each other, and what it
//! takes to compare what comes out with what a Redis client would see:
//!
//! ```text
//! workload -> store -> (RocksDB) -> encoder -> dump tree -> reader
//!     \-> model (what Redis would show) ---------------------> compare -> verdict, report, repeat
//! ```
//!
//! `ARCHITECTURE.md` has the modules, which of them may use which, and the invariants; `tests/tidy.rs` checks it. Why
//! things are as they are is in the docs of each module, and in `docs/decisions.md` where several are concerned.

pub mod campaign;
pub mod case;
pub mod cli;
pub mod command;
pub mod compare;
pub mod database;
pub mod decoder;
pub mod encoder;
pub mod faults;
pub mod finding;
pub mod fixtures;
pub mod format;
pub mod inspect;
pub mod jobs;
pub mod model;
pub mod probe;
pub mod reader;
pub mod records;
pub mod report;
pub mod restore;
pub mod rules;
pub mod server;
pub mod situations;
pub mod snapshot;
pub mod staging;
pub mod state;
pub mod store;
pub mod suite;
pub mod workload;
