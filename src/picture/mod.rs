//! Pictures of lists: the records of one list, drawn along its sequence numbers.
//!
//! ```text
//! List "k": head 1, len 2, tail 3
//!
//! How its window adds up  head  len  tail
//!   base meta                0    3     3  no expiry field
//!   + delta                 +1   -1        commit 2, step 2
//!   = resolved               1    2     3
//!
//! seq: a record's sequence number; the list is what stands from head up to, but not at, tail
//! index: where an item stands in the list; other: where the decoder's dump (3 items) shows it
//!
//!   seq  index  other  item  record
//!     0      -      0  "a"   deleted by step 2; claimed by a pop  <-- shown, but not in the list
//!   -- head 1 -----------------
//!     1      0      1  "b"   live, written by step 1
//!     2      1      2  "c"   live, written by step 1
//!   -- tail 3 -----------------
//! ```
//!
//! So a picture shows what the window is made of, which records stand in it and beside it, what has been there before
//! (deleted items, older versions), which seqs a pop has claimed, and what another reader of the same records, such as a
//! decoder, made of them.
//!
//! [`Picture::of`] reads the records as a stream, a few times over. A picture holds [`CELLS`] sequence numbers at most:
//! those near its point of interest, the head and the tail; so a list of a million items has a small one. It holds keys and
//! items as printable ASCII, in which [`crate::format::key_text`]'s `%HH` stands for any other byte, and cut short.

mod aligned;
mod build;
pub mod element;
mod label;
mod lines;
mod nearest;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod window;

pub use build::{OtherItems, Sources};
pub use window::{Window, Windows};

use serde::{Deserialize, Serialize};

/// The sequence numbers that a picture shows.
pub const CELLS: usize = 40;
/// The deltas that a picture shows, the latest.
pub const DELTAS: usize = 12;

/// A list, drawn. It holds what is drawn and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// The user key.
    pub key: String,
    /// The base meta, if there is one.
    pub base: Option<BaseMeta>,
    /// The number in the expiry record, if there is one.
    pub ttl_ms: Option<u64>,
    /// What earlier deltas than those shown add up to.
    pub earlier_deltas: Option<DeltaSum>,
    /// The latest deltas, in the order of their commits.
    pub deltas: Vec<Delta>,
    /// The resolved window; `None` where the sum leaves the range of sequence numbers.
    pub window: Option<Window>,
    /// The items in the window.
    pub items: u64,
    /// The items outside the window, which are in no list.
    pub outside_items: u64,
    /// The first and the last sequence number that is in the window or has a record, shown or not.
    pub extent: Option<(i64, i64)>,
    /// The sequence numbers that are shown, ascending.
    pub cells: Vec<Cell>,
    /// What another reader makes of the list, where one was asked.
    pub other: Option<OtherSide>,
}

/// A base meta as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseMeta {
    /// The seq of the first item.
    pub head: i64,
    /// The number of items.
    pub len: i64,
    /// The seq after the last item.
    pub tail: i64,
    /// The expiry field of a 32-byte meta, 0 for none; `None` in a 24-byte one.
    pub expiry_ms: Option<u64>,
}

/// A delta.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// Added to the head.
    pub head_delta: i64,
    /// Added to the length.
    pub len_delta: i64,
    /// What wrote it.
    pub origin: Origin,
}

/// What several deltas add up to; a sum that is too large is cut to the range of the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeltaSum {
    /// How many they are.
    pub count: u64,
    /// Added to the head.
    pub head_delta: i64,
    /// Added to the length.
    pub len_delta: i64,
}

/// What wrote or deleted a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The timestamp of the commit.
    pub commit_ts: u64,
    /// The step of the trace, from 1, where the trace is known.
    pub step: Option<u64>,
}

/// A sequence number and what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The sequence number.
    pub seq: i64,
    /// Whether an item is there.
    pub state: CellState,
    /// The item, or the last one that was there, in quotes; `None` if none is known.
    pub item: Option<String>,
    /// Whether the resolved window has the sequence number.
    pub is_in_window: bool,
    /// Whether a pop has left a claim.
    pub is_claimed: bool,
    /// The values before the item, or before the last one that was there, equal ones too. A deletion is no value.
    pub older_versions: u64,
    /// The index of the item in the list.
    pub index: Option<u64>,
    /// The index at which the other reader shows the item, if it does.
    pub other_index: Option<u64>,
    /// What wrote the item, where versions are kept.
    pub written: Option<Origin>,
    /// What deleted it.
    pub deleted: Option<Origin>,
}

/// Whether a sequence number has an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellState {
    /// An item is there.
    Live,
    /// Its newest version is a tombstone.
    Deleted,
    /// No item is there, and none is known to have been.
    Absent,
}

/// What another reader makes of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherSide {
    /// What it is called, such as `the decoder's dump`.
    pub name: String,
    /// The items that it shows; `None` if it has no list of this key.
    pub items: Option<u64>,
    /// The first of those that are at no sequence number of the picture. Empty where the picture does not have them all.
    pub unplaced: Vec<Unplaced>,
    /// How many more of these there are.
    pub more_unplaced: u64,
}

/// An item of the other reader that is at no sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unplaced {
    /// Its index there.
    pub index: u64,
    /// The item, in quotes.
    pub item: String,
}
