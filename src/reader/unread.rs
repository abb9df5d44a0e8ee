//! What is in a dump beside what is read of it: other families, their sidecars, other adapters. It is counted, and its
//! digests are checked.

use std::collections::BTreeSet;

use super::beside::Beside;
use super::checksums::Checksums;
use super::error::ReadError;
use super::tree::{Folder, Kind};
use crate::format::dump_tree::OTHER_ADAPTERS;
use crate::format::family::UNREAD_TYPES;
use crate::format::segment;

/// Goes over the families of a database that are not read, and gives those of their segments that a key map explains.
pub(super) fn read_families(
    database: &mut Folder<'_>,
    checksums: &mut Checksums,
    beside: &mut Beside,
) -> Result<BTreeSet<String>, ReadError> {
    let mut fallbacks = BTreeSet::new();
    for unread in UNREAD_TYPES {
        if let Some(sidecar) = unread.sidecar
            && database.take(sidecar, Kind::File)?
        {
            database.check_listed(sidecar, checksums)?;
        }
        if !database.take(unread.folder, Kind::Folder)? {
            continue;
        }
        let mut bodies = database.open(unread.folder)?;
        for name in bodies.names() {
            let Some(segment) = name.strip_suffix(unread.extension) else {
                let problem = format!("not part of a dump; expected only <segment>{}", unread.extension);
                return Err(bodies.malformed(&name, problem));
            };
            bodies.take(&name, Kind::File)?;
            bodies.check_listed(&name, checksums)?;
            *beside.keys.entry(unread.name).or_default() += 1;
            if segment::decode(segment) == segment::Decoded::Fallback {
                fallbacks.insert(segment.to_owned());
            }
        }
    }
    Ok(fallbacks)
}

/// Goes over the folders of other adapters: those that every reader knows, and those that the manifest names.
pub(super) fn read_adapters(
    root: &mut Folder<'_>,
    named: &BTreeSet<String>,
    checksums: &mut Checksums,
    beside: &mut Beside,
) -> Result<(), ReadError> {
    for name in root.names() {
        if !OTHER_ADAPTERS.contains(&name.as_str()) && !named.contains(&name) {
            continue;
        }
        root.take(&name, Kind::Folder)?;
        let files = root.check_all_below(&name, checksums)?;
        if files > 0 {
            beside.adapter_files.insert(name, files);
        }
    }
    Ok(())
}
