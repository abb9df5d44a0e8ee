//! Records as JSON lines.
//!
//! ```text
//! {"kind":"meta","user_key":U,"head":-2,"tail":1,"len":3,"expire_at_ms":null,"value_bytes":24,"invariant_holds":true,
//!                "in_delta_namespace":false,...}
//! {"kind":"item","user_key":U,"seq":-1,"value":"a",...}
//! {"kind":"delta","user_key":U,"commit_ts":1,"commit_time":"1970-01-01T00:00:00Z","seq_in_txn":0,"head_delta":-2,
//!                 "len_delta":2,...}
//! {"kind":"claim","user_key":U,"seq":-1,...}
//! {"kind":"fence","user_key":U,"family":"list",...}
//! {"kind":"ttl","user_key":U,"expire_at_ms":4102444800000,...}
//! {"kind":"other","user_key":U,"family":"string",...}
//! {"kind":"unknown",...}
//! {"kind":"malformed","problem":"meta value has 0 bytes, must have 24 or 32",...}
//! ```
//!
//! and each line ends with `"key_hex":"...","value_hex":"..."`, whole and in lower case. `U` and the value of an item
//! are byte strings as in [`crate::format::byte_string`]. `expire_at_ms` is the field as it stands, 0 included, and
//! null in a meta of 24 bytes, which has none; `commit_time` is null beyond the year 9999.

use std::fmt;
use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::streamed::{Shown, StreamedBytes};
use super::{MALFORMED, list};
use crate::format::Record;
use crate::format::record::classify;

/// Writes one record as a JSON line, in many small pieces: `out` should be buffered.
///
/// # Errors
///
/// What `out` says.
pub fn write_json(key: &[u8], value: &[u8], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { key, value })?;
    out.write_all(b"\n")
}

struct Line<'a> {
    key: &'a [u8],
    value: &'a [u8],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        serialize_record(self.key, self.value, &mut map)?;
        map.end()
    }
}

/// The members of a record.
pub(super) fn serialize_record<M: SerializeMap>(key: &[u8], value: &[u8], map: &mut M) -> Result<(), M::Error> {
    match classify(key, value) {
        Ok(record) => {
            map.serialize_entry("kind", record.kind())?;
            if let Some(user_key) = record.user_key() {
                map.serialize_entry("user_key", &StreamedBytes(user_key))?;
            }
            serialize_members(&record, &Line { key, value }, map)?;
        }
        Err(error) => {
            map.serialize_entry("kind", MALFORMED)?;
            map.serialize_entry("problem", &Shown(error.fault))?;
        }
    }
    map.serialize_entry("key_hex", &Shown(Hex(key)))?;
    map.serialize_entry("value_hex", &Shown(Hex(value)))
}

/// The members that only this kind of record has.
fn serialize_members<M: SerializeMap>(record: &Record<'_>, line: &Line<'_>, map: &mut M) -> Result<(), M::Error> {
    match record {
        Record::List(record) => list::members(record, line.key, line.value, map),
        Record::Fence { family, .. } | Record::OtherType { family, .. } => map.serialize_entry("family", family),
        Record::Ttl { expire_at, .. } => map.serialize_entry("expire_at_ms", &expire_at.0),
        Record::Unknown => Ok(()),
    }
}

/// Plain lower-case hex.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chunks(1024).try_for_each(|piece| f.write_str(&hex::encode(piece)))
    }
}
