//! Patterns of keys, as people type them: those of Redis's KEYS, over bytes.
//!
//! | written | stands for |
//! | --- | --- |
//! | `*` | any bytes, or none |
//! | `?` | any byte |
//! | `[ab]` `[a-z]` `[^a]` | one byte of these, of this range, or none of these |
//! | `\x` | `x` itself |
//! | `%HH` | that byte itself, as in [`super::key_text`] |
//!
//! A text also matches the one key that it spells if nothing in it had a meaning: what a message prints of a key can be given
//! back as it is. Every byte of a key counts, whether it is UTF-8 or not.

use super::key_text;

/// A pattern of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern {
    text: String,
    /// The key that the text spells without patterns.
    literal: Vec<u8>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// This byte.
    Byte(u8),
    /// Any byte.
    One,
    /// Any bytes, or none.
    Any,
    /// A byte within one of the ranges, both ends included; or within none of them.
    Of { is_negated: bool, ranges: Vec<(u8, u8)> },
}

/// A byte of the text, and whether it can have a meaning.
#[derive(Clone, Copy)]
struct Typed {
    byte: u8,
    is_plain: bool,
}

impl KeyPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A `%` that two hex digits do not follow; the error is a sentence that says where.
    pub fn parse(text: &str) -> Result<KeyPattern, String> {
        let literal = key_text::parse(text)?;
        let mut typed = Vec::with_capacity(text.len());
        let (mut at, mut rest) = (0, text.as_bytes());
        while let [byte, ..] = rest {
            // An escape stands for one byte, and has three.
            let is_plain = *byte == b'%';
            typed.push(Typed { byte: literal.get(at).copied().unwrap_or(*byte), is_plain });
            at += 1;
            rest = rest.get(if is_plain { 3 } else { 1 }..).unwrap_or_default();
        }
        Ok(KeyPattern { text: text.to_owned(), literal, parts: parts(&typed) })
    }

    /// Whether the text can only mean one key.
    pub fn is_exact(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Byte(_)))
    }

    /// The key, if the text can only mean one.
    pub fn exact(&self) -> Option<&[u8]> {
        self.is_exact().then_some(self.literal.as_slice())
    }

    /// Whether a key is meant.
    pub fn matches(&self, key: &[u8]) -> bool {
        key == self.literal || matches(&self.parts, key)
    }

    /// Whether bytes somewhere among these are meant.
    pub fn matches_within(&self, bytes: &[u8]) -> bool {
        let literal = &self.literal;
        let parts: Vec<Part> = [&[Part::Any], self.parts.as_slice(), &[Part::Any]].concat();
        literal.is_empty() || bytes.windows(literal.len()).any(|part| part == literal) || matches(&parts, bytes)
    }
}

impl std::fmt::Display for KeyPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn parts(mut typed: &[Typed]) -> Vec<Part> {
    let mut parts = Vec::new();
    while let [first, rest @ ..] = typed {
        typed = rest;
        parts.push(match (first.is_plain, first.byte) {
            (false, b'*') => Part::Any,
            (false, b'?') => Part::One,
            (false, b'[') => match class(rest) {
                Some((class, after)) => {
                    typed = after;
                    class
                }
                None => Part::Byte(b'['),
            },
            (false, b'\\') => match rest {
                [escaped, after @ ..] => {
                    typed = after;
                    Part::Byte(escaped.byte)
                }
                [] => Part::Byte(b'\\'),
            },
            (_, byte) => Part::Byte(byte),
        });
    }
    parts
}

/// The class that a `[` begins, and what follows it; `None` if it has no end.
fn class(mut typed: &[Typed]) -> Option<(Part, &[Typed])> {
    let is = |typed: &Typed, byte: u8| !typed.is_plain && typed.byte == byte;
    let is_negated = typed.first().is_some_and(|first| is(first, b'^'));
    typed = typed.get(usize::from(is_negated)..)?;
    let mut ranges = Vec::new();
    loop {
        typed = match typed {
            [] => return None,
            [end, after @ ..] if is(end, b']') => return Some((Part::Of { is_negated, ranges }, after)),
            [escape, byte, after @ ..] if is(escape, b'\\') => {
                ranges.push((byte.byte, byte.byte));
                after
            }
            [from, dash, to, after @ ..] if is(dash, b'-') => {
                ranges.push((from.byte.min(to.byte), from.byte.max(to.byte)));
                after
            }
            [byte, after @ ..] => {
                ranges.push((byte.byte, byte.byte));
                after
            }
        };
    }
}

/// Without recursion: each `*` takes as little as it can, and only the last one met ever takes more.
fn matches(parts: &[Part], bytes: &[u8]) -> bool {
    let (mut at_part, mut at_byte) = (0, 0);
    // Behind the last `*`, and the first byte that it has not taken.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let (part, byte) = (parts.get(at_part), bytes.get(at_byte));
        match (part, byte) {
            (None, None) => return true,
            (Some(Part::Any), _) => {
                at_part += 1;
                retry = Some((at_part, at_byte));
                continue;
            }
            (Some(part), Some(byte)) if part.takes(*byte) => {
                (at_part, at_byte) = (at_part + 1, at_byte + 1);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after, from)) if from < bytes.len() => {
                retry = Some((after, from + 1));
                (at_part, at_byte) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

impl Part {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Part::Byte(wanted) => *wanted == byte,
            Part::One => true,
            Part::Any => false,
            Part::Of { is_negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&byte)) != *is_negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> KeyPattern {
        KeyPattern::parse(text).expect(text)
    }

    type Row<'a> = (&'a str, &'a [&'a [u8]], &'a [&'a [u8]]);

    /// Each pattern, keys that it matches, and keys that it does not.
    #[test]
    fn patterns_are_those_of_keys() {
        let rows: [Row<'_>; 16] = [
            ("jobs:7", &[b"jobs:7"], &[b"jobs:77", b"jobs:", b""]),
            ("jobs:*", &[b"jobs:7", b"jobs:", b"jobs:\xff\0", b"jobs:*"], &[b"job:7", b"my jobs:7"]),
            ("*", &[b"", b"\xff\xfe", b"a\nb"], &[]),
            ("", &[b""], &[b"a"]),
            ("h?llo", &[b"hello", b"h\xffllo", b"h?llo"], &[b"hllo", b"heello"]),
            ("h[ae]llo", &[b"hello", b"hallo", b"h[ae]llo"], &[b"hillo", b"haello"]),
            ("h[^e]llo", &[b"hallo", b"h^llo"], &[b"hello"]),
            ("h[a-b]llo", &[b"hallo", b"hbllo"], &[b"hcllo", b"h-llo"]),
            ("h[b-a]llo", &[b"hallo"], &[b"hcllo"]),
            (r"h[\]\-]", &[b"h]", b"h-"], &[br"h\"]),
            ("a*b*c", &[b"abc", b"aXbYbZc", b"abcbc"], &[b"acb", b"abcX"]),
            (r"jobs:\*", &[b"jobs:*", br"jobs:\*"], &[b"jobs:7"]),
            ("jobs:%2A", &[b"jobs:*"], &[b"jobs:7", b"jobs:%2A"]),
            ("%FF*%00", &[b"\xff\0", b"\xffabc\0"], &[b"\xff", b"abc"]),
            ("[%5D%00-%0F]", &[b"]", b"\x07"], &[b"\x10", b"%"]),
            ("a[b", &[b"a[b"], &[b"ab"]),
        ];
        for (text, matching, others) in rows {
            let pattern = pattern(text);
            for key in matching {
                assert!(pattern.matches(key), "{text} and {key:?}");
                assert!(pattern.matches_within(&[b"\0", *key, b"\xff"].concat()), "{text} within {key:?}");
            }
            for key in others {
                assert!(!pattern.matches(key), "{text} and {key:?}");
            }
        }
    }

    #[test]
    fn a_printed_key_means_that_key() {
        for key in [&b"a[b-c]*?"[..], b"\\", b"%", b"\xff]", b"", "ключ".as_bytes()] {
            assert!(pattern(&key_text::escaped(key)).matches(key), "{key:?}");
        }
        assert!(pattern("100%25").is_exact() && pattern(r"\*%2A").is_exact());
        assert!(!pattern("jobs:*").is_exact());
        assert!(KeyPattern::parse("a%4").expect_err("half an escape").contains("byte 1 "));
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let text = "a*".repeat(100) + "b";
        assert!(!pattern(&text).matches(&[b'a'; 20_000]));
    }

    #[test]
    fn within_is_anywhere() {
        assert!(pattern("b?d").matches_within(b"abcde"));
        assert!(!pattern("b?d").matches_within(b"abdce"));
        assert!(pattern("").matches_within(b"anything"));
    }
}
