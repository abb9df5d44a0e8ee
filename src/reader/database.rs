//! The keys of one database, family by family, with the key map.

use std::collections::{BTreeMap, BTreeSet};

use super::beside::Beside;
use super::checksums::Checksums;
use super::error::ReadError;
use super::keymap::Keymap;
use super::made_by::MadeBy;
use super::tree::{Folder, Kind};
use super::{list, unread};
use crate::bounds::LIST;
use crate::format::dump_tree::KEYMAP;
use crate::format::{FAMILIES, Family, FamilyRow, segment};
use crate::state::KeyState;

/// What is under each user key.
type Keys = BTreeMap<Vec<u8>, KeyState>;

pub(super) fn read(
    mut folder: Folder<'_>,
    made_by: MadeBy,
    checksums: &mut Checksums,
    beside: &mut Beside,
) -> Result<Keys, ReadError> {
    folder.expect_not_empty(made_by)?;
    let keymap = match folder.take(KEYMAP, Kind::File)? {
        true => Some(folder.read_listed(KEYMAP, &LIST, checksums)?),
        false => None,
    };
    let mut present = Vec::new();
    for row in FAMILIES {
        if folder.take(row.folder, Kind::Folder)? {
            let bodies = folder.open(row.folder)?;
            bodies.expect_not_empty(made_by)?;
            present.push((*row, bodies));
        }
    }
    let unread = match made_by {
        MadeBy::OurEncoder if present.is_empty() => {
            let folders = FAMILIES.iter().map(|row| row.folder).collect::<Vec<_>>().join(" or ");
            return Err(folder.malformed(&folders, format!("missing; a database without {folders} has no folder")));
        }
        MadeBy::OurEncoder => BTreeSet::new(),
        MadeBy::AnyDecoder => unread::read_families(&mut folder, checksums, beside)?,
    };
    folder.expect_all_taken()?;
    let is_read =
        |segment: &str| present.iter().any(|(row, bodies)| bodies.has_file(&format!("{segment}{}", row.extension)));
    let path = folder.path_of(KEYMAP);
    let mut keymap = match (keymap, made_by) {
        (None, _) => Keymap::absent(path),
        (Some(bytes), MadeBy::OurEncoder) => Keymap::parse(path, &bytes)?,
        (Some(bytes), MadeBy::AnyDecoder) => {
            Keymap::parse_any(path, &bytes, is_read, |segment| unread.contains(segment))?
        }
    };
    let mut keys = Keys::new();
    for (row, bodies) in present {
        read_family(row, bodies, &mut keymap, checksums, &mut keys)?;
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
    for name in folder.names() {
        let Some(segment) = name.strip_suffix(row.extension) else {
            let problem = format!("not part of a dump; expected only <segment>{}", row.extension);
            return Err(folder.malformed(&name, problem));
        };
        folder.take(&name, Kind::File)?;
        let user_key = user_key(segment, keymap).map_err(|problem| folder.malformed(&name, problem))?;
        let bytes = folder.read_listed(&name, &LIST, checksums)?;
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
            .ok_or_else(|| format!("a SHA fallback without a line in {}; expected exactly one", keymap.path()))?,
        segment::Decoded::Malformed => return Err("the name is not a segment in canonical form".to_owned()),
    };
    let expected = segment::encode(&user_key).text;
    if expected != segment {
        return Err(format!("the segment of this user key is {expected:?}"));
    }
    Ok(user_key)
}
