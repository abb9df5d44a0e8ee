//! The smallest part of a history that no order explains.
//!
//! First the end is cut off: the shortest beginning that is wrong, in which operations that have not ended yet are ones without
//! a reply. Then replies are forgotten, one after the other, as long as no order explains the rest. An operation whose reply is
//! forgotten may have been done never, or at any time from its call on; so what is left is wrong whatever became of it, and
//! for no other reason than before. If it were left out from the start, a read of what it wrote would seem wrong.

use super::operation::{History, Operation, Outcome, ServerClock};
use super::search::{Found, find_order};
use super::seen::only_reads;

/// The states that one attempt at a smaller window may visit.
const STATES_OF_ATTEMPT: u64 = 5_000;
/// The states that all attempts may visit.
const STATES_OF_ALL: u64 = 500_000;

/// A part of a history that no order explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The operations whose replies contradict each other.
    pub history: History,
    /// Other operations on these keys, before the last of the window. Whatever became of them, no order explains the window.
    pub others: usize,
}

impl History {
    /// Makes the window of operations that no order explains, given by their indices. All that was replied before
    /// `explained_until_us` is explained.
    pub fn window(&self, operations: &[usize], explained_until_us: u64) -> Window {
        let mut operations: Vec<Operation> =
            operations.iter().filter_map(|index| self.operations.get(*index).cloned()).collect();
        operations.retain(|operation| !matches!(operation.outcome, Outcome::Failed { .. }));
        let mut attempts = Attempts { clock: self.clock, states_left: STATES_OF_ALL };
        let mut kept = attempts.cut_end(&operations, explained_until_us);
        let all = kept.len();
        attempts.forget_replies(&mut kept);
        // What has no reply may never have been done, so without it no order explains the rest either.
        kept.retain(|operation| operation.outcome != Outcome::Lost);
        let others = all - kept.len();
        Window { history: History { clock: self.clock, operations: kept }, others }
    }
}

struct Attempts {
    clock: Option<ServerClock>,
    states_left: u64,
}

impl Attempts {
    fn is_unexplained(&mut self, operations: &[Operation]) -> bool {
        let mut states_left = STATES_OF_ATTEMPT.min(self.states_left);
        let granted = states_left;
        let operations: Vec<&Operation> = operations.iter().collect();
        let found = find_order(&operations, self.clock, &mut states_left);
        self.states_left -= granted - states_left;
        matches!(found, Found::NoOrder { .. })
    }

    /// The shortest beginning that is wrong. If a beginning is wrong, so is every longer one.
    fn cut_end(&mut self, operations: &[Operation], explained_until_us: u64) -> Vec<Operation> {
        let mut ends_us: Vec<u64> = operations.iter().filter_map(Operation::end_us).collect();
        ends_us.retain(|end_us| *end_us >= explained_until_us);
        ends_us.sort_unstable();
        ends_us.dedup();
        let (mut low, mut high) = (0, ends_us.len().saturating_sub(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let until_us = ends_us.get(middle).copied().unwrap_or(u64::MAX);
            if self.is_unexplained(&beginning(operations, until_us)) { high = middle } else { low = middle + 1 }
        }
        beginning(operations, ends_us.get(high).copied().unwrap_or(u64::MAX))
    }

    /// Reads go first: one without a reply means nothing, so each makes the next attempts faster.
    fn forget_replies(&mut self, operations: &mut Vec<Operation>) {
        for reads in [true, false] {
            let mut index = operations.len();
            while let Some(next) = index.checked_sub(1) {
                index = next;
                let Some(operation) = operations.get(index) else { break };
                if only_reads(&operation.sent) != reads || operation.outcome == Outcome::Lost {
                    continue;
                }
                let mut fewer = operations.clone();
                if let Some(operation) = fewer.get_mut(index) {
                    operation.outcome = Outcome::Lost;
                }
                if self.is_unexplained(&fewer) {
                    *operations = fewer;
                }
            }
        }
    }
}

/// What was known at a time: what has begun, and the replies until then.
fn beginning(operations: &[Operation], until_us: u64) -> Vec<Operation> {
    let known = |operation: &Operation| {
        let mut operation = operation.clone();
        if operation.end_us().is_some_and(|end_us| end_us > until_us) {
            operation.outcome = Outcome::Lost;
        }
        operation
    };
    operations.iter().filter(|operation| operation.call_us <= until_us).map(known).collect()
}
