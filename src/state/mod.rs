//! Visible state: what a Redis client sees of a set of keys, wherever it was read from.
//!
//! As JSON lines, sorted by the bytes of the key, with byte strings as in [`crate::format::byte_string`]. A line has the
//! form of its key's family, for lists:
//!
//! ```text
//! {"key":"jobs","items":["a",{"base64":"_w"}],"expire_at_ms":null}
//! ```

mod key_state;
mod list;

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use crate::bounds::{LIST, read_line};
use crate::format::json_fault;

pub use key_state::{KeyState, Value};

/// How much of a line is read before it is taken for one.
const START_BYTES: u64 = 1 << 16;

/// The keys of a source. It may hold what no client sees: keys that are empty, or whose expiry has passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What is under each user key.
    pub keys: BTreeMap<Vec<u8>, KeyState>,
    /// The source's own last time in Unix milliseconds; `None` when it has none.
    pub last_ms: Option<u64>,
}

impl State {
    /// Leaves only what a client sees at `now_ms`, and says which keys were taken out for being empty.
    pub fn retain_visible(&mut self, now_ms: u64) -> Vec<Vec<u8>> {
        let mut empty_keys = Vec::new();
        self.keys.retain(|key, KeyState { value, expire_at }| {
            let alive = expire_at.is_none_or(|expire_at| !expire_at.is_past(now_ms));
            if alive && value.is_empty() {
                empty_keys.push(key.clone());
            }
            alive && !value.is_empty()
        });
        empty_keys
    }

    /// The elements of all values.
    pub fn element_count(&self) -> u64 {
        self.keys.values().map(|key| key.value.len()).sum()
    }

    /// Writes the keys as JSON lines.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_json_lines(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (key, KeyState { value, expire_at }) in &self.keys {
            match value {
                Value::List(items) => list::write_line(key, items, *expire_at, out)?,
            }
        }
        Ok(())
    }

    /// Reads JSON lines as [`State::write_json_lines`] writes them; the order of the lines does not matter.
    ///
    /// # Errors
    ///
    /// What `input` says, or a sentence with the number of the line that is malformed or names a key again.
    pub fn read_json_lines(mut input: impl BufRead) -> Result<State, StateError> {
        let (mut state, mut line, mut number) = (State::default(), Vec::new(), 0);
        loop {
            line.clear();
            number += 1;
            let malformed = |problem: String| StateError::Line { line: number, problem };
            // Its start tells whether it is one, before a file of something else is read to its end in search of a line feed.
            let mut count = read_line(&mut input, START_BYTES, &mut line).map_err(StateError::Read)?;
            if count == 0 {
                return Ok(state);
            }
            if line == b"\n" {
                continue;
            }
            if !line.trim_ascii_start().starts_with(b"{") {
                return Err(malformed(
                    r#"expected one JSON object a line, such as {"key":"k","items":["a"]}"#.to_owned(),
                ));
            }
            if line.len() as u64 == START_BYTES && !line.ends_with(b"\n") {
                count = read_line(&mut input, LIST.bytes, &mut line).map_err(StateError::Read)?;
            }
            if count as u64 == LIST.bytes {
                return Err(malformed(format!("the line has more than {} bytes", LIST.bytes)));
            }
            let (user_key, key) = list::parse_line(line.strip_suffix(b"\n").unwrap_or(&line)).map_err(|error| {
                malformed(format!("{} (column {})", json_fault::sentence_about_a_line(&error), error.column()))
            })?;
            if state.keys.insert(user_key, key).is_some() {
                return Err(malformed("the key stands on an earlier line too".to_owned()));
            }
        }
    }
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
    use crate::format::ExpireAtMs;

    fn list(items: &[&[u8]], expire_at_ms: Option<u64>) -> KeyState {
        KeyState::list(items.iter().map(|item| item.to_vec()).collect(), expire_at_ms.map(ExpireAtMs))
    }

    #[test]
    fn lines_are_sorted_by_key_bytes_and_read_back() {
        let keys = [(b"\xff".to_vec(), list(&[b""], Some(7))), (b"a".to_vec(), list(&[b"x", b"\xff"], None))].into();
        let state = State { keys, last_ms: None };
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
        state.keys.insert(b"gone".to_vec(), list(&[b"x"], Some(9)));
        state.keys.insert(b"gone and empty".to_vec(), list(&[], Some(9)));
        state.keys.insert(b"empty".to_vec(), list(&[], None));
        state.keys.insert(b"last millisecond".to_vec(), list(&[b"x"], Some(10)));
        assert_eq!(state.retain_visible(10), [b"empty".to_vec()]);
        assert_eq!(state.keys.into_keys().collect::<Vec<_>>(), [b"last millisecond".to_vec()]);
    }
}
