//! Placeholder.
pub mod cli;
pub mod command;
pub mod database;
pub mod encoder;
pub mod format;
pub mod inspect;
pub mod model;
pub mod reader;
pub mod staging;
pub mod state;
pub mod store;
pub mod verify;
pub mod workload;
