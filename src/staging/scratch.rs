//! A folder for what is needed only while a run lasts, cleared away by a later run if this one is killed.

use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rustix::fs::FlockOperation;

/// What the names of scratch folders start with.
const PREFIX: &str = "ekv-roundtrip-scratch-";

/// A scratch folder. It vanishes when dropped.
pub struct ScratchDir {
    path: PathBuf,
    /// Ends with the process, however that ends; without it the folder is a leftover.
    _lock: File,
}

impl ScratchDir {
    /// Makes a scratch folder in `parent`, and removes those that killed runs have left there.
    ///
    /// # Errors
    ///
    /// The parent is not there or does not let us write.
    pub fn new(parent: &Path) -> std::io::Result<ScratchDir> {
        clear_leftovers(parent);
        // It gets its name only when it is locked, so that no other run can take it for a leftover.
        let unnamed = tempfile::Builder::new().prefix(".ekv-roundtrip-new-").tempdir_in(parent)?;
        let lock = Dir::open_ambient_dir(unnamed.path(), ambient_authority())?.open(".")?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        let unique = unnamed.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{PREFIX}{}", unique.rsplit('-').next().unwrap_or_default());
        let path = parent.join(name);
        std::fs::rename(unnamed.path(), &path)?;
        let _ = unnamed.keep();
        Ok(ScratchDir { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        // What cannot be removed is a leftover for the next run.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// Leftovers are in nobody's way, so what cannot be removed, such as another user's, stays.
fn clear_leftovers(parent: &Path) {
    let Ok(parent) = Dir::open_ambient_dir(parent, ambient_authority()) else { return };
    for entry in parent.entries().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_dir || !name.to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(folder) = parent.open_dir(&name).and_then(|dir| dir.open(".")) else { continue };
        if rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = parent.remove_dir_all(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_goes_and_a_folder_in_use_stays() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let leftover = parent.path().join(format!("{PREFIX}left"));
        std::fs::create_dir_all(leftover.join("case-000000")).expect("what a killed run leaves");
        let other = parent.path().join("ekv-roundtrip-kept-me");
        std::fs::create_dir(&other).expect("a folder of somebody's");

        let used = ScratchDir::new(parent.path()).expect("a scratch folder");
        assert!(!leftover.exists() && used.path().is_dir());
        let another = ScratchDir::new(parent.path()).expect("a scratch folder");
        assert!(used.path().is_dir() && another.path().is_dir() && other.is_dir());
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
        drop(another);
        let left = std::fs::read_dir(parent.path()).expect("a folder").count();
        assert_eq!(left, 1, "nothing but what is somebody else's");
    }
}
