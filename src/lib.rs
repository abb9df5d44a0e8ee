//! Placeholder.
pub mod command;
pub mod format;
pub mod model;
pub mod state;
