//! Keys, items and expiries as a comparison prints them.

use super::difference::Absence;
use crate::format::{ExpireAtMs, key_text};

/// Up to this size, in bytes, a key or an item is also shown in hex.
pub(super) const HEX_BYTES: usize = 32;
/// The bytes of a long item that are shown, and how many of them stand before the first difference.
const SHOWN_BYTES: usize = 80;
const SHOWN_BEFORE_BYTES: usize = 20;

pub(super) fn shown_key(key: &[u8]) -> String {
    let quoted = key_text::quoted(key);
    if (1..=HEX_BYTES).contains(&key.len()) { format!("{quoted} (hex {})", key_text::hex(key)) } else { quoted }
}

/// The item in quotes; in hex too when it is short and its text does not already say every byte; of a long one, what is
/// around the byte `around`.
pub(super) fn shown_item(item: &[u8], around: usize) -> String {
    if item.len() <= SHOWN_BYTES {
        let text = key_text::escaped(item);
        let says_all = text.is_ascii() && text.as_bytes() == item;
        let hex =
            if says_all || item.len() > HEX_BYTES { String::new() } else { format!(" (hex {})", key_text::hex(item)) };
        return format!("\"{text}\"{hex}");
    }
    let start = around.saturating_sub(SHOWN_BEFORE_BYTES).min(item.len().saturating_sub(SHOWN_BYTES));
    let end = start.saturating_add(SHOWN_BYTES);
    let dots = |cut: bool| if cut { "..." } else { "" };
    let text = key_text::escaped(item.get(start..end).unwrap_or_default());
    format!("{}\"{text}\"{} ({} bytes)", dots(start > 0), dots(end < item.len()), item.len())
}

pub(super) fn shown_expiry(expire_at: Option<ExpireAtMs>) -> String {
    expire_at.map_or("none".to_owned(), |expire_at| format!("{} ms", expire_at.0))
}

pub(super) fn shown_absence(absence: Absence) -> String {
    match absence {
        Absence::NotThere => String::new(),
        Absence::Expired(expire_at) => format!(", where it expired at {} ms", expire_at.0),
        Absence::KeptEmpty => ", which keeps it empty".to_owned(),
    }
}
