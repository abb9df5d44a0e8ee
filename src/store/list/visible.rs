//! The visible state of lists.

use std::collections::{BTreeMap, HashMap};

use super::records::Window;
use crate::command::UserKey;
use crate::format::{ExpireAtMs, ListRecord, expiry};
use crate::state::KeyState;
use crate::store::error::StoreError;

/// The lists of a source, as their records come in: first metas and deltas, then items in seq order.
#[derive(Default)]
pub(in crate::store) struct Lists {
    parts: BTreeMap<Vec<u8>, Parts>,
}

struct Parts {
    window: Window,
    /// As [`crate::format::ListMeta::owned_expiry`] of the base meta.
    owned_expiry: Option<Option<ExpireAtMs>>,
}

/// A list that exists: its window, its expiry and, in the end, the items in the window.
struct Resolved {
    head: i64,
    len: i64,
    expire_at: Option<ExpireAtMs>,
    items: Vec<Vec<u8>>,
}

/// The lists with a resolved length above 0, by user key. An expiry may have passed.
pub(in crate::store) struct ResolvedLists {
    by_key: BTreeMap<Vec<u8>, Resolved>,
}

impl Lists {
    /// Takes in a record that is not an item.
    pub(in crate::store) fn add(&mut self, record: &ListRecord<'_>) {
        let (user_key, head_delta, len_delta, owned_expiry) = match record {
            ListRecord::Meta { user_key, meta } => (user_key, meta.head, meta.len, meta.owned_expiry()),
            ListRecord::Delta { user_key, delta, .. } => (user_key, delta.head_delta, delta.len_delta, None),
            ListRecord::Claim { .. } | ListRecord::Item { .. } => return,
        };
        let empty = || Parts { window: Window::EMPTY, owned_expiry: None };
        let parts = self.parts.entry(user_key.to_vec()).or_insert_with(empty);
        parts.window.add(head_delta, len_delta);
        parts.owned_expiry = parts.owned_expiry.or(owned_expiry);
    }

    /// What is there once every record but the items has come.
    pub(in crate::store) fn resolve(self, ttls: &HashMap<Vec<u8>, ExpireAtMs>) -> Result<ResolvedLists, StoreError> {
        let mut by_key = BTreeMap::new();
        for (user_key, parts) in self.parts {
            let key = UserKey(user_key);
            let (head, len) = parts.window.resolve(&key)?;
            if len > 0 {
                let expire_at = expiry::resolve(parts.owned_expiry, ttls.get(key.as_bytes()).copied());
                by_key.insert(key.0, Resolved { head, len, expire_at, items: Vec::new() });
            }
        }
        Ok(ResolvedLists { by_key })
    }
}

impl ResolvedLists {
    /// The user keys, ascending.
    pub(in crate::store) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.by_key.keys().map(Vec::as_slice)
    }

    /// Takes in an item. A seq outside the window is passed over.
    pub(in crate::store) fn add(&mut self, record: &ListRecord<'_>) {
        let ListRecord::Item { user_key, seq, value } = record else { return };
        if let Some(list) = self.by_key.get_mut(*user_key)
            && (list.head..list.head + list.len).contains(&seq.0)
        {
            list.items.push(value.to_vec());
        }
    }

    pub(in crate::store) fn into_keys(self) -> impl Iterator<Item = (Vec<u8>, KeyState)> {
        self.by_key.into_iter().map(|(user_key, list)| (user_key, KeyState::list(list.items, list.expire_at)))
    }
}
