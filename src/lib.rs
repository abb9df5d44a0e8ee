//! ekv-roundtrip proves a storage format right.
//!
//! A distributed store, elastickv, keeps Redis data as many small key-value records. A backup encoder turns those records
//! into logical dumps, and a restore brings them back. If any of them is subtly wrong, a restore loses or reorders data,
//! and nobody notices until the day it matters. This crate makes them notice: it generates workloads, runs them through
//! the store and the encoder on one side and through a model of Redis on the other, and compares every reply, key, item
//! and expiry.
//!
//! # In a test suite of yours
//!
//! [`suite`] is the front for Rust test suites. It runs generated cases against a store in your own process, behind the
//! small trait [`suite::TestedStore`], or against a decoder of snapshots, which is a function of two paths. Findings come
//! back as values, one for each class, with a trace that is cut down to the commands that it takes:
//!
//! ```no_run
//! # use ekv_roundtrip::suite::Suite;
//! # fn decode(snapshot: &std::path::Path, dump: &std::path::Path) -> Result<(), String> { Ok(()) }
//! let found = Suite::new(42).check_decoder(decode)?;
//! assert!(found.is_empty(), "{}", found[0]);
//! # Ok::<(), ekv_roundtrip::suite::SuiteError>(())
//! ```
//!
//! `examples/test_suite.rs` tests a small list store. Turn off the default features there: `cli` is the command-line
//! program with its dependencies, `rocksdb` compiles RocksDB, which takes a quarter of an hour, and a suite needs neither.
//!
//! # On the command line
//!
//! For a decoder that is a program, a server that is reached by its port, for fuzzing in CI, or for fixtures, use the program
//! `ekv-roundtrip`; its README has a session.
//!
//! # Stability
//!
//! [`suite`] and what it re-exports follow semantic versioning. The other modules are public so that the program, the
//! tests, the benches and the fuzz targets of this repository can use them. They are hidden from these pages and may change
//! with any version. `ARCHITECTURE.md` says what each is for.

#[doc(hidden)]
pub mod bench;
#[doc(hidden)]
pub mod bounds;
#[doc(hidden)]
pub mod campaign;
#[doc(hidden)]
pub mod case;
#[doc(hidden)]
#[cfg(feature = "cli")]
pub mod cli;
#[doc(hidden)]
pub mod clients;
#[doc(hidden)]
pub mod command;
#[doc(hidden)]
pub mod compare;
#[doc(hidden)]
pub mod database;
#[doc(hidden)]
pub mod decoder;
#[doc(hidden)]
pub mod encoder;
#[doc(hidden)]
pub mod faults;
#[doc(hidden)]
pub mod finding;
#[doc(hidden)]
pub mod fixtures;
#[doc(hidden)]
pub mod folders;
#[doc(hidden)]
pub mod format;
#[doc(hidden)]
pub mod history;
#[doc(hidden)]
pub mod inspect;
#[doc(hidden)]
pub mod jobs;
#[doc(hidden)]
pub mod judge;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod naive;
#[doc(hidden)]
pub mod picture;
#[doc(hidden)]
pub mod probe;
#[doc(hidden)]
pub mod reader;
#[doc(hidden)]
pub mod records;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod restore;
#[doc(hidden)]
pub mod rules;
#[doc(hidden)]
pub mod server;
#[doc(hidden)]
pub mod situations;
#[doc(hidden)]
pub mod snapshot;
#[doc(hidden)]
pub mod staging;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod store;
pub mod suite;
#[doc(hidden)]
pub mod workload;
