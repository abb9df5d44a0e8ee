//! What a case checks beside the round trip from the database.

use crate::database::History;
use crate::decoder::Decoder;
use crate::faults::{Act, Fault};
use crate::snapshot::SnapshotShape;

/// What the cases of a campaign check beside the round trip from the database.
#[derive(Clone, Debug)]
pub struct Demands {
    /// Whether every version is kept, and earlier moments are looked at.
    pub history: History,
    /// The shape of the snapshots, if any are written.
    pub snapshot: Option<SnapshotShape>,
    /// Who reads them beside us.
    pub decoder: Option<Decoder>,
    /// What is done wrong on purpose, to see that it is found.
    pub fault: Option<Act>,
}

impl Demands {
    /// Nothing more.
    pub const NONE: Demands = Demands { history: History::Dropped, snapshot: None, decoder: None, fault: None };

    /// What it takes to meet a fault, and the fault.
    pub fn of_fault(fault: &Fault) -> Demands {
        let (history, snapshot) = fault.needs();
        Demands { history, snapshot, decoder: None, fault: Some(fault.act) }
    }
}
