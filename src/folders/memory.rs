//! Folders in memory, which refuse what a file system refuses.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Cursor, Error, Read, Result, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use super::{Folder, Kind};
use crate::bounds::Limit;

/// The longest name that Linux takes, in bytes.
const NAME_LIMIT_BYTES: usize = 255;

/// A folder in memory. A clone is the same folder, and not a copy.
#[derive(Clone, Debug, Default)]
pub struct MemoryFolder(Arc<Mutex<BTreeMap<String, Entry>>>);

#[derive(Clone, Debug)]
enum Entry {
    File(MemoryFile),
    Folder(MemoryFolder),
}

/// An open file. A clone is the same file.
#[derive(Clone, Debug, Default)]
struct MemoryFile(Arc<Mutex<Vec<u8>>>);

impl MemoryFolder {
    /// A folder with nothing in it.
    pub fn new() -> MemoryFolder {
        MemoryFolder::default()
    }

    /// The bytes of every file in it and below it, by path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![(self.clone(), String::new())]);
        while let Some((folder, path)) = folders.pop() {
            for (name, entry) in folder.entries_in_order().iter() {
                match entry {
                    Entry::File(file) => drop(files.insert(format!("{path}{name}"), file.bytes().clone())),
                    Entry::Folder(folder) => folders.push((folder.clone(), format!("{path}{name}/"))),
                }
            }
        }
        files
    }

    fn entries_in_order(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        // Nothing panics while it holds the lock, so what is there is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes down a path; a name that is missing is made if that is wished.
    fn walk(&self, path: &str, is_made: bool) -> Result<MemoryFolder> {
        path.split('/').try_fold(self.clone(), |folder, name| {
            let mut entries = folder.entries_in_order();
            match entries.get(name) {
                Some(Entry::Folder(found)) => Ok(found.clone()),
                Some(Entry::File(_)) => Err(failed(Errno::NOTDIR)),
                None if is_made => {
                    let made = MemoryFolder::new();
                    entries.insert(taken(name)?, Entry::Folder(made.clone()));
                    Ok(made)
                }
                None => Err(failed(Errno::NOENT)),
            }
        })
    }

    fn file(&self, name: &str) -> Result<MemoryFile> {
        match self.entries_in_order().get(name) {
            Some(Entry::File(file)) => Ok(file.clone()),
            // In the words of a file on disk that is something else.
            Some(Entry::Folder(_)) => Err(Error::other("it is a folder, not a file")),
            None => Err(failed(Errno::NOENT)),
        }
    }
}

impl MemoryFile {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder for MemoryFolder {
    fn make(&self, path: &str) -> Result<Box<dyn Folder>> {
        Ok(Box::new(self.walk(path, true)?))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Folder>> {
        Ok(Box::new(self.walk(path, false)?))
    }

    fn entries(&self) -> Result<Vec<(OsString, Kind)>> {
        let kind = |entry: &Entry| match entry {
            Entry::File(_) => Kind::File,
            Entry::Folder(_) => Kind::Folder,
        };
        Ok(self.entries_in_order().iter().map(|(name, entry)| (name.into(), kind(entry))).collect())
    }

    fn create(&self, name: &str) -> Result<Box<dyn Write>> {
        let (mut entries, name) = (self.entries_in_order(), taken(name)?);
        if entries.contains_key(&name) {
            return Err(failed(Errno::EXIST));
        }
        let file = MemoryFile::default();
        entries.insert(name, Entry::File(file.clone()));
        Ok(Box::new(file))
    }

    fn append(&self, name: &str) -> Result<Box<dyn Write>> {
        Ok(Box::new(self.file(name)?))
    }

    fn reader(&self, name: &str) -> Result<Box<dyn Read>> {
        Ok(Box::new(Cursor::new(self.file(name)?.bytes().clone())))
    }

    fn read(&self, name: &str, limit: &Limit) -> Result<Vec<u8>> {
        let file = self.file(name)?;
        let bytes = file.bytes();
        limit.require(bytes.len() as u64)?;
        Ok(bytes.clone())
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.file(name)?;
        self.entries_in_order().remove(name);
        Ok(())
    }

    fn remove_folder(&self, name: &str) -> Result<()> {
        if !self.walk(name, false)?.entries_in_order().is_empty() {
            return Err(failed(Errno::NOTEMPTY));
        }
        self.entries_in_order().remove(name);
        Ok(())
    }
}

/// Writes at the end, which is where everybody here is who writes a file.
impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A name for something new.
fn taken(name: &str) -> Result<String> {
    match name {
        "" => Err(failed(Errno::NOENT)),
        "." | ".." => Err(failed(Errno::EXIST)),
        name if name.contains(['/', '\0']) => Err(failed(Errno::INVAL)),
        name if name.len() > NAME_LIMIT_BYTES => Err(failed(Errno::NAMETOOLONG)),
        name => Ok(name.to_owned()),
    }
}

fn failed(errno: Errno) -> Error {
    errno.into()
}
