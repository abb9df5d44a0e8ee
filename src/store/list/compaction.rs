//! Folding deltas into the base meta, in two steps between which other commands may commit.
//!
//! The first step reads; the second writes the resolved meta that was read as the new base, and deletes the deltas that
//! were read and no others: a delta committed in between stays, and adds to the new base. It gives up when something
//! that it has read or writes was written in between: the base meta, the expiry, one of the deltas or stale claims; and of
//! an empty list the fence, for a push since has begun where the base to be deleted says.

use super::loaded::List;
use super::records::{claim_keys, fold, load};
use crate::command::UserKey;
use crate::format::{expiry, list};
use crate::store::error::StoreError;
use crate::store::transaction::Transaction;

/// What the first step saw.
#[derive(Clone)]
pub(in crate::store) struct PendingCompaction {
    list: List,
    /// Claims outside the window.
    stale_claims: Vec<Vec<u8>>,
}

pub(in crate::store) fn read(transaction: &Transaction<'_>, key: &UserKey) -> Result<PendingCompaction, StoreError> {
    let list = load(transaction, key)?;
    let (head, tail) = (list.head, list.tail());
    let stale_claims = claim_keys(transaction, key.as_bytes(), |seq| seq < head || seq >= tail)?;
    Ok(PendingCompaction { list, stale_claims })
}

pub(in crate::store) fn commit(
    transaction: &mut Transaction<'_>,
    key: &UserKey,
    pending: &PendingCompaction,
) -> Result<(), StoreError> {
    let seen = &pending.list;
    transaction.note_reads(|| {
        let fence = (seen.len == 0).then(|| list::fence_key(key.as_bytes()));
        [list::meta_key(key.as_bytes()), expiry::ttl_key(key.as_bytes())].into_iter().chain(fence)
    });
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
