//! Byte strings in JSON: valid UTF-8 is a string, anything else `{"base64":"<base64url, unpadded>"}`.
//!
//! The form is shared by traces, replies and visible states; the bodies of dumps spell the same idea with exact white
//! space and escapes ([`crate::format::list`]).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that serialize as described in the module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteString(pub Vec<u8>);

/// Borrowed [`ByteString`].
#[derive(Clone, Copy, Debug)]
pub struct ByteStr<'a>(pub &'a [u8]);

impl Serialize for ByteStr<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("base64", &encode_base64(self.0))?;
                map.end()
            }
        }
    }
}

impl Serialize for ByteString {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ByteStr(&self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ByteString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteString, D::Error> {
        deserializer.deserialize_any(ByteStringVisitor)
    }
}

struct ByteStringVisitor;

impl<'de> Visitor<'de> for ByteStringVisitor {
    type Value = ByteString;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string or {\"base64\":\"...\"}")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ByteString, E> {
        Ok(ByteString(text.as_bytes().to_vec()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByteString, A::Error> {
        let Some(("base64", text)) = map.next_entry::<&str, String>()? else {
            return Err(A::Error::custom("expected the one member \"base64\""));
        };
        if map.next_key::<&str>()?.is_some() {
            return Err(A::Error::custom("expected no member beside \"base64\""));
        }
        decode_base64(&text)
            .map(ByteString)
            .ok_or_else(|| A::Error::custom(format!("{text:?} is not unpadded base64url")))
    }
}

/// Base64url without padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the same to a text.
pub(super) fn append_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    // What no text can be as long as is no value.
    out.resize(start + base64::encoded_len(bytes.len(), false).unwrap_or_default(), 0);
    let written = out.get_mut(start..).map(|room| URL_SAFE_NO_PAD.encode_slice(bytes, room));
    assert!(matches!(written, Some(Ok(_))), "the room is as long as the text");
}

/// The bytes behind base64url without padding, or `None` when `text` is not what [`encode_base64`] would have written.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(bytes: &[u8]) -> String {
        serde_json::to_string(&ByteStr(bytes)).expect("byte strings always serialize")
    }

    #[test]
    fn text_is_a_string_and_the_rest_base64url() {
        assert_eq!(json(b"job \"1\""), r#""job \"1\"""#);
        assert_eq!(json(b"\xfe"), r#"{"base64":"_g"}"#);
        assert_eq!(json(b"\xed\xa0\x80"), r#"{"base64":"7aCA"}"#);
        for bytes in [&b""[..], b"a", b"\xff\0", "é".as_bytes()] {
            let read: ByteString = serde_json::from_str(&json(bytes)).expect("what was written");
            assert_eq!(read.0, bytes);
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        let bad = [
            "1",
            "null",
            "{}",
            r#"{"base64":"_w=="}"#,
            r#"{"base64":"/w"}"#,
            r#"{"base64":"_x"}"#,
            r#"{"base64":"_w","x":1}"#,
            r#"{"b":"_w"}"#,
            "[]",
        ];
        for text in bad {
            assert!(serde_json::from_str::<ByteString>(text).is_err(), "{text}");
        }
        let error = serde_json::from_str::<ByteString>("1").expect_err("a number").to_string();
        assert!(error.starts_with("invalid type: integer `1`, expected a string or {\"base64\":"), "{error}");
    }
}
