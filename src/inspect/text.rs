//! Records as text.

use std::io::{self, Write};

use super::fields::{self, Caption, Field};
use super::{MALFORMED, kind_of, user_key_of, utc};
use crate::format::record::classify;
use crate::format::{CommitTs, ExpireAtMs, ListDelta, ListMeta, ListRecord, Record, key_text, list};

/// The bytes of a field that are shown in hex; of the rest only the number is told.
pub const SHOWN_BYTES: usize = 256;

/// The bytes on a line of hex.
const LINE_BYTES: usize = 16;
/// The bytes of an item that its first line quotes.
const QUOTED_BYTES: usize = 64;

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

/// The record in words.
fn headline(record: &Record<'_>, key: &[u8], value: &[u8]) -> String {
    let user_key = user_key_of(record).map(|user_key| format!("{}  ", key_text::quoted(user_key)));
    let words = match record {
        Record::List(ListRecord::Meta { meta: ListMeta { head, tail, len, expiry_field }, .. }) => {
            let expiry = match expiry_field {
                None => "no expiry field".to_owned(),
                Some(0) => "expiry none".to_owned(),
                Some(expiry) => shown_expiry(ExpireAtMs(*expiry)),
            };
            format!("head {head}  tail {tail}  len {len}  {expiry}")
        }
        Record::List(ListRecord::Item { seq, value, .. }) => format!("seq {}  {}", seq.0, shown_value(value)),
        Record::List(ListRecord::Delta {
            commit_ts, seq_in_txn, delta: ListDelta { head_delta, len_delta }, ..
        }) => {
            let commit = shown_commit(*commit_ts);
            format!("head {head_delta:+}  len {len_delta:+}  {commit}  seqInTxn {seq_in_txn}")
        }
        Record::List(ListRecord::Claim { seq, .. }) => format!("seq {}", seq.0),
        Record::Fence { family, .. } => (*family).to_owned(),
        Record::Ttl { expire_at, .. } => shown_expiry(*expire_at),
        Record::OtherType { family, .. } => format!("{family}, value of {}", counted_bytes(value.len())),
        Record::Unknown => format!("key of {}, value of {}", counted_bytes(key.len()), counted_bytes(value.len())),
    };
    let mut line = format!("{:<5}  {}{words}", kind_of(record), user_key.unwrap_or_default());
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
        Record::List(ListRecord::Meta { meta, .. }) => {
            if !meta.invariant_holds() {
                notes.push("tail is not head + len".to_owned());
            }
            if key.starts_with(list::DELTA_PREFIX) {
                let bytes = counted_bytes(value.len());
                notes.push(format!("in the delta namespace; a meta because its value has {bytes}"));
            }
            if let Some(other) = delta_key_of(key) {
                notes.push(format!("with 16 bytes it would be a delta of {}", key_text::quoted(other)));
            }
        }
        Record::List(ListRecord::Claim { .. }) | Record::Fence { .. } if !value.is_empty() => {
            notes.push(format!("the value should be empty and has {}", counted_bytes(value.len())));
        }
        Record::Ttl { expire_at, .. } if *expire_at > ExpireAtMs::RECORD_MAX => {
            notes.push(format!("readers take it for {}", expire_at.clamped().0));
        }
        _ => {}
    }
    notes
}

/// The user key that a key would name if its value were a delta's.
fn delta_key_of(key: &[u8]) -> Option<&[u8]> {
    match classify(key, &[0; ListDelta::BYTES]) {
        Ok(Record::List(ListRecord::Delta { user_key, .. })) => Some(user_key),
        _ => None,
    }
}

fn shown_expiry(expire_at: ExpireAtMs) -> String {
    format!("expiry {} ({})", expire_at.0, shown_time(expire_at.0))
}

fn shown_commit(commit_ts: CommitTs) -> String {
    // What at_ms leaves out of a timestamp is its counter.
    let counter = commit_ts.0 - CommitTs::at_ms(commit_ts.unix_ms()).0;
    format!("commitTS {} ({}, counter {counter})", commit_ts.0, shown_time(commit_ts.unix_ms()))
}

fn shown_time(unix_ms: u64) -> String {
    utc(unix_ms).map_or_else(|| "beyond the year 9999".to_owned(), |time| time.to_string())
}

fn shown_value(value: &[u8]) -> String {
    let start = if value.len() > QUOTED_BYTES { start_of(value) } else { value };
    let dots = if start.len() < value.len() { "..." } else { "" };
    format!("\"{}\"{dots} ({})", key_text::escaped(start), counted_bytes(value.len()))
}

/// The first bytes of a long value, not cut inside a character.
fn start_of(value: &[u8]) -> &[u8] {
    let is_inside = |at: usize| value.get(at).is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000);
    let end = (0..4).map(|back| QUOTED_BYTES - back).find(|end| !is_inside(*end)).unwrap_or(QUOTED_BYTES);
    value.get(..end).unwrap_or(value)
}

fn counted_bytes(bytes: usize) -> String {
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
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
