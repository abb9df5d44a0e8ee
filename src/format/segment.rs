//! User keys as file names.
//!
//! A *segment* is the user key with every byte outside `[A-Za-z0-9._-]` as `%HH` (upper case). That is reversible, and
//! the file's name says everything. Where it would be too long, or could be taken for something else, the *SHA
//! fallback* stands instead, and the tree's key map says which key it is:
//!
//! ```text
//! first 32 hex digits (lower case) of SHA-256(user key)  "__"  percent-encoding of the first 64 bytes of the user key
//! ```
//!
//! The fallback is used when the user key has more than 240 bytes, or its percent-encoding has, or that starts with
//! `b64.`, or with 32 hex digits of either case and `__`, which is how a fallback looks.

use sha2::{Digest as _, Sha256};

/// The longest segment, and the longest user key whose segment is reversible, in bytes.
pub const SEGMENT_LIMIT_BYTES: usize = 240;

const DIGEST_DIGITS: usize = 32;
const DIGEST_MARK: &str = "__";
const FALLBACK_SOURCE_BYTES: usize = 64;
const RESERVED_START: &str = "b64.";
const UPPER_HEX: &[u8; 16] = b"0123456789ABCDEF";

/// The file name of a user key, without an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The name: `[A-Za-z0-9._%-]`, at most 240 bytes. Empty for the empty key.
    pub text: String,
    /// Whether [`decode`] gives the user key back; if not, the tree needs a key map line.
    pub reversible: bool,
}

/// The segment of a user key.
pub fn encode(user_key: &[u8]) -> Segment {
    if user_key.len() <= SEGMENT_LIMIT_BYTES {
        let text = percent_encode(user_key);
        if text.len() <= SEGMENT_LIMIT_BYTES && !text.starts_with(RESERVED_START) && !looks_like_fallback(&text) {
            return Segment { text, reversible: true };
        }
    }
    let digest = Sha256::digest(user_key);
    let mut text = hex::encode(digest.get(..DIGEST_DIGITS / 2).unwrap_or(&digest));
    text.push_str(DIGEST_MARK);
    text.push_str(&percent_encode(user_key.get(..FALLBACK_SOURCE_BYTES).unwrap_or(user_key)));
    Segment { text, reversible: false }
}

fn percent_encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for nibble in [byte >> 4, byte & 15] {
                text.extend(UPPER_HEX.get(usize::from(nibble)).map(|digit| char::from(*digit)));
            }
        }
    }
    text
}

fn looks_like_fallback(text: &str) -> bool {
    let Some((digits, rest)) = text.as_bytes().split_at_checked(DIGEST_DIGITS) else { return false };
    digits.iter().all(u8::is_ascii_hexdigit) && rest.starts_with(DIGEST_MARK.as_bytes())
}

/// What a segment says by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// The user key.
    UserKey(Vec<u8>),
    /// A SHA fallback: only the key map knows the user key.
    Fallback,
    /// Nothing that [`encode`] writes.
    Malformed,
}

/// Reads a segment, taking only what [`encode`] could have written.
pub fn decode(text: &str) -> Decoded {
    if text.len() > SEGMENT_LIMIT_BYTES || text.starts_with(RESERVED_START) {
        return Decoded::Malformed;
    }
    if looks_like_fallback(text) {
        return Decoded::Fallback;
    }
    let mut user_key = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: u8| UPPER_HEX.iter().position(|digit| *digit == byte);
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Decoded::Malformed };
                let byte = (high * 16 + low) as u8;
                if passes(byte) {
                    return Decoded::Malformed;
                }
                user_key.push(byte);
                after
            }
            (byte, after) if passes(*byte) => {
                user_key.push(*byte);
                after
            }
            _ => return Decoded::Malformed,
        };
    }
    Decoded::UserKey(user_key)
}

fn passes(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(user_key: &[u8]) -> String {
        encode(user_key).text
    }

    #[test]
    fn unreserved_bytes_pass_and_the_rest_is_percent_encoded() {
        for (user_key, segment) in [
            (&b"jobs-1_A.z"[..], "jobs-1_A.z"),
            (b"", ""),
            (b".", "."),
            (b"..", ".."),
            (b"a/b c%", "a%2Fb%20c%25"),
            (b"\xff\0~", "%FF%00%7E"),
            ("ключ".as_bytes(), "%D0%BA%D0%BB%D1%8E%D1%87"),
            (b"B64.x", "B64.x"),
            (b"0123456789abcdef0123456789ABCDEF_x", "0123456789abcdef0123456789ABCDEF_x"),
        ] {
            assert_eq!(encode(user_key), Segment { text: segment.to_owned(), reversible: true });
            assert_eq!(decode(segment), Decoded::UserKey(user_key.to_vec()), "{segment}");
        }
    }

    #[test]
    fn the_fallback_is_a_digest_and_the_start_of_the_key() {
        // printf 'b64.x' | sha256sum
        assert_eq!(text(b"b64.x"), "261e3e281e06e9789437999358e26046__b64.x");
    }

    #[test]
    fn what_is_too_long_or_ambiguous_falls_back() {
        let digits = b"0123456789abcdef0123456789ABCDEF";
        let looks_like_fallback = [digits, &b"__"[..]].concat();
        for (user_key, reversible) in [
            (vec![b'k'; 240], true),
            (vec![b'k'; 241], false),
            (vec![b' '; 80], true),
            (vec![b' '; 81], false),
            (b"b64.".to_vec(), false),
            (b"b64".to_vec(), true),
            (looks_like_fallback.clone(), false),
            ([&looks_like_fallback[..], b"z"].concat(), false),
            ([&b"g"[..], &looks_like_fallback[1..]].concat(), true),
        ] {
            let segment = encode(&user_key);
            assert_eq!(segment.reversible, reversible, "{segment:?}");
            assert!(segment.text.len() <= SEGMENT_LIMIT_BYTES);
            let expected = if reversible { Decoded::UserKey(user_key) } else { Decoded::Fallback };
            assert_eq!(decode(&segment.text), expected);
        }
        assert_eq!(text(&[0xff; 300]).len(), 32 + 2 + 3 * 64);
    }

    #[test]
    fn only_canonical_segments_are_read() {
        for segment in ["%", "%4", "%2f", "%41", "a b", "a/b", "é", "b64.x", &"k".repeat(241)] {
            assert_eq!(decode(segment), Decoded::Malformed, "{segment}");
        }
    }
}
