//! Every fault, by the boundaries at which they act.

use super::fault::Fault;
use super::{batches, commands, presence, records, snapshots, states, trees};

/// Every fault, in the order of the boundaries.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    let tables = [
        commands::FAULTS,
        batches::FAULTS,
        records::FAULTS,
        presence::FAULTS,
        records::SHUFFLED_FAULTS,
        snapshots::FAULTS,
        trees::FAULTS,
        states::FAULTS,
    ];
    tables.into_iter().flatten()
}

/// The fault of this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    faults().find(|fault| fault.name == name)
}
