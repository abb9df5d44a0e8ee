//! The verdict on a history.

use super::operation::{History, Operation};
use super::search::{Found, find_order};
use super::tied::groups;

/// The states that are visited before a history is given up as undecided: some seconds' worth.
pub const STATES: u64 = 500_000;

/// What can be said of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Some order of all operations explains every reply.
    Explained,
    /// No order does.
    Unexplained(Unexplained),
    /// Too many orders would have to be tried.
    Undecided {
        /// The states that were visited.
        states: u64,
    },
}

/// The keys whose operations no order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexplained {
    /// The operations on these keys, and on those that are tied to them: indices, ascending.
    pub operations: Vec<usize>,
    /// Everything that was replied before is explained by some order, in microseconds.
    pub explained_until_us: u64,
}

impl History {
    /// Looks for an order of the operations that respects what ended before what began, and by which the model gives every
    /// reply; it may visit so many states.
    pub fn judge(&self, states: u64) -> Judgement {
        let operations: Vec<&Operation> = self.operations.iter().collect();
        let mut undecided = None;
        for group in groups(&operations) {
            let mut states_left = states;
            let of_group: Vec<&Operation> = group.iter().filter_map(|index| operations.get(*index).copied()).collect();
            match find_order(&of_group, self.clock, &mut states_left) {
                Found::Order => {}
                Found::NoOrder { stuck_us } => {
                    let unexplained = Unexplained { operations: group, explained_until_us: stuck_us };
                    return Judgement::Unexplained(unexplained);
                }
                Found::OutOfStates => undecided = Some(Judgement::Undecided { states }),
            }
        }
        undecided.unwrap_or(Judgement::Explained)
    }
}
