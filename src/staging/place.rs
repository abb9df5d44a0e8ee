//! Where an output goes: its parent folder by descriptor, its name there, and the name under which it is built.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rustix::fs::FlockOperation;

use super::StagingError;

pub(super) struct Place {
    pub(super) parent: Dir,
    pub(super) target: PathBuf,
    pub(super) name: OsString,
    pub(super) partial_name: OsString,
}

impl Place {
    /// The place of `target`, whose parent must be there.
    pub(super) fn of(target: &Path) -> Result<Place, StagingError> {
        let name = target.file_name().ok_or_else(|| StagingError::NoName(target.to_owned()))?.to_owned();
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut partial_name = OsString::from(".");
        partial_name.push(&name);
        partial_name.push(".ekv-roundtrip-partial");
        let parent = Dir::open_ambient_dir(parent, ambient_authority()).map_err(|source| StagingError::Io {
            action: "open the parent folder of",
            path: target.to_owned(),
            source,
        })?;
        Ok(Place { parent, target: target.to_owned(), name, partial_name })
    }

    /// What a failed `action` on this place is.
    pub(super) fn io(&self, action: &'static str) -> impl Fn(std::io::Error) -> StagingError + use<> {
        let path = self.target.clone();
        move |source| StagingError::Io { action, path: path.clone(), source }
    }

    /// Keeps other runs from beginning or publishing in the parent, for the short time that takes.
    pub(super) fn lock_parent(&self) -> Result<File, StagingError> {
        // A `Dir` may be a mere path handle, which can be neither locked nor synced, so it is opened for reading.
        let parent = self.parent.open(".").map_err(self.io("open the parent folder of"))?;
        let locked = rustix::fs::flock(&parent, FlockOperation::LockExclusive);
        locked.map_err(std::io::Error::from).map_err(self.io("lock the parent folder of"))?;
        Ok(parent)
    }

    /// Locks what is being built. The lock ends with the descriptor, also when the process is killed.
    pub(super) fn lock(&self, partial: impl AsFd) -> Result<(), StagingError> {
        match rustix::fs::flock(partial, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StagingError::Busy(self.target.clone())),
            Err(error) => Err(self.io("lock the unfinished output beside")(error.into())),
        }
    }

    /// Removes what a killed run left under the partial name. The parent must be locked.
    pub(super) fn clear_leftover(&self) -> Result<(), StagingError> {
        let metadata = match self.parent.symlink_metadata(&self.partial_name) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.io("look for an unfinished output beside")(error)),
        };
        if metadata.is_dir() || metadata.is_file() {
            let leftover =
                self.parent.open(&self.partial_name).map_err(self.io("open the unfinished output beside"))?;
            self.lock(&leftover)?;
        }
        self.remove_partial(metadata.is_dir()).map_err(self.io("remove the unfinished output beside"))
    }

    pub(super) fn remove_partial(&self, is_dir: bool) -> std::io::Result<()> {
        if is_dir {
            self.parent.remove_dir_all(&self.partial_name)
        } else {
            self.parent.remove_file(&self.partial_name)
        }
    }
}
