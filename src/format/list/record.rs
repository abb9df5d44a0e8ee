//! The records of lists, told apart.
//!
//! A prefix alone does not tell. The meta key of a user key that begins with `d|` lies in the delta namespace
//! (`!lst|meta|d|`), and a user key `d|` + length + other key + 12 bytes has a meta key that is, byte for byte, a delta
//! key of that other list. The *value's length* decides: 16 bytes are a delta, 24 or 32 a meta. Items of user keys that
//! extend one another interleave, but their keys are split from the right, so each names exactly one list.
//!
//! ```text
//! starts with     value length   is
//! !lst|meta|d|    16             delta; its key must then be len u32, user key, 12 bytes
//! !lst|meta|      24, 32         meta of everything after the prefix
//! !lst|itm|       any            item; at least 8 bytes after the prefix
//! !lst|claim|     any            claim; len u32, user key, 8 bytes
//! ```

use super::keys::{CLAIM_PREFIX, DELTA_PREFIX, DELTA_SUFFIX_BYTES, ITEM_PREFIX, META_PREFIX};
use super::values::{ListDelta, ListMeta};
use crate::format::seq::{CommitTs, Seq};

/// A record of a list, its parts borrowed from the key and value that were classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described with the variants")]
pub enum ListRecord<'a> {
    /// The base meta.
    Meta { user_key: &'a [u8], meta: ListMeta },
    /// An item.
    Item { user_key: &'a [u8], seq: Seq, value: &'a [u8] },
    /// What one push or pop did to the window; `seq_in_txn` tells the deltas of one transaction apart.
    Delta { user_key: &'a [u8], commit_ts: CommitTs, seq_in_txn: u32, delta: ListDelta },
    /// The trace of a pop at `seq`. It never hides an item: a seq can be used again under its old claim.
    Claim { user_key: &'a [u8], seq: Seq },
}

impl<'a> ListRecord<'a> {
    /// The user key of the list.
    pub fn user_key(&self) -> &'a [u8] {
        match self {
            ListRecord::Meta { user_key, .. }
            | ListRecord::Item { user_key, .. }
            | ListRecord::Delta { user_key, .. }
            | ListRecord::Claim { user_key, .. } => user_key,
        }
    }

    /// The word for the kind of record.
    pub fn kind(&self) -> &'static str {
        match self {
            ListRecord::Meta { .. } => "meta",
            ListRecord::Item { .. } => "item",
            ListRecord::Delta { .. } => "delta",
            ListRecord::Claim { .. } => "claim",
        }
    }
}

/// What is wrong with a record of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFault {
    /// A meta value of this many bytes.
    MetaBytes(usize),
    /// A meta whose length field is above `i64::MAX`.
    MetaLen(u64),
    /// The value of a delta-shaped key has this many bytes.
    DeltaBytes(usize),
    /// An item key with this many bytes after the prefix.
    ItemKeyBytes(usize),
    /// A delta or claim key whose length prefix does not fit what follows; the field is the kind of record.
    LengthPrefix(&'static str),
}

impl std::fmt::Display for ListFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ListFault::MetaBytes(bytes) => write!(f, "meta value has {bytes} bytes, must have 24 or 32"),
            ListFault::MetaLen(len) => write!(f, "meta length {len} is above {}", i64::MAX),
            ListFault::DeltaBytes(bytes) => write!(f, "delta value has {bytes} bytes, must have 16"),
            ListFault::ItemKeyBytes(bytes) => {
                write!(f, "item key has {bytes} bytes after its prefix, must have 8 or more")
            }
            ListFault::LengthPrefix(kind) => {
                write!(f, "malformed length prefix: the {kind} key's length field does not fit what follows it")
            }
        }
    }
}

/// Says which record of a list this is; `None` if its key is that of no list's.
#[inline]
pub(in crate::format) fn classify<'a>(key: &'a [u8], value: &'a [u8]) -> Option<Result<ListRecord<'a>, ListFault>> {
    if let Some(rest) = key.strip_prefix(ITEM_PREFIX) {
        let parts = rest.split_last_chunk::<{ Seq::BYTES }>().ok_or(ListFault::ItemKeyBytes(rest.len()));
        return Some(parts.map(|(user_key, seq)| ListRecord::Item { user_key, seq: Seq::from_bytes(*seq), value }));
    }
    classify_all_but_items(key, value)
}

fn classify_all_but_items<'a>(key: &'a [u8], value: &'a [u8]) -> Option<Result<ListRecord<'a>, ListFault>> {
    if let Some(rest) = key.strip_prefix(META_PREFIX) {
        return Some(meta_or_delta(rest, key.strip_prefix(DELTA_PREFIX), value));
    }
    let parts = length_prefixed::<{ Seq::BYTES }>(key.strip_prefix(CLAIM_PREFIX)?);
    let claim = parts.map(|(user_key, seq)| ListRecord::Claim { user_key, seq: Seq::from_bytes(seq) });
    Some(claim.ok_or(ListFault::LengthPrefix("claim")))
}

/// `user_key` is what follows the meta prefix; `delta` what follows the delta prefix, if the key has that.
fn meta_or_delta<'a>(
    user_key: &'a [u8],
    delta: Option<&'a [u8]>,
    value: &'a [u8],
) -> Result<ListRecord<'a>, ListFault> {
    if let Some(meta) = ListMeta::from_bytes(value) {
        return Ok(ListRecord::Meta { user_key, meta: meta.map_err(ListFault::MetaLen)? });
    }
    let Some(delta) = delta else {
        return Err(ListFault::MetaBytes(value.len()));
    };
    let parts = length_prefixed::<{ DELTA_SUFFIX_BYTES }>(delta);
    match (<[u8; ListDelta::BYTES]>::try_from(value), parts) {
        (Ok(value), Some((user_key, suffix))) => {
            let (commit_ts, seq_in_txn) = suffix_parts(suffix);
            Ok(ListRecord::Delta { user_key, commit_ts, seq_in_txn, delta: ListDelta::from_bytes(value) })
        }
        (Ok(_), None) => Err(ListFault::LengthPrefix("delta")),
        (Err(_), Some(_)) => Err(ListFault::DeltaBytes(value.len())),
        (Err(_), None) => Err(ListFault::MetaBytes(value.len())),
    }
}

/// The delta whose key has this after the prefix that the deltas of its list start with, as [`crate::format::record::classify`]
/// finds it; `None` if the record is anything else. A store reads so many deltas that it counts what each takes.
#[inline]
pub fn delta_after_prefix(suffix: &[u8], value: &[u8]) -> Option<(CommitTs, u32, ListDelta)> {
    let (commit_ts, seq_in_txn) = suffix_parts(suffix.try_into().ok()?);
    Some((commit_ts, seq_in_txn, ListDelta::from_bytes(value.try_into().ok()?)))
}

#[inline]
fn suffix_parts(suffix: [u8; DELTA_SUFFIX_BYTES]) -> (CommitTs, u32) {
    let [a, b, c, d, e, f, g, h, number @ ..] = suffix;
    (CommitTs(u64::from_be_bytes([a, b, c, d, e, f, g, h])), u32::from_be_bytes(number))
}

/// Splits `len u32 BE, user key, suffix`, where nothing may be left over.
fn length_prefixed<const SUFFIX: usize>(bytes: &[u8]) -> Option<(&[u8], [u8; SUFFIX])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (user_key, suffix) = rest.split_last_chunk::<SUFFIX>()?;
    (user_key.len() == usize::try_from(u32::from_be_bytes(*len)).ok()?).then_some((user_key, *suffix))
}
