//! The visible state of records: what the live store's reads would say, without the encoder.

use std::collections::HashMap;

use super::error::StoreError;
use super::list::{Lists, ResolvedLists};
use crate::command::UserKey;
use crate::format::record::classify;
use crate::format::{ExpireAtMs, Record};
use crate::records::{Namespace, RecordSource, StoredRecord, visit_records};
use crate::state::State;

fn classified(record: StoredRecord<'_>) -> Result<Record<'_>, StoreError> {
    classify(record.key, record.value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Everything but the elements.
fn resolved(source: &dyn RecordSource) -> Result<ResolvedLists, StoreError> {
    let mut lists = Lists::default();
    let mut ttls: HashMap<Vec<u8>, ExpireAtMs> = HashMap::new();
    visit_records(source, Namespace::Attributes, |record| {
        match classified(record)? {
            Record::List(record) => lists.add(&record),
            Record::Ttl { user_key, expire_at } => drop(ttls.insert(user_key.to_vec(), expire_at)),
            Record::Fence { .. } | Record::OtherType { .. } | Record::Unknown => {}
        }
        Ok::<(), StoreError>(())
    })?;
    lists.resolve(&ttls)
}

/// The keys of all values, expired ones included, in byte order.
pub(super) fn keys(source: &dyn RecordSource) -> Result<Vec<UserKey>, StoreError> {
    Ok(resolved(source)?.keys().map(|user_key| UserKey(user_key.to_vec())).collect())
}

/// Every key with its elements, whether or not its expiry has passed. Of a list those are the items in its window, in
/// seq order; a seq without an item is passed over. `last_ms` becomes the state's last time.
///
/// # Errors
///
/// A source that fails, or a malformed record.
pub fn visible_state(source: &dyn RecordSource, last_ms: Option<u64>) -> Result<State, StoreError> {
    let mut lists = resolved(source)?;
    // The items of one list come in seq order, whatever comes between them.
    visit_records(source, Namespace::Elements, |record| {
        match classified(record)? {
            Record::List(record) => lists.add(&record),
            Record::Ttl { .. } | Record::Fence { .. } | Record::OtherType { .. } | Record::Unknown => {}
        }
        Ok::<(), StoreError>(())
    })?;
    Ok(State { keys: lists.into_keys().collect(), last_ms })
}
