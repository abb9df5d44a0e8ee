//! Pure bytes to values and back: every layout of the store and of its logical dump.
//!
//! No I/O, no database, and no allocation that a length field of the input could make large. Parsing borrows from its
//! input, never panics on any bytes, and its errors name the record or the offset. [`family`] has a row for each record
//! family; what is a family's alone lives in the file of its name.

mod body_text;
pub mod byte_string;
mod count_text;
pub mod dump_tree;
pub mod expiry;
pub mod family;
pub mod json_fault;
mod key_pattern;
pub mod key_text;
mod limits;
pub mod list;
pub mod record;
pub mod segment;
pub mod seq;
pub mod snapshot;
pub mod transaction;

pub use body_text::BodyError;
pub use count_text::counted;
pub use expiry::ExpireAtMs;
pub use family::{FAMILIES, Family, FamilyRow};
pub use key_pattern::KeyPattern;
pub use limits::{KEY_LIMIT_BYTES, VALUE_LIMIT_BYTES};
pub use list::{ListDelta, ListMeta, ListRecord};
pub use record::{Record, RecordError, RecordFault};
pub use seq::{CommitTs, Seq};
