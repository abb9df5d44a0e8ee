//! The state of a list, and the line that it has among JSON lines.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::key_state::{KeyState, Value};
use crate::format::ExpireAtMs;
use crate::format::byte_string::{ByteStr, ByteString};

impl KeyState {
    /// A list.
    pub fn list(items: Vec<Vec<u8>>, expire_at: Option<ExpireAtMs>) -> KeyState {
        KeyState { value: Value::List(items), expire_at }
    }

    /// The items of a list, head first; a value of another family has none.
    pub fn items(&self) -> &[Vec<u8>] {
        match &self.value {
            Value::List(items) => items,
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    key: ByteStr<'a>,
    items: Vec<ByteStr<'a>>,
    expire_at_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedLine {
    key: ByteString,
    items: Vec<ByteString>,
    expire_at_ms: Option<u64>,
}

/// Writes the line of a list.
pub(super) fn write_line(
    key: &[u8],
    items: &[Vec<u8>],
    expire_at: Option<ExpireAtMs>,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let items = items.iter().map(|item| ByteStr(item)).collect();
    let line = Line { key: ByteStr(key), items, expire_at_ms: expire_at.map(|expire_at| expire_at.0) };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

/// The user key of a line, and the list under it.
pub(super) fn parse_line(line: &[u8]) -> Result<(Vec<u8>, KeyState), serde_json::Error> {
    let line: OwnedLine = serde_json::from_slice(line)?;
    let items = line.items.into_iter().map(|item| item.0).collect();
    Ok((line.key.0, KeyState::list(items, line.expire_at_ms.map(ExpireAtMs))))
}
