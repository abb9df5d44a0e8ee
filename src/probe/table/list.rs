//! What is a list's alone: its records, when it goes away, its body.

pub(super) mod bodies;
pub(super) mod expiries;
pub(super) mod records;
