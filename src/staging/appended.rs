//! A file that grows in its place, for lines that somebody reads while they come.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::StagingError;
use super::holder::holder;
use super::place::parent_of;
use super::whole::refuse_inside;

/// A file that is added to, locked as long as it is open.
pub struct AppendedFile {
    path: PathBuf,
    file: File,
}

impl AppendedFile {
    /// Opens a file, or makes it. Nothing in it changes.
    ///
    /// # Errors
    ///
    /// It lies within a database or a dump, another run adds to it, or the disk says no.
    pub fn open(path: &Path) -> Result<AppendedFile, StagingError> {
        refuse_inside(path, parent_of(path))?;
        let io = |source| StagingError::Io { action: "write", path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path).map_err(io)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(AppendedFile { path: path.to_owned(), file }),
            Err(Errno::WOULDBLOCK) => Err(StagingError::Busy { target: path.to_owned(), holder: holder(&file) }),
            Err(error) => Err(io(error.into())),
        }
    }

    /// What it holds.
    pub fn reader(&self) -> impl Read + '_ {
        &self.file
    }

    /// Takes away what comes after so many bytes. What is left is on the disk then, and so is the file's name.
    ///
    /// # Errors
    ///
    /// The disk says no.
    pub fn cut_to(&mut self, bytes: u64) -> Result<(), StagingError> {
        let cut = self.file.set_len(bytes).and_then(|()| self.file.seek(SeekFrom::Start(bytes)));
        let synced =
            cut.and_then(|_| self.file.sync_all()).and_then(|()| File::open(parent_of(&self.path))?.sync_all());
        synced.map_err(self.io())
    }

    /// Adds bytes. They are on the disk when this returns.
    ///
    /// # Errors
    ///
    /// The disk says no.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), StagingError> {
        self.file.write_all(bytes).and_then(|()| self.file.sync_data()).map_err(self.io())
    }

    fn io(&self) -> impl FnOnce(std::io::Error) -> StagingError + use<> {
        let path = self.path.clone();
        move |source| StagingError::Io { action: "write", path, source }
    }
}
