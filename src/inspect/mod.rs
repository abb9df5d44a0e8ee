//! Records for people who read hex: each one in words, then its key and value split at their fields.
//!
//! ```text
//! item   "jobs"  seq -1  "a" (1 byte)
//!   key    21 6c 73 74 7c 69 74 6d 7c  prefix "!lst|itm|"
//!          6a 6f 62 73                 user key "jobs"
//!          7f ff ff ff ff ff ff ff     seq -1
//!   value  61                          "a"
//! ```
//!
//! [`write_text`] writes that, with an empty line after each record, and [`write_json`] one JSON line. Text is for the
//! eye: a field is cut after [`SHOWN_BYTES`], and what is odd about a record but no error is said in its first line,
//! after `note:`. JSON is for programs: keys and values are whole in it, and nothing of the size of a value is ever
//! held in memory. [`write_row_text`] and [`write_row_json`] do the same for the rows of a snapshot file, with the place and
//! the commit of each. A malformed record is shown like any other, with what is wrong in the place of the words.
//!
//! What a record is [`crate::format::record`] decides and nothing here: whoever looks at a database with this sees it
//! as the encoder does.

mod cut;
mod fields;
mod json;
mod list;
mod streamed;
#[cfg(test)]
mod tests;
mod text;
mod version;
mod words;

pub use json::write_json;
pub use text::{SHOWN_BYTES, deleted_record, write_deletion, write_text};
pub use version::{Place, write_row_json, write_row_text};

use crate::format::record::classify;

/// What a malformed record is called in JSON, and in capitals in text.
const MALFORMED: &str = "malformed";

/// The records that were rendered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderedCounts {
    /// All of them.
    pub records: u64,
    /// Those among them that are malformed.
    pub malformed: u64,
}

impl RenderedCounts {
    /// Counts one record.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        self.records += 1;
        self.malformed += u64::from(classify(key, value).is_err());
    }
}

/// Whether the record belongs to the user key and to no other: an item of `ab` does not name `a`, and a meta among the
/// deltas of `jobs` does not name `jobs`.
pub fn names(key: &[u8], value: &[u8], user_key: &[u8]) -> bool {
    named(key, value) == Some(user_key)
}

/// The user key that a record belongs to. A malformed record names no key.
pub fn named<'a>(key: &'a [u8], value: &'a [u8]) -> Option<&'a [u8]> {
    classify(key, value).ok().and_then(|record| record.user_key())
}
