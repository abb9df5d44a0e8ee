//! What the records other than items say of each user key: its window, its expiry, and whether it exists at all.

use std::collections::BTreeMap;

use super::{EncodeError, Summary, Warning};
use crate::format::record::classify;
use crate::format::{ExpireAtMs, ListMeta, ListRecord, Record, key_text};

/// The attributes of one user key.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    base: Option<ListMeta>,
    delta_count: u64,
    /// Sums over the deltas.
    head_delta: i128,
    len_delta: i128,
    ttl: Option<ExpireAtMs>,
    /// Whether a record other than a TTL record names the key.
    named: bool,
}

impl Attributes {
    /// The resolved window `[head, tail)`, if a base meta or deltas say one. Sums of 64-bit numbers cannot leave 128
    /// bits.
    pub(super) fn window(&self) -> Option<(i128, i128)> {
        if self.base.is_none() && self.delta_count == 0 {
            return None;
        }
        let head = self.base.map_or(0, |meta| i128::from(meta.head)) + self.head_delta;
        let len = self.base.map_or(0, |meta| i128::from(meta.len)) + self.len_delta;
        Some((head, head + len.max(0)))
    }

    /// The expiry that the dump shows.
    pub(super) fn expire_at(&self) -> Option<ExpireAtMs> {
        match self.base.and_then(|meta| meta.owned_expiry()) {
            Some(owned) => owned,
            None => self.ttl.map(ExpireAtMs::clamped),
        }
    }

    /// Adds the warnings that a list of `observed_items`, of which `outside` are outside the window, is due.
    pub(super) fn warn(&self, user_key: &[u8], observed_items: u64, outside: u64, warnings: &mut KeyedWarnings) {
        let mut warn = |warning| warnings.push((user_key.to_vec(), warning));
        let user_key = || user_key.to_vec();
        if let (Some(meta), Some((head, tail))) = (self.base, self.window()) {
            if !meta.invariant_holds() {
                warn(Warning::MetaInvariant { user_key: user_key() });
            }
            let declared_len = u64::try_from(tail - head).unwrap_or(u64::MAX);
            if declared_len != observed_items {
                warn(Warning::LengthMismatch { user_key: user_key(), declared_len, observed_items });
            }
        }
        if outside > 0 {
            warn(Warning::ItemOutsideWindow { user_key: user_key(), count: outside });
        }
    }
}

/// Warnings with the user keys that they are to be sorted by.
pub(super) type KeyedWarnings = Vec<(Vec<u8>, Warning)>;

/// Whether `seq` is outside a window that is known.
pub(super) fn is_outside(window: Option<(i128, i128)>, seq: i64) -> bool {
    window.is_some_and(|(head, tail)| !(head..tail).contains(&i128::from(seq)))
}

/// The attributes of all user keys.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    by_key: BTreeMap<Vec<u8>, Attributes>,
}

impl Catalog {
    pub(super) fn get(&self, user_key: &[u8]) -> Option<&Attributes> {
        self.by_key.get(user_key)
    }

    /// Takes in a record that is not an item.
    pub(super) fn add(&mut self, key: &[u8], value: &[u8]) -> Result<(), EncodeError> {
        match classify(key, value).map_err(|error| EncodeError::Record(error.to_string()))? {
            Record::List(ListRecord::Meta { user_key, meta }) => {
                let attributes = self.named(user_key);
                if attributes.base.replace(meta).is_some() {
                    return Err(EncodeError::Duplicate(key_text::quoted(key)));
                }
            }
            Record::List(ListRecord::Delta { user_key, delta, .. }) => {
                let attributes = self.named(user_key);
                attributes.delta_count += 1;
                attributes.head_delta += i128::from(delta.head_delta);
                attributes.len_delta += i128::from(delta.len_delta);
            }
            Record::Ttl { user_key, expire_at } => {
                if self.entry(user_key).ttl.replace(expire_at).is_some() {
                    return Err(EncodeError::Duplicate(key_text::quoted(key)));
                }
            }
            Record::List(ListRecord::Claim { user_key, .. }) | Record::OtherType { user_key, .. } => {
                self.named(user_key);
            }
            // A fence carries no data, not even that its key exists.
            Record::Fence { .. } | Record::List(ListRecord::Item { .. }) | Record::Unknown => {}
        }
        Ok(())
    }

    fn entry(&mut self, user_key: &[u8]) -> &mut Attributes {
        self.by_key.entry(user_key.to_vec()).or_default()
    }

    fn named(&mut self, user_key: &[u8]) -> &mut Attributes {
        let attributes = self.entry(user_key);
        attributes.named = true;
        attributes
    }

    /// The user keys with a base meta for which `has_items` does not hold, ascending.
    pub(super) fn bases_without_items(
        &self,
        has_items: impl Fn(&[u8]) -> bool,
    ) -> impl Iterator<Item = (&[u8], &Attributes)> {
        let entries = self.by_key.iter().map(|(user_key, attributes)| (user_key.as_slice(), attributes));
        entries.filter(move |(user_key, attributes)| attributes.base.is_some() && !has_items(user_key))
    }

    /// Adds the warning about TTL records of keys that neither a record here nor an item names.
    pub(super) fn warn_of_orphans(&self, has_items: impl Fn(&[u8]) -> bool, summary: &mut Summary) {
        let orphan = |(user_key, attributes): &(&Vec<u8>, &Attributes)| {
            attributes.ttl.is_some() && !attributes.named && !has_items(user_key)
        };
        let count = self.by_key.iter().filter(orphan).count() as u64;
        if count > 0 {
            summary.warnings.push(Warning::OrphanTtl { count });
        }
    }
}
