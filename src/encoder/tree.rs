//! The dump tree under construction: bodies piece by piece, then key map, manifest and checksums.
//!
//! Beside the files, what is kept in memory is a digest and a name per list.
//!
//! A body is written in pieces of 64 KiB. Only one body's file is open at a time, however long the chain of open lists
//! is.

use std::collections::BTreeMap;
use std::io::Write;

use sha2::{Digest as _, Sha256};

use super::{Count, DumpOptions, EncodeError};
use crate::folders::Folder;
use crate::format::dump_tree::{CHECKSUMS, KEYMAP, KeymapLine, MANIFEST, REDIS_DIR, checksum_line, database_dir};
use crate::format::{Family, segment};

/// Written to the file once so much has gathered, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

pub(super) struct Tree<'a> {
    root: &'a dyn Folder,
    options: &'a DumpOptions,
    /// The families' folders below the database's; there is none before the first of its values.
    folders: BTreeMap<Family, Box<dyn Folder>>,
    /// The unfinished body that was written to last. Bodies take turns only where user keys extend one another.
    open_file: Option<(Family, String, Box<dyn Write>)>,
    written: BTreeMap<Family, WrittenBodies>,
    /// The buffer of the last body that was finished, for the next one.
    spare: Vec<u8>,
}

/// The bodies of a family that are whole.
#[derive(Default)]
struct WrittenBodies {
    by_key: BTreeMap<Vec<u8>, Written>,
    elements: u64,
}

struct Written {
    digest: Digest,
    file: String,
    reversible: bool,
}

type Digest = [u8; 32];

/// A body under construction.
pub(super) struct BodyFile {
    family: Family,
    file: String,
    reversible: bool,
    hasher: Sha256,
    pending: Vec<u8>,
    is_created: bool,
}

impl BodyFile {
    /// Where to append the next of the body's text.
    #[inline]
    pub(super) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }
}

impl<'a> Tree<'a> {
    pub(super) fn new(root: &'a dyn Folder, options: &'a DumpOptions) -> Tree<'a> {
        Tree { root, options, folders: BTreeMap::new(), open_file: None, written: BTreeMap::new(), spare: Vec::new() }
    }

    /// What was written so far.
    pub(super) fn counts(&self) -> BTreeMap<Family, Count> {
        let count = |bodies: &WrittenBodies| Count { keys: bodies.by_key.len() as u64, elements: bodies.elements };
        self.written.iter().map(|(family, bodies)| (*family, count(bodies))).collect()
    }

    /// Whether the family's file of `user_key` is finished.
    pub(super) fn has(&self, family: Family, user_key: &[u8]) -> bool {
        self.written.get(&family).is_some_and(|bodies| bodies.by_key.contains_key(user_key))
    }

    /// Flushes a family's buffered values: makes its folder if there are any, writes them in the byte order of the user
    /// keys, and stops at the first that cannot be written.
    pub(super) fn flush<V>(
        &mut self,
        family: Family,
        values: impl IntoIterator<Item = (Vec<u8>, V)>,
        mut write: impl FnMut(&mut Tree<'a>, Vec<u8>, V) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let values: BTreeMap<Vec<u8>, V> = values.into_iter().collect();
        if !values.is_empty() {
            self.folder(family)?;
        }
        for (user_key, value) in values {
            write(self, user_key, value)?;
        }
        Ok(())
    }

    /// Begins a body, which must not have been finished before.
    pub(super) fn begin(&mut self, family: Family, user_key: &[u8]) -> BodyFile {
        assert!(!self.has(family, user_key), "a body is begun again after its end");
        let segment::Segment { text: mut file, reversible } = segment::encode(user_key);
        file.push_str(family.row().extension);
        let pending = std::mem::take(&mut self.spare);
        BodyFile { family, file, reversible, hasher: Sha256::new(), pending, is_created: false }
    }

    /// Writes what was appended to a body to its file, if it is enough to be worth it.
    #[inline]
    pub(super) fn write_when_long(&mut self, body: &mut BodyFile) -> Result<(), EncodeError> {
        if body.pending.len() >= CHUNK_BYTES { self.write_pending(body) } else { Ok(()) }
    }

    /// Ends a body that holds so many elements.
    pub(super) fn finish(&mut self, user_key: Vec<u8>, mut body: BodyFile, elements: u64) -> Result<(), EncodeError> {
        self.write_pending(&mut body)?;
        self.open_file = None;
        let BodyFile { family, file, reversible, hasher, pending, .. } = body;
        self.spare = pending;
        let bodies = self.written.entry(family).or_default();
        bodies.elements += elements;
        let former = bodies.by_key.insert(user_key, Written { digest: hasher.finalize().into(), file, reversible });
        assert!(former.is_none(), "each body is written once");
        Ok(())
    }

    fn write_pending(&mut self, body: &mut BodyFile) -> Result<(), EncodeError> {
        body.hasher.update(&body.pending);
        let written = match self.open_file.take() {
            Some((family, open, file)) if family == body.family && open == body.file => Ok((open, file)),
            _ => {
                let folder = self.folder(body.family)?;
                let opened = if body.is_created { folder.append(&body.file) } else { folder.create(&body.file) };
                opened.map(|opened| (body.file.clone(), opened))
            }
        };
        let written = written.and_then(|(name, mut file)| file.write_all(&body.pending).map(|()| (name, file)));
        let (name, file) = written.map_err(|source| {
            let path = format!("{}/{}", self.folder_path(body.family), body.file);
            EncodeError::Write { path, source }
        })?;
        body.is_created = true;
        body.pending.clear();
        self.open_file = Some((body.family, name, file));
        Ok(())
    }

    fn folder_path(&self, family: Family) -> String {
        format!("{}/{}", self.database_path(), family.row().folder)
    }

    fn database_path(&self) -> String {
        format!("{REDIS_DIR}/{}", database_dir(self.options.db_index))
    }

    fn folder(&mut self, family: Family) -> Result<&dyn Folder, EncodeError> {
        let folder = match self.folders.remove(&family) {
            Some(folder) => folder,
            None => {
                let path = self.folder_path(family);
                self.root.make(&path).map_err(|source| EncodeError::Write { path, source })?
            }
        };
        Ok(&**self.folders.entry(family).or_insert(folder))
    }

    /// Writes what is not a body. After this the tree is whole.
    pub(super) fn seal(mut self) -> Result<(), EncodeError> {
        let database_path = self.database_path();
        let mut not_reversible: BTreeMap<(Vec<u8>, Family), String> = BTreeMap::new();
        let mut digests: Vec<(String, Digest)> = Vec::new();
        for (family, bodies) in std::mem::take(&mut self.written) {
            let folder = self.folder_path(family);
            for (user_key, Written { digest, file, reversible }) in bodies.by_key {
                digests.push((format!("{folder}/{file}"), digest));
                if !reversible {
                    let segment = file.strip_suffix(family.row().extension).unwrap_or(&file).to_owned();
                    not_reversible.insert((user_key, family), segment);
                }
            }
        }
        let mut keymap = String::new();
        for ((user_key, _), segment) in not_reversible {
            keymap.push_str(&KeymapLine { segment, user_key }.to_line());
        }
        if !keymap.is_empty() {
            let path = format!("{database_path}/{KEYMAP}");
            let folder = self.root.open(&database_path);
            write(folder.and_then(|folder| folder.create(KEYMAP)), &path, &keymap)?;
            digests.push((path, Sha256::digest(&keymap).into()));
        }
        let manifest = self.options.manifest.to_json();
        write(self.root.create(MANIFEST), MANIFEST, &manifest)?;
        digests.push((MANIFEST.to_owned(), Sha256::digest(&manifest).into()));
        digests.sort_unstable();
        let mut checksums = String::new();
        for (path, digest) in &digests {
            checksums.push_str(&checksum_line(&hex::encode(digest), path));
        }
        write(self.root.create(CHECKSUMS), CHECKSUMS, &checksums)
    }
}

/// Writes a new file as a whole.
fn write(file: std::io::Result<Box<dyn Write>>, path: &str, content: &str) -> Result<(), EncodeError> {
    file.and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|source| EncodeError::Write { path: path.to_owned(), source })
}
