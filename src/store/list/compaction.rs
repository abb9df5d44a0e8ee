//! Folding deltas into the base meta, in two steps between which other commands may commit.
//!
//! The first step reads; the second writes the resolved meta that was read as the new base, and deletes the deltas that
//! were read and no others: a delta committed in between stays, and adds to the new base. It gives up when something
//! that it read is no longer so (the base meta, the expiry, one of the deltas), as the live store's conflict check
//! makes it, and when the list was empty but has been pushed to since, for then the base to be deleted says where that
//! push began.

use super::records::{List, claim_keys, fold, load};
use crate::command::UserKey;
use crate::format::ExpireAtMs;
use crate::store::error::StoreError;
use crate::store::expiry::ttl_record;
use crate::store::transaction::Transaction;

/// What the first step saw.
#[derive(Clone)]
pub(in crate::store) struct PendingCompaction {
    list: List,
    ttl: Option<ExpireAtMs>,
    /// Claims outside the window.
    stale_claims: Vec<Vec<u8>>,
}

pub(in crate::store) fn read(transaction: &Transaction<'_>, key: &UserKey) -> Result<PendingCompaction, StoreError> {
    let list = load(transaction, key)?;
    let (head, tail) = (list.head, list.tail());
    let stale_claims = claim_keys(transaction, key.as_bytes(), |seq| seq < head || seq >= tail)?;
    let ttl = ttl_record(transaction, key)?;
    Ok(PendingCompaction { list, ttl, stale_claims })
}

pub(in crate::store) fn commit(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    pending: &PendingCompaction,
) -> Result<(), StoreError> {
    let now = load(transaction, key)?;
    let seen = &pending.list;
    // Both are in key order.
    let folded_still_there = seen.deltas.iter().all(|delta| now.deltas.binary_search(delta).is_ok());
    let grown_from_nothing = seen.len == 0 && now.deltas.len() > seen.deltas.len();
    if now.base != seen.base
        || ttl_record(transaction, key)? != pending.ttl
        || !folded_still_there
        || grown_from_nothing
    {
        return Ok(());
    }
    for claim_key in &pending.stale_claims {
        transaction.delete(claim_key.clone());
    }
    if seen.base.is_none() && seen.deltas.is_empty() {
        return Ok(());
    }
    let mut folded = List {
        key: key.clone(),
        base: seen.base,
        deltas: seen.deltas.clone(),
        head: seen.head,
        len: seen.len,
        expire_at: seen.expire_at,
    };
    fold(transaction, &mut folded);
    Ok(())
}
