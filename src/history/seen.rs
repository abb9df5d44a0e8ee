//! Operations without a reply that took effect all the same, as others saw what they wrote.
//!
//! Where a value is written by one operation only, and a reply shows it, that operation took effect before the reply came.
//! So it is no longer a *perhaps*, and it has an end. Each of them halves the search.

use std::collections::{HashMap, HashSet};

use super::operation::{Operation, Outcome, Sent};
use crate::command::{Command, ListCommand, Reply, Request};

/// For each operation without a reply, the earliest reply that shows that it took effect, in microseconds; `None` for the
/// others.
pub(super) fn seen_by_us(operations: &[&Operation]) -> Vec<Option<u64>> {
    // `None` for a value that is written more than once: it tells nothing.
    let mut writers: HashMap<&[u8], Option<usize>> = HashMap::new();
    for (index, operation) in operations.iter().enumerate() {
        let requests = operation.sent.requests();
        for value in requests.iter().flat_map(written) {
            writers.entry(value).and_modify(|writer| *writer = None).or_insert(Some(index));
        }
    }
    // LMPOP replies with the name of a key.
    let keys: HashSet<&[u8]> =
        operations.iter().flat_map(|operation| operation.sent.keys()).map(|key| key.as_bytes()).collect();
    let mut seen = vec![None; operations.len()];
    for operation in operations {
        let Outcome::Replied { at_us, reply } = &operation.outcome else { continue };
        for value in shown(reply).into_iter().filter(|value| !keys.contains(value)) {
            let Some(Some(writer)) = writers.get(value) else { continue };
            let is_lost = operations.get(*writer).is_some_and(|writer| writer.outcome == Outcome::Lost);
            if let (true, Some(seen)) = (is_lost, seen.get_mut(*writer)) {
                *seen = Some(seen.map_or(*at_us, |earliest: u64| earliest.min(*at_us)));
            }
        }
    }
    seen
}

/// The values that a request may put into a list.
pub(super) fn written(request: &Request) -> Vec<&[u8]> {
    match request {
        Request::Valid(Command::List(ListCommand::Push { values, .. })) => values.iter().map(Vec::as_slice).collect(),
        Request::Valid(Command::List(ListCommand::Set { value, .. } | ListCommand::Insert { value, .. })) => {
            vec![value]
        }
        _ => Vec::new(),
    }
}

/// The strings in a reply.
pub(super) fn shown(reply: &Reply) -> Vec<&[u8]> {
    match reply {
        Reply::Bulk(value) => vec![value],
        Reply::Array(replies) => replies.iter().flat_map(shown).collect(),
        _ => Vec::new(),
    }
}

/// Whether nothing that this operation does can change what another one sees.
pub(super) fn only_reads(sent: &Sent) -> bool {
    sent.requests().iter().all(|request| {
        let name = request.command_name().as_bytes();
        crate::command::CommandSpec::find(name).is_none_or(|spec| !spec.writes)
    })
}
