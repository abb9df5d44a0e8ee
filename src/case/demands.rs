//! What a case checks beside the round trip from the database.

use super::stop::{CaseError, Stop};
use crate::database::{Files, History};
use crate::decoder::Decoder;
use crate::faults::{Act, Fault};
use crate::jobs::Interrupt;
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
    /// Where the dumps are. Without one, they are on disk if somebody keeps the case, or if
    /// [`is_on_disk`](super::is_on_disk) says so.
    pub dumps: Option<Files>,
    /// Whether the case is over when its steps are, and what the store shows has been compared: no dump is made.
    pub only_steps: bool,
    /// Who wishes that a case ends between its steps and between what is compared.
    pub interrupt: Interrupt,
}

impl Demands {
    /// Nothing more.
    pub const NONE: Demands = Demands {
        history: History::Dropped,
        snapshot: None,
        decoder: None,
        fault: None,
        dumps: None,
        only_steps: false,
        interrupt: Interrupt::NEVER,
    };

    /// What it takes to meet a fault, and the fault.
    pub fn of_fault(fault: &Fault) -> Demands {
        let (history, snapshot) = fault.needs();
        Demands { history, snapshot, fault: Some(fault.act), ..Demands::NONE }
    }

    /// The same with somebody who may wish that the case ends; the decoder ends too.
    pub fn with_interrupt(self, interrupt: &Interrupt) -> Demands {
        let decoder = self.decoder.map(|decoder| decoder.with_interrupt(interrupt.clone()));
        Demands { decoder, interrupt: interrupt.clone(), ..self }
    }

    /// Fails if somebody wishes that the case ends.
    pub(super) fn go_on(&self) -> Result<(), Stop> {
        if self.interrupt.is_wished() { Err(Stop::Error(CaseError::Interrupted)) } else { Ok(()) }
    }
}
