//! A transaction and its answers.

use crate::command::{CommandSpec, Reply, Request};
use crate::store::Answer;

/// A transaction and its answers, of which there are none if Redis discards it.
pub(in crate::situations) struct Transaction<'a> {
    pub(in crate::situations) requests: &'a [Request],
    pub(in crate::situations) answers: &'a [Answer],
}

impl Transaction<'_> {
    pub(super) fn is_discarded(&self) -> bool {
        Request::exec_abort(self.requests).is_some()
    }

    /// Whether all of its commands ran, and none failed.
    pub(super) fn is_done(&self) -> bool {
        !self.answers.is_empty() && !self.answers.iter().any(failed)
    }

    /// Whether a command of it failed and a later one did not.
    pub(super) fn goes_on(&self, failed: fn(&Answer) -> bool) -> bool {
        let mut later = self.answers.iter().skip_while(|answer| !failed(answer));
        later.any(|answer| matches!(answer, Answer::Reply(reply) if !matches!(reply, Reply::Error(_))))
    }

    /// Whether this is true of each of its commands.
    pub(super) fn all(&self, is_so: fn(&CommandSpec) -> bool) -> bool {
        let spec = |request: &Request| CommandSpec::find(request.command_name().as_bytes());
        self.requests.iter().all(|request| spec(request).is_some_and(is_so))
    }
}

pub(super) fn failed(answer: &Answer) -> bool {
    matches!(answer, Answer::Reply(Reply::Error(_)))
}

pub(super) fn refused(answer: &Answer) -> bool {
    answer.is_refused()
}
