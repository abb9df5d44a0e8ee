//! Expiry records, and when a client's `EXPIRE` means.

use super::error::StoreError;
use super::transaction::Transaction;
use crate::command::{ExpireCondition, ExpireUnit, UserKey};
use crate::format::record::classify;
use crate::format::{ExpireAtMs, Record, expiry};

/// The expiry record of a key, not yet clamped.
pub(super) fn ttl_record(transaction: &Transaction<'_>, key: &UserKey) -> Result<Option<ExpireAtMs>, StoreError> {
    let ttl_key = expiry::ttl_key(key.as_bytes());
    let Some(value) = transaction.get(&ttl_key)? else { return Ok(None) };
    match classify(&ttl_key, &value) {
        Ok(Record::Ttl { expire_at, .. }) => Ok(Some(expire_at)),
        Ok(_) => Ok(None),
        Err(error) => Err(StoreError::Corrupt(error.to_string())),
    }
}

/// Deletes a key's TTL record, if there is one.
pub(super) fn delete_ttl(transaction: &mut Transaction<'_>, key: &UserKey) -> Result<(), StoreError> {
    if ttl_record(transaction, key)?.is_some() {
        transaction.delete(expiry::ttl_key(key.as_bytes()));
    }
    Ok(())
}

/// The expiry in Unix milliseconds, which may be negative; `None` when it does not fit.
pub(super) fn absolute_ms(unit: ExpireUnit, time: i64, now_ms: u64) -> Option<i64> {
    let (scale, base) = match unit {
        ExpireUnit::Seconds => (1000, now_ms),
        ExpireUnit::Milliseconds => (1, now_ms),
        ExpireUnit::UnixSeconds => (1000, 0),
        ExpireUnit::UnixMilliseconds => (1, 0),
    };
    time.checked_mul(scale)?.checked_add_unsigned(base)
}

/// Whether the options of an `EXPIRE` let `wanted_ms` replace the current expiry.
pub(super) fn condition_holds(condition: ExpireCondition, current: Option<ExpireAtMs>, wanted_ms: i64) -> bool {
    let wanted = i128::from(wanted_ms);
    let current = current.map(|expire_at| i128::from(expire_at.0));
    !(condition.nx && current.is_some()
        || condition.xx && current.is_none()
        || condition.gt && current.is_none_or(|current| wanted <= current)
        || condition.lt && current.is_some_and(|current| wanted >= current))
}
