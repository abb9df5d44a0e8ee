//! Placeholder.
pub mod command;
pub mod format;
pub mod reader;
pub mod state;
pub mod verify;
