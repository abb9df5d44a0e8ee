//! The runs of several clients on one server, and the commands that run them again.

use super::arguments::Arguments;
use super::mismatch::shaping_flags;
use crate::cli::ended::Failure;
use crate::clients::{ClientsError, Plan, record};
use crate::history::{History, Judgement};
use crate::server::{Patience, Server};

/// A server and the keys that the next run may use.
pub(super) struct Runs {
    pub(super) server: Server,
    pub(super) patience: Patience,
    /// Whether the server's clock can be asked.
    pub(super) has_clock: bool,
    /// How many there were.
    pub(super) runs: u64,
}

impl Runs {
    /// Runs a plan on keys of its own, and leaves none.
    pub(super) fn record(&mut self, plan: &Plan) -> Result<History, Failure> {
        self.runs += 1;
        let plan = plan.with_prefix(&format!("h{}:", self.runs));
        self.server.own(&plan.keys).map_err(Failure::input)?;
        let address = self.server.address().clone();
        let history = record(&plan, &address, &self.patience).map_err(|error| match error {
            ClientsError::Server(error) => Failure::input(error),
            error @ ClientsError::Thread => Failure::Defect(error.to_string()),
        });
        self.server.clear().map_err(Failure::input)?;
        history
    }

    /// A history with times of the server's clock, which was lost on the way, says nothing.
    pub(super) fn judge(&self, history: &History, states: u64) -> Judgement {
        if self.has_clock && history.clock.is_none() {
            return Judgement::Undecided { states: 0 };
        }
        history.judge(states)
    }
}

/// The command that lets clients send the same again, in so many histories from a seed on.
pub(super) fn repeat(arguments: &Arguments, seed: u64, histories: u64) -> String {
    let words = ["ekv-roundtrip", "verify", "--seed", &seed.to_string(), "--cases", &histories.max(1).to_string()];
    let words = words.map(str::to_owned).into_iter().chain(shaping_flags(arguments));
    shell_words::join(words) + &arguments.check.servers.reminder()
}
