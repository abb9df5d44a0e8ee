//! The keys of list records.
//!
//! ```text
//! meta   "!lst|meta|"  user key
//! item   "!lst|itm|"   user key  seq(8)
//! delta  "!lst|meta|d|"  len(user key) u32 BE  user key  commitTS u64 BE  seqInTxn u32 BE
//! claim  "!lst|claim|"   len(user key) u32 BE  user key  seq(8)
//! fence  "!redis|txn-wide-list|"  user key
//! ```
//!
//! Meta and item keys carry no length. An item key is split from the right, which makes (user key, seq) and the key a
//! bijection; but items of user keys that extend one another sort between each other's. A meta key of a user key that
//! begins with `d|` lies among the deltas: [`crate::format::record`] says how the two are told apart.

use crate::format::seq::{CommitTs, Seq};

/// Where metas live, and below it the deltas.
pub const META_PREFIX: &[u8] = b"!lst|meta|";
/// Where items live.
pub const ITEM_PREFIX: &[u8] = b"!lst|itm|";
/// Where deltas live, among them the metas of user keys that begin with `d|`.
pub const DELTA_PREFIX: &[u8] = b"!lst|meta|d|";
/// Where claims live.
pub const CLAIM_PREFIX: &[u8] = b"!lst|claim|";
/// Where the write fences of lists live.
pub const FENCE_PREFIX: &[u8] = b"!redis|txn-wide-list|";

/// The bytes of a delta key after the user key: commitTS and seqInTxn.
pub const DELTA_SUFFIX_BYTES: usize = 12;

/// The key of a list's meta.
pub fn meta_key(user_key: &[u8]) -> Vec<u8> {
    [META_PREFIX, user_key].concat()
}

/// What the keys of a list's items start with; keys of longer user keys start with it too.
pub fn item_prefix(user_key: &[u8]) -> Vec<u8> {
    [ITEM_PREFIX, user_key].concat()
}

/// The key of an item.
pub fn item_key(user_key: &[u8], seq: Seq) -> Vec<u8> {
    [ITEM_PREFIX, user_key, &seq.to_bytes()].concat()
}

/// What the keys of a list's deltas start with. So does the meta key of a user key that imitates a delta.
pub fn delta_prefix(user_key: &[u8]) -> Vec<u8> {
    [DELTA_PREFIX, &length_prefix(user_key), user_key].concat()
}

/// The key of a delta.
pub fn delta_key(user_key: &[u8], commit_ts: CommitTs, seq_in_txn: u32) -> Vec<u8> {
    let (length, commit_ts, seq_in_txn) =
        (length_prefix(user_key), commit_ts.0.to_be_bytes(), seq_in_txn.to_be_bytes());
    [DELTA_PREFIX, &length, user_key, &commit_ts, &seq_in_txn].concat()
}

/// What the keys of a list's claims, and no others, start with.
pub fn claim_prefix(user_key: &[u8]) -> Vec<u8> {
    [CLAIM_PREFIX, &length_prefix(user_key), user_key].concat()
}

/// The key of a claim.
pub fn claim_key(user_key: &[u8], seq: Seq) -> Vec<u8> {
    [CLAIM_PREFIX, &length_prefix(user_key), user_key, &seq.to_bytes()].concat()
}

/// The key of a list's write fence.
pub fn fence_key(user_key: &[u8]) -> Vec<u8> {
    [FENCE_PREFIX, user_key].concat()
}

/// The longest logical key that records of `user_key` have, in bytes, to be held against [`crate::format::KEY_LIMIT_BYTES`].
pub fn longest_key_bytes(user_key: &[u8]) -> usize {
    DELTA_PREFIX.len() + 4 + user_key.len() + DELTA_SUFFIX_BYTES
}

/// A user key of 4 GiB cannot be a logical key (limit 1 MiB), so the conversion never saturates on data that is
/// written.
fn length_prefix(user_key: &[u8]) -> [u8; 4] {
    u32::try_from(user_key.len()).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_have_the_longest_keys() {
        for user_key in [&b""[..], b"L", &[b'k'; 300]] {
            let longest = longest_key_bytes(user_key);
            assert_eq!(delta_key(user_key, CommitTs(1), 0).len(), longest);
            for key in [meta_key(user_key), item_key(user_key, Seq(0)), claim_key(user_key, Seq(0))] {
                assert!(key.len() < longest, "{key:?}");
            }
        }
    }

    #[test]
    fn prefixes_are_what_keys_start_with() {
        assert_eq!(item_prefix(b"L"), b"!lst|itm|L");
        assert_eq!(delta_prefix(b"L"), b"!lst|meta|d|\0\0\0\x01L");
        assert_eq!(claim_prefix(b"L"), b"!lst|claim|\0\0\0\x01L");
        assert_eq!(claim_key(b"L", Seq(1)), b"!lst|claim|\0\0\0\x01L\x80\0\0\0\0\0\0\x01");
    }
}
