//! Every fault, by the boundaries at which they act.

use super::fault::Fault;
use super::{expiries, list, snapshots, transactions, trees};
use crate::format::Family;

/// The tables, in the order of the boundaries, each with the family that it is about; none is what all families share.
pub(super) const TABLES: &[(Option<Family>, &[Fault])] = &[
    (LISTS, list::commands::ENDS),
    (None, expiries::ASKED),
    (LISTS, list::commands::MOVES_AND_REWRITES),
    (LISTS, list::batches::PUSHES_AND_POPS),
    (None, expiries::WRITTEN),
    (LISTS, list::batches::WHOLE_LISTS),
    (LISTS, list::batches::PARTIAL_FOLDS),
    (LISTS, list::fences::OF_COMMANDS),
    (LISTS, list::conflicts::READS),
    (None, transactions::TESTS),
    (LISTS, list::records::WINDOWS),
    (None, expiries::RECORDED),
    (LISTS, list::records::CONTENTS),
    (LISTS, list::presence::SIGNS),
    (None, expiries::CUT),
    (LISTS, list::presence::METAS),
    (LISTS, list::records::SHUFFLED),
    (LISTS, list::presence::SHUFFLED_SIGNS),
    (None, snapshots::COMMITS),
    (LISTS, list::snapshots::FAULTS),
    (None, snapshots::ROWS_AND_FILES),
    (LISTS, list::bodies::TEXTS),
    (None, trees::NAMES),
    (LISTS, list::bodies::STALE),
    (None, trees::FILES),
    (LISTS, list::states::ITEMS_READ),
    (None, expiries::SHOWN),
    (LISTS, list::states::LISTS_READ),
];

const LISTS: Option<Family> = Some(Family::List);

/// Every fault, in the order of the boundaries.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    TABLES.iter().flat_map(|(_, faults)| *faults)
}

/// The fault of this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    faults().find(|fault| fault.name == name)
}
