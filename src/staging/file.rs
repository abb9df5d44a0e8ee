//! A file as an output.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use cap_std::fs::{File, OpenOptions};

use super::StagingError;
use super::place::Place;

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
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.published {
            let _ = self.place.remove_partial(false);
        }
    }
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
        place.clear_leftover()?;
        let created = place.parent.open_with(&place.partial_name, OpenOptions::new().write(true).create_new(true));
        let file = created.map_err(place.io("make a file beside"))?;
        let partial = Partial { place, published: false };
        partial.place.lock(&file)?;
        if present.is_some() {
            let permissions = partial
                .place
                .parent
                .metadata(&partial.place.name)
                .and_then(|metadata| file.set_permissions(metadata.permissions()));
            permissions.map_err(io)?;
        }
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
            Sink::Beside(mut partial, file) => {
                let file = file.into_inner().map_err(|error| io(error.into_error()))?;
                file.sync_all().map_err(io)?;
                let place = &partial.place;
                let parent = place.lock_parent()?;
                place.parent.rename(&place.partial_name, &place.parent, &place.name).map_err(io)?;
                partial.published = true;
                parent.sync_all().map_err(partial.place.io("sync the parent folder of"))
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
