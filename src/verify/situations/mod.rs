//! The situations in which a checker of this format earns its trust, and which of them a run has reached.
//!
//! A verifier that never meets a negative head says nothing about sign flips, however many cases it runs. So the places where
//! the format invites bugs have names here, one table of them ([`SITUATIONS`]), and each is ticked off when a case has
//! really been there: by the records that were committed, the state in the end, the file names of the dump and the rows of
//! the snapshot, never by what a generator meant to do.
//!
//! A hole (a seq of the window without an item) is not among them: the live store counts and claims one when it meets it,
//! but no list command leaves one. Records with holes are in the fixtures, and so are the other states that only foreign or
//! damaged stores have, such as a TTL record without a list.

mod table;

pub use table::{Mark, Needs, SITUATIONS, Situation};
