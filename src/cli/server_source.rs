//! The lists of a running server.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ended::Failure;
use super::output::note;
use crate::format::counted;
use crate::server::{ExpiryReading, RESPONSE_TIMEOUT, Server, ServerAddress};
use crate::state::State;

/// Reads what follows `redis://`.
pub(super) fn read(operand: &Path) -> Result<State, Failure> {
    let address = format!("{}{}", ServerAddress::SCHEME, operand.display());
    let address: ServerAddress = address.parse().map_err(|problem| Failure::Input(format!("{address}: {problem}")))?;
    let mut server = Server::open(&address, RESPONSE_TIMEOUT).map_err(Failure::input)?;
    let found = server.state(BTreeSet::new()).map_err(Failure::input)?;
    match server.expiry_reading() {
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
    Ok(found.state)
}
