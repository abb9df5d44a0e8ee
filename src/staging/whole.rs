//! Folders that are whole as they are: a database is RocksDB's, and a dump has exactly the files that it lists. An output
//! within one would spoil it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::StagingError;
use crate::format::dump_tree::{CHECKSUMS, MANIFEST};

/// What `CURRENT`, a file that each database has, begins with.
const CURRENT_START: &[u8] = b"MANIFEST-";

/// Whether a folder is a database of RocksDB's.
pub fn is_database(folder: &Path) -> bool {
    let path = folder.join("CURRENT");
    let mut start = Vec::new();
    let read = |file: File| file.take(CURRENT_START.len() as u64).read_to_end(&mut start);
    path.is_file() && File::open(&path).and_then(read).is_ok() && start == CURRENT_START
}

fn is_dump(folder: &Path) -> bool {
    [MANIFEST, CHECKSUMS].iter().all(|name| folder.join(name).is_file())
}

/// Fails if what is written into a folder would be inside a database or a dump.
///
/// # Errors
///
/// It would.
pub fn require_outside(folder: &Path) -> Result<(), StagingError> {
    refuse_inside(folder, folder)
}

/// Refuses a target whose parent folder is such a folder, or lies in one.
pub(super) fn refuse_inside(target: &Path, parent: &Path) -> Result<(), StagingError> {
    // Of folders that are still to be made, what there is of them decides.
    let there = |folder: &Path| if folder.as_os_str().is_empty() { Path::new(".") } else { folder }.canonicalize().ok();
    let Some(parent) = parent.ancestors().find_map(there) else { return Ok(()) };
    let kinds = [("a database", is_database as fn(&Path) -> bool), ("a dump", is_dump)];
    for folder in parent.ancestors() {
        if let Some((what, _)) = kinds.iter().find(|(_, is_one)| is_one(folder)) {
            return Err(StagingError::Inside { target: target.to_owned(), what, folder: folder.to_owned() });
        }
    }
    Ok(())
}
