//! The folders of a tree, opened by handle, and the names in them.
//!
//! A tree holds files and folders and nothing else: a symbolic link is refused where it is listed, and one that is put
//! in a file's place after that cannot lead out of the folder.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::checksums::Checksums;
use super::error::ReadError;
use super::made_by::MadeBy;
use crate::bounds::Limit;
use crate::folders;

/// What a name in a folder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
}

/// How much of a file is read at once.
const READ_BYTES: usize = 1 << 16;

/// An open folder, and those of its names that nobody has taken yet.
pub(super) struct Folder<'a> {
    root: &'a Path,
    /// Relative to the root, with a slash at the end; empty for the root.
    path: String,
    opened: Box<dyn folders::Folder>,
    names: BTreeMap<String, Kind>,
}

impl<'a> Folder<'a> {
    /// Lists the root of a tree.
    pub(super) fn root(opened: Box<dyn folders::Folder>, root: &'a Path) -> Result<Folder<'a>, ReadError> {
        Folder::list(root, String::new(), opened)
    }

    /// Opens the folder `name`.
    pub(super) fn open(&self, name: &str) -> Result<Folder<'a>, ReadError> {
        let opened = self.opened.open(name).map_err(|source| self.io(name, source))?;
        Folder::list(self.root, format!("{}{name}/", self.path), opened)
    }

    fn list(root: &'a Path, path: String, opened: Box<dyn folders::Folder>) -> Result<Folder<'a>, ReadError> {
        let mut folder = Folder { root, path, opened, names: BTreeMap::new() };
        for (name, kind) in folder.opened.entries().map_err(|source| folder.io("", source))? {
            let name = name.into_string().map_err(|name| {
                let shown = name.to_string_lossy().escape_debug().to_string();
                folder.malformed(&shown, "a name that is not UTF-8; names in a dump are ASCII")
            })?;
            let kind = part_of_dump(kind).map_err(|problem| folder.malformed(&name, problem))?;
            folder.names.insert(name, kind);
        }
        Ok(folder)
    }

    /// Takes `name` out of the names, and says whether it was there.
    pub(super) fn take(&mut self, name: &str, kind: Kind) -> Result<bool, ReadError> {
        match self.names.remove(name) {
            None => Ok(false),
            Some(found) if found == kind => Ok(true),
            Some(Kind::File) => Err(self.malformed(name, "a file; expected a folder")),
            Some(Kind::Folder) => Err(self.malformed(name, "a folder; expected a file")),
        }
    }

    /// The names that nobody has taken, in byte order.
    pub(super) fn names(&self) -> Vec<String> {
        self.names.keys().cloned().collect()
    }

    /// Whether there is a file of this name that nobody has taken.
    pub(super) fn has_file(&self, name: &str) -> bool {
        self.names.get(name) == Some(&Kind::File)
    }

    /// Our encoder leaves no empty folders; others may.
    pub(super) fn expect_not_empty(&self, made_by: MadeBy) -> Result<(), ReadError> {
        if self.names.is_empty() && made_by == MadeBy::OurEncoder {
            return Err(self.malformed("", "an empty folder; a dump has none"));
        }
        Ok(())
    }

    pub(super) fn expect_all_taken(&self) -> Result<(), ReadError> {
        match self.names.keys().next() {
            Some(name) => Err(self.malformed(name, "not part of a dump")),
            None => Ok(()),
        }
    }

    /// The bytes of a file.
    pub(super) fn read(&self, name: &str, limit: &Limit) -> Result<Vec<u8>, ReadError> {
        self.opened.read(name, limit).map_err(|source| self.io(name, source))
    }

    /// The bytes of a file that must be listed among the checksums, with these bytes' digest.
    pub(super) fn read_listed(
        &self,
        name: &str,
        limit: &Limit,
        checksums: &mut Checksums,
    ) -> Result<Vec<u8>, ReadError> {
        let bytes = self.read(name, limit)?;
        checksums.check(&self.path_of(name), &Sha256::digest(&bytes))?;
        Ok(bytes)
    }

    /// Checks a file against the checksums, however large it is.
    pub(super) fn check_listed(&self, name: &str, checksums: &mut Checksums) -> Result<(), ReadError> {
        let mut file = self.opened.reader(name).map_err(|source| self.io(name, source))?;
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; READ_BYTES]);
        loop {
            let count = file.read(&mut buffer).map_err(|source| self.io(name, source))?;
            match buffer.get(..count) {
                Some(bytes) if !bytes.is_empty() => digest.update(bytes),
                _ => return checksums.check(&self.path_of(name), &digest.finalize()),
            }
        }
    }

    /// Checks every file below the folder `name` against the checksums, and says how many there are.
    pub(super) fn check_all_below(&self, name: &str, checksums: &mut Checksums) -> Result<u64, ReadError> {
        let mut files = 0;
        // Paths and not folders wait their turn: a tree may be deeper than a process may have files open.
        let mut folders = vec![name.to_owned()];
        while let Some(path) = folders.pop() {
            let folder = self.open(&path)?;
            for (name, kind) in &folder.names {
                match kind {
                    Kind::Folder => folders.push(format!("{path}/{name}")),
                    Kind::File => {
                        folder.check_listed(name, checksums)?;
                        files += 1;
                    }
                }
            }
        }
        Ok(files)
    }

    /// The path of a name relative to the root; of the folder itself when `name` is empty.
    pub(super) fn path_of(&self, name: &str) -> String {
        let path = format!("{}{name}", self.path);
        if name.is_empty() { path.trim_end_matches('/').to_owned() } else { path }
    }

    /// A finding about a name; about the folder itself when `name` is empty.
    pub(super) fn malformed(&self, name: &str, problem: impl Into<String>) -> ReadError {
        // A name from outside may hold anything; the message stays on one line.
        ReadError::Malformed { path: self.path_of(name).escape_debug().to_string(), problem: problem.into() }
    }

    fn io(&self, name: &str, source: std::io::Error) -> ReadError {
        ReadError::Io { path: self.root.join(self.path_of(name)), source }
    }
}

fn part_of_dump(kind: folders::Kind) -> Result<Kind, &'static str> {
    match kind {
        folders::Kind::File => Ok(Kind::File),
        folders::Kind::Folder => Ok(Kind::Folder),
        folders::Kind::SymbolicLink => Err("a symbolic link; a dump has only files and folders"),
        folders::Kind::Other => Err("neither a file nor a folder"),
    }
}
