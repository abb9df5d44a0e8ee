//! Lists from a source in the order of its stored keys.
//!
//! A list's items are in seq order, because the sequence number is sortable and ends the key. But between two items of
//! one list there can be items of others: those of user keys that *extend* its own. So what is open at any time is a
//! chain of user keys, each the start of the next, and all of them starts of the stored item key at hand (of the stored
//! one: where timestamps follow the keys, a list whose user key ends in what looks like one is not over when an item of
//! a shorter user key comes):
//!
//! ```text
//! item key                        chain
//! a 7f ff ff ff ff ff ff fe       a
//! a 80 00 00 00 00 00 00 00       a
//! a 80 00 .. 00 | 7f ff .. ff     a < a 80 00 .. 00      (an item of the longer key)
//! a 80 00 00 00 00 00 00 01       a                      (the longer one is done: nothing that follows starts with it)
//! b 80 00 00 00 00 00 00 00       b
//! ```

use super::attributes::{Window, is_outside};
use super::file::ListFile;
use crate::encoder::EncodeError;
use crate::encoder::catalog::{Catalog, KeyedWarnings};
use crate::encoder::tree::Tree;
use crate::format::{ListRecord, Seq, key_text, list};
use crate::records::{SourceError, StoredRecord};

/// The lists whose items are coming.
pub(in crate::encoder) struct Chain<'a> {
    catalog: &'a Catalog,
    /// Each user key is the start of the next.
    open: Vec<OpenList>,
}

struct OpenList {
    user_key: Vec<u8>,
    /// What the keys of its items start with, before their seqs.
    key_start: Vec<u8>,
    file: ListFile,
    window: Option<Window>,
    last_seq: Option<i64>,
}

impl OpenList {
    #[inline]
    fn item(&mut self, seq: Seq, stored: StoredRecord<'_>, tree: &mut Tree<'_>) -> Result<(), EncodeError> {
        if self.last_seq.is_some_and(|last_seq| last_seq >= seq.0) {
            let key = key_text::quoted(stored.key);
            return Err(SourceError(format!("record {key} is out of order: the source is not sorted by key")).into());
        }
        self.last_seq = Some(seq.0);
        self.file.item(tree, stored.value, is_outside(self.window, seq.0))
    }
}

impl<'a> Chain<'a> {
    pub(in crate::encoder) fn new(catalog: &'a Catalog) -> Chain<'a> {
        Chain { catalog, open: Vec::new() }
    }

    /// Takes in the next record if it is an item of the list of the one before; `false` if it is not, and was left.
    #[inline]
    pub(in crate::encoder) fn add_another(
        &mut self,
        stored: StoredRecord<'_>,
        tree: &mut Tree<'_>,
    ) -> Result<bool, EncodeError> {
        let Some((key_start, seq)) = stored.key.split_last_chunk::<{ Seq::BYTES }>() else { return Ok(false) };
        let Some(list) = self.open.last_mut().filter(|list| list.key_start == key_start) else { return Ok(false) };
        list.item(Seq::from_bytes(*seq), stored, tree)?;
        Ok(true)
    }

    /// Takes in the next record, which `stored` is the whole of.
    pub(in crate::encoder) fn add(
        &mut self,
        record: &ListRecord<'_>,
        stored: StoredRecord<'_>,
        tree: &mut Tree<'_>,
        warnings: &mut KeyedWarnings,
    ) -> Result<(), EncodeError> {
        let ListRecord::Item { user_key, seq, .. } = record else { return Ok(()) };
        // The stored key starts with the key of the item, and so with the prefix of items.
        let stored_item_key = stored.stored_key.get(list::ITEM_PREFIX.len()..).unwrap_or_default();
        self.close_all_but_starts_of(Some(stored_item_key), tree, warnings)?;
        // What is open are starts of the stored key, so a user key of the same length is the same.
        let at = self.open.partition_point(|list| list.user_key.len() < user_key.len());
        if self.open.get(at).is_none_or(|list| list.user_key.len() != user_key.len()) {
            let window = self.catalog.get(user_key).and_then(|attributes| attributes.list.window());
            let (key_start, file) = ([list::ITEM_PREFIX, user_key].concat(), ListFile::begin(tree, user_key));
            let user_key = user_key.to_vec();
            self.open.insert(at, OpenList { user_key, key_start, file, window, last_seq: None });
        }
        let Some(list) = self.open.get_mut(at) else { return Ok(()) };
        list.item(*seq, stored, tree)
    }

    /// Finishes the lists that are still open.
    pub(in crate::encoder) fn end(
        mut self,
        tree: &mut Tree<'_>,
        warnings: &mut KeyedWarnings,
    ) -> Result<(), EncodeError> {
        self.close_all_but_starts_of(None, tree, warnings)
    }

    /// Finishes the lists whose user key the stored item key does not start with: no later item can be theirs.
    fn close_all_but_starts_of(
        &mut self,
        stored_item_key: Option<&[u8]>,
        tree: &mut Tree<'_>,
        warnings: &mut KeyedWarnings,
    ) -> Result<(), EncodeError> {
        let is_over = |user_key: &[u8]| stored_item_key.is_none_or(|key| !key.starts_with(user_key));
        while let Some(list) = self.open.pop_if(|list| is_over(&list.user_key)) {
            let attributes = self.catalog.get(&list.user_key);
            list.file.finish(tree, list.user_key, attributes, warnings)?;
        }
        Ok(())
    }
}
