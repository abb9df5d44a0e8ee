//! Lists, as probes put them into snapshots and look for them in dumps.

use serde_json::Value;

use super::byte_strings::{byte_string, shown_bytes};
use super::snapshot::Rows;
use crate::format::list::{item_key, meta_key};
use crate::format::{ExpireAtMs, ListMeta, Seq};
use crate::state::{KeyState, State};

impl Rows {
    /// Items from `first` on, and nothing else of their list.
    pub(super) fn items(self, user_key: &[u8], first: i64, items: &[&[u8]]) -> Rows {
        (first..).zip(items).fold(self, |rows, (seq, item)| rows.put(item_key(user_key, Seq(seq)), item))
    }

    /// Items from 0 on, and the meta of 24 bytes that they are due.
    pub(super) fn list(self, user_key: &[u8], items: &[&[u8]]) -> Rows {
        self.items(user_key, 0, items).put(meta_key(user_key), meta(0, items.len() as i64, None))
    }
}

/// The value of a meta that keeps the invariant.
pub(super) fn meta(head: i64, len: i64, expiry_field: Option<u64>) -> Vec<u8> {
    ListMeta { head, tail: head.wrapping_add(len), len, expiry_field }.to_bytes()
}

/// Lists without an expiry.
pub(super) fn lists(lists: &[(&[u8], &[&[u8]])]) -> State {
    expiring(&lists.iter().map(|(user_key, items)| (*user_key, *items, None)).collect::<Vec<_>>())
}

/// A user key, its items, and when it goes away in Unix milliseconds, if it does.
type ListRow<'a> = (&'a [u8], &'a [&'a [u8]], Option<u64>);

/// Lists, some of which may go away.
pub(super) fn expiring(lists: &[ListRow<'_>]) -> State {
    let list = |(user_key, items, expire_at_ms): &ListRow<'_>| {
        let items = items.iter().map(|item| item.to_vec()).collect();
        (user_key.to_vec(), KeyState::list(items, expire_at_ms.map(ExpireAtMs)))
    };
    State { keys: lists.iter().map(list).collect(), last_ms: None }
}

/// The items of a body.
pub(super) fn items(body: &Value) -> Result<Vec<Vec<u8>>, String> {
    let items = body.get("items").and_then(Value::as_array).ok_or("there is no array \"items\"")?;
    let items = items.iter().enumerate().map(|(index, value)| {
        byte_string(value).ok_or_else(|| format!("item {index} is neither a string nor an object with \"base64\""))
    });
    items.collect()
}

/// A list in a few words.
pub(super) fn shown(items: &[Vec<u8>]) -> String {
    let items: Vec<String> = items.iter().map(|item| shown_bytes(item)).collect();
    format!("[{}]", items.join(" "))
}
