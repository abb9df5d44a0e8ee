//! Who says what is right in a case with a server in place of our store.

use super::oracle::Oracle;
use crate::case::hearing::{Hearing, Turn};
use crate::case::replay::model_state;
use crate::case::stop::Stop;
use crate::model::Model;
use crate::server::{Server, ServerError};
use crate::state::State;

/// Who is right.
pub(super) enum Right<'a> {
    Model(Model),
    Oracle(Oracle<'a>),
}

impl<'a> Right<'a> {
    /// The oracle, with an empty database, or else the model.
    pub(super) fn new(oracle: Option<&'a mut Server>) -> Result<Right<'a>, ServerError> {
        match oracle {
            None => Ok(Right::Model(Model::new())),
            Some(oracle) => Oracle::new(oracle).map(Right::Oracle),
        }
    }

    /// What it is called in findings.
    pub(super) fn name(&self) -> &str {
        match self {
            Right::Model(_) => "model",
            Right::Oracle(oracle) => oracle.name(),
        }
    }

    /// What it says of turns.
    pub(super) fn lead(&mut self, turns: &[Turn]) -> Result<Vec<Hearing>, ServerError> {
        match self {
            Right::Model(model) => Ok(turns.iter().map(|turn| Hearing::of_model(model, turn)).collect()),
            Right::Oracle(oracle) => oracle.lead(turns),
        }
    }

    /// What it shows.
    pub(super) fn state(&mut self) -> Result<State, Stop> {
        match self {
            Right::Model(model) => Ok(model_state(model)),
            Right::Oracle(oracle) => oracle.state(),
        }
    }
}
