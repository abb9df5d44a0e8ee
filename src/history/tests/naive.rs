//! The slow way: every order of every choice of the operations without a reply, on a model with a clock of its own.
//!
//! Where times matter, every millisecond between call and reply is tried as well.

use super::super::*;
use crate::command::{Reply, Request};
use crate::model::Model;

/// Whether some order explains the history.
pub(super) fn is_explained(history: &History) -> bool {
    let mut left: Vec<&Operation> = history.operations.iter().collect();
    left.retain(|operation| !matches!(operation.outcome, Outcome::Failed { .. }));
    try_each(&left, &Model::new(), 0)
}

fn try_each(left: &[&Operation], model: &Model, now_ms: u64) -> bool {
    if left.iter().all(|operation| operation.end_us().is_none()) {
        return true;
    }
    (0..left.len()).any(|at| {
        let mut rest = left.to_vec();
        let next = rest.remove(at);
        let is_first = rest.iter().all(|other| other.end_us().is_none_or(|end_us| end_us >= next.call_us));
        // Without a reply it may be at any time, and of all that is left only the last one matters.
        let last_us = left.iter().filter_map(|operation| operation.end_us()).max().unwrap_or(0);
        let until_us = next.end_us().unwrap_or(last_us);
        is_first
            && (now_ms.max(next.call_us / 1000)..=until_us / 1000).any(|at_ms| {
                let mut model = model.clone();
                model.advance_to(at_ms);
                let says = says(&mut model, &next.sent);
                next.reply().is_none_or(|reply| plain(reply) == plain(&says)) && try_each(&rest, &model, at_ms)
            })
    })
}

/// Runs what was sent, as a server does.
pub(super) fn says(model: &mut Model, sent: &Sent) -> Reply {
    match sent {
        Sent::Command(request) => model.execute(request),
        Sent::Transaction(requests) => match Request::exec_abort(requests) {
            Some(abort) => abort,
            None => Reply::Array(requests.iter().map(|request| model.execute(request)).collect()),
        },
    }
}

/// A reply without what files do not tell apart.
fn plain(reply: &Reply) -> Reply {
    match reply {
        Reply::NullArray => Reply::Null,
        Reply::Status(text) => Reply::Bulk(text.as_bytes().to_vec()),
        Reply::Array(replies) => Reply::Array(replies.iter().map(plain).collect()),
        reply => reply.clone(),
    }
}
