//! Second readings of names, bodies, key maps, manifests, snapshot rows, records, requests and texts, written from
//! their description alone: slow and plain.
//!
//! The encoder and the reader share [`crate::format`], and the store and the model share the parser of requests. A mistake
//! there is on both sides of a comparison and cancels out. What is here uses nothing of ours, so it cannot share it: the
//! case holds the two against each other, byte by byte where bytes are written.
//!
//! ```text
//! names bodies tree manifest   lists -> the files of their dump, to the byte; and back
//! snapshot                     a snapshot file -> its rows, what is counted of them, and the state at a commit; and back
//! records                      the database's records -> lists; and back
//! requests                     the words of a request -> what they mean, or Redis's refusal
//! text                         keys -> the texts that they are shown as; and back
//! ```

pub mod bodies;
mod intents;
pub mod lists;
pub mod manifest;
pub mod names;
pub mod records;
pub mod requests;
pub mod snapshot;
pub mod text;
pub mod tree;
