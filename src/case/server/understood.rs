//! The steps that every server of a campaign understands.
//!
//! Left out are commands that one of them does not know, or that cannot be put to it by another clock, and commands whose
//! error quotes bytes that are not UTF-8, because such a reply cannot be read. Where one knows no `MULTI`, a transaction
//! is sent command by command, and one that Redis discards not at all: single commands have nothing of the kind.

use std::collections::VecDeque;

use crate::case::stop::CaseError;
use crate::command::{CommandSpec, Request};
use crate::server::{ClockShift, Vocabulary};
use crate::workload::{Action, Step};

/// Steps, without what is not understood.
pub(in crate::case) struct Understood<'a> {
    steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
    vocabularies: &'a [Vocabulary],
    shift: ClockShift,
    waiting: VecDeque<Step>,
}

impl<'a> Understood<'a> {
    pub(in crate::case) fn new(
        steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
        vocabularies: &'a [Vocabulary],
    ) -> Understood<'a> {
        Understood { steps, vocabularies, shift: ClockShift::default(), waiting: VecDeque::new() }
    }

    fn is_understood(&self, request: &Request) -> bool {
        let args = request.args();
        let Some(spec) = args.first().and_then(|name| CommandSpec::find(name)) else { return false };
        let is_readable =
            !matches!(request, Request::Rejected { error, .. } if error.contains(char::REPLACEMENT_CHARACTER));
        let knows = |vocabulary: &Vocabulary| vocabulary.knows(spec.name) && self.shift.can_spell(request, vocabulary);
        is_readable && self.vocabularies.iter().all(knows)
    }

    fn take_up(&mut self, step: Step) {
        if let Some(at_ms) = step.at_ms {
            self.shift.advance_to(at_ms);
        }
        let at_ms = step.at_ms;
        match step.action {
            Action::Command(request) => {
                if self.is_understood(&request) {
                    self.waiting.push_back(Step { at_ms, action: Action::Command(request) });
                }
            }
            Action::Transaction(requests) => {
                let requests: Vec<Request> =
                    requests.into_iter().filter(|request| self.is_understood(request)).collect();
                if self.vocabularies.iter().all(Vocabulary::knows_transactions) {
                    self.waiting.push_back(Step { at_ms, action: Action::Transaction(requests) });
                } else if Request::exec_abort(&requests).is_none() {
                    let single = |request| Step { at_ms, action: Action::Command(request) };
                    self.waiting.extend(requests.into_iter().map(single));
                }
            }
            action => self.waiting.push_back(Step { at_ms, action }),
        }
    }
}

impl Iterator for Understood<'_> {
    type Item = Result<Step, CaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.waiting.is_empty() {
            match self.steps.next()? {
                Ok(step) => self.take_up(step),
                Err(error) => return Some(Err(error)),
            }
        }
        self.waiting.pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    fn left(steps: Vec<Action>, unknown: &[&'static str]) -> Vec<Action> {
        let vocabularies = [Vocabulary::everything(), Vocabulary::without(unknown)];
        let step = |action| Ok(Step { at_ms: Some(4_102_444_800_000), action });
        let understood = Understood::new(Box::new(steps.into_iter().map(step)), &vocabularies);
        understood.map(|step| step.expect("good steps").action).collect()
    }

    #[test]
    fn what_one_server_lacks_is_left_out() {
        let (push, pop, bad) = (request("rpush k v"), request("LMPOP 1 k LEFT"), request("LMPOP"));
        let unreadable = Request::parse(vec![b"EXPIRE".to_vec(), b"k".to_vec(), b"1".to_vec(), b"\xff".to_vec()]);
        let compact = Action::Compact("k".into());
        let steps = vec![
            Action::Command(pop.clone()),
            Action::Command(bad.clone()),
            Action::Command(unreadable.expect("a known command")),
            compact.clone(),
            Action::Transaction(vec![pop, push.clone(), bad]),
        ];
        let transaction = Action::Transaction(vec![push.clone()]);
        assert_eq!(left(steps.clone(), &["LMPOP"]), [compact.clone(), transaction]);
        assert_eq!(left(steps, &["LMPOP", "MULTI"]), [compact, Action::Command(push)]);
    }

    #[test]
    fn without_transactions_those_that_are_discarded_are_left_out() {
        let discarded = Action::Transaction(vec![request("RPUSH k v"), request("LLEN")]);
        assert_eq!(left(vec![discarded.clone()], &["MULTI"]), []);
        assert_eq!(left(vec![discarded.clone()], &[]), [discarded]);
    }
}
