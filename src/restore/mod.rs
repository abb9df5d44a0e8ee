//! The way back: what a dump says becomes records again.
//!
//! ```text
//! each list    items at seq 0 ..
//!              a base meta {head 0, tail n, len n}, and no deltas
//!   no expiry  32 bytes, expiry field 0
//!   an expiry  32 bytes, the expiry in the field, and a TTL record with the same
//!   expiry 0   24 bytes, and a TTL record of 0: in a field, 0 would mean none
//! ```
//!
//! So a dump of these records has the same lists, byte for byte, those without items included.

use std::collections::BTreeMap;

use crate::format::list::{item_key, longest_key_bytes, meta_key};
use crate::format::{KEY_LIMIT_BYTES, ListMeta, Seq, VALUE_LIMIT_BYTES, expiry, key_text};
use crate::state::ListState;

/// Records by logical key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Why a list cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Its key is too long for the store.
    #[error("list {key}: its records would have keys of {bytes} bytes, the store's limit is {KEY_LIMIT_BYTES}")]
    KeyTooLong {
        /// The user key, as people read it.
        key: String,
        /// The length of its longest record key.
        bytes: usize,
    },
    /// One of its items is too long for the store.
    #[error("list {key}: item {index} has {bytes} bytes, the store's limit is {VALUE_LIMIT_BYTES}")]
    ItemTooLong {
        /// The user key, as people read it.
        key: String,
        /// The item's place, from 0.
        index: usize,
        /// Its length.
        bytes: usize,
    },
}

/// The records of lists, in the form that the module describes.
///
/// # Errors
///
/// A list that the store's limits do not allow.
pub fn records(lists: &BTreeMap<Vec<u8>, ListState>) -> Result<Records, RestoreError> {
    let mut records = Records::new();
    for (user_key, list) in lists {
        check_limits(user_key, list)?;
        let expire_at_ms = list.expire_at.map(|expire_at| expire_at.0);
        let len = i64::try_from(list.items.len()).unwrap_or(i64::MAX);
        let expiry_field = match expire_at_ms {
            Some(0) => None,
            expire_at_ms => Some(expire_at_ms.unwrap_or(0)),
        };
        let meta = ListMeta { head: 0, tail: len, len, expiry_field };
        assert!(meta.invariant_holds(), "tail = head + len in {meta:?}");
        records.insert(meta_key(user_key), meta.to_bytes());
        if let Some(expire_at) = list.expire_at {
            records.insert(expiry::ttl_key(user_key), expire_at.to_record_value().to_vec());
        }
        for (seq, item) in (0..).map(Seq).zip(&list.items) {
            records.insert(item_key(user_key, seq), item.clone());
        }
    }
    Ok(records)
}

fn check_limits(user_key: &[u8], list: &ListState) -> Result<(), RestoreError> {
    let bytes = longest_key_bytes(user_key);
    if bytes > KEY_LIMIT_BYTES {
        return Err(RestoreError::KeyTooLong { key: key_text::quoted(user_key), bytes });
    }
    match list.items.iter().enumerate().find(|(_, item)| item.len() > VALUE_LIMIT_BYTES) {
        Some((index, item)) => {
            Err(RestoreError::ItemTooLong { key: key_text::quoted(user_key), index, bytes: item.len() })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::ExpireAtMs;

    fn records_of(expire_at_ms: Option<u64>, items: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let items = items.iter().map(|item| item.to_vec()).collect();
        let list = ListState { items, expire_at: expire_at_ms.map(ExpireAtMs) };
        records(&[(b"k".to_vec(), list)].into()).expect("within the limits").into_iter().collect()
    }

    #[test]
    fn a_list_is_a_base_meta_and_items_from_0_on() {
        let golden: [(&[u8], &[u8]); 4] = [
            (b"!lst|itm|k\x80\0\0\0\0\0\0\0", b"a"),
            (b"!lst|itm|k\x80\0\0\0\0\0\0\x01", b""),
            (b"!lst|meta|k", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01\0"),
            (b"!redis|ttl|k", b"\0\0\0\0\0\0\x01\0"),
        ];
        assert_eq!(records_of(Some(256), &[b"a", b""]), golden.map(|(key, value)| (key.to_vec(), value.to_vec())));
    }

    #[test]
    fn no_expiry_and_expiry_0_are_told_apart() {
        let none = records_of(None, &[]);
        assert_eq!(none, [(b"!lst|meta|k".to_vec(), vec![0; 32])]);
        let zero = records_of(Some(0), &[]);
        assert_eq!(zero, [(b"!lst|meta|k".to_vec(), vec![0; 24]), (b"!redis|ttl|k".to_vec(), vec![0; 8])]);
    }

    #[test]
    fn what_the_store_would_not_take_is_refused_by_name() {
        let key = vec![b'k'; KEY_LIMIT_BYTES];
        let error = records(&[(key, ListState::default())].into()).expect_err("too long");
        assert!(error.to_string().contains("the store's limit is 1048576"), "{error}");
    }
}
