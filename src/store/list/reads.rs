//! Which of a list's keys a transaction must find unchanged when it commits.
//!
//! ```text
//! whole     the base meta, the TTL record, the four fences; of a list of length 0 also the deltas that say where it begins
//! push      the list's fence, and the items at both ends
//! pop       the list's fence; what else it needs, it writes
//! expiry    the base meta, the TTL record, the fences of the other types, which a push or pop that leaves the list does not put
//! ```
//!
//! A push or pop finds nothing of the base meta there, so compactions and expiries commute with it. Deltas that a push must not
//! miss come with the list's fence; a list that is deleted, emptied or written anew puts the fences of every type.

use super::loaded::List;
use crate::format::family::fence_keys;
use crate::format::{Seq, expiry, list};
use crate::store::transaction::Transaction;

/// What a list is read for, if it is there. One that is missing or expired is read as a whole for whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Purpose {
    /// To see it, delete it or write it anew.
    Whole,
    /// To push to it.
    Push,
    /// To pop from it.
    Pop,
    /// To set or drop its expiry.
    Expiry,
}

pub(super) fn note(transaction: &mut Transaction<'_>, list: &List, purpose: Purpose) {
    transaction.note_reads(|| keys(list, purpose));
    if let Some(expire_at) = list.expire_at.filter(|expire_at| list.len > 0 && !expire_at.is_past(transaction.now_ms)) {
        transaction.note_expiry(expire_at);
    }
}

fn keys(list: &List, purpose: Purpose) -> Vec<Vec<u8>> {
    let user_key = list.key.as_bytes();
    let mut fences = fence_keys(user_key);
    let own_fence = fences.next();
    let mut keys = Vec::new();
    match purpose {
        Purpose::Whole | Purpose::Expiry => {
            keys.extend([list::meta_key(user_key), expiry::ttl_key(user_key)]);
            keys.extend(fences);
        }
        Purpose::Push => keys.extend([list.head, list.tail() - 1].map(|seq| list::item_key(user_key, Seq(seq)))),
        Purpose::Pop => {}
    }
    if purpose != Purpose::Expiry {
        keys.extend(own_fence);
    }
    if list.len == 0 {
        keys.extend(list.deltas.iter().map(|(commit_ts, number)| list::delta_key(user_key, *commit_ts, *number)));
    }
    keys
}
