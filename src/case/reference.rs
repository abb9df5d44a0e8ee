//! Whom our store is held against.

use super::replay::model_state;
use super::server::Oracle;
use super::stop::Stop;
use crate::model::Model;
use crate::state::State;

/// Whom the store is held against.
pub(super) enum Reference<'a> {
    Model(Model),
    Oracle(Oracle<'a>),
}

impl Reference<'_> {
    /// What Redis shows in the end.
    pub(super) fn state(&mut self) -> Result<State, Stop> {
        match self {
            Reference::Model(model) => Ok(model_state(model)),
            Reference::Oracle(oracle) => oracle.state(),
        }
    }

    /// Compares all that has not been compared yet.
    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        match self {
            Reference::Model(_) => Ok(()),
            Reference::Oracle(oracle) => oracle.settle(),
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Reference::Model(_) => "Redis",
            Reference::Oracle(oracle) => oracle.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_call_the_model_redis() {
        assert_eq!(Reference::Model(Model::new()).name(), "Redis");
    }
}
