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

use base64::display::Base64Display;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{MALFORMED, kind_of, user_key_of, utc};
use crate::format::record::classify;
use crate::format::{ListRecord, Record, list};

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
        match classify(self.key, self.value) {
            Ok(record) => {
                map.serialize_entry("kind", kind_of(&record))?;
                if let Some(user_key) = user_key_of(&record) {
                    map.serialize_entry("user_key", &StreamedBytes(user_key))?;
                }
                serialize_members(&record, self, &mut map)?;
            }
            Err(error) => {
                map.serialize_entry("kind", MALFORMED)?;
                map.serialize_entry("problem", &Shown(error.fault))?;
            }
        }
        map.serialize_entry("key_hex", &Shown(Hex(self.key)))?;
        map.serialize_entry("value_hex", &Shown(Hex(self.value)))?;
        map.end()
    }
}

/// The members that only this kind of record has.
fn serialize_members<M: SerializeMap>(record: &Record<'_>, line: &Line<'_>, map: &mut M) -> Result<(), M::Error> {
    match record {
        Record::List(ListRecord::Meta { meta, .. }) => {
            map.serialize_entry("head", &meta.head)?;
            map.serialize_entry("tail", &meta.tail)?;
            map.serialize_entry("len", &meta.len)?;
            map.serialize_entry("expire_at_ms", &meta.expiry_field)?;
            map.serialize_entry("value_bytes", &line.value.len())?;
            map.serialize_entry("invariant_holds", &meta.invariant_holds())?;
            map.serialize_entry("in_delta_namespace", &line.key.starts_with(list::DELTA_PREFIX))
        }
        Record::List(ListRecord::Item { seq, value, .. }) => {
            map.serialize_entry("seq", &seq.0)?;
            map.serialize_entry("value", &StreamedBytes(value))
        }
        Record::List(ListRecord::Delta { commit_ts, seq_in_txn, delta, .. }) => {
            map.serialize_entry("commit_ts", &commit_ts.0)?;
            map.serialize_entry("commit_time", &utc(commit_ts.unix_ms()).map(Shown))?;
            map.serialize_entry("seq_in_txn", seq_in_txn)?;
            map.serialize_entry("head_delta", &delta.head_delta)?;
            map.serialize_entry("len_delta", &delta.len_delta)
        }
        Record::List(ListRecord::Claim { seq, .. }) => map.serialize_entry("seq", &seq.0),
        Record::Fence { family, .. } | Record::OtherType { family, .. } => map.serialize_entry("family", family),
        Record::Ttl { expire_at, .. } => map.serialize_entry("expire_at_ms", &expire_at.0),
        Record::Unknown => Ok(()),
    }
}

/// A byte string as [`crate::format::byte_string::ByteStr`] has it, but its base64 goes out as it is made: a value can
/// have 256 MiB.
struct StreamedBytes<'a>(&'a [u8]);

impl Serialize for StreamedBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &Shown(Base64Display::new(self.0, &URL_SAFE_NO_PAD)))?;
                map.end()
            }
        }
    }
}

/// What it displays, as a string that is written piece by piece.
struct Shown<T>(T);

impl<T: fmt::Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Plain lower-case hex.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chunks(1024).try_for_each(|piece| f.write_str(&hex::encode(piece)))
    }
}
