//! What a client waits for.

use crate::command::UserKey;

/// A blocking command that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    /// The database of its keys.
    pub(super) db: u64,
    /// What it waits for.
    pub(super) keys: Vec<UserKey>,
    /// The command.
    pub(super) args: Vec<Vec<u8>>,
    /// When it gives up.
    pub(super) until_ms: Option<u64>,
}
