//! Tiny snapshots, each for one rule of the format, put to somebody else's decoder.
//!
//! A probe isolates: its snapshot holds what its rule is about and otherwise only what every decoder can be expected to
//! read, and it is judged by nothing but what its rule says. So values are read from a dump as leniently as they can be
//! (their exact form, the manifest, the checksums are the business of probes of their own), and a decoder that is wrong
//! about one rule is blamed for that rule and not for thirty. What a decoder leaves behind when it refuses a snapshot is
//! a rule too, judged over all snapshots that it refused.
//!
//! Where the format leaves a question open, more than one answer is right: the verdict is then [`Verdict::Open`], which
//! says what the decoder answers, and a third answer is a bug all the same.
//!
//! A server is probed as well: each form of each command is tried once, and the table of them is a [`Matrix`].

mod byte_strings;
mod expectation;
mod judge;
mod leniently;
mod list;
mod manifest;
mod markdown;
mod matrix;
mod places;
mod question;
mod report;
mod row;
mod run;
mod shell;
mod snapshot;
mod table;
mod text;
mod tree;
mod waivers;

pub use crate::finding::Verdict;
pub use markdown::write_markdown;
pub use matrix::Matrix;
pub use question::Probe;
pub use report::Report;
pub use row::Row;
pub use run::{ProbeError, names, run};
pub use snapshot::{Part, Snapshot};
pub use table::probes;
pub use text::{Layout, write_text};
pub use waivers::{WaiverError, Waivers};
