//! The folders that dump trees are written to and read from: on disk or in memory.
//!
//! The encoder and the reader go from folder to folder by handle, and know nothing more of where a tree is. So a tree in memory
//! is written and read by the same code as the one that a user gets, without its system calls: for the thousands of trees that
//! are compared and thrown away.

mod disk;
mod memory;

pub use memory::MemoryFolder;

use std::ffi::OsString;
use std::io::{Read, Result, Write};

use crate::bounds::Limit;

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, which nothing here follows.
    SymbolicLink,
    /// A device, a pipe or a socket.
    Other,
}

/// An open folder. Names are those of what is directly in it; a path is names with slashes between them, below it.
///
/// Every operation fails with what the system says, in memory as on disk.
pub trait Folder {
    /// Opens the folder at a path, and makes those on the way that are missing, itself included.
    ///
    /// # Errors
    ///
    /// As said above.
    fn make(&self, path: &str) -> Result<Box<dyn Folder>>;

    /// Opens the folder at a path.
    ///
    /// # Errors
    ///
    /// It is missing, or no folder.
    fn open(&self, path: &str) -> Result<Box<dyn Folder>>;

    /// Everything in it, in any order.
    ///
    /// # Errors
    ///
    /// As said above.
    fn entries(&self) -> Result<Vec<(OsString, Kind)>>;

    /// Makes a file, which must not be there.
    ///
    /// # Errors
    ///
    /// There is something of this name.
    fn create(&self, name: &str) -> Result<Box<dyn Write>>;

    /// Opens a file to write behind what is in it.
    ///
    /// # Errors
    ///
    /// There is no such file.
    fn append(&self, name: &str) -> Result<Box<dyn Write>>;

    /// Opens a file to read it. Anything else is refused without waiting for it.
    ///
    /// # Errors
    ///
    /// There is no such file, or it is something else.
    fn reader(&self, name: &str) -> Result<Box<dyn Read>>;

    /// All bytes of a file.
    ///
    /// # Errors
    ///
    /// As [`Folder::reader`]; a file that is larger than the limit, or than memory.
    fn read(&self, name: &str, limit: &Limit) -> Result<Vec<u8>>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// There is no such file.
    fn remove(&self, name: &str) -> Result<()>;

    /// Removes a folder, which must be empty.
    ///
    /// # Errors
    ///
    /// There is no such folder, or something is in it.
    fn remove_folder(&self, name: &str) -> Result<()>;
}

#[cfg(test)]
mod tests;
