//! From a source in the order of its stored keys: items go to their files as they come.
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
//!
//! A first pass over the other records gathers what the files need beside items: windows and expiries.

use cap_std::fs::Dir;

use super::attributes::{Catalog, KeyedWarnings, is_outside};
use super::tree::{ListFile, Tree};
use super::{DumpOptions, EncodeError, Summary};
use crate::format::record::classify;
use crate::format::{ListRecord, Record, key_text, list};
use crate::records::{Namespace, RecordSource, SourceError, StoredRecord, visit_records};

/// Dumps a source into the empty folder `root`.
///
/// # Errors
///
/// A malformed record, a source that fails, a file that cannot be written; `root` then holds an unfinished tree.
pub fn encode_ordered(source: &dyn RecordSource, root: &Dir, options: &DumpOptions) -> Result<Summary, EncodeError> {
    let mut catalog = Catalog::default();
    visit_records(source, Namespace::Attributes, |record| catalog.add(record.key, record.value))?;
    let mut chain = Chain { tree: Tree::new(root, options), catalog: &catalog, open: Vec::new(), warnings: Vec::new() };
    visit_records(source, Namespace::Items, |record| chain.item(record))?;
    chain.close_all_but_starts_of(None)?;
    let Chain { tree, warnings, .. } = chain;
    conclude(tree, &catalog, warnings)
}

/// Writes the lists without items and everything that is not a body, and sums up.
pub(super) fn conclude(
    mut tree: Tree<'_>,
    catalog: &Catalog,
    mut warnings: KeyedWarnings,
) -> Result<Summary, EncodeError> {
    let empty: Vec<_> = catalog.bases_without_items(|user_key| tree.has(user_key)).collect();
    let mut summary = Summary::default();
    for (user_key, attributes) in empty {
        attributes.warn(user_key, 0, 0, &mut warnings);
        let list = tree.begin(user_key);
        tree.finish(user_key, list, attributes.expire_at())?;
    }
    // Stable, so that the warnings of one key keep their order.
    warnings.sort_by(|left, right| left.0.cmp(&right.0));
    summary.warnings = warnings.into_iter().map(|(_, warning)| warning).collect();
    catalog.warn_of_orphans(|user_key| tree.has(user_key), &mut summary);
    summary.lists = tree.list_count();
    summary.items = tree.item_count();
    tree.seal()?;
    Ok(summary)
}

struct Chain<'a> {
    tree: Tree<'a>,
    catalog: &'a Catalog,
    /// Each user key is the start of the next.
    open: Vec<OpenList>,
    warnings: KeyedWarnings,
}

struct OpenList {
    user_key: Vec<u8>,
    file: ListFile,
    window: Option<(i128, i128)>,
    outside: u64,
    last_seq: Option<i64>,
}

impl Chain<'_> {
    fn item(&mut self, StoredRecord { key, stored_key, value }: StoredRecord<'_>) -> Result<(), EncodeError> {
        let record = classify(key, value).map_err(|error| EncodeError::Record(error.to_string()))?;
        let (Record::List(ListRecord::Item { user_key, seq, value }), Some(stored_item_key)) =
            (record, stored_key.strip_prefix(list::ITEM_PREFIX))
        else {
            return Ok(());
        };
        self.close_all_but_starts_of(Some(stored_item_key))?;
        // What is open are starts of the stored key, so a user key of the same length is the same.
        let at = self.open.partition_point(|list| list.user_key.len() < user_key.len());
        if self.open.get(at).is_none_or(|list| list.user_key.len() != user_key.len()) {
            let window = self.catalog.get(user_key).and_then(|attributes| attributes.window());
            let list = OpenList {
                user_key: user_key.to_vec(),
                file: self.tree.begin(user_key),
                window,
                outside: 0,
                last_seq: None,
            };
            self.open.insert(at, list);
        }
        let Some(list) = self.open.get_mut(at) else { return Ok(()) };
        if list.last_seq.is_some_and(|last_seq| last_seq >= seq.0) {
            let key = key_text::quoted(key);
            return Err(SourceError(format!("record {key} is out of order: the source is not sorted by key")).into());
        }
        list.last_seq = Some(seq.0);
        list.outside += u64::from(is_outside(list.window, seq.0));
        self.tree.item(&mut list.file, value)
    }

    /// Finishes the lists whose user key the stored item key does not start with: no later item can be theirs.
    fn close_all_but_starts_of(&mut self, stored_item_key: Option<&[u8]>) -> Result<(), EncodeError> {
        let is_over = |user_key: &[u8]| stored_item_key.is_none_or(|key| !key.starts_with(user_key));
        while let Some(list) = self.open.pop_if(|list| is_over(&list.user_key)) {
            let attributes = self.catalog.get(&list.user_key);
            if let Some(attributes) = attributes {
                attributes.warn(&list.user_key, list.file.item_count(), list.outside, &mut self.warnings);
            }
            let expire_at = attributes.and_then(|attributes| attributes.expire_at());
            self.tree.finish(&list.user_key, list.file, expire_at)?;
        }
        Ok(())
    }
}
