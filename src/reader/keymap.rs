//! The key map of a database.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::ReadError;
use super::lines::lines;
use crate::format::dump_tree::KeymapLine;
use crate::format::{FAMILIES, json_fault, segment};

/// The lines of a key map that no file has used yet, by segment.
pub(super) struct Keymap {
    path: String,
    unused: BTreeMap<String, (usize, Vec<u8>)>,
}

/// The member of a line that says whose it is.
#[derive(Deserialize)]
struct Encoded {
    encoded: String,
}

impl Keymap {
    /// The key map of a database that has none.
    pub(super) fn absent(path: String) -> Keymap {
        Keymap { path, unused: BTreeMap::new() }
    }

    /// Reads the key map of a dump of our encoder.
    pub(super) fn parse(path: String, bytes: &[u8]) -> Result<Keymap, ReadError> {
        let mut keymap = Keymap::absent(path);
        let mut previous: Option<Vec<u8>> = None;
        for (number, text) in lines(&keymap.path.clone(), bytes)? {
            let line = keymap.parse_line(number, text)?;
            if previous.as_ref().is_some_and(|previous| *previous >= line.user_key) {
                return Err(keymap.malformed(number, "expected user keys in ascending byte order, each once"));
            }
            previous = Some(line.user_key.clone());
            keymap.insert(number, line)?;
        }
        Ok(keymap)
    }

    /// Reads the key map of a dump of any decoder: its lines come in any order, and may be repeated. Those of families that
    /// are not read are passed over, if there is such a file.
    pub(super) fn parse_any(
        path: String,
        bytes: &[u8],
        is_read: impl Fn(&str) -> bool,
        is_unread: impl Fn(&str) -> bool,
    ) -> Result<Keymap, ReadError> {
        let mut keymap = Keymap::absent(path);
        for (number, text) in lines(&keymap.path.clone(), bytes)? {
            let Encoded { encoded } = serde_json::from_str(text)
                .map_err(|error| keymap.malformed(number, &json_fault::sentence_about_a_line(&error)))?;
            if is_read(&encoded) {
                let line = keymap.parse_line(number, text)?;
                keymap.insert(number, line)?;
            } else if !is_unread(&encoded) {
                return Err(keymap.malformed(number, &format!("no file has the segment {encoded:?}")));
            }
        }
        Ok(keymap)
    }

    fn parse_line(&self, number: usize, text: &str) -> Result<KeymapLine, ReadError> {
        let line = KeymapLine::parse(text).map_err(|problem| self.malformed(number, &problem))?;
        let expected = segment::encode(&line.user_key);
        if expected.reversible {
            return Err(self.malformed(number, "this user key has a reversible segment and needs no line"));
        }
        if expected.text != line.segment {
            let problem = format!("the segment of this user key is {:?}, not {:?}", expected.text, line.segment);
            return Err(self.malformed(number, &problem));
        }
        Ok(line)
    }

    fn insert(&mut self, number: usize, line: KeymapLine) -> Result<(), ReadError> {
        let KeymapLine { segment, user_key } = line;
        match self.unused.get(&segment) {
            Some((other, other_key)) if *other_key != user_key => {
                Err(self.malformed(number, &format!("the segment stands on line {other} too")))
            }
            Some(_) => Ok(()),
            None => {
                self.unused.insert(segment, (number, user_key));
                Ok(())
            }
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The user key behind a segment.
    pub(super) fn take(&mut self, segment: &str) -> Option<Vec<u8>> {
        self.unused.remove(segment).map(|(_, user_key)| user_key)
    }

    pub(super) fn expect_all_used(&self) -> Result<(), ReadError> {
        match self.unused.iter().min_by_key(|(_, (line, _))| *line) {
            Some((segment, (line, _))) => {
                let paths: Vec<String> =
                    FAMILIES.iter().map(|row| format!("{}/{segment}{}", row.folder, row.extension)).collect();
                Err(self.malformed(*line, &format!("there is no {}", paths.join(" or "))))
            }
            None => Ok(()),
        }
    }

    fn malformed(&self, line: usize, problem: &str) -> ReadError {
        ReadError::Malformed { path: self.path.clone(), problem: format!("line {line}: {problem}") }
    }
}
