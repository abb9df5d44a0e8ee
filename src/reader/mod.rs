//! A dump tree becomes visible state, strictly.
//!
//! The reader knows the format and not the encoder: what it takes is the canonical form, and not what the encoder
//! happens to write. So a list that went wrong on its way into the tree comes out wrong, and a tree that another reader
//! might forgive is a finding here. A finding names the file, the line or byte, and what was expected there.
//!
//! Dumps of other decoders hold more than lists: whoever reads one says so with [`MadeBy`], and gets told what there was
//! beside the lists as [`Beside`].
//!
//! Every file is read once; its digest is taken from the bytes that are parsed. The walk goes from folder to folder by
//! handle, in byte order of the names, so the first finding is the same on every machine.

mod any_manifest;
mod beside;
mod checksums;
mod database;
mod error;
mod keymap;
mod lines;
mod list;
mod made_by;
mod manifest;
mod our_manifest;
mod tree;
mod unread;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use cap_std::fs::Dir;

use crate::bounds::{LIST, TEXT};
use crate::folders;
use crate::format::dump_tree::{CHECKSUMS, MANIFEST, REDIS_DIR, parse_database_dir};
use crate::state::State;
pub use beside::Beside;
pub use error::ReadError;
pub use made_by::MadeBy;
pub use manifest::DumpTime;

use checksums::Checksums;
use manifest::Said;
use tree::{Folder, Kind};

/// What a dump says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// What the manifest says of when it was made.
    pub time: DumpTime,
    /// The lists by database index; a database without lists is not there. Lists that are kept though they are empty or
    /// past their expiry are.
    pub databases: BTreeMap<u32, State>,
    /// What there is beside them; nothing in a dump of [`MadeBy::OurEncoder`].
    pub beside: Beside,
}

impl Dump {
    /// The lists of one database; none when the dump has no such database.
    pub fn into_state(mut self, db_index: u32) -> State {
        let last_ms = self.time.last_ms();
        self.databases.remove(&db_index).unwrap_or(State { last_ms, ..State::default() })
    }
}

/// Reads the dump at `root`.
///
/// # Errors
///
/// [`ReadError::Io`] when something cannot be opened or read, [`ReadError::Malformed`] with the first finding.
pub fn read(root: &Path, made_by: MadeBy) -> Result<Dump, ReadError> {
    let opened = Dir::open_ambient_dir(root, cap_std::ambient_authority())
        .map_err(|source| ReadError::Io { path: root.to_owned(), source })?;
    read_opened(Box::new(opened), root, made_by)
}

/// Reads the dump in a folder, on disk or in memory, which errors call `root`.
///
/// # Errors
///
/// As [`read`].
pub fn read_opened(opened: Box<dyn folders::Folder>, root: &Path, made_by: MadeBy) -> Result<Dump, ReadError> {
    let mut folder = Folder::root(opened, root)?;
    for name in [MANIFEST, CHECKSUMS] {
        if !folder.take(name, Kind::File)? {
            return Err(folder.malformed(name, "missing; every dump has one"));
        }
    }
    let mut checksums = Checksums::parse(&folder.read(CHECKSUMS, &LIST)?, made_by)?;
    let Said { time, adapters } = parse_manifest(&folder.read_listed(MANIFEST, &TEXT, &mut checksums)?, made_by)?;
    let mut dump = Dump { time, databases: BTreeMap::new(), beside: Beside::default() };
    if folder.take(REDIS_DIR, Kind::Folder)? {
        read_databases(folder.open(REDIS_DIR)?, made_by, &mut checksums, &mut dump)?;
    }
    if made_by == MadeBy::AnyDecoder {
        unread::read_adapters(&mut folder, &adapters, &mut checksums, &mut dump.beside)?;
    }
    folder.expect_all_taken()?;
    checksums.expect_all_read()?;
    Ok(dump)
}

/// Reads a manifest by itself, as strictly as that of a dump.
///
/// # Errors
///
/// [`ReadError::Malformed`] with the first finding.
pub fn read_manifest(bytes: &[u8], made_by: MadeBy) -> Result<DumpTime, ReadError> {
    parse_manifest(bytes, made_by).map(|said| said.time)
}

fn parse_manifest(bytes: &[u8], made_by: MadeBy) -> Result<Said, ReadError> {
    let said = match made_by {
        MadeBy::OurEncoder => our_manifest::parse(bytes),
        MadeBy::AnyDecoder => any_manifest::parse(bytes),
    };
    said.map_err(|problem| ReadError::Malformed { path: MANIFEST.to_owned(), problem })
}

fn read_databases(
    mut redis: Folder<'_>,
    made_by: MadeBy,
    checksums: &mut Checksums,
    dump: &mut Dump,
) -> Result<(), ReadError> {
    let last_ms = dump.time.last_ms();
    redis.expect_not_empty(made_by)?;
    for name in redis.names() {
        let Some(db_index) = parse_database_dir(&name) else {
            return Err(redis.malformed(&name, "expected only folders named db_<n>, n without leading zeros"));
        };
        redis.take(&name, Kind::Folder)?;
        let keys = database::read(redis.open(&name)?, made_by, checksums, &mut dump.beside)?;
        if !keys.is_empty() {
            dump.databases.insert(db_index, State { keys, last_ms });
        }
    }
    Ok(())
}
