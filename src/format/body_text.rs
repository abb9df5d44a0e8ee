//! What the JSON bodies of all families have in common: byte strings, the expiry, and how strictly they are read.
//!
//! A byte string that is valid UTF-8 is a string, anything else the object with unpadded base64url. In strings `"` and `\`
//! are escaped with a backslash; 08 09 0a 0c 0d are `\b \t \n \f \r`; other bytes below 20 are `\u00xx`; `<`, `>`, `&` are
//! `\u003c \u003e \u0026`; U+2028 and U+2029 are `\u2028 \u2029`; hex is lower case. Every other character, 7f included,
//! stands for itself. `expire_at_ms` is `null` or a decimal `u64`.
//!
//! The reader takes that one form and no other, and it is written without the writer's tables, so that a slip in one of the
//! two does not hide behind the other.

use std::io::Write as _;

use super::byte_string::{append_base64, decode_base64};
use super::expiry::ExpireAtMs;

/// Appends a byte string as an element of an array in a body's object.
#[inline]
pub(super) fn write_bytes(value: &[u8], out: &mut Vec<u8>) {
    out.reserve(value.len() + 2);
    if is_plain(value) {
        out.push(b'"');
        append(value, out);
        out.push(b'"');
    } else if let Ok(text) = std::str::from_utf8(value) {
        write_string(text, out);
    } else {
        out.extend_from_slice(b"{\n      \"base64\": \"");
        append_base64(value, out);
        out.extend_from_slice(b"\"\n    }");
    }
}

/// Appends a byte string. For a short one two words, which may lie over each other, are quicker than a call that copies.
#[inline]
fn append(value: &[u8], out: &mut Vec<u8>) {
    match (value.first_chunk::<8>(), value.last_chunk::<8>()) {
        (Some(first), Some(last)) if value.len() <= LANE_BYTES => {
            let before_last = out.len() + value.len() - last.len();
            out.extend_from_slice(first);
            out.truncate(before_last);
            out.extend_from_slice(last);
        }
        _ => out.extend_from_slice(value),
    }
}

/// Appends what follows the elements.
pub(super) fn write_end(expire_at: Option<ExpireAtMs>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"],\n  \"expire_at_ms\": ");
    match expire_at {
        // A buffer takes everything.
        Some(ExpireAtMs(ms)) => write!(out, "{ms}").unwrap_or_default(),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b"\n}");
}

/// So many bytes are looked at together: the compiler makes one comparison of it.
const LANE_BYTES: usize = 16;

/// Whether a byte string is ASCII, so that it is valid UTF-8, and no byte of it needs an escape. Most are, and a byte at a time
/// that took as long as everything else.
#[inline]
fn is_plain(value: &[u8]) -> bool {
    let (lanes, rest) = value.as_chunks::<LANE_BYTES>();
    // The ends of a value are looked at in lanes too, or in two words, which may lie over each other.
    let ends = match (value.last_chunk::<LANE_BYTES>(), value.first_chunk::<8>(), value.last_chunk::<8>()) {
        (Some(last), ..) => !any_of(last, is_special),
        (None, Some(first), Some(last)) => !(any_of(first, is_special) | any_of(last, is_special)),
        _ => !rest.iter().any(|&byte| is_special(byte)),
    };
    ends && !lanes.iter().any(|lane| any_of(lane, is_special))
}

/// Whether this holds of any byte, without a branch for each.
#[inline]
fn any_of<const N: usize>(bytes: &[u8; N], is: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |any, &byte| any | is(byte))
}

/// A control character, a byte beyond ASCII, or what `may_need_escape` says. `"` and `&`, `<` and `>` differ in one bit.
#[inline]
fn is_special(byte: u8) -> bool {
    (byte.cast_signed() < 0x20) | (byte & 0xfb == b'"') | (byte & 0xfd == b'<') | (byte == b'\\')
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    let text = text.as_bytes();
    out.push(b'"');
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.first_chunk::<LANE_BYTES>() {
            Some(lane) if !any_of(lane, may_need_escape) => {
                out.extend_from_slice(lane);
                at += LANE_BYTES;
            }
            // Where one byte needs an escape, more do: JSON has one in three. So each is looked at once, and copied alone.
            _ => at += write_lane(rest, out),
        }
    }
    out.push(b'"');
}

/// Writes the first lane or what there is of it, byte by byte, and says how many bytes it took.
fn write_lane(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while let Some(&byte) = rest.get(at).filter(|_| at < LANE_BYTES) {
        if may_need_escape(byte) {
            at += write_special(rest.get(at..).unwrap_or_default(), out);
        } else {
            out.push(byte);
            at += 1;
        }
    }
    at
}

/// E2 starts U+2028 and U+2029, and many characters that stand for themselves.
#[inline]
fn may_need_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte & 0xfb == b'"') | (byte & 0xfd == b'<') | (byte == b'\\') | (byte == 0xe2)
}

/// Writes the character that `bytes` starts with, escaped if need be, and says how many bytes it took.
fn write_special(bytes: &[u8], out: &mut Vec<u8>) -> usize {
    match bytes {
        [0xe2, 0x80, last @ (0xa8 | 0xa9), ..] => {
            out.extend_from_slice(if *last == 0xa8 { b"\\u2028" } else { b"\\u2029" });
            return 3;
        }
        [b'"', ..] => out.extend_from_slice(b"\\\""),
        [b'\\', ..] => out.extend_from_slice(b"\\\\"),
        [0x08, ..] => out.extend_from_slice(b"\\b"),
        [0x09, ..] => out.extend_from_slice(b"\\t"),
        [0x0a, ..] => out.extend_from_slice(b"\\n"),
        [0x0c, ..] => out.extend_from_slice(b"\\f"),
        [0x0d, ..] => out.extend_from_slice(b"\\r"),
        [byte, ..] if byte.is_ascii() => {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
        [byte, ..] => out.push(*byte),
        [] => {}
    }
    1
}

/// Where a body leaves the canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyError {
    /// Bytes before the place.
    pub offset: usize,
    /// What should stand there, or what is wrong with what does.
    pub problem: &'static str,
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not in canonical form at byte {}: {}", self.offset, self.problem)
    }
}

impl std::error::Error for BodyError {}

/// Reads a body from its start on.
pub(super) struct Cursor<'a> {
    body: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn over(body: &'a [u8]) -> Cursor<'a> {
        Cursor { body, offset: 0 }
    }

    /// What follows the elements: the expiry, the end of the object, the end of the file.
    pub(super) fn finish(mut self) -> Result<Option<ExpireAtMs>, BodyError> {
        self.expect(b"  \"expire_at_ms\": ", "expected expire_at_ms")?;
        let expire_at = if self.take(b"null") { None } else { Some(ExpireAtMs(self.number()?)) };
        self.expect(b"\n}", "expected the end of the object")?;
        if self.offset != self.body.len() {
            return Err(self.error("expected the end of the file"));
        }
        Ok(expire_at)
    }

    pub(super) fn error(&self, problem: &'static str) -> BodyError {
        BodyError { offset: self.offset, problem }
    }

    fn rest(&self) -> &'a [u8] {
        self.body.get(self.offset..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, text: &[u8]) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.offset += text.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &[u8], problem: &'static str) -> Result<(), BodyError> {
        if self.take(text) { Ok(()) } else { Err(self.error(problem)) }
    }

    /// A byte string, as [`write_bytes`] writes it.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, BodyError> {
        if self.take(b"\"") {
            let start = self.offset;
            let item = self.string()?;
            return match std::str::from_utf8(&item) {
                Ok(_) => Ok(item),
                Err(_) => Err(BodyError {
                    offset: start,
                    problem: "a string that is not valid UTF-8 must be a base64 object",
                }),
            };
        }
        self.expect(b"{\n      \"base64\": \"", "expected a string or a base64 object")?;
        let start = self.offset;
        let end = self.rest().iter().position(|&byte| byte == b'"').ok_or_else(|| self.error("base64 has no end"))?;
        let text = std::str::from_utf8(self.rest().get(..end).unwrap_or_default()).unwrap_or("\0");
        let item = decode_base64(text).ok_or_else(|| self.error("not unpadded base64url"))?;
        if std::str::from_utf8(&item).is_ok() {
            return Err(BodyError { offset: start, problem: "valid UTF-8 must be a string, not base64" });
        }
        self.offset += end;
        self.expect(b"\"\n    }", "expected the end of the base64 object")?;
        Ok(item)
    }

    /// Reads up to and with the closing quote.
    fn string(&mut self) -> Result<Vec<u8>, BodyError> {
        let mut item = Vec::new();
        loop {
            match *self.rest() {
                [] => return Err(self.error("the string has no end")),
                [b'"', ..] => {
                    self.offset += 1;
                    return Ok(item);
                }
                [b'\\', ..] => self.escape(&mut item)?,
                [0x00..=0x1f, ..] => return Err(self.error("a control character must be escaped")),
                [b'<' | b'>' | b'&', ..] => return Err(self.error("'<', '>' and '&' must be escaped")),
                [0xe2, 0x80, 0xa8 | 0xa9, ..] => return Err(self.error("U+2028 and U+2029 must be escaped")),
                [byte, ..] => {
                    item.push(byte);
                    self.offset += 1;
                }
            }
        }
    }

    fn escape(&mut self, item: &mut Vec<u8>) -> Result<(), BodyError> {
        for (escape, character) in SHORT_ESCAPES {
            if self.take(escape) {
                item.push(*character);
                return Ok(());
            }
        }
        if self.take(b"\\u2028") {
            item.extend_from_slice("\u{2028}".as_bytes());
            return Ok(());
        }
        if self.take(b"\\u2029") {
            item.extend_from_slice("\u{2029}".as_bytes());
            return Ok(());
        }
        let [b'\\', b'u', b'0', b'0', high, low, ..] = *self.rest() else {
            return Err(self.error("not an escape of the canonical form"));
        };
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        match (digit(high), digit(low)) {
            (Some(high @ 0..=1), Some(low)) if ![0x08, 0x09, 0x0a, 0x0c, 0x0d].contains(&(high * 16 + low)) => {
                item.push(high * 16 + low);
            }
            (Some(3), Some(low @ (0xc | 0xe))) => item.push(0x30 + low),
            (Some(2), Some(6)) => item.push(b'&'),
            _ => return Err(self.error("not an escape of the canonical form")),
        }
        self.offset += 6;
        Ok(())
    }

    fn number(&mut self) -> Result<u64, BodyError> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(self.rest().get(..digits).unwrap_or_default()).unwrap_or_default();
        let number = text.parse::<u64>().map_err(|_| self.error("expected null or a number up to 2^64 - 1"))?;
        if text.len() > 1 && text.starts_with('0') {
            return Err(self.error("a number must not start with 0"));
        }
        self.offset += digits;
        Ok(number)
    }
}

const SHORT_ESCAPES: &[(&[u8], u8)] = &[
    (b"\\\"", b'"'),
    (b"\\\\", b'\\'),
    (b"\\b", 0x08),
    (b"\\t", 0x09),
    (b"\\n", 0x0a),
    (b"\\f", 0x0c),
    (b"\\r", 0x0d),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The description of the format, byte by byte.
    fn is_escaped(byte: u8) -> bool {
        byte < 0x20 || b"\"\\<>&".contains(&byte)
    }

    #[test]
    fn a_special_byte_is_seen_wherever_it_stands() {
        for length in 0..50 {
            assert!(is_plain(&vec![b'~'; length]), "{length}");
            for (at, byte) in (0..length).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
                let mut text = vec![b'~'; length];
                text[at] = byte;
                assert_eq!(is_plain(&text), byte.is_ascii() && !is_escaped(byte), "{byte} at {at} of {length}");
            }
        }
    }

    #[test]
    fn a_character_is_written_alike_wherever_it_stands() {
        let written = |text: &str| {
            let mut out = Vec::new();
            write_string(text, &mut out);
            String::from_utf8(out).expect("text")
        };
        // What begins as U+2028 does, and what lies over the end of a lane.
        let others = ["\u{2027}", "\u{2028}", "\u{2029}", "\u{202a}", "\u{2128}", "é", "😀", "<\u{2028}\u{2029}>"];
        let ascii = (0..=0x7f_u8).map(|byte| char::from(byte).to_string());
        for character in ascii.chain(others.map(str::to_owned)) {
            let alone = written(&character);
            let alone = alone.trim_start_matches('"').trim_end_matches('"');
            let spelt = if character == "\"" { "\\\"" } else { alone };
            for (before, after) in (0..34).flat_map(|before| [0, 1, 15, 40].map(|after| (before, after))) {
                let [before, after] = [before, after].map(|length| "~".repeat(length));
                assert_eq!(written(&format!("{before}{character}{after}")), format!("\"{before}{spelt}{after}\""));
            }
        }
    }

    #[test]
    fn base64_is_appended_whatever_its_length() {
        for length in 1..50_usize {
            let value = vec![0xff; length];
            let mut out = b"before".to_vec();
            write_bytes(&value, &mut out);
            let text = super::super::byte_string::encode_base64(&value);
            assert_eq!(out, format!("before{{\n      \"base64\": \"{text}\"\n    }}").into_bytes());
        }
    }
}
