//! What clients did, and what they were told.

use std::collections::BTreeSet;

use crate::command::{Reply, Request, UserKey};

/// What several clients did to one store, which had no keys before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The server's clock, where it was asked. Absolute expiries cannot be judged without it.
    pub clock: Option<ServerClock>,
    /// The operations, in the order of their calls.
    pub operations: Vec<Operation>,
}

/// What the server's clock showed at time 0 of the history, in Unix microseconds. It is a range, because the answer took
/// time, and because clocks drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerClock {
    /// The least that it can have shown.
    pub earliest_us: u64,
    /// The most that it can have shown.
    pub latest_us: u64,
}

/// What one client did at one moment: the moment is somewhere between call and reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The number of the client. It does one thing after the other.
    pub client: u32,
    /// When the client began to send, in microseconds.
    pub call_us: u64,
    /// What it sent.
    pub sent: Sent,
    /// What it was told.
    pub outcome: Outcome,
}

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// One command.
    Command(Request),
    /// The commands of a `MULTI .. EXEC`.
    Transaction(Vec<Request>),
}

/// What a client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has the reply; that of a transaction is that of its `EXEC`.
    Replied {
        /// When the reply was there, in microseconds.
        at_us: u64,
        /// The reply.
        reply: Reply,
    },
    /// It was told that nothing was done, as when a store gives up after too many conflicts.
    Failed {
        /// When the client was told, in microseconds.
        at_us: u64,
        /// What it was told.
        why: String,
    },
    /// No reply came. The operation took effect never, or at some time after its call.
    Lost,
}

impl Sent {
    /// The requests, in their order.
    pub fn requests(&self) -> &[Request] {
        match self {
            Sent::Command(request) => std::slice::from_ref(request),
            Sent::Transaction(requests) => requests,
        }
    }

    /// The keys that the requests name.
    pub fn keys(&self) -> BTreeSet<&UserKey> {
        self.requests().iter().flat_map(keys_of).collect()
    }
}

/// The keys of a request; none of one that is refused, whatever the data is.
pub(super) fn keys_of(request: &Request) -> Vec<&UserKey> {
    match request {
        Request::Valid(command) => command.keys(),
        Request::Rejected { .. } => Vec::new(),
    }
}

impl Operation {
    /// When the client was told something; `None` where it was not.
    pub fn end_us(&self) -> Option<u64> {
        match &self.outcome {
            Outcome::Replied { at_us, .. } | Outcome::Failed { at_us, .. } => Some(*at_us),
            Outcome::Lost => None,
        }
    }

    /// The reply, where there is one.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.outcome {
            Outcome::Replied { reply, .. } => Some(reply),
            Outcome::Failed { .. } | Outcome::Lost => None,
        }
    }
}

impl History {
    /// Puts the operations into the order of their calls, in which everything here expects them.
    pub fn sort(&mut self) {
        self.operations.sort_by_key(|operation| operation.call_us);
    }

    /// The commands that were sent.
    pub fn commands(&self) -> usize {
        self.operations.iter().map(|operation| operation.sent.requests().len()).sum()
    }

    /// The clients that did something.
    pub fn clients(&self) -> usize {
        self.operations.iter().map(|operation| operation.client).collect::<BTreeSet<_>>().len()
    }
}
