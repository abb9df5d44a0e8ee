//! What is stored under a key, of whichever family.

use super::error::StoreError;
use super::list::{self, List, Purpose};
use super::outcome::Stop;
use super::transaction::Transaction;
use crate::command::UserKey;
use crate::format::{ExpireAtMs, FAMILIES, Family, expiry};
use crate::state::Value;

/// A value, as its records say.
pub(super) enum Stored {
    List(List),
}

/// What a client sees under a key.
pub(super) fn for_read(transaction: &mut Transaction<'_>, key: &UserKey) -> Result<Option<Stored>, StoreError> {
    for row in FAMILIES {
        let found = match row.family {
            Family::List => list::for_read(transaction, key)?.map(Stored::List),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// What a client sees under a key that is about to be written. What an expiry has ended is deleted in the same
/// transaction.
pub(super) fn for_write(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    purpose: Purpose,
) -> Result<Option<Stored>, StoreError> {
    for row in FAMILIES {
        let found = match row.family {
            Family::List => {
                Some(list::for_write(transaction, key, purpose)?).filter(|list| list.len > 0).map(Stored::List)
            }
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Deletes every record of a key, also those that are left of values that are gone.
pub(super) fn clear(transaction: &mut Transaction<'_>, key: &UserKey) -> Result<(), StoreError> {
    for row in FAMILIES {
        match row.family {
            Family::List => {
                let mut list = list::for_write(transaction, key, Purpose::Whole)?;
                list::delete(transaction, &mut list)?;
            }
        }
    }
    Ok(())
}

/// Writes a value under a key that has none, the expiry record included.
pub(super) fn put(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    value: &Value,
    expire_at: Option<ExpireAtMs>,
) -> Result<(), StoreError> {
    if let Some(expire_at) = expire_at {
        transaction.put(expiry::ttl_key(key.as_bytes()), expire_at.to_record_value());
    }
    match value {
        Value::List(items) => list::put(transaction, key, items, expire_at),
    }
}

impl Stored {
    pub(super) fn family(&self) -> Family {
        match self {
            Stored::List(_) => Family::List,
        }
    }

    pub(super) fn expire_at(&self) -> Option<ExpireAtMs> {
        match self {
            Stored::List(list) => list.expire_at,
        }
    }

    /// The value, if the store's limits let `destination` have it.
    pub(super) fn value_for(&self, transaction: &Transaction<'_>, destination: &UserKey) -> Result<Value, Stop> {
        match self {
            Stored::List(list) => {
                list::check_count(list.count())?;
                list::check_sizes(destination, &[])?;
                Ok(Value::List(list::whole(transaction, list)?))
            }
        }
    }

    /// Deletes everything of the key.
    pub(super) fn delete(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        match self {
            Stored::List(list) => list::delete(transaction, list),
        }
    }

    pub(super) fn set_expiry(&mut self, transaction: &mut Transaction<'_>, expire_at: ExpireAtMs) {
        match self {
            Stored::List(list) => list::set_expiry(transaction, list, expire_at),
        }
    }

    pub(super) fn clear_expiry(&mut self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        match self {
            Stored::List(list) => list::clear_expiry(transaction, list),
        }
    }
}
