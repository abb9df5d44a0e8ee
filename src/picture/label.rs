//! Bytes as short labels.

use crate::format::key_text;

/// The characters of an item, without its quotes and dots.
pub(super) const ITEM: usize = 20;
/// The characters of a key.
pub(super) const KEY: usize = 36;

/// Bytes in quotes as printable ASCII, every other byte as `%HH`; cut after so many characters.
pub(super) fn quoted(bytes: &[u8], limit: usize) -> String {
    let mut label = String::from("\"");
    for byte in bytes {
        let character = char::from(*byte);
        let piece = if matches!(byte, b' '..=b'~') && !matches!(byte, b'%' | b'"' | b'\\') {
            character.to_string()
        } else {
            format!("%{}", key_text::hex(&[*byte]).to_uppercase())
        };
        if label.len() + piece.len() > limit + 1 {
            label.push_str("\"..");
            return label;
        }
        label.push_str(&piece);
    }
    label.push('"');
    label
}

/// A text that may come from anywhere, as printable ASCII of at most so many characters.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let visible = |character: char| if matches!(character, ' '..='~') { character } else { '?' };
    let mut characters = text.chars().map(visible);
    let mut cleaned: String = characters.by_ref().take(limit).collect();
    if characters.next().is_some() {
        cleaned.truncate(limit.saturating_sub(2));
        cleaned.push_str("..");
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_printable() {
        assert_eq!(quoted(b"", 20), "\"\"");
        assert_eq!(quoted("a%\"\\<&>\u{e9}\n".as_bytes(), 20), "\"a%25%22%5C<&>%C3%A9\"..");
        assert_eq!(quoted(&[b'x'; 20], 20), format!("\"{}\"", "x".repeat(20)));
        assert_eq!(quoted(&[b'x'; 21], 20), format!("\"{}\"..", "x".repeat(20)));
        assert_eq!(quoted(&[0xff; 1 << 20], 20), format!("\"{}\"..", "%FF".repeat(6)), "no escape is cut in two");
    }

    #[test]
    fn whatever_a_text_holds_it_is_printable() {
        assert_eq!(clean("a\u{1b}[2J\u{202e}b", 40), "a?[2J?b");
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcd..");
        assert_eq!(clean("abc", 1), "..");
    }
}
