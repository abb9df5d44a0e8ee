//! Situations of lists: what their records say step by step, and in the end.

pub(super) mod endings;
mod steps;
pub(super) mod tracks;
