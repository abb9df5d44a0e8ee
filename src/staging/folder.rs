//! A folder as an output.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, File};
use rustix::fs::RenameFlags;

use super::place::Place;
use super::whole::is_database;
use super::{Existing, StagingError};
use crate::jobs::Unfinished;

/// A folder under construction. Dropped without [`StagedDir::publish`], it vanishes.
pub struct StagedDir {
    place: Place,
    existing: Existing,
    dir: Dir,
    lock: File,
    published: bool,
    unfinished: Unfinished,
}

impl StagedDir {
    /// Starts a folder that will become `target`, whose parent must be there.
    ///
    /// # Errors
    ///
    /// The target holds something and may not be replaced, is no folder, or the parent does not let us write.
    pub fn new(target: &Path, existing: Existing) -> Result<StagedDir, StagingError> {
        let place = Place::of(target)?;
        refuse_what_is_there(&place, existing)?;
        let _parent_lock = place.lock_parent()?;
        place.clear_leftover()?;
        let ((lock, dir), unfinished) = place.begin("make a folder beside", |parent, name| {
            parent.create_dir(name)?;
            let dir = parent.open_dir(name)?;
            Ok((dir.open(".")?, dir))
        })?;
        place.lock(&lock)?;
        Ok(StagedDir { place, existing, dir, lock, published: false, unfinished })
    }

    /// The folder, by descriptor.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Where the folder is until it is published, for libraries that know only paths.
    pub fn path(&self) -> PathBuf {
        self.place.target.with_file_name(&self.place.partial_name)
    }

    /// Takes a step that would make the folder anew if it were gone, as RocksDB does: nothing is removed meanwhile because the
    /// process is ended.
    pub fn undisturbed<T>(&self, step: impl FnOnce() -> T) -> T {
        self.unfinished.undisturbed(step)
    }

    /// Syncs the folder's content to the disk, and puts it in the target's place in one step.
    ///
    /// # Errors
    ///
    /// The disk or the file system says no, or something has come to the target that may not be replaced; then the
    /// target is as it was.
    pub fn publish(self) -> Result<(), StagingError> {
        // One call for all files: a call for each waits for the disk as often as there are files.
        let synced = rustix::fs::syncfs(&self.lock).map_err(std::io::Error::from);
        synced.map_err(self.place.io("sync the file system of"))?;
        self.put_in_place(|parent| parent.sync_all())
    }

    /// The same without waiting for the disk. After a loss of power the target may then hold a part of the content.
    ///
    /// # Errors
    ///
    /// As [`StagedDir::publish`].
    pub fn publish_without_sync(self) -> Result<(), StagingError> {
        self.put_in_place(|_| Ok(()))
    }

    fn put_in_place(mut self, sync: impl Fn(&File) -> std::io::Result<()>) -> Result<(), StagingError> {
        let place = &self.place;
        let parent = place.lock_parent()?;
        let sync_parent = || sync(&parent).map_err(place.io("sync the parent folder of"));
        match self.unfinished.finish(|| place.parent.rename(&place.partial_name, &place.parent, &place.name)) {
            Ok(()) => self.published = true,
            Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => {
                refuse_what_is_there(place, self.existing)?;
                // From the exchange on, the former one is what is removed if the process is ended, and that must not be on the
                // disk before the exchange is.
                self.unfinished.undisturbed(|| {
                    let (folder, flags) = (&place.parent, RenameFlags::EXCHANGE);
                    let exchanged = rustix::fs::renameat_with(folder, &place.partial_name, folder, &place.name, flags);
                    exchanged.map_err(std::io::Error::from).map_err(place.io("replace"))?;
                    self.published = true;
                    sync_parent()
                })?;
                place.remove_partial().map_err(place.io("remove the former"))?;
            }
            Err(error) => return Err(place.io("rename the finished folder to")(error)),
        }
        sync_parent()
    }
}

impl Drop for StagedDir {
    fn drop(&mut self) {
        if !self.published {
            // The error that brought us here is the one to tell; the next run clears what is left.
            let _ = self.place.remove_partial();
        }
    }
}

fn refuse_what_is_there(place: &Place, existing: Existing) -> Result<(), StagingError> {
    let target = || place.target.clone();
    let metadata = match place.parent.symlink_metadata(&place.name) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(place.io("look at")(error)),
    };
    if metadata.is_symlink() {
        return Err(StagingError::SymbolicLink(target()));
    }
    if !metadata.is_dir() {
        return Err(StagingError::NotAFolder(target()));
    }
    let is_empty = place.parent.read_dir(&place.name).map_err(place.io("look at"))?.next().is_none();
    match existing {
        _ if is_empty => Ok(()),
        Existing::Replace if is_database(&place.target) => Err(StagingError::Database(target())),
        Existing::Replace => Ok(()),
        Existing::Refuse => Err(StagingError::NotEmpty(target())),
        Existing::RefuseAlways => Err(StagingError::NeverReplaced(target())),
    }
}
