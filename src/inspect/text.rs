//! Records as text.

use std::io::{self, Write};

use super::cut::{Caption, Field};
use super::words::{counted_bytes, not_empty, shown_expiry};
use super::{MALFORMED, fields, list};
use crate::format::record::classify;
use crate::format::{ExpireAtMs, Record, key_text};

/// The bytes of a field that are shown in hex; of the rest only the number is told.
pub const SHOWN_BYTES: usize = 256;

/// The bytes on a line of hex.
const LINE_BYTES: usize = 16;

/// Writes one record as text, an empty line after it, in many small pieces: `out` should be buffered.
///
/// # Errors
///
/// What `out` says.
pub fn write_text(key: &[u8], value: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let (headline, key_fields, value_fields) = match classify(key, value) {
        Ok(record) => (headline(&record, key, value), fields::of_key(&record, key), fields::of_value(&record, value)),
        Err(error) => {
            let headline = format!("{}  {}", MALFORMED.to_ascii_uppercase(), error.fault);
            (headline, fields::uncut(key), fields::uncut(value))
        }
    };
    let longest = key_fields.iter().chain(&value_fields).map(|field| field.bytes.len()).max().unwrap_or(0);
    let hex_columns = (longest.min(LINE_BYTES) * 3).saturating_sub(1);
    writeln!(out, "{headline}")?;
    write_fields("key", &key_fields, hex_columns, out)?;
    write_fields("value", &value_fields, hex_columns, out)?;
    writeln!(out)
}

/// Writes the deletion of a record as text: what was deleted, as far as the key tells, and the key.
///
/// # Errors
///
/// What `out` says.
pub fn write_deletion(key: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let record = deleted_record(key);
    let key_fields = fields::of_key(&record, key);
    let longest = key_fields.iter().map(|field| field.bytes.len()).max().unwrap_or(0);
    let user_key = record.user_key().map(key_text::quoted).unwrap_or_default();
    writeln!(out, "{:<5}  {user_key}  deleted", record.kind())?;
    write_fields("key", &key_fields, (longest.min(LINE_BYTES) * 3).saturating_sub(1), out)?;
    writeln!(out)
}

/// What a record was, as far as its key tells: a key among the deltas is a delta's or a meta's by the size of its value.
pub fn deleted_record(key: &[u8]) -> Record<'_> {
    let sizes: [&[u8]; 4] = [&[], &[0; 8], &[0; 16], &[0; 24]];
    sizes.into_iter().find_map(|value| classify(key, value).ok()).unwrap_or(Record::Unknown)
}

/// The record in words.
fn headline(record: &Record<'_>, key: &[u8], value: &[u8]) -> String {
    let user_key = record.user_key().map(|user_key| format!("{}  ", key_text::quoted(user_key)));
    let words = match record {
        Record::List(record) => list::words(record),
        Record::Fence { family, .. } => (*family).to_owned(),
        Record::Ttl { expire_at, .. } => shown_expiry(*expire_at),
        Record::OtherType { family, .. } => format!("{family}, value of {}", counted_bytes(value.len())),
        Record::Unknown => format!("key of {}, value of {}", counted_bytes(key.len()), counted_bytes(value.len())),
    };
    let mut line = format!("{:<5}  {}{words}", record.kind(), user_key.unwrap_or_default());
    for note in notes(record, key, value) {
        line.push_str("  note: ");
        line.push_str(&note);
    }
    line
}

/// What a reader should know about a record that is no error.
fn notes(record: &Record<'_>, key: &[u8], value: &[u8]) -> Vec<String> {
    let mut notes = Vec::new();
    match record {
        Record::List(record) => list::notes(record, key, value, &mut notes),
        Record::Fence { .. } => notes.extend(not_empty(value)),
        Record::Ttl { expire_at, .. } if *expire_at > ExpireAtMs::RECORD_MAX => {
            notes.push(format!("readers take it for {}", expire_at.clamped().0));
        }
        _ => {}
    }
    notes
}

/// Writes `label` and the fields, each from a line of its own on.
fn write_fields(label: &str, fields: &[Field<'_>], hex_columns: usize, out: &mut dyn Write) -> io::Result<()> {
    if fields.is_empty() {
        return writeln!(out, "  {label:<5}  (empty)");
    }
    let mut label = label;
    for field in fields {
        let shown = field.bytes.get(..SHOWN_BYTES).unwrap_or(field.bytes);
        let line_count = shown.len().div_ceil(LINE_BYTES).max(1);
        for line in 0..line_count {
            let bytes = shown.chunks(LINE_BYTES).nth(line).unwrap_or_default();
            let (hex, remark) = (key_text::hex(bytes), remark(field, line, bytes));
            if remark.is_empty() {
                writeln!(out, "  {label:<5}  {hex}")?;
            } else {
                writeln!(out, "  {label:<5}  {hex:<hex_columns$}  {remark}")?;
            }
            label = "";
        }
        if shown.len() < field.bytes.len() {
            writeln!(out, "  {label:<5}  ... {} more bytes", field.bytes.len() - shown.len())?;
        }
    }
    Ok(())
}

/// What stands beside line `line` of a field. Text of one line is quoted; longer text stands line by line by its hex.
fn remark(field: &Field<'_>, line: usize, bytes: &[u8]) -> String {
    match &field.caption {
        Caption::Words(words) if line == 0 => words.clone(),
        Caption::Words(_) => String::new(),
        Caption::Text(name) if field.bytes.len() <= LINE_BYTES => {
            format!("{name} {}", key_text::quoted(bytes)).trim_start().to_owned()
        }
        Caption::Text(name) => {
            let visible = |byte: &u8| if matches!(byte, 0x20..=0x7e) { char::from(*byte) } else { '.' };
            let text: String = bytes.iter().map(visible).collect();
            let is_named = line == 0 && !name.is_empty();
            let name = if is_named { format!("  {name} ({} bytes)", field.bytes.len()) } else { String::new() };
            format!("|{text}|{name}")
        }
    }
}
