//! From records in any order: each value is buffered, sorted when everything has come, and flushed.

use std::collections::HashMap;

use super::catalog::{Catalog, KeyedWarnings};
use super::conclusion::conclude;
use super::error::record_of;
use super::list::BufferedList;
use super::tree::Tree;
use super::{DumpOptions, EncodeError, Summary};
use crate::folders::Folder;
use crate::format::{Family, ListRecord, Record, key_text};

/// Records that came in any order, waiting to be dumped.
#[derive(Debug, Default)]
pub struct Unordered {
    lists: HashMap<Vec<u8>, BufferedList>,
    catalog: Catalog,
}

impl Unordered {
    /// Nothing yet.
    pub fn new() -> Unordered {
        Unordered::default()
    }

    /// Takes in a record.
    ///
    /// # Errors
    ///
    /// A malformed record, or a meta or TTL record that came before.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), EncodeError> {
        let (user_key, seq, value) = match record_of(key, value)? {
            Record::List(ListRecord::Item { user_key, seq, value }) => (user_key, seq, value),
            record @ (Record::List(_)
            | Record::Ttl { .. }
            | Record::Fence { .. }
            | Record::OtherType { .. }
            | Record::Unknown) => {
                return self.catalog.add(key, record);
            }
        };
        let list = match self.lists.get_mut(user_key) {
            Some(list) => list,
            None => self.lists.entry(user_key.to_vec()).or_default(),
        };
        if !list.push(seq, value) {
            let problem = "the value has 512 MiB or more, or the list 32 GiB";
            return Err(EncodeError::Record(format!("record {}: {problem}", key_text::quoted(key))));
        }
        Ok(())
    }

    /// Sorts and dumps everything into the empty folder `root`.
    ///
    /// # Errors
    ///
    /// An element that came twice, a file that cannot be written; `root` then holds an unfinished tree.
    pub fn flush(self, root: &dyn Folder, options: &DumpOptions) -> Result<Summary, EncodeError> {
        let Unordered { lists, catalog } = self;
        let (mut tree, mut warnings) = (Tree::new(root, options), KeyedWarnings::new());
        tree.flush(Family::List, lists, |tree, user_key, list| {
            let attributes = catalog.get(&user_key);
            list.write(tree, user_key, attributes, &mut warnings)
        })?;
        conclude(tree, &catalog, warnings)
    }
}
