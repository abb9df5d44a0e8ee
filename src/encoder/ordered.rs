//! From a source in the order of its stored keys: elements go to their files as they come.
//!
//! A first pass over the other records gathers what the files need beside elements: lengths, windows and expiries.
//!
//! So memory grows with the number of user keys, and not with the number of elements. The price is a second pass.

use super::catalog::{Catalog, KeyedWarnings};
use super::conclusion::conclude;
use super::error::record_of;
use super::list::Chain;
use super::tree::Tree;
use super::{DumpOptions, EncodeError, Summary};
use crate::folders::Folder;
use crate::format::Record;
use crate::records::{Namespace, RecordSource, visit_records};

/// Dumps a source into the empty folder `root`.
///
/// # Errors
///
/// A malformed record, a source that fails, a file that cannot be written; `root` then holds an unfinished tree.
pub fn encode_ordered(
    source: &dyn RecordSource,
    root: &dyn Folder,
    options: &DumpOptions,
) -> Result<Summary, EncodeError> {
    let mut catalog = Catalog::default();
    visit_records(source, Namespace::Attributes, |stored| {
        catalog.add(stored.key, record_of(stored.key, stored.value)?)
    })?;
    let (mut tree, mut warnings) = (Tree::new(root, options), KeyedWarnings::new());
    let mut lists = Chain::new(&catalog);
    visit_records(source, Namespace::Elements, |stored| {
        // Most elements are of the value of the element before, and need not be told apart from everything else.
        if lists.add_another(stored, &mut tree)? {
            return Ok(());
        }
        match record_of(stored.key, stored.value)? {
            Record::List(record) => lists.add(&record, stored, &mut tree, &mut warnings),
            Record::Fence { .. } | Record::Ttl { .. } | Record::OtherType { .. } | Record::Unknown => Ok(()),
        }
    })?;
    lists.end(&mut tree, &mut warnings)?;
    conclude(tree, &catalog, warnings)
}
