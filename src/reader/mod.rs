//! A dump tree becomes visible state, strictly.
//!
//! The reader knows the format and not the encoder: what it takes is the canonical form, and not what the encoder
//! happens to write. So a list that went wrong on its way into the tree comes out wrong, and a tree that another reader
//! might forgive is a finding here. A finding names the file, the line or byte, and what was expected there.
//!
//! Every file is read once; its digest is taken from the bytes that are parsed. The walk goes from folder to folder by
//! descriptor, in byte order of the names, so the first finding is the same on every machine.

mod checksums;
mod database;
mod error;
mod lines;
mod list;
mod manifest;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use crate::format::CommitTs;
use crate::format::dump_tree::{CHECKSUMS, MANIFEST, Manifest, REDIS_DIR, parse_database_dir};
use crate::state::State;
pub use error::ReadError;

use checksums::Checksums;
use tree::{Folder, Kind};

/// What a dump says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dump {
    /// The manifest.
    pub manifest: Manifest,
    /// The lists by database index; a database without lists is not there. Lists that are kept though they are empty or
    /// past their expiry are.
    pub databases: BTreeMap<u32, State>,
}

impl Dump {
    /// The lists of one database; none when the dump has no such database.
    pub fn into_state(mut self, db_index: u32) -> State {
        let last_ms = last_ms(&self.manifest);
        self.databases.remove(&db_index).unwrap_or(State { last_ms, ..State::default() })
    }
}

/// Reads the dump at `root`.
///
/// # Errors
///
/// [`ReadError::Io`] when something cannot be opened or read, [`ReadError::Malformed`] with the first finding.
pub fn read(root: &Path) -> Result<Dump, ReadError> {
    let mut folder = Folder::open_root(root)?;
    for name in [MANIFEST, CHECKSUMS] {
        if !folder.take(name, Kind::File)? {
            return Err(folder.malformed(name, "missing; every dump has one"));
        }
    }
    let mut checksums = Checksums::parse(&folder.read(CHECKSUMS)?)?;
    let manifest = manifest::parse(&folder.read_listed(MANIFEST, &mut checksums)?)?;
    let databases = match folder.take(REDIS_DIR, Kind::Folder)? {
        true => read_databases(folder.open(REDIS_DIR)?, last_ms(&manifest), &mut checksums)?,
        false => BTreeMap::new(),
    };
    folder.expect_all_taken()?;
    checksums.expect_all_read()?;
    Ok(Dump { manifest, databases })
}

/// Reads a manifest by itself, as strictly as that of a dump.
///
/// # Errors
///
/// [`ReadError::Malformed`] with the first finding.
pub fn read_manifest(bytes: &[u8]) -> Result<Manifest, ReadError> {
    manifest::parse(bytes)
}

fn last_ms(manifest: &Manifest) -> Option<u64> {
    manifest.last_commit_ts.map(|commit_ts| CommitTs(commit_ts).unix_ms())
}

fn read_databases(
    mut redis: Folder<'_>,
    last_ms: Option<u64>,
    checksums: &mut Checksums,
) -> Result<BTreeMap<u32, State>, ReadError> {
    redis.expect_not_empty()?;
    let mut databases = BTreeMap::new();
    for name in redis.names() {
        let Some(db_index) = parse_database_dir(&name) else {
            return Err(redis.malformed(&name, "expected only folders named db_<n>, n without leading zeros"));
        };
        redis.take(&name, Kind::Folder)?;
        let keys = database::read(redis.open(&name)?, checksums)?;
        databases.insert(db_index, State { keys, last_ms });
    }
    Ok(databases)
}
