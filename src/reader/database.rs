//! The lists of one database and its key map.

use std::collections::BTreeMap;

use super::checksums::Checksums;
use super::error::ReadError;
use super::lines::lines;
use super::tree::{Folder, Kind};
use crate::format::dump_tree::{BODY_EXTENSION, KEYMAP, KeymapLine, LISTS_DIR};
use crate::format::{list, segment};
use crate::state::ListState;

/// The lists by user key.
type Lists = BTreeMap<Vec<u8>, ListState>;

pub(super) fn read(mut folder: Folder<'_>, checksums: &mut Checksums) -> Result<Lists, ReadError> {
    folder.expect_not_empty()?;
    let mut keymap = match folder.take(KEYMAP, Kind::File)? {
        true => Keymap::parse(folder.path_of(KEYMAP), &folder.read_listed(KEYMAP, checksums)?)?,
        false => Keymap { path: folder.path_of(KEYMAP), unused: BTreeMap::new() },
    };
    if !folder.take(LISTS_DIR, Kind::Folder)? {
        return Err(folder.malformed(LISTS_DIR, "missing; a database without lists has no folder"));
    }
    folder.expect_all_taken()?;
    let lists = read_lists(folder.open(LISTS_DIR)?, &mut keymap, checksums)?;
    keymap.expect_all_used()?;
    Ok(lists)
}

fn read_lists(mut folder: Folder<'_>, keymap: &mut Keymap, checksums: &mut Checksums) -> Result<Lists, ReadError> {
    folder.expect_not_empty()?;
    let mut lists = Lists::new();
    for name in folder.names() {
        let Some(segment) = name.strip_suffix(BODY_EXTENSION) else {
            return Err(folder.malformed(&name, "not part of a dump; expected only <segment>.json"));
        };
        folder.take(&name, Kind::File)?;
        let user_key = user_key(segment, keymap).map_err(|problem| folder.malformed(&name, problem))?;
        let bytes = folder.read_listed(&name, checksums)?;
        let body = list::parse_body(&bytes).map_err(|error| folder.malformed(&name, error.to_string()))?;
        // Each key has one segment, so this holds as long as the segments are right; it is the point of having them.
        if lists.insert(user_key, ListState { items: body.items, expire_at: body.expire_at }).is_some() {
            return Err(folder.malformed(&name, "another file names the same user key"));
        }
    }
    Ok(lists)
}

/// The user key that a segment stands for.
fn user_key(segment: &str, keymap: &mut Keymap) -> Result<Vec<u8>, String> {
    let user_key = match segment::decode(segment) {
        segment::Decoded::UserKey(user_key) => user_key,
        segment::Decoded::Fallback => keymap
            .take(segment)
            .ok_or_else(|| format!("a SHA fallback without a line in {}; expected exactly one", keymap.path))?,
        segment::Decoded::Malformed => return Err("the name is not a segment in canonical form".to_owned()),
    };
    let expected = segment::encode(&user_key).text;
    if expected != segment {
        return Err(format!("the segment of this user key is {expected:?}"));
    }
    Ok(user_key)
}

/// The lines of a key map that no file has used yet, by segment.
struct Keymap {
    path: String,
    unused: BTreeMap<String, (usize, Vec<u8>)>,
}

impl Keymap {
    fn parse(path: String, bytes: &[u8]) -> Result<Keymap, ReadError> {
        let mut keymap = Keymap { path, unused: BTreeMap::new() };
        let mut previous: Option<Vec<u8>> = None;
        for (line, text) in lines(&keymap.path, bytes)? {
            let KeymapLine { segment, user_key } =
                KeymapLine::parse(text).map_err(|problem| keymap.malformed(line, &problem))?;
            let expected = segment::encode(&user_key);
            if expected.reversible {
                return Err(keymap.malformed(line, "this user key has a reversible segment and needs no line"));
            }
            if expected.text != segment {
                let problem = format!("the segment of this user key is {:?}, not {segment:?}", expected.text);
                return Err(keymap.malformed(line, &problem));
            }
            if previous.as_ref().is_some_and(|previous| *previous >= user_key) {
                return Err(keymap.malformed(line, "expected user keys in ascending byte order, each once"));
            }
            previous = Some(user_key.clone());
            if let Some((other, _)) = keymap.unused.insert(segment, (line, user_key)) {
                return Err(keymap.malformed(line, &format!("the segment stands on line {other} too")));
            }
        }
        Ok(keymap)
    }

    fn take(&mut self, segment: &str) -> Option<Vec<u8>> {
        self.unused.remove(segment).map(|(_, user_key)| user_key)
    }

    fn expect_all_used(&self) -> Result<(), ReadError> {
        match self.unused.iter().min_by_key(|(_, (line, _))| *line) {
            Some((segment, (line, _))) => Err(self.malformed(*line, &format!("there is no lists/{segment}.json"))),
            None => Ok(()),
        }
    }

    fn malformed(&self, line: usize, problem: &str) -> ReadError {
        ReadError::Malformed { path: self.path.clone(), problem: format!("line {line}: {problem}") }
    }
}
