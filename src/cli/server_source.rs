//! The lists of a running server.

use std::collections::{BTreeMap, BTreeSet};

use super::ended::Failure;
use super::output::note;
use super::password::with_password;
use super::shown::Shown;
use crate::format::counted;
use crate::jobs::Interrupt;
use crate::server::{ExpiryReading, Patience, RESPONSE_TIMEOUT, Server, ServerAddress};

/// Reads the lists of a database, as they are.
pub(super) fn read(address: &ServerAddress) -> Result<Shown, Failure> {
    let patience = Patience { timeout: RESPONSE_TIMEOUT, interrupt: Interrupt::NEVER };
    let mut server = Server::open(&with_password(address), &patience).map_err(Failure::input)?;
    let found = server.state(BTreeSet::new()).map_err(Failure::input)?;
    let reading = server.expiry_reading();
    match reading {
        ExpiryReading::Exact => {}
        ExpiryReading::Remaining(name) => {
            note(&format!("{address}: it knows no PEXPIRETIME; expiries are reckoned from {name}, so not exact"));
        }
        ExpiryReading::Unknown => note(&format!("{address}: it tells no expiries; none are shown")),
    }
    if !found.other_types.is_empty() {
        let mut by_type: BTreeMap<&str, u64> = BTreeMap::new();
        found.other_types.values().for_each(|name| *by_type.entry(name).or_default() += 1);
        let counts: Vec<String> = by_type.into_iter().map(|(name, count)| format!("{count} {name}")).collect();
        let skipped = counted(found.other_types.len() as u64, "key");
        note(&format!("{address}: skipped {skipped} of other types ({})", counts.join(", ")));
    }
    Ok(Shown { expiry_uncertainty_ms: uncertainty_ms(reading, found.expiry_spread_ms), state: found.state })
}

/// By how much expiries may be off that were read in this way: by the rounding of what the server says, by the time that
/// reading took, and by a margin, so that a server that is busy for a moment shows no difference that is not there.
fn uncertainty_ms(reading: ExpiryReading, spread_ms: u64) -> Option<u64> {
    const STEP_MS: u64 = 500;
    match reading {
        ExpiryReading::Exact => Some(0),
        // Whole steps, so that the same two servers are compared alike each time.
        ExpiryReading::Remaining(name) => {
            let rounding_ms = if name == "TTL" { 1000 } else { 1 };
            Some((spread_ms + rounding_ms).next_multiple_of(STEP_MS))
        }
        ExpiryReading::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reckoned_is_uncertain_by_its_rounding_and_by_the_time_that_it_took() {
        for (reading, spread_ms, expected) in [
            (ExpiryReading::Exact, 0, Some(0)),
            (ExpiryReading::Remaining("PTTL"), 3, Some(500)),
            (ExpiryReading::Remaining("PTTL"), 700, Some(1000)),
            (ExpiryReading::Remaining("TTL"), 3, Some(1500)),
            (ExpiryReading::Unknown, 0, None),
        ] {
            assert_eq!(uncertainty_ms(reading, spread_ms), expected, "{reading:?} {spread_ms}");
        }
    }
}
