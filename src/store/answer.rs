//! What came of a request.

use super::refusal::Refusal;
use crate::command::Reply;

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The reply that Redis gives too.
    Reply(Reply),
    /// The store's own limits, which Redis does not have, stood in the way; nothing was changed.
    Refused(Refusal),
}

impl Answer {
    /// Whether the store's own limits stood in the way.
    pub fn is_refused(&self) -> bool {
        matches!(self, Answer::Refused(_))
    }

    /// What a client of the store sees.
    pub fn into_reply(self) -> Reply {
        match self {
            Answer::Reply(reply) => reply,
            Answer::Refused(refusal) => Reply::error(format!("ERR {refusal}")),
        }
    }
}
