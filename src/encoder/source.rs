//! Where records come from in key order.

use super::EncodeError;
use crate::database::{DatabaseSnapshot, end_of_prefix};
use crate::format::list_keys;

/// The part of the key space that a pass is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespace {
    /// The items of lists.
    Items,
    /// Every other record that the encoder reads.
    Attributes,
}

impl Namespace {
    /// The key prefixes of this part, ascending.
    pub fn prefixes(self) -> &'static [&'static [u8]] {
        match self {
            Namespace::Items => &[list_keys::ITEM_PREFIX],
            Namespace::Attributes => &[
                b"!hs|meta|",
                list_keys::CLAIM_PREFIX,
                list_keys::META_PREFIX,
                b"!redis|hll|",
                b"!redis|str|",
                b"!redis|ttl|",
                b"!stream|meta|",
                b"!st|meta|",
                b"!zs|meta|",
            ],
        }
    }
}

/// What a scan calls for each key and value.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), EncodeError> + 'a;

/// A source that can be read more than once, always in ascending byte order of the keys, and always saying the same.
pub trait KeyOrderedSource {
    /// Visits the records of a namespace in key order.
    ///
    /// # Errors
    ///
    /// What `visit` says, or [`EncodeError::Source`].
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), EncodeError>;
}

impl KeyOrderedSource for DatabaseSnapshot<'_> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), EncodeError> {
        let failed = |error: crate::database::DatabaseError| EncodeError::Source(error.to_string());
        for prefix in namespace.prefixes() {
            let mut rows = self.rows(prefix, end_of_prefix(prefix).as_deref());
            while let Some((key, value)) = rows.current().map_err(failed)? {
                visit(key, value)?;
                rows.step();
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
}
