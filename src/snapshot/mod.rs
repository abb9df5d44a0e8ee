//! Snapshot files on disk: read in any framing, checked from end to end before anything of them is believed, and written
//! from a database. What their bytes are, [`crate::format::snapshot`] says.
//!
//! ```text
//! SnapshotFile::open   one pass: framing, every row, the checksum, the order of the keys
//!   scan, scan ..      over the state at one commit: a pass each over the rows of the prefixes that it is about
//!                      (over the state in memory, if the rows are not in order)
//!                      among the rows come the values of intents whose transactions have committed
//! write_snapshot       a database's versions or its present state, with the engine's own rows and others' as wanted
//! ```
//!
//! Every pass reads the same open file, 256 KiB at a time or as much as one row needs. A file of less than 256 KiB is read
//! once: the later passes go over the bytes that were checked. Of a larger one, what a later pass reads must have the
//! checksum that it had in the first, so that a dump of bytes that have changed since fails before it is published. Rows
//! that are not in key order are not refused: they cost memory. What is ambiguous is refused: a version that comes twice, a
//! tombstone with a body.

mod check;
mod extras;
mod file;
mod intents;
mod lag;
mod rows;
mod window;
mod write;

pub use check::RowCounts;
pub use file::{FileRow, RawRows, SnapshotFile, raw_rows};
pub use rows::{SnapshotError, is_beginning};
pub use write::{Kept, SnapshotShape, SnapshotWriter, WriteError, write_records, write_snapshot};
