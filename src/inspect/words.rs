//! Times and values in words.

use crate::format::{CommitTs, ExpireAtMs, key_text};

/// The bytes of a value that a first line quotes.
const QUOTED_BYTES: usize = 64;

pub(super) fn shown_expiry(expire_at: ExpireAtMs) -> String {
    format!("expiry {} ({})", expire_at.0, shown_time(expire_at.0))
}

pub(super) fn shown_commit(commit_ts: CommitTs) -> String {
    // What at_ms leaves out of a timestamp is its counter.
    let counter = commit_ts.0 - CommitTs::at_ms(commit_ts.unix_ms()).0;
    format!("commitTS {} ({}, counter {counter})", commit_ts.0, shown_time(commit_ts.unix_ms()))
}

fn shown_time(unix_ms: u64) -> String {
    utc(unix_ms).map_or_else(|| "beyond the year 9999".to_owned(), |time| time.to_string())
}

pub(super) fn shown_value(value: &[u8]) -> String {
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

pub(super) fn counted_bytes(bytes: usize) -> String {
    if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") }
}

/// The time, unless it is beyond the year 9999.
pub(super) fn utc(unix_ms: u64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(unix_ms).ok()?).ok()
}

/// The note about a value that should be empty and is not.
pub(super) fn not_empty(value: &[u8]) -> Option<String> {
    (!value.is_empty()).then(|| format!("the value should be empty and has {}", counted_bytes(value.len())))
}
