//! Where an output goes: its parent folder by descriptor, its name there, and the name under which it is built.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::StagingError;
use super::holder::holder;
use super::whole::refuse_inside;
use crate::jobs::Unfinished;

/// What the names end with under which outputs are built; they start with a dot.
const PARTIAL: &str = ".ekv-roundtrip-partial";
/// How long another process may hold the lock of a parent, which ours hold for a moment only.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
/// How often a folder is tried to be removed in which other threads of ours are still making and removing files.
const TRIES: usize = 1000;

/// Whether a path is that of an output that is being built, or was when its run was killed, or leads into one.
pub fn is_unfinished(path: &Path) -> bool {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_partial = |name: &[u8]| name.starts_with(b".") && name.ends_with(PARTIAL.as_bytes());
    path.iter().any(|name| is_partial(name.as_encoded_bytes()))
}

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
        let path = parent_of(target);
        let mut partial_name = OsString::from(".");
        partial_name.push(&name);
        partial_name.push(PARTIAL);
        let parent = Dir::open_ambient_dir(path, ambient_authority()).map_err(|source| StagingError::Io {
            action: "open the parent folder of",
            path: target.to_owned(),
            source,
        })?;
        refuse_inside(target, path)?;
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
        let started = Instant::now();
        loop {
            match rustix::fs::flock(&parent, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(parent),
                Err(Errno::WOULDBLOCK) if started.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(Errno::WOULDBLOCK) => {
                    let (target, folder) = (self.target.clone(), parent_of(&self.target).to_owned());
                    return Err(StagingError::Locked { target, folder, holder: holder(&parent) });
                }
                Err(error) => return Err(self.io("lock the parent folder of")(error.into())),
            }
        }
    }

    /// Locks what is being built. The lock ends with the descriptor, also when the process is killed.
    pub(super) fn lock(&self, partial: impl AsFd) -> Result<(), StagingError> {
        match rustix::fs::flock(&partial, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(()),
            Err(Errno::WOULDBLOCK) => Err(StagingError::Busy { target: self.target.clone(), holder: holder(partial) }),
            Err(error) => Err(self.io("lock the unfinished output beside")(error.into())),
        }
    }

    /// Makes what is to be built, under its partial name, and sees to it that it goes if the process is ended.
    pub(super) fn begin<T>(
        &self,
        action: &'static str,
        make: impl FnOnce(&Dir, &Path) -> std::io::Result<T>,
    ) -> Result<(T, Unfinished), StagingError> {
        let begun = Unfinished::begin(|| {
            let (parent, name) = (self.parent.try_clone()?, PathBuf::from(&self.partial_name));
            let made = make(&parent, &name)?;
            let undo = move || {
                until_gone(|| remove(&parent, &name), || parent.symlink_metadata(&name).is_ok());
            };
            Ok((made, Box::new(undo) as Box<dyn FnMut() + Send>))
        });
        begun.map_err(self.io(action))
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
        self.remove_partial().map_err(self.io("remove the unfinished output beside"))
    }

    pub(super) fn remove_partial(&self) -> std::io::Result<()> {
        remove(&self.parent, Path::new(&self.partial_name))
    }
}

/// Removes what other threads of ours are still at work in.
pub(super) fn until_gone(remove: impl Fn() -> std::io::Result<()>, is_there: impl Fn() -> bool) {
    // A file that another thread has removed is an error, too.
    let mut tries = 0..TRIES;
    while remove().is_err() && is_there() && tries.next().is_some() {
        std::thread::yield_now();
    }
}

/// The folder that a path is in.
pub(super) fn parent_of(target: &Path) -> &Path {
    target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn remove(parent: &Dir, name: &Path) -> std::io::Result<()> {
    if parent.symlink_metadata(name)?.is_dir() { parent.remove_dir_all(name) } else { parent.remove_file(name) }
}
