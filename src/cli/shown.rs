//! What a source shows, and how exact it is.

use crate::state::State;

/// What a source shows.
pub(super) struct Shown {
    pub(super) state: State,
    /// By how many milliseconds its expiries may be off; `None` if it tells none.
    pub(super) expiry_uncertainty_ms: Option<u64>,
}
