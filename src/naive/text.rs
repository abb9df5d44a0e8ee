//! Keys as messages show them and as people type them.
//!
//! ```text
//! shown   valid UTF-8 as it is, but each byte of control characters, %, ", \, U+2028, U+2029 and of what is not UTF-8 as %HH
//! quoted  that in double quotes; of more than 300 bytes the first 300, "..." and the length
//! hex     two lower-case digits a byte, with a space between bytes
//! typed   %HH, in either case, is a byte, and every other byte is itself
//! ```

/// A key as it is shown.
pub fn shown(key: &[u8]) -> String {
    let (mut text, mut rest) = (String::new(), key);
    while !rest.is_empty() {
        let character = (1..=4).find_map(|bytes| std::str::from_utf8(rest.get(..bytes)?).ok());
        let bytes = character.map_or(1, str::len);
        let (first, after) = rest.split_at(bytes);
        match character {
            Some(character) if is_shown(character) => text.push_str(character),
            _ => first.iter().for_each(|byte| text.push_str(&format!("%{byte:02X}"))),
        }
        rest = after;
    }
    text
}

fn is_shown(character: &str) -> bool {
    let number = character.chars().next().map_or(0, u32::from);
    let is_control = number < 0x20 || (0x7f..0xa0).contains(&number);
    !is_control && !["%", "\"", "\\", "\u{2028}", "\u{2029}"].contains(&character)
}

/// A key in quotes.
pub fn quoted(key: &[u8]) -> String {
    if key.len() <= 300 {
        return format!("\"{}\"", shown(key));
    }
    let start: Vec<u8> = key.iter().copied().take(300).collect();
    format!("\"{}\"... ({} bytes)", shown(&start), key.len())
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    let digits = b"0123456789abcdef".map(char::from);
    let mut text = String::new();
    for byte in bytes {
        text.extend(digits.get(usize::from(byte / 16)));
        text.extend(digits.get(usize::from(byte % 16)));
        text.push(' ');
    }
    text.trim_end().to_owned()
}

/// The key that somebody types; nothing where a percent sign has no two digits.
pub fn typed(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.as_bytes().split(|byte| *byte == b'%');
    let mut key = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let mut value = 0;
        for digit in digits {
            value = value * 16 + char::from(*digit).to_digit(16)?;
        }
        key.extend(u8::try_from(value));
        key.extend(rest);
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_form() {
        for (key, text) in [
            (b"a b".as_slice(), "a b"),
            (b"100%", "100%25"),
            (b"\xff\0\"\\", "%FF%00%22%5C"),
            ("é\u{7f}\u{85}\u{a0}\u{2028}\u{2029}".as_bytes(), "é%7F%C2%85\u{a0}%E2%80%A8%E2%80%A9"),
            (b"\xe2\x80", "%E2%80"),
            ("\u{10ffff}".as_bytes(), "\u{10ffff}"),
        ] {
            assert_eq!(shown(key), text);
            assert_eq!(typed(text).as_deref(), Some(key));
        }
        assert_eq!(quoted(&[b'k'; 300]), format!("\"{}\"", "k".repeat(300)));
        assert_eq!(quoted(&[b'k'; 301]), format!("\"{}\"... (301 bytes)", "k".repeat(300)));
        assert_eq!(hex(b"\x00\x0a\xff"), "00 0a ff");
        assert_eq!(["%", "%4", "a%zz", "%4é"].map(typed), [const { None }; 4]);
        assert_eq!(typed("%4a%4A"), Some(b"JJ".to_vec()));
    }
}
