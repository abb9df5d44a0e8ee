//! The dump tree under construction: bodies piece by piece, then key map, manifest and checksums.
//!
//! Every folder is reached from the root's descriptor, so that a symbolic link cannot lead out of the tree. What is
//! kept in memory is a digest and a name per list.

use std::collections::BTreeMap;
use std::io::Write as _;

use cap_std::fs::{Dir, File, OpenOptions};
use sha2::{Digest as _, Sha256};

use super::{DumpOptions, EncodeError};
use crate::format::ExpireAtMs;
use crate::format::dump_tree::{
    BODY_EXTENSION, CHECKSUMS, KEYMAP, KeymapLine, LISTS_DIR, MANIFEST, REDIS_DIR, checksum_line, database_dir,
};
use crate::format::list::BodyWriter;
use crate::format::segment;

/// Written to the file once so much has gathered, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

pub(super) struct Tree<'a> {
    root: &'a Dir,
    options: &'a DumpOptions,
    /// `lists/` below the database's folder; there is none before the first list.
    lists: Option<Dir>,
    /// The unfinished body that was written to last. Bodies take turns only where user keys extend one another.
    open_file: Option<(String, File)>,
    /// Digests by user key, with the name where that is not all of it.
    written: BTreeMap<Vec<u8>, Written>,
    items: u64,
}

struct Written {
    digest: [u8; 32],
    segment: String,
    reversible: bool,
}

/// A list's body under construction.
pub(super) struct ListFile {
    segment: segment::Segment,
    body: BodyWriter,
    hasher: Sha256,
    pending: Vec<u8>,
    is_created: bool,
}

impl ListFile {
    pub(super) fn item_count(&self) -> u64 {
        self.body.item_count()
    }
}

impl<'a> Tree<'a> {
    pub(super) fn new(root: &'a Dir, options: &'a DumpOptions) -> Tree<'a> {
        Tree { root, options, lists: None, open_file: None, written: BTreeMap::new(), items: 0 }
    }

    /// Lists so far.
    pub(super) fn list_count(&self) -> u64 {
        self.written.len() as u64
    }

    /// Items so far.
    pub(super) fn item_count(&self) -> u64 {
        self.items
    }

    /// Whether the list of `user_key` is finished.
    pub(super) fn has(&self, user_key: &[u8]) -> bool {
        self.written.contains_key(user_key)
    }

    /// Begins a list, whose body must not have been finished before.
    pub(super) fn begin(&self, user_key: &[u8]) -> ListFile {
        assert!(!self.has(user_key), "a list is begun again after its end");
        ListFile {
            segment: segment::encode(user_key),
            body: BodyWriter::default(),
            hasher: Sha256::new(),
            pending: Vec::new(),
            is_created: false,
        }
    }

    pub(super) fn item(&mut self, list: &mut ListFile, value: &[u8]) -> Result<(), EncodeError> {
        list.body.item(value, &mut list.pending);
        if list.pending.len() >= CHUNK_BYTES { self.write_pending(list) } else { Ok(()) }
    }

    pub(super) fn finish(
        &mut self,
        user_key: &[u8],
        mut list: ListFile,
        expire_at: Option<ExpireAtMs>,
    ) -> Result<(), EncodeError> {
        self.items += list.item_count();
        std::mem::take(&mut list.body).finish(expire_at, &mut list.pending);
        self.write_pending(&mut list)?;
        self.open_file = None;
        let written = Written {
            digest: list.hasher.finalize().into(),
            segment: list.segment.text,
            reversible: list.segment.reversible,
        };
        let former = self.written.insert(user_key.to_vec(), written);
        assert!(former.is_none(), "each list is written once");
        Ok(())
    }

    fn write_pending(&mut self, list: &mut ListFile) -> Result<(), EncodeError> {
        let name = format!("{}{BODY_EXTENSION}", list.segment.text);
        let failed = |source| EncodeError::Write { path: name.clone(), source };
        list.hasher.update(&list.pending);
        let mut file = match self.open_file.take() {
            Some((open, file)) if open == name => file,
            _ => {
                let mut how = OpenOptions::new();
                if list.is_created {
                    how.append(true);
                } else {
                    how.write(true).create_new(true);
                }
                self.lists()?.open_with(&name, &how).map_err(failed)?
            }
        };
        file.write_all(&list.pending).map_err(failed)?;
        list.is_created = true;
        list.pending.clear();
        self.open_file = Some((name, file));
        Ok(())
    }

    fn lists(&mut self) -> Result<&Dir, EncodeError> {
        let lists = match self.lists.take() {
            Some(lists) => lists,
            None => {
                let path = format!("{REDIS_DIR}/{}/{LISTS_DIR}", database_dir(self.options.db_index));
                self.root
                    .create_dir_all(&path)
                    .and_then(|()| self.root.open_dir(&path))
                    .map_err(|source| EncodeError::Write { path, source })?
            }
        };
        Ok(self.lists.insert(lists))
    }

    /// Writes what is not a body. After this the tree is whole.
    pub(super) fn seal(mut self) -> Result<(), EncodeError> {
        let database_path = format!("{REDIS_DIR}/{}", database_dir(self.options.db_index));
        let mut keymap = String::new();
        let mut digests: BTreeMap<String, [u8; 32]> = BTreeMap::new();
        for (user_key, written) in std::mem::take(&mut self.written) {
            let path = format!("{database_path}/{LISTS_DIR}/{}{BODY_EXTENSION}", written.segment);
            if !written.reversible {
                keymap.push_str(&KeymapLine { segment: written.segment, user_key }.to_line());
            }
            digests.insert(path, written.digest);
        }
        let mut write = |path: String, content: &str| {
            let result =
                self.root.write(&path, content).map_err(|source| EncodeError::Write { path: path.clone(), source });
            digests.insert(path, Sha256::digest(content).into());
            result
        };
        if !keymap.is_empty() {
            write(format!("{database_path}/{KEYMAP}"), &keymap)?;
        }
        write(MANIFEST.to_owned(), &self.options.manifest.to_json())?;
        let mut checksums = String::new();
        for (path, digest) in &digests {
            checksums.push_str(&checksum_line(&hex::encode(digest), path));
        }
        self.root
            .write(CHECKSUMS, checksums)
            .map_err(|source| EncodeError::Write { path: CHECKSUMS.to_owned(), source })
    }
}
