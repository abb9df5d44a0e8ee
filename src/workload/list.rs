//! What the generator knows of lists alone: their commands, their places, how a case with lists begins, and scripts.

pub(super) mod imitations;
pub(super) mod lengths;
mod places;
pub(super) mod preamble;
pub(super) mod refused;
pub(super) mod requests;
pub(super) mod scripts;
