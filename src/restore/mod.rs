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

mod error;
mod list;

use std::collections::BTreeMap;

use crate::format::{ExpireAtMs, expiry};
use crate::state::{KeyState, Value};

pub use error::RestoreError;

/// Records by logical key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// The records of keys, in the form that the module describes.
///
/// # Errors
///
/// A key that the store's limits do not allow.
pub fn records(keys: &BTreeMap<Vec<u8>, KeyState>) -> Result<Records, RestoreError> {
    let mut records = Records::new();
    for (user_key, KeyState { value, expire_at }) in keys {
        let expiry_field = match expire_at {
            Some(ExpireAtMs(0)) => None,
            expire_at => Some(expire_at.map_or(0, |expire_at| expire_at.0)),
        };
        match value {
            Value::List(items) => list::put(user_key, items, expiry_field, &mut records)?,
        }
        if let Some(expire_at) = expire_at {
            records.insert(expiry::ttl_key(user_key), expire_at.to_record_value().to_vec());
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::KEY_LIMIT_BYTES;

    fn records_of(expire_at_ms: Option<u64>, items: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let items = items.iter().map(|item| item.to_vec()).collect();
        let list = KeyState::list(items, expire_at_ms.map(ExpireAtMs));
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
        let error = records(&[(key, KeyState::list(Vec::new(), None))].into()).expect_err("too long");
        assert!(error.to_string().contains("the store's limit is 1048576"), "{error}");
    }
}
