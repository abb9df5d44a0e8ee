//! The records of a list.

use std::collections::BTreeMap;

use super::error::RestoreError;
use crate::format::list::{item_key, longest_key_bytes, meta_key};
use crate::format::{KEY_LIMIT_BYTES, ListMeta, Seq, VALUE_LIMIT_BYTES, key_text};

/// Puts the meta and the items of a list among the records.
pub(super) fn put(
    user_key: &[u8],
    items: &[Vec<u8>],
    expiry_field: Option<u64>,
    records: &mut BTreeMap<Vec<u8>, Vec<u8>>,
) -> Result<(), RestoreError> {
    check_limits(user_key, items)?;
    let len = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let meta = ListMeta { head: 0, tail: len, len, expiry_field };
    assert!(meta.invariant_holds(), "tail = head + len in {meta:?}");
    records.insert(meta_key(user_key), meta.to_bytes());
    for (seq, item) in (0..).map(Seq).zip(items) {
        records.insert(item_key(user_key, seq), item.clone());
    }
    Ok(())
}

fn check_limits(user_key: &[u8], items: &[Vec<u8>]) -> Result<(), RestoreError> {
    let bytes = longest_key_bytes(user_key);
    if bytes > KEY_LIMIT_BYTES {
        return Err(RestoreError::KeyTooLong { key: key_text::quoted(user_key), bytes });
    }
    match items.iter().enumerate().find(|(_, item)| item.len() > VALUE_LIMIT_BYTES) {
        Some((index, item)) => {
            Err(RestoreError::ItemTooLong { key: key_text::quoted(user_key), index, bytes: item.len() })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_items_of_exactly_the_limit_are_taken() {
        // The zeros are never touched, so they take no memory.
        let item = |bytes| [Vec::new(), vec![0; bytes]];
        let key = |bytes| vec![b'k'; bytes];
        let longest = KEY_LIMIT_BYTES - longest_key_bytes(b"");
        check_limits(&key(longest), &item(VALUE_LIMIT_BYTES)).expect("within the limits");
        let error = check_limits(&key(longest + 1), &[]).expect_err("a key too long");
        assert!(matches!(error, RestoreError::KeyTooLong { bytes, .. } if bytes == KEY_LIMIT_BYTES + 1), "{error}");
        let error = check_limits(b"k", &item(VALUE_LIMIT_BYTES + 1)).expect_err("an item too long");
        assert!(
            matches!(error, RestoreError::ItemTooLong { index: 1, bytes, .. } if bytes == VALUE_LIMIT_BYTES + 1),
            "{error}"
        );
    }
}
