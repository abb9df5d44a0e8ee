//! Folders on disk, each reached from the one above by its descriptor, so that a symbolic link cannot lead out of the root.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Result, Write};

use cap_std::fs::{Dir, DirEntry, FileType, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;

use super::{Folder, Kind};
use crate::bounds::{Limit, read_opened, require_file};

impl Folder for Dir {
    fn make(&self, path: &str) -> Result<Box<dyn Folder>> {
        self.create_dir_all(path)?;
        Folder::open(self, path)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Folder>> {
        Ok(Box::new(self.open_dir(path)?))
    }

    fn entries(&self) -> Result<Vec<(OsString, Kind)>> {
        let entry = |entry: Result<DirEntry>| {
            let entry = entry?;
            Ok((entry.file_name(), kind(file_type(&entry)?)))
        };
        Dir::entries(self)?.map(entry).collect()
    }

    fn create(&self, name: &str) -> Result<Box<dyn Write>> {
        Ok(Box::new(self.open_with(name, OpenOptions::new().write(true).create_new(true))?))
    }

    fn append(&self, name: &str) -> Result<Box<dyn Write>> {
        Ok(Box::new(self.open_with(name, OpenOptions::new().append(true))?))
    }

    fn reader(&self, name: &str) -> Result<Box<dyn Read>> {
        Ok(Box::new(opened(self, name)?))
    }

    fn read(&self, name: &str, limit: &Limit) -> Result<Vec<u8>> {
        read_opened(opened(self, name)?, limit)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.remove_file(name)
    }

    fn remove_folder(&self, name: &str) -> Result<()> {
        self.remove_dir(name)
    }
}

/// Opens a file. A listing says that it is one, but a FIFO may have taken its place, and be waited for.
fn opened(folder: &Dir, name: &str) -> Result<File> {
    let mut how = OpenOptions::new();
    how.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = folder.open_with(name, &how)?.into_std();
    require_file(&file.metadata()?)?;
    Ok(file)
}

/// What the listing says of an entry, or the entry itself where a file system lists names only.
fn file_type(entry: &DirEntry) -> Result<FileType> {
    let listed = entry.file_type()?;
    if listed == FileType::unknown() { Ok(entry.metadata()?.file_type()) } else { Ok(listed) }
}

fn kind(file_type: FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_symlink() {
        Kind::SymbolicLink
    } else {
        Kind::Other
    }
}
