//! Dump trees in scratch folders, which are gone with their value.

use std::collections::BTreeMap;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ekv_roundtrip::encoder::{DumpOptions, EncodeError, Summary, Unordered, encode_ordered};
use ekv_roundtrip::format::dump_tree::{CHECKSUMS, Manifest};
use ekv_roundtrip::records::RecordSource;
use tempfile::TempDir;

/// A folder.
pub struct Tree {
    folder: TempDir,
    /// The folder, open.
    pub dir: Dir,
}

/// The manifest of a dump that says nothing of itself.
pub fn options() -> DumpOptions {
    DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) }
}

impl Tree {
    /// An empty folder.
    pub fn new() -> Tree {
        // There are thousands of them, each of small files: in memory, where there is such a folder and no other wish.
        let memory = Path::new("/dev/shm");
        let in_memory = std::env::var_os("TMPDIR").is_none() && memory.is_dir();
        let folder = if in_memory { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = folder.expect("a scratch folder");
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).expect("the scratch folder");
        Tree { folder, dir }
    }

    /// The dump of a source.
    pub fn of(source: &dyn RecordSource, options: &DumpOptions) -> Result<(Tree, Summary), EncodeError> {
        let tree = Tree::new();
        let summary = encode_ordered(source, &tree.dir, options)?;
        Ok((tree, summary))
    }

    /// The dump of records in the order of the rows.
    pub fn of_rows(rows: &[(Vec<u8>, Vec<u8>)]) -> Result<(Tree, Summary), EncodeError> {
        let tree = Tree::new();
        let mut records = Unordered::new();
        rows.iter().try_for_each(|(key, value)| records.push(key, value))?;
        let summary = records.flush(&tree.dir, &options())?;
        Ok((tree, summary))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What covers every other file.
    pub fn checksums(&self) -> String {
        self.dir.read_to_string(CHECKSUMS).expect("the checksums")
    }

    /// Every file by its path.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let (mut files, mut folders) = (BTreeMap::new(), vec![String::new()]);
        while let Some(prefix) = folders.pop() {
            for entry in std::fs::read_dir(self.path().join(&prefix)).expect("a folder") {
                let entry = entry.expect("an entry");
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                match entry.file_type().expect("a type").is_dir() {
                    true => folders.push(format!("{path}/")),
                    false => drop(files.insert(path, std::fs::read(entry.path()).expect("a file"))),
                }
            }
        }
        files
    }
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}
