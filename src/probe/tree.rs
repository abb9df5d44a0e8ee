//! What a decoder has left, as it lies there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::bounds::{open_file, read_exactly};

/// Files and folders below a place, in byte order of their paths, which are relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// The bytes of each file. What is neither file nor folder, such as a link, is here without any, and so is what cannot
    /// be read: that is no trouble of ours, but what a decoder has made.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) folders: BTreeSet<String>,
}

/// No dump of a probe comes near it; of larger files the beginning is read.
const BYTES: u64 = 64 << 20;
/// No dump of a probe comes near it; what is beyond is not read.
const ENTRY_LIMIT: usize = 10_000;

impl Tree {
    /// Reads what is at `root`; `None` when nothing is.
    pub(super) fn read(root: &Path) -> Option<Tree> {
        let mut tree = Tree::default();
        match std::fs::symlink_metadata(root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            _ => tree.add(root, String::new(), &mut { BYTES }),
        }
        tree.folders.remove("");
        Some(tree)
    }

    fn add(&mut self, path: &Path, name: String, left: &mut u64) {
        if self.files.len() + self.folders.len() < ENTRY_LIMIT && self.try_add(path, &name, left).is_err() {
            self.files.insert(name, Vec::new());
        }
    }

    fn try_add(&mut self, path: &Path, name: &str, left: &mut u64) -> std::io::Result<()> {
        let kind = std::fs::symlink_metadata(path)?.file_type();
        if kind.is_dir() {
            for entry in std::fs::read_dir(path)? {
                let entry = entry?;
                let below = entry.file_name().to_string_lossy().into_owned();
                let below = if name.is_empty() { below } else { format!("{name}/{below}") };
                self.add(&entry.path(), below, left);
            }
            self.folders.insert(name.to_owned());
            return Ok(());
        }
        let mut bytes = Vec::new();
        if kind.is_file() {
            *left -= read_exactly(&mut open_file(path)?, *left, &mut bytes)?;
        }
        self.files.insert(name.to_owned(), bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_are_read_and_links_are_not_followed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("dump");
        assert_eq!(Tree::read(&root), None);
        std::fs::create_dir_all(root.join("a/empty")).expect("folders");
        std::fs::write(root.join("a/f"), "x").expect("a file");
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).expect("a link");
        let tree = Tree::read(&root).expect("it is there");
        assert_eq!(tree.files, [("a/f".to_owned(), b"x".to_vec()), ("link".to_owned(), Vec::new())].into());
        assert_eq!(tree.folders, ["a".to_owned(), "a/empty".to_owned()].into());
    }
}
