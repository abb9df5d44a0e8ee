//! Two states that must be equal.

use super::stop::Stop;
use crate::compare::{SideNames, compare};
use crate::finding::{Finding, FindingKind};
use crate::state::State;

/// Compares at the expected state's time, and gives the number of empty lists that `found` kept.
pub(super) fn require_equal(
    expected: &State,
    found: &State,
    names: SideNames<'_>,
    kind: FindingKind,
) -> Result<u64, Stop> {
    let now_ms = expected.last_ms.unwrap_or(0);
    let comparison = compare(expected, found, now_ms);
    match Finding::of_states(kind, &comparison, expected, found, names) {
        Some(finding) => Err(Stop::Finding(finding)),
        None => Ok(comparison.empty_kept.len() as u64),
    }
}
