//! Pure bytes to values and back: every layout of the store and of its logical dump.
//!
//! No I/O, no database, and no allocation that a length field of the input could make large. Parsing borrows from its
//! input, never panics on any bytes, and its errors name the record or the offset. What is list-specific lives in the
//! files named `list_*`; the others serve every record family.

pub mod byte_string;
mod count_text;
pub mod dump_tree;
pub mod expiry;
pub mod json_fault;
pub mod key_text;
pub mod list_body;
pub mod list_keys;
pub mod list_values;
pub mod record;
pub mod segment;
pub mod seq;
pub mod snapshot;

pub use count_text::counted;
pub use expiry::ExpireAtMs;
pub use list_values::{ListDelta, ListMeta};
pub use record::{Record, RecordError, RecordFault};
pub use seq::{CommitTs, Seq};
