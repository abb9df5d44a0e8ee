//! A folder for what is needed only while a run lasts, cleared away by a later run if this one is killed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::place::until_gone;
use crate::jobs::Unfinished;

/// What the names of scratch folders start with. It says where to look, and not what is ours.
const PREFIX: &str = "ekv-roundtrip-scratch-";
/// The file in each of them, without which a folder is somebody else's.
const MARKER: &str = ".ekv-roundtrip-scratch";
/// What it holds.
const MARKER_TEXT: &str =
    "A scratch folder of ekv-roundtrip: when no run holds the lock of this file, the next one removes it.\n";

/// A scratch folder. It vanishes when dropped.
pub struct ScratchDir {
    path: PathBuf,
    /// Ends with the process, however that ends; without it the folder is a leftover.
    _lock: File,
    _unfinished: Unfinished,
}

impl ScratchDir {
    /// Makes a scratch folder in `parent`, and removes those that killed runs have left there.
    ///
    /// # Errors
    ///
    /// The parent is not there or does not let us write.
    pub fn new(parent: &Path) -> std::io::Result<ScratchDir> {
        clear_leftovers(parent);
        let ((path, lock), unfinished) = Unfinished::begin(|| {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            // It gets its name only when it is locked, so that no other run can take the folder for a leftover.
            let unnamed = folder.path().join(".new");
            let mut lock = File::create_new(&unnamed)?;
            lock.write_all(MARKER_TEXT.as_bytes())?;
            rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
            std::fs::rename(&unnamed, folder.path().join(MARKER))?;
            let path = folder.keep();
            let undone = path.clone();
            let undo = move || {
                until_gone(|| remove(&undone), || undone.exists());
            };
            Ok::<_, std::io::Error>(((path, lock), Box::new(undo) as Box<dyn FnMut() + Send>))
        })?;
        Ok(ScratchDir { path, _lock: lock, _unfinished: unfinished })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        // What cannot be removed is a leftover for the next run.
        let _ = remove(&self.path);
    }
}

/// Removes a scratch folder; its marker last, so that whatever stops this leaves one that can be told.
fn remove(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            _ if entry.file_name() == MARKER => {}
            true => std::fs::remove_dir_all(entry.path())?,
            false => std::fs::remove_file(entry.path())?,
        }
    }
    std::fs::remove_dir_all(folder)
}

/// Leftovers are in nobody's way, so what cannot be removed, such as another user's, stays.
fn clear_leftovers(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir && entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            let folder = entry.path();
            if let Some(_lock) = lock_of_leftover(&folder.join(MARKER)) {
                let _ = remove(&folder);
            }
        }
    }
}

/// The marker of a scratch folder that no run uses, locked.
fn lock_of_leftover(marker: &Path) -> Option<File> {
    if !std::fs::symlink_metadata(marker).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let mut file = File::open(marker).ok()?;
    let mut text = Vec::new();
    (&mut file).take(MARKER_TEXT.len() as u64 + 1).read_to_end(&mut text).ok()?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    (text == MARKER_TEXT.as_bytes()).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leftover_goes_and_a_folder_in_use_or_of_somebody_else_stays() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let leftover = parent.path().join(format!("{PREFIX}left"));
        std::fs::create_dir_all(leftover.join("case-000000")).expect("what a killed run leaves");
        std::fs::write(leftover.join(MARKER), MARKER_TEXT).expect("its marker");
        let (named, marked) =
            (parent.path().join(format!("{PREFIX}notes")), parent.path().join(format!("{PREFIX}mine")));
        std::fs::create_dir_all(named.join("precious")).expect("a folder of somebody's");
        std::fs::create_dir(&marked).expect("a folder of somebody's");
        std::fs::write(marked.join(MARKER), "my own words").expect("a file");

        let used = ScratchDir::new(parent.path()).expect("a scratch folder");
        assert!(!leftover.exists() && used.path().is_dir());
        let another = ScratchDir::new(parent.path()).expect("a scratch folder");
        assert!(used.path().is_dir() && another.path().is_dir());
        assert!(named.join("precious").is_dir() && marked.join(MARKER).is_file(), "a name makes nothing ours");
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
        drop(another);
        let left = std::fs::read_dir(parent.path()).expect("a folder").count();
        assert_eq!(left, 2, "nothing but what is somebody else's");
    }
}
