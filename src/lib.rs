//! Placeholder.
pub mod command;
pub mod format;
pub mod state;
pub mod workload;
