//! The visible state of records: what the live store's reads would say, without the encoder.

use std::collections::{BTreeMap, HashMap};

use super::error::StoreError;
use super::records::Window;
use crate::command::UserKey;
use crate::format::record::classify;
use crate::format::{ExpireAtMs, ListRecord, Record};
use crate::records::{Namespace, RecordSource, visit_records};
use crate::state::{KeyState, State};

/// A list that exists: its window and its expiry.
pub(super) struct Resolved {
    head: i64,
    len: i64,
    expire_at: Option<ExpireAtMs>,
}

struct Parts {
    window: Window,
    /// As [`crate::format::ListMeta::owned_expiry`] of the base meta.
    owned_expiry: Option<Option<ExpireAtMs>>,
}

/// All lists with a resolved length above 0, by user key. An expiry may have passed.
pub(super) fn resolved_lists(source: &dyn RecordSource) -> Result<BTreeMap<Vec<u8>, Resolved>, StoreError> {
    let mut parts: BTreeMap<Vec<u8>, Parts> = BTreeMap::new();
    let mut ttls: HashMap<Vec<u8>, ExpireAtMs> = HashMap::new();
    visit_records(source, Namespace::Attributes, |record| {
        let mut add = |user_key: &[u8], head_delta, len_delta, owned_expiry| {
            let empty = || Parts { window: Window::EMPTY, owned_expiry: None };
            let parts = parts.entry(user_key.to_vec()).or_insert_with(empty);
            parts.window.add(head_delta, len_delta);
            parts.owned_expiry = parts.owned_expiry.or(owned_expiry);
        };
        match classify(record.key, record.value) {
            Ok(Record::List(ListRecord::Meta { user_key, meta })) => {
                add(user_key, meta.head, meta.len, meta.owned_expiry())
            }
            Ok(Record::List(ListRecord::Delta { user_key, delta, .. })) => {
                add(user_key, delta.head_delta, delta.len_delta, None)
            }
            Ok(Record::Ttl { user_key, expire_at }) => {
                ttls.insert(user_key.to_vec(), expire_at.clamped());
            }
            Ok(_) => {}
            Err(error) => return Err(StoreError::Corrupt(error.to_string())),
        }
        Ok(())
    })?;
    let mut resolved = BTreeMap::new();
    for (user_key, parts) in parts {
        let key = UserKey(user_key);
        let (head, len) = parts.window.resolve(&key)?;
        if len > 0 {
            let expire_at = parts.owned_expiry.unwrap_or_else(|| ttls.get(key.as_bytes()).copied());
            resolved.insert(key.0, Resolved { head, len, expire_at });
        }
    }
    Ok(resolved)
}

/// Every list with the items in its window, in seq order, whether or not its expiry has passed. A seq without an item
/// is passed over. `last_ms` becomes the state's last time.
///
/// # Errors
///
/// A source that fails, or a malformed record.
pub fn visible_state(source: &dyn RecordSource, last_ms: Option<u64>) -> Result<State, StoreError> {
    let resolved = resolved_lists(source)?;
    let mut items: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
    // The items of one list come in seq order, whatever comes between them.
    visit_records(source, Namespace::Items, |record| {
        let classified = classify(record.key, record.value).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let Record::List(ListRecord::Item { user_key, seq, value }) = classified else { return Ok(()) };
        let Some(list) = resolved.get(user_key) else { return Ok(()) };
        if (list.head..list.head + list.len).contains(&seq.0) {
            match items.get_mut(user_key) {
                Some(items) => items.push(value.to_vec()),
                None => drop(items.insert(user_key.to_vec(), vec![value.to_vec()])),
            }
        }
        Ok::<(), StoreError>(())
    })?;
    let lists = resolved.into_iter().map(|(user_key, Resolved { expire_at, .. })| {
        let items = items.remove(&user_key).unwrap_or_default();
        (user_key, KeyState::list(items, expire_at))
    });
    Ok(State { keys: lists.collect(), last_ms })
}
