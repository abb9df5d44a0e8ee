//! Keys, items and other bytes, as decoders write them and as reports show them.

use serde_json::Value;

use crate::format::byte_string::decode_base64;
use crate::format::key_text;

/// The longest part of them that is shown, in bytes.
const SHOWN_BYTES: usize = 60;

/// What a string or an object with base64 says.
pub(super) fn byte_string(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        _ => base64(value.get("base64")?.as_str()?),
    }
}

/// Either alphabet, padded or not.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    decode_base64(&text.trim_end_matches('=').replace('+', "-").replace('/', "_"))
}

pub(super) fn shown_bytes(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN_BYTES) {
        _ if bytes.is_empty() => "\"\"".to_owned(),
        Some(start) if start.len() < bytes.len() => format!("{}...", key_text::escaped(start)),
        _ => key_text::escaped(bytes),
    }
}
