//! The body of a list under construction.

use crate::encoder::EncodeError;
use crate::encoder::catalog::{Attributes, KeyedWarnings};
use crate::encoder::tree::{BodyFile, Tree};
use crate::format::Family;
use crate::format::list::BodyWriter;

/// A list's file, which takes its items one after another.
pub(super) struct ListFile {
    file: BodyFile,
    body: BodyWriter,
    outside: u64,
}

impl ListFile {
    pub(super) fn begin(tree: &mut Tree<'_>, user_key: &[u8]) -> ListFile {
        ListFile { file: tree.begin(Family::List, user_key), body: BodyWriter::default(), outside: 0 }
    }

    /// Appends an item; `is_outside` is whether it lies outside the window.
    #[inline]
    pub(super) fn item(&mut self, tree: &mut Tree<'_>, value: &[u8], is_outside: bool) -> Result<(), EncodeError> {
        self.outside += u64::from(is_outside);
        self.body.item(value, self.file.text());
        tree.write_when_long(&mut self.file)
    }

    pub(super) fn finish(
        mut self,
        tree: &mut Tree<'_>,
        user_key: Vec<u8>,
        attributes: Option<&Attributes>,
        warnings: &mut KeyedWarnings,
    ) -> Result<(), EncodeError> {
        let items = self.body.item_count();
        if let Some(attributes) = attributes {
            let due = attributes.list.warnings(&user_key, items, self.outside);
            warnings.extend(due.into_iter().map(|warning| (user_key.clone(), warning)));
        }
        self.body.finish(attributes.and_then(|attributes| attributes.expire_at(Family::List)), self.file.text());
        tree.finish(user_key, self.file, items)
    }
}

/// Writes a list that has no items.
pub(in crate::encoder) fn write_empty(
    tree: &mut Tree<'_>,
    user_key: &[u8],
    attributes: &Attributes,
    warnings: &mut KeyedWarnings,
) -> Result<(), EncodeError> {
    ListFile::begin(tree, user_key).finish(tree, user_key.to_vec(), Some(attributes), warnings)
}
