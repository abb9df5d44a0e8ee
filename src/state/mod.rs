//! Visible state: what a Redis client sees of a set of lists, wherever it was read from.
//!
//! As JSON lines, sorted by the bytes of the key, with byte strings as in [`crate::format::byte_string`]:
//!
//! ```text
//! {"key":"jobs","items":["a",{"base64":"_w"}],"expire_at_ms":null}
//! ```

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::format::ExpireAtMs;
use crate::format::byte_string::{ByteStr, ByteString};
use crate::format::json_fault;

/// One list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListState {
    /// The items, head first.
    pub items: Vec<Vec<u8>>,
    /// When the key goes away, if it does.
    pub expire_at: Option<ExpireAtMs>,
}

/// The lists of a source, by user key. It may hold what no client sees: lists that are empty, or whose expiry has
/// passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The lists.
    pub lists: BTreeMap<Vec<u8>, ListState>,
    /// The source's own last time in Unix milliseconds; `None` when it has none.
    pub last_ms: Option<u64>,
}

impl State {
    /// Leaves only what a client sees at `now_ms`, and says which keys were taken out for being empty.
    pub fn retain_visible(&mut self, now_ms: u64) -> Vec<Vec<u8>> {
        let mut empty_keys = Vec::new();
        self.lists.retain(|key, list| {
            let alive = list.expire_at.is_none_or(|expire_at| !expire_at.is_past(now_ms));
            if alive && list.items.is_empty() {
                empty_keys.push(key.clone());
            }
            alive && !list.items.is_empty()
        });
        empty_keys
    }

    /// Writes the lists as JSON lines.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_json_lines(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (key, list) in &self.lists {
            let line = StateLine {
                key: ByteStr(key),
                items: list.items.iter().map(|item| ByteStr(item)).collect(),
                expire_at_ms: list.expire_at.map(|expire_at| expire_at.0),
            };
            serde_json::to_writer(&mut *out, &line)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Reads JSON lines as [`State::write_json_lines`] writes them; the order of the lines does not matter.
    ///
    /// # Errors
    ///
    /// What `input` says, or a sentence with the number of the line that is malformed or names a key again.
    pub fn read_json_lines(input: impl BufRead) -> Result<State, StateError> {
        let mut state = State::default();
        for (index, line) in input.split(b'\n').enumerate() {
            let line = line.map_err(StateError::Read)?;
            let malformed = |problem: String| StateError::Line { line: index + 1, problem };
            if line.is_empty() {
                continue;
            }
            let parsed: OwnedStateLine = serde_json::from_slice(&line).map_err(|error| {
                malformed(format!("{} (column {})", json_fault::sentence_about_a_line(&error), error.column()))
            })?;
            let list = ListState {
                items: parsed.items.into_iter().map(|item| item.0).collect(),
                expire_at: parsed.expire_at_ms.map(ExpireAtMs),
            };
            if state.lists.insert(parsed.key.0, list).is_some() {
                return Err(malformed("the key stands on an earlier line too".to_owned()));
            }
        }
        Ok(state)
    }
}

#[derive(Serialize)]
struct StateLine<'a> {
    key: ByteStr<'a>,
    items: Vec<ByteStr<'a>>,
    expire_at_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedStateLine {
    key: ByteString,
    items: Vec<ByteString>,
    expire_at_ms: Option<u64>,
}

/// Why a state could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The input failed.
    #[error("{0}")]
    Read(std::io::Error),
    /// A line is not what it should be.
    #[error("line {line}: {problem}")]
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&[u8]], expire_at_ms: Option<u64>) -> ListState {
        ListState { items: items.iter().map(|item| item.to_vec()).collect(), expire_at: expire_at_ms.map(ExpireAtMs) }
    }

    #[test]
    fn lines_are_sorted_by_key_bytes_and_read_back() {
        let lists = [(b"\xff".to_vec(), list(&[b""], Some(7))), (b"a".to_vec(), list(&[b"x", b"\xff"], None))].into();
        let state = State { lists, last_ms: None };
        let mut text = Vec::new();
        state.write_json_lines(&mut text).expect("memory");
        let golden = "{\"key\":\"a\",\"items\":[\"x\",{\"base64\":\"_w\"}],\"expire_at_ms\":null}\n\
                      {\"key\":{\"base64\":\"_w\"},\"items\":[\"\"],\"expire_at_ms\":7}\n";
        assert_eq!(String::from_utf8_lossy(&text), golden);
        assert_eq!(State::read_json_lines(text.as_slice()).expect("what was written"), state);
    }

    #[test]
    fn a_bad_line_is_told_by_number() {
        let good = "{\"key\":\"a\",\"items\":[],\"expire_at_ms\":null}\n";
        for bad in [good, "{", "{\"key\":\"b\"}", "{\"key\":1,\"items\":[],\"expire_at_ms\":null}"] {
            let error = State::read_json_lines(format!("{good}{bad}").as_bytes()).expect_err(bad);
            assert!(error.to_string().starts_with("line 2: "), "{error}");
        }
    }

    #[test]
    fn expired_and_empty_lists_are_not_visible() {
        let mut state = State::default();
        state.lists.insert(b"gone".to_vec(), list(&[b"x"], Some(9)));
        state.lists.insert(b"gone and empty".to_vec(), list(&[], Some(9)));
        state.lists.insert(b"empty".to_vec(), list(&[], None));
        state.lists.insert(b"last millisecond".to_vec(), list(&[b"x"], Some(10)));
        assert_eq!(state.retain_visible(10), [b"empty".to_vec()]);
        assert_eq!(state.lists.into_keys().collect::<Vec<_>>(), [b"last millisecond".to_vec()]);
    }
}
