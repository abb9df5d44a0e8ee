//! What a scan gives, and from where.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use crate::database::{DatabaseError, DatabaseSnapshot, end_of_prefix};
use crate::format::FAMILIES;
use crate::format::expiry::TTL_PREFIX;
use crate::format::family::UNREAD_TYPES;

/// The part of the key space that a scan is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// The elements of values, of every family.
    Elements,
    /// Every other record that makes a value or says that a key exists.
    Attributes,
    /// Everything.
    All,
}

static ELEMENTS: LazyLock<Vec<&[u8]>> =
    LazyLock::new(|| ascending(FAMILIES.iter().flat_map(|row| row.element_prefixes.iter().copied())));

static ATTRIBUTES: LazyLock<Vec<&[u8]>> = LazyLock::new(|| {
    let of_families = FAMILIES.iter().flat_map(|row| row.attribute_prefixes.iter().copied());
    let of_others = UNREAD_TYPES.iter().map(|unread| unread.key_prefix);
    ascending(of_families.chain(of_others).chain([TTL_PREFIX]))
});

fn ascending(prefixes: impl Iterator<Item = &'static [u8]>) -> Vec<&'static [u8]> {
    let mut prefixes: Vec<&[u8]> = prefixes.collect();
    prefixes.sort_unstable();
    prefixes
}

impl Namespace {
    /// The key prefixes of this part, ascending.
    pub fn prefixes(self) -> &'static [&'static [u8]] {
        match self {
            Namespace::Elements => &ELEMENTS,
            Namespace::Attributes => &ATTRIBUTES,
            Namespace::All => &[b""],
        }
    }

    /// The prefix of this part that a key starts with. There is one at most, and it is the last that is not above the key.
    pub fn prefix_of(self, key: &[u8]) -> Option<&'static [u8]> {
        let prefixes = self.prefixes();
        let last = prefixes.partition_point(|prefix| *prefix <= key).checked_sub(1)?;
        prefixes.get(last).copied().filter(|prefix| key.starts_with(prefix))
    }

    /// Whether a record with this key belongs to the part.
    pub fn holds(self, key: &[u8]) -> bool {
        self.prefix_of(key).is_some()
    }
}

/// A record on its way.
#[derive(Clone, Copy, Debug)]
pub struct StoredRecord<'a> {
    /// The logical key.
    pub key: &'a [u8],
    /// The key that the order of a scan is about. It starts with the logical key; where versions are kept, their
    /// timestamp follows.
    pub stored_key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

/// What a scan calls for each record; it can end the scan.
pub type Visit<'a> = dyn FnMut(StoredRecord<'_>) -> ControlFlow<()> + 'a;

/// Why records could not be read: one sentence that says what and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

impl From<DatabaseError> for SourceError {
    fn from(error: DatabaseError) -> SourceError {
        SourceError(error.to_string())
    }
}

/// Records at one moment, which can be read more than once, always in ascending byte order of the stored keys, and always
/// saying the same.
///
/// In that order the items of one list come in the order of their sequence numbers, whether the stored keys end in
/// timestamps or not, because their keys are of one length. Nothing else can be said of the logical keys: with
/// timestamps, a record can come before one whose key is a start of its own.
pub trait RecordSource {
    /// Visits the records of a part of the key space, in the order of their stored keys.
    ///
    /// # Errors
    ///
    /// The source could not be read.
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError>;
}

/// Visits records with a closure that may fail, which ends the scan.
///
/// # Errors
///
/// What `visit` says, or the source.
pub fn visit_records<E: From<SourceError>>(
    source: &dyn RecordSource,
    namespace: Namespace,
    mut visit: impl FnMut(StoredRecord<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut failed = None;
    source.scan(namespace, &mut |record| match visit(record) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failed.map_or(Ok(()), Err)
}

impl RecordSource for DatabaseSnapshot<'_> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        for prefix in namespace.prefixes() {
            let mut ended = ControlFlow::Continue(());
            self.visit(prefix, end_of_prefix(prefix).as_deref(), &mut |(key, value)| {
                ended = visit(StoredRecord { key, stored_key: key, value });
                ended
            })?;
            if ended.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Records in memory, by logical key.
impl RecordSource for BTreeMap<Vec<u8>, Vec<u8>> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        for (key, value) in self.iter().filter(|(key, _)| namespace.holds(key)) {
            if visit(StoredRecord { key, stored_key: key, value }).is_break() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_ascending_and_disjoint() {
        let prefixes = Namespace::Attributes.prefixes();
        assert!(prefixes.is_sorted());
        for pair in prefixes.windows(2) {
            assert!(!pair[1].starts_with(pair[0]), "{pair:?}");
        }
    }

    #[test]
    fn a_scan_of_a_part_gives_its_records_and_no_others() {
        let elements: [&[u8]; 1] = [b"!lst|itm|k\x80\0\0\0\0\0\0\0"];
        let attributes: [&[u8]; 3] = [b"!lst|meta|k", b"!redis|str|k", b"!redis|ttl|k"];
        let neither: [&[u8]; 2] = [b"!dist|route|k", b"k"];
        let all = [&elements[..], &attributes, &neither].concat();
        let records: BTreeMap<Vec<u8>, Vec<u8>> = all.iter().map(|key| (key.to_vec(), Vec::new())).collect();
        let mut sorted = all;
        sorted.sort_unstable();
        let parts =
            [(Namespace::Elements, &elements[..]), (Namespace::Attributes, &attributes), (Namespace::All, &sorted)];
        for (namespace, expected) in parts {
            let mut found = Vec::new();
            let scanned = visit_records(&records, namespace, |record| {
                found.push(record.key.to_vec());
                Ok::<(), SourceError>(())
            });
            assert_eq!((scanned, found), (Ok(()), expected.iter().map(|key| key.to_vec()).collect()), "{namespace:?}");
        }
    }

    #[test]
    fn a_visit_that_fails_ends_the_scan() {
        let records: BTreeMap<Vec<u8>, Vec<u8>> = (0..9_u8).map(|number| (vec![number], Vec::new())).collect();
        let mut seen = 0;
        let ended = visit_records(&records, Namespace::All, |record| {
            seen += 1;
            if record.key == [3] { Err(SourceError("enough".to_owned())) } else { Ok(()) }
        });
        assert_eq!((ended, seen), (Err(SourceError("enough".to_owned())), 4));
    }
}
