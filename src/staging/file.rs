//! A file as an output.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use cap_std::fs::{File, OpenOptions};

use super::StagingError;
use super::place::Place;
use crate::jobs::Unfinished;

/// A file under construction: written beside its target and renamed over it. Dropped without [`StagedFile::publish`],
/// it vanishes. A target that is no regular file, such as a pipe or a terminal, is written directly, for it cannot be
/// replaced.
pub struct StagedFile {
    target: PathBuf,
    sink: Sink,
}

enum Sink {
    /// The name goes before the lock does.
    Beside(Partial, BufWriter<File>),
    Direct(BufWriter<std::fs::File>),
}

/// The name under which the file is built; gone when dropped, unless it has been renamed.
struct Partial {
    place: Place,
    published: bool,
    unfinished: Unfinished,
}

impl Partial {
    /// Begins the file. The parent must be locked.
    fn begin(place: Place, is_replaced: bool) -> Result<(Partial, File), StagingError> {
        place.clear_leftover()?;
        let (file, unfinished) = place.begin("make a file beside", |parent, name| {
            parent.open_with(name, OpenOptions::new().write(true).create_new(true))
        })?;
        let partial = Partial { place, published: false, unfinished };
        let place = &partial.place;
        place.lock(&file)?;
        if is_replaced {
            let metadata = place.parent.metadata(&place.name);
            let permitted = metadata.and_then(|metadata| file.set_permissions(metadata.permissions()));
            permitted.map_err(place.io("write"))?;
        }
        Ok((partial, file))
    }

    /// Gives the file its own name. The parent must be locked.
    fn publish(mut self, file: &File, parent: &File) -> Result<(), StagingError> {
        let place = &self.place;
        file.sync_all().map_err(place.io("write"))?;
        let renamed = self.unfinished.finish(|| place.parent.rename(&place.partial_name, &place.parent, &place.name));
        renamed.map_err(place.io("write"))?;
        self.published = true;
        parent.sync_all().map_err(self.place.io("sync the parent folder of"))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.published {
            let _ = self.place.remove_partial();
        }
    }
}

/// Puts a changed file in the place of `target`, which must be there. Runs that change the same file take turns, so `change`
/// reads what the last one has written.
///
/// # Errors
///
/// What `change` says, or as of [`StagedFile`]; then the target is as it was.
pub fn change_file<E: From<StagingError>>(target: &Path, change: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<(), E> {
    let place = Place::of(target)?;
    let parent = place.lock_parent()?;
    let bytes = change()?;
    let (partial, mut file) = Partial::begin(place, true)?;
    file.write_all(&bytes).map_err(partial.place.io("write"))?;
    partial.publish(&file, &parent).map_err(E::from)
}

impl StagedFile {
    /// Starts a file that will become `target`. When that is a symbolic link, the file it leads to is meant.
    ///
    /// # Errors
    ///
    /// The folder is not there or does not let us write, the target is a folder, or another run is writing to it.
    pub fn new(target: &Path) -> Result<StagedFile, StagingError> {
        let io = |source| StagingError::Io { action: "write", path: target.to_owned(), source };
        let present = std::fs::metadata(target).ok();
        if present.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            let file = std::fs::OpenOptions::new().write(true).open(target).map_err(io)?;
            return Ok(StagedFile { target: target.to_owned(), sink: Sink::Direct(BufWriter::new(file)) });
        }
        // Renaming over a link would replace the link: with /dev/stdout, everybody's.
        let resolved = match target.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                target.canonicalize().map_err(|_| StagingError::DanglingLink(target.to_owned()))?
            }
            _ => target.to_owned(),
        };
        let place = Place::of(&resolved)?;
        let _parent_lock = place.lock_parent()?;
        let (partial, file) = Partial::begin(place, present.is_some())?;
        Ok(StagedFile { target: target.to_owned(), sink: Sink::Beside(partial, BufWriter::new(file)) })
    }

    /// Puts the file in the target's place.
    ///
    /// # Errors
    ///
    /// The disk says no; then the target is as it was.
    pub fn publish(self) -> Result<(), StagingError> {
        let io = |source| StagingError::Io { action: "write", path: self.target.clone(), source };
        match self.sink {
            Sink::Direct(mut file) => file.flush().map_err(io),
            Sink::Beside(partial, file) => {
                let file = file.into_inner().map_err(|error| io(error.into_error()))?;
                // Before the others wait; what is left to sync then is little.
                file.sync_all().map_err(io)?;
                let parent = partial.place.lock_parent()?;
                partial.publish(&file, &parent)
            }
        }
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.sink {
            Sink::Beside(_, file) => file.write(bytes),
            Sink::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.sink {
            Sink::Beside(_, file) => file.flush(),
            Sink::Direct(file) => file.flush(),
        }
    }
}
