//! What commands do to a key, in terms of its list.

use crate::command::End;

/// What a command does to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Pushes so many items.
    Push(End, i64),
    /// Pops so many items, which are there; as half of a move it may leave the claims out.
    Pop(End, i64, IsMove),
    /// What follows a pop if nothing is left.
    Emptied,
    /// The list is replaced by one of so many items. No item is a deletion.
    Rewrite(i64),
    /// The key takes over a list of so many items and its expiry.
    Replace(i64, Option<u64>),
    /// The key goes.
    Delete,
    /// The key gets an expiry.
    Expire(u64),
    /// The key loses its expiry.
    Persist,
    /// A key without a list gets a head.
    Seed(i64),
}

/// Whether a pop is half of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsMove {
    Yes,
    No,
}
