//! What the generator knows of lists alone: their commands, their places, and how a case with lists begins.

pub(super) mod imitations;
pub(super) mod lengths;
mod places;
pub(super) mod preamble;
pub(super) mod refused;
pub(super) mod requests;
