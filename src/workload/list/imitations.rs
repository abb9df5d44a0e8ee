//! User keys that make the records of one list look like those of another.

use crate::format::CommitTs;
use crate::format::list::{DELTA_PREFIX, META_PREFIX, delta_key};

/// The user key whose meta key is a delta key of `other`. Real commit timestamps are of today or later, so that this one,
/// of the first milliseconds of 1970, is never written by the store itself.
pub(in crate::workload) fn imitated_delta(other: &[u8], commit_ts: u64, seq_in_txn: u32) -> Vec<u8> {
    debug_assert!(DELTA_PREFIX.starts_with(META_PREFIX));
    delta_key(other, CommitTs(commit_ts), seq_in_txn).split_off(META_PREFIX.len())
}
