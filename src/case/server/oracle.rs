//! A real Redis as the reference.

use std::collections::BTreeSet;

use super::side::Side;
use crate::case::hearing::{Hearing, Names, Turn, difference};
use crate::case::stop::{Stop, environment, unanswered};
use crate::format::key_text;
use crate::server::{Server, ServerError};
use crate::state::State;

/// Turns of our store that wait for the oracle, at most.
const WAITING_TURNS: usize = 128;

/// The oracle of one case.
pub(in crate::case) struct Oracle<'a> {
    side: Side<'a>,
    name: String,
    /// What our store has let hear, and the oracle has not been asked about yet.
    waiting: Vec<(Turn, Hearing)>,
}

impl<'a> Oracle<'a> {
    /// Begins a case.
    pub(in crate::case) fn new(server: &'a mut Server) -> Result<Oracle<'a>, ServerError> {
        let side = Side::new(server)?;
        let name = format!("oracle {}", side.address());
        Ok(Oracle { side, name, waiting: Vec::new() })
    }

    /// What it is called in findings.
    pub(in crate::case) fn name(&self) -> &str {
        &self.name
    }

    /// Takes down what our store lets hear of a turn, and sooner or later holds it against what the oracle says.
    pub(in crate::case) fn hold_against(&mut self, turn: Turn, store: Hearing) -> Result<(), Stop> {
        self.waiting.push((turn, store));
        if self.waiting.len() < WAITING_TURNS { Ok(()) } else { self.settle() }
    }

    /// Asks about all that waits.
    pub(in crate::case) fn settle(&mut self) -> Result<(), Stop> {
        let (turns, heard): (Vec<Turn>, Vec<Hearing>) = std::mem::take(&mut self.waiting).into_iter().unzip();
        let right = self.side.lead(&turns).map_err(unanswered)?;
        let names = Names { reference: &self.name, subject: "store" };
        let mut all = turns.iter().zip(right.iter().zip(&heard));
        match all.find_map(|(turn, (right, heard))| difference(turn, right, heard, names)) {
            Some(finding) => Err(Stop::Finding(finding)),
            None => Ok(()),
        }
    }

    /// What the oracle says of turns.
    pub(super) fn lead(&mut self, turns: &[Turn]) -> Result<Vec<Hearing>, ServerError> {
        self.side.lead(turns)
    }

    /// What the oracle shows, after all that waits.
    pub(in crate::case) fn state(&mut self) -> Result<State, Stop> {
        self.settle()?;
        let found = self.side.state(BTreeSet::new()).map_err(unanswered)?;
        match found.other_types.first_key_value() {
            None => Ok(found.state),
            Some((key, name)) => {
                let (oracle, key) = (&self.name, key_text::quoted(key));
                Err(environment(format!("{oracle}: key {key} is of type {name}; does someone else use it?")))
            }
        }
    }
}
