//! What came of a command, inside the store.

use super::answer::Answer;
use super::error::StoreError;
use super::refusal::Refusal;
use crate::command::Reply;

/// How a command ends before it has changed anything, or fails.
pub(super) enum Stop {
    Reply(Reply),
    Refused(Refusal),
    Error(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Error(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

pub(super) type Outcome = Result<Reply, Stop>;

/// What the caller gets.
pub(super) fn answer(outcome: Outcome) -> Result<Answer, StoreError> {
    match outcome {
        Ok(reply) | Err(Stop::Reply(reply)) => Ok(Answer::Reply(reply)),
        Err(Stop::Refused(refusal)) => Ok(Answer::Refused(refusal)),
        Err(Stop::Error(error)) => Err(error),
    }
}
