//! Snapshot files on disk: read in any framing, checked from end to end before anything of them is believed, and written
//! from a database. What their bytes are, [`crate::format::snapshot`] says.
//!
//! ```text
//! SnapshotFile::open   one pass: framing, every row, the checksum, the order of the keys
//!   scan, scan ..      a pass each, over the state at one commit: nothing but a key is held
//!                      (the whole state, if the rows are not in order)
//! write_snapshot       a database's versions or its present state, with the engine's own rows and others' as wanted
//! ```
//!
//! Every pass reads the same open file. The first one holds one row at a time; the later ones skip what they do not
//! need. Rows that are not in key order are not refused: they cost memory. What is ambiguous is refused: a version that
//! comes twice, a tombstone with a body.

mod extras;
mod file;
mod lag;
mod rows;
mod write;

pub use file::{FileRow, RawRows, RowCounts, SnapshotFile, raw_rows};
pub use rows::{SnapshotError, is_beginning};
pub use write::{Kept, SnapshotShape, SnapshotWriter, WriteError, write_records, write_snapshot};
