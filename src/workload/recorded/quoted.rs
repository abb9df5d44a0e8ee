//! Redis's quoted strings, as MONITOR and the manifest have them.
//!
//! ```text
//! \\ \" \n \r \t \a \b      as in C
//! \xHH                      any other byte that is not printable ASCII
//! ```

/// Takes a string in double quotes from the start of `text`: its bytes, and what follows the closing quote. `None` when
/// there is no closing quote, or an escape that Redis does not write.
pub(super) fn take_quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let [b'"', rest @ ..] = text else { return None };
    let (mut rest, mut bytes) = (rest, Vec::new());
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Some((bytes, rest)),
            [b'\\', b'x', high, low, rest @ ..] => {
                bytes.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
                rest
            }
            [b'\\', letter, rest @ ..] => {
                bytes.push(match letter {
                    b'\\' | b'"' => *letter,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 0x07,
                    b'b' => 0x08,
                    _ => return None,
                });
                rest
            }
            [b'\\'] | [] => return None,
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape() {
        let (bytes, rest) = take_quoted(br#""a\\\"\n\r\t\a\b\x00\xfF'" "next""#).expect("quoted");
        assert_eq!(bytes, b"a\\\"\n\r\t\x07\x08\x00\xff'");
        assert_eq!(rest, b" \"next\"");
        assert_eq!(take_quoted(b"\"\""), Some((Vec::new(), &b""[..])));
    }

    #[test]
    fn what_redis_does_not_write_is_refused() {
        for text in ["", "a", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\x4\"", "\"\\xg0\"", "\"\\0\"", "\"\\X41\""]
        {
            assert_eq!(take_quoted(text.as_bytes()), None, "{text}");
        }
    }
}
