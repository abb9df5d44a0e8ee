//! Situations of several clients: what their transactions do to each other.

pub(super) mod overlaps;
mod pairs;
mod steps;
