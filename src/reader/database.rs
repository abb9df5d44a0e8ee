//! The keys of one database, family by family, and its key map.

use std::collections::BTreeMap;

use super::checksums::Checksums;
use super::error::ReadError;
use super::lines::lines;
use super::list;
use super::tree::{Folder, Kind};
use crate::format::dump_tree::{KEYMAP, KeymapLine};
use crate::format::{FAMILIES, Family, FamilyRow, segment};
use crate::state::KeyState;

/// What is under each user key.
type Keys = BTreeMap<Vec<u8>, KeyState>;

pub(super) fn read(mut folder: Folder<'_>, checksums: &mut Checksums) -> Result<Keys, ReadError> {
    folder.expect_not_empty()?;
    let mut keymap = match folder.take(KEYMAP, Kind::File)? {
        true => Keymap::parse(folder.path_of(KEYMAP), &folder.read_listed(KEYMAP, checksums)?)?,
        false => Keymap { path: folder.path_of(KEYMAP), unused: BTreeMap::new() },
    };
    let mut present = Vec::new();
    for row in FAMILIES {
        if folder.take(row.folder, Kind::Folder)? {
            present.push(*row);
        }
    }
    if present.is_empty() {
        let folders = FAMILIES.iter().map(|row| row.folder).collect::<Vec<_>>().join(" or ");
        return Err(folder.malformed(&folders, format!("missing; a database without {folders} has no folder")));
    }
    folder.expect_all_taken()?;
    let mut keys = Keys::new();
    for row in present {
        read_family(row, folder.open(row.folder)?, &mut keymap, checksums, &mut keys)?;
    }
    keymap.expect_all_used()?;
    Ok(keys)
}

fn read_family(
    row: &FamilyRow,
    mut folder: Folder<'_>,
    keymap: &mut Keymap,
    checksums: &mut Checksums,
    keys: &mut Keys,
) -> Result<(), ReadError> {
    folder.expect_not_empty()?;
    for name in folder.names() {
        let Some(segment) = name.strip_suffix(row.extension) else {
            let problem = format!("not part of a dump; expected only <segment>{}", row.extension);
            return Err(folder.malformed(&name, problem));
        };
        folder.take(&name, Kind::File)?;
        let user_key = user_key(segment, keymap).map_err(|problem| folder.malformed(&name, problem))?;
        let bytes = folder.read_listed(&name, checksums)?;
        let body = match row.family {
            Family::List => list::read(&bytes),
        };
        let body = body.map_err(|error| folder.malformed(&name, error.to_string()))?;
        // Each key has one segment, so this holds as long as the segments are right; it is the point of having them.
        if keys.insert(user_key, body).is_some() {
            return Err(folder.malformed(&name, "another file names the same user key"));
        }
    }
    Ok(())
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
