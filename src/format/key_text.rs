//! Keys as people read and type them: printable text as it is, every other byte as `%HH`.
//!
//! What [`quoted`] prints between its quotes can be given back to the tool, which reads it with [`parse`].

/// Longest key that is printed whole, in bytes; user keys of the hostile kind can have a mebibyte.
const SHOWN_BYTES: usize = 300;

/// The key as text: valid UTF-8 without control characters as it is, but `%`, `"` and `\` and every other byte as
/// `%HH`.
pub fn escaped(key: &[u8]) -> String {
    let mut text = String::with_capacity(key.len());
    for chunk in key.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || matches!(character, '%' | '"' | '\\' | '\u{2028}' | '\u{2029}') {
                push_percent(character.encode_utf8(&mut [0; 4]).as_bytes(), &mut text);
            } else {
                text.push(character);
            }
        }
        push_percent(chunk.invalid(), &mut text);
    }
    text
}

fn push_percent(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        text.push_str(&format!("%{byte:02X}"));
    }
}

/// The key in double quotes, for messages; a very long one is cut, and its length told.
pub fn quoted(key: &[u8]) -> String {
    match key.get(..SHOWN_BYTES) {
        Some(start) if key.len() > SHOWN_BYTES => format!("\"{}\"... ({} bytes)", escaped(start), key.len()),
        _ => format!("\"{}\"", escaped(key)),
    }
}

/// Bytes as lower-case hex, space-separated.
pub fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// Reads a key that may hold `%HH` (either case) for any byte.
///
/// # Errors
///
/// A `%` that two hex digits do not follow; the error is a sentence that says where.
pub fn parse(text: &str) -> Result<Vec<u8>, String> {
    let mut key = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        if *byte != b'%' {
            key.push(*byte);
            rest = after;
            continue;
        }
        let (Some(value), Some(after)) = (hex_pair(after), after.get(2..)) else {
            let offset = text.len() - rest.len();
            return Err(format!(
                "'%' at byte {offset} is not followed by two hex digits; write %25 for a percent sign"
            ));
        };
        key.push(value);
        rest = after;
    }
    Ok(key)
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        let keys: [&[u8]; 6] = [b"", b"jobs:1", b"100%", "ключ é".as_bytes(), b"\xff\0\n\"\\", b"\xed\xa0\x80"];
        for key in keys {
            assert_eq!(parse(&escaped(key)).as_deref(), Ok(key));
        }
        assert_eq!(escaped(b"a%\xff\n b"), "a%25%FF%0A b");
        assert_eq!(quoted(&[b'k'; 300]), format!("\"{}\"", "k".repeat(300)));
        assert_eq!(quoted(&[b'k'; 301]), format!("\"{}\"... (301 bytes)", "k".repeat(300)));
    }

    #[test]
    fn bytes_are_shown_two_digits_each() {
        assert_eq!(hex(b"\x00\x0a\xff"), "00 0a ff");
        assert_eq!(hex(b""), "");
    }

    #[test]
    fn a_lone_percent_sign_is_refused_with_its_place() {
        for (text, offset) in [("%", 0), ("a%4", 1), ("%41%zz", 3), ("%+1", 0)] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(&format!("byte {offset} ")), "{error}");
        }
    }
}
