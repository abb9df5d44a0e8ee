//! The rows of a snapshot file: every version, deletions included, and the engine's own rows.
//!
//! ```text
//! row 3 at offset 121  commitTS 131072 (1970-01-01T00:00:00.002Z, counter 0)  tombstone
//! item   "k"  deleted
//!   key    ...
//!
//! row 9 at offset 410  the engine's own: _meta_applied_index 12
//! ```
//!
//! As JSON, members of the row come before those of the record that [`super::json`] has. A tombstone has no members of a
//! value, and `value_hex` is null; a row of the engine's own has only `key_hex` and its number.
//!
//! ```text
//! {"row":2,"offset":66,"row_commit_ts":65536,"row_commit_time":"...","tombstone":false,"kind":"item",...,"value_hex":"61"}
//! {"row":3,"offset":121,"row_commit_ts":131072,"row_commit_time":"...","tombstone":true,"kind":"item","user_key":"k",
//!                       "key_hex":"...","value_hex":null}
//! {"row":9,"offset":410,"kind":"raw","number":12,"key_hex":"..."}
//! ```

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::json::{Hex, serialize_record};
use super::streamed::{Shown, StreamedBytes};
use super::text::{deleted_record, write_deletion, write_text};
use super::words::{shown_commit, utc};
use crate::format::key_text;
use crate::format::snapshot::Row;

/// Where a row stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Of its key length, in bytes from 0.
    pub offset: u64,
    /// Its number, from 1.
    pub row: u64,
}

/// Writes a row as text, an empty line after it.
///
/// # Errors
///
/// What `out` says.
pub fn write_row_text(place: Place, raw_key: &[u8], row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Place { offset, row: number } = place;
    write!(out, "row {number} at offset {offset}  ")?;
    match *row {
        Row::Version { key, commit_ts, value } => {
            let tombstone = if value.is_none() { "  tombstone" } else { "" };
            writeln!(out, "{}{tombstone}", shown_commit(commit_ts))?;
            match value {
                Some(value) => write_text(key, value, out),
                None => write_deletion(key, out),
            }
        }
        Row::Raw { number } => {
            let number = number.map_or_else(String::new, |number| format!(" {number}"));
            writeln!(out, "the engine's own: {}{number}\n", key_text::escaped(raw_key))
        }
    }
}

/// Writes a row as a JSON line, in many small pieces: `out` should be buffered.
///
/// # Errors
///
/// What `out` says.
pub fn write_row_json(place: Place, raw_key: &[u8], row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { place, raw_key, row })?;
    out.write_all(b"\n")
}

struct Line<'a> {
    place: Place,
    raw_key: &'a [u8],
    row: &'a Row<'a>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("row", &self.place.row)?;
        map.serialize_entry("offset", &self.place.offset)?;
        match *self.row {
            Row::Version { key, commit_ts, value } => {
                map.serialize_entry("row_commit_ts", &commit_ts.0)?;
                map.serialize_entry("row_commit_time", &utc(commit_ts.unix_ms()).map(Shown))?;
                map.serialize_entry("tombstone", &value.is_none())?;
                match value {
                    Some(value) => serialize_record(key, value, &mut map)?,
                    None => serialize_deleted(key, &mut map)?,
                }
            }
            Row::Raw { number } => {
                map.serialize_entry("kind", "raw")?;
                map.serialize_entry("number", &number)?;
                map.serialize_entry("key_hex", &Shown(Hex(self.raw_key)))?;
            }
        }
        map.end()
    }
}

fn serialize_deleted<M: SerializeMap>(key: &[u8], map: &mut M) -> Result<(), M::Error> {
    let record = deleted_record(key);
    map.serialize_entry("kind", record.kind())?;
    if let Some(user_key) = record.user_key() {
        map.serialize_entry("user_key", &StreamedBytes(user_key))?;
    }
    map.serialize_entry("key_hex", &Shown(Hex(key)))?;
    map.serialize_entry("value_hex", &None::<()>)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::format::list::{delta_key, item_key};
    use crate::format::{CommitTs, ListDelta, Seq};

    fn shown(raw_key: &[u8], row: &Row<'_>) -> (String, Value) {
        let (mut text, mut line) = (Vec::new(), Vec::new());
        let place = Place { offset: 66, row: 2 };
        write_row_text(place, raw_key, row, &mut text).expect("memory");
        write_row_json(place, raw_key, row, &mut line).expect("memory");
        let line = String::from_utf8(line).expect("text");
        let parsed: Value = serde_json::from_str(&line).expect("JSON");
        // A member that comes twice is there once when it has been read.
        let members: usize = parsed
            .as_object()
            .expect("an object")
            .keys()
            .map(|name| line.matches(&format!("\"{name}\":")).count())
            .sum();
        assert_eq!(members, parsed.as_object().expect("an object").len(), "{line}");
        (String::from_utf8(text).expect("text"), parsed)
    }

    #[test]
    fn a_row_is_its_place_its_commit_and_its_record() {
        let key = item_key(b"k", Seq(0));
        let version = |key, value| Row::Version { key, commit_ts: CommitTs(131_073), value };
        let (text, line) = shown(b"", &version(&key, Some(b"a")));
        let place = "row 2 at offset 66  commitTS 131073 (1970-01-01T00:00:00.002Z, counter 1)";
        assert!(text.starts_with(&format!("{place}\nitem   \"k\"  seq 0  \"a\" (1 byte)\n  key    ")), "{text}");
        let key_hex = "216c73747c69746d7c6b8000000000000000";
        assert_eq!(
            line,
            json!({
                "row": 2, "offset": 66, "row_commit_ts": 131_073, "row_commit_time": "1970-01-01T00:00:00.002Z",
                "tombstone": false, "kind": "item", "user_key": "k", "seq": 0, "value": "a", "key_hex": key_hex,
                "value_hex": "61",
            })
        );
        let (text, line) = shown(b"", &version(&key, None));
        assert!(text.starts_with(&format!("{place}  tombstone\nitem   \"k\"  deleted\n  key    ")), "{text}");
        assert_eq!(
            line,
            json!({
                "row": 2, "offset": 66, "row_commit_ts": 131_073, "row_commit_time": "1970-01-01T00:00:00.002Z",
                "tombstone": true, "kind": "item", "user_key": "k", "key_hex": key_hex, "value_hex": null,
            })
        );
        let delta = ListDelta { head_delta: 1, len_delta: -1 }.to_bytes();
        let (_, line) = shown(b"", &version(&delta_key(b"k", CommitTs(7), 0), Some(&delta)));
        assert_eq!((&line["row_commit_ts"], &line["commit_ts"]), (&json!(131_073), &json!(7)));
    }

    #[test]
    fn a_row_of_the_engines_own_has_no_commit() {
        let (text, line) = shown(b"_meta_applied_index", &Row::Raw { number: Some(12) });
        assert_eq!(text, "row 2 at offset 66  the engine's own: _meta_applied_index 12\n\n");
        let key_hex = hex::encode("_meta_applied_index");
        assert_eq!(line, json!({ "row": 2, "offset": 66, "kind": "raw", "number": 12, "key_hex": key_hex }));
        let (text, line) = shown(b"!encryption|writers|\x1b", &Row::Raw { number: None });
        assert_eq!(text, "row 2 at offset 66  the engine's own: !encryption|writers|%1B\n\n");
        assert_eq!(line["number"], Value::Null);
    }
}
