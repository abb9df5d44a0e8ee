//! What the judge keeps of transactions that have begun.

use std::collections::{BTreeSet, HashMap};

/// The transactions that have begun, and the one that lands in this step.
#[derive(Debug, Default)]
pub(super) struct Clients {
    pub(super) begun: HashMap<u32, Begun>,
    pub(super) landing: Option<Landing>,
}

impl Clients {
    /// The time that the step's commands saw.
    pub(super) fn seen_ms(&self, now_ms: u64) -> u64 {
        self.landing.map_or(now_ms, |landing| landing.read_ms)
    }
}

/// What a transaction saw when it began.
#[derive(Debug)]
pub(super) struct Begun {
    /// The last commit then.
    pub(super) start: u64,
    /// The deltas of some keys then, by the places of the keys.
    pub(super) seen: Vec<(usize, BTreeSet<(u64, u32)>)>,
}

/// How a transaction lands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Landing {
    pub(super) read_ms: u64,
    pub(super) delta_ts: u64,
    pub(super) start: u64,
}
