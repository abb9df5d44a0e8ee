//! What the records other than elements say of each user key: what is its value's, its expiry, and whether it exists at
//! all.

use std::collections::BTreeMap;

use super::list::ListAttributes;
use super::{EncodeError, Summary, Warning};
use crate::format::{ExpireAtMs, Family, Record, expiry, key_text};

/// The attributes of one user key.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) list: ListAttributes,
    ttl: Option<ExpireAtMs>,
    /// Whether a record other than a TTL record names the key.
    named: bool,
}

impl Attributes {
    /// The expiry that the dump shows with the key's value of a family.
    pub(super) fn expire_at(&self, family: Family) -> Option<ExpireAtMs> {
        let owned = match family {
            Family::List => self.list.owned_expiry(),
        };
        expiry::resolve(owned, self.ttl)
    }

    /// Whether the family's records make a file even where there are no elements.
    fn makes_a_file(&self, family: Family) -> bool {
        match family {
            Family::List => self.list.has_base(),
        }
    }
}

/// Warnings with the user keys that they are to be sorted by.
pub(super) type KeyedWarnings = Vec<(Vec<u8>, Warning)>;

/// The attributes of all user keys.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    by_key: BTreeMap<Vec<u8>, Attributes>,
}

impl Catalog {
    pub(super) fn get(&self, user_key: &[u8]) -> Option<&Attributes> {
        self.by_key.get(user_key)
    }

    /// Takes in a record that is not an element.
    pub(super) fn add(&mut self, key: &[u8], record: Record<'_>) -> Result<(), EncodeError> {
        let is_new = match record {
            Record::List(record) => self.change(record.user_key(), |attributes| {
                attributes.named = true;
                attributes.list.add(&record)
            }),
            Record::Ttl { user_key, expire_at } => {
                self.change(user_key, |attributes| attributes.ttl.replace(expire_at).is_none())
            }
            Record::OtherType { user_key, .. } => self.change(user_key, |attributes| {
                attributes.named = true;
                true
            }),
            // A fence carries no data, not even that its key exists.
            Record::Fence { .. } | Record::Unknown => true,
        };
        if is_new { Ok(()) } else { Err(EncodeError::Duplicate(key_text::quoted(key))) }
    }

    /// Changes what is known of a user key. Most have more than one record, so that the key is copied for the first alone.
    fn change<T>(&mut self, user_key: &[u8], change: impl FnOnce(&mut Attributes) -> T) -> T {
        match self.by_key.get_mut(user_key) {
            Some(attributes) => change(attributes),
            None => change(self.by_key.entry(user_key.to_vec()).or_default()),
        }
    }

    /// The user keys that have a file in the family's folder though `has_elements` does not hold, ascending.
    pub(super) fn without_elements(
        &self,
        family: Family,
        has_elements: impl Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = (&[u8], &Attributes)> {
        let entries = self.by_key.iter().map(|(user_key, attributes)| (user_key.as_slice(), attributes));
        entries.filter(move |(user_key, attributes)| attributes.makes_a_file(family) && !has_elements(user_key))
    }

    /// Adds the warning about TTL records of keys that neither a record here nor an element names.
    pub(super) fn warn_of_orphans(&self, has_elements: impl Fn(&[u8]) -> bool, summary: &mut Summary) {
        let orphan = |(user_key, attributes): &(&Vec<u8>, &Attributes)| {
            attributes.ttl.is_some() && !attributes.named && !has_elements(user_key)
        };
        let count = self.by_key.iter().filter(orphan).count() as u64;
        if count > 0 {
            summary.warnings.push(Warning::OrphanTtl { count });
        }
    }
}
