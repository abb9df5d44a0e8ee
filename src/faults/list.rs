//! Faults in what is a list's alone: its commands, its records, its bodies and its items.

pub(super) mod batches;
pub(super) mod bodies;
pub(super) mod commands;
pub(super) mod conflicts;
mod edits;
pub(super) mod fences;
pub(super) mod presence;
pub(super) mod records;
pub(super) mod snapshots;
pub(super) mod states;

pub(super) use edits::inline_expiries;
pub(super) use fences::{BY_ANOTHER, DELETIONS, MOVES, POPS, PUSHES, is_of};
