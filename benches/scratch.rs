//! Where benches write files.
//!
//! In memory if there is room for that: what is measured is this program, and not a disk.

use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tempfile::TempDir;

/// `/dev/shm` if it can be written to, or else the folder for temporary files.
pub fn parent() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if tempfile::tempfile_in(memory).is_ok() { memory.to_owned() } else { std::env::temp_dir() }
}

/// A new folder, removed when this is dropped.
pub struct Folder {
    temporary: TempDir,
    /// The open folder, for the encoder.
    pub dir: Dir,
}

impl Folder {
    pub fn new() -> Folder {
        let temporary = tempfile::Builder::new().prefix("ekv-bench-").tempdir_in(parent()).expect("a folder");
        let dir = Dir::open_ambient_dir(temporary.path(), ambient_authority()).expect("the folder");
        Folder { temporary, dir }
    }

    pub fn path(&self) -> &Path {
        self.temporary.path()
    }
}
