//! The visible state of a database: what the live store's reads would say, without the encoder.

use std::collections::BTreeMap;

use super::StoreError;
use super::records::{Window, read_ttl};
use crate::command::UserKey;
use crate::database::{Database, end_of_prefix};
use crate::format::record::classify;
use crate::format::{ExpireAtMs, Record, Seq, expiry, list_keys};
use crate::state::{ListState, State};

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
pub(super) fn resolved_lists(database: &Database) -> Result<BTreeMap<Vec<u8>, Resolved>, StoreError> {
    let mut parts: BTreeMap<Vec<u8>, Parts> = BTreeMap::new();
    let mut rows = database.rows(list_keys::META_PREFIX, end_of_prefix(list_keys::META_PREFIX).as_deref());
    while let Some((key, value)) = rows.current()? {
        let mut add = |user_key: &[u8], head_delta, len_delta, owned_expiry| {
            let empty = || Parts { window: Window::EMPTY, owned_expiry: None };
            let parts = parts.entry(user_key.to_vec()).or_insert_with(empty);
            parts.window.add(head_delta, len_delta);
            parts.owned_expiry = parts.owned_expiry.or(owned_expiry);
        };
        match classify(key, value) {
            Ok(Record::ListMeta { user_key, meta }) => add(user_key, meta.head, meta.len, meta.owned_expiry()),
            Ok(Record::ListDelta { user_key, delta, .. }) => add(user_key, delta.head_delta, delta.len_delta, None),
            Ok(_) => {}
            Err(error) => return Err(StoreError::Corrupt(error.to_string())),
        }
        rows.step();
    }
    let mut resolved = BTreeMap::new();
    for (user_key, parts) in parts {
        let key = UserKey(user_key);
        let (head, len) = parts.window.resolve(&key)?;
        if len > 0 {
            let expire_at = match parts.owned_expiry {
                Some(owned) => owned,
                None => ttl_record(database, key.as_bytes())?,
            };
            resolved.insert(key.0, Resolved { head, len, expire_at });
        }
    }
    Ok(resolved)
}

/// Every list with the items in its window, in seq order, whether or not its expiry has passed. A seq without an item
/// is passed over. The state's last time is the commit clock's.
///
/// # Errors
///
/// A database that fails, or a malformed record.
pub fn visible_state(database: &Database) -> Result<State, StoreError> {
    let last_ms = database.clock()?.map(|clock| clock.unix_ms());
    let mut lists = BTreeMap::new();
    for (user_key, resolved) in resolved_lists(database)? {
        let lower = list_keys::item_key(&user_key, Seq(resolved.head));
        let upper = list_keys::item_key(&user_key, Seq(resolved.head + resolved.len));
        let mut items = Vec::new();
        let mut rows = database.rows(&lower, Some(&upper));
        while let Some((key, value)) = rows.current()? {
            if key.len() == lower.len() {
                items.push(value.to_vec());
            }
            rows.step();
        }
        lists.insert(user_key, ListState { items, expire_at: resolved.expire_at });
    }
    Ok(State { lists, last_ms })
}

fn ttl_record(database: &Database, user_key: &[u8]) -> Result<Option<ExpireAtMs>, StoreError> {
    let record = read_ttl(&expiry::ttl_key(user_key), |ttl_key| Ok(database.get(ttl_key)?))?;
    Ok(record.map(ExpireAtMs::clamped))
}
