//! The steps that every server of a campaign understands.
//!
//! Left out are commands that one of them does not know, at all or in this form, or that cannot be put to it by another clock,
//! and commands whose error quotes bytes that are not UTF-8, because such a reply cannot be read. Where one knows no `MULTI`, a
//! transaction is sent command by command, and one that Redis discards not at all: single commands have nothing of the kind.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use crate::case::stop::CaseError;
use crate::command::{CommandSpec, Request};
use crate::finding::{LeftOut, LeftOutKind};
use crate::server::{Args, ClockShift, Vocabulary};
use crate::workload::{Action, Step};

/// Steps, without what is not understood.
pub(in crate::case) struct Understood<'a> {
    steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
    vocabularies: &'a [Vocabulary],
    shift: ClockShift,
    waiting: VecDeque<Step>,
    withheld: &'a Withheld,
}

/// By the server's clock the time lies beyond what it can count.
const TOO_FAR: &str = "expiries too far off for another clock";
/// What compares expiries, or lies far off, can only be said in absolute times.
const WITHOUT_ABSOLUTE_TIMES: &str = "expiries that need PEXPIREAT";
const UNREADABLE: &str = "commands whose error is not UTF-8";

/// What has been left out, counted by command or form, or by why it cannot be put to a server.
#[derive(Default)]
pub(in crate::case) struct Withheld(RefCell<BTreeMap<&'static str, u64>>);

impl Withheld {
    fn count(&self, name: &'static str) {
        *self.0.borrow_mut().entry(name).or_default() += 1;
    }

    /// Adds the counts to what a case leaves out.
    pub(in crate::case) fn add_to(&self, left_out: &mut LeftOut) {
        self.0.borrow().iter().for_each(|(name, count)| left_out.add(LeftOutKind::Commands, name, *count));
    }
}

impl<'a> Understood<'a> {
    pub(in crate::case) fn new(
        steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
        vocabularies: &'a [Vocabulary],
        withheld: &'a Withheld,
    ) -> Understood<'a> {
        Understood { steps, vocabularies, shift: ClockShift::default(), waiting: VecDeque::new(), withheld }
    }

    fn is_understood(&self, request: &Request) -> bool {
        let args = request.args();
        let Some(spec) = args.first().and_then(|name| CommandSpec::find(name)) else { return false };
        let mut vocabularies = self.vocabularies.iter();
        let unknown = vocabularies.find_map(|vocabulary| self.unknown(request, spec, &args, vocabulary));
        let is_unreadable =
            matches!(request, Request::Rejected { error, .. } if error.contains(char::REPLACEMENT_CHARACTER));
        let why = unknown.or(is_unreadable.then_some(UNREADABLE));
        why.iter().for_each(|name| self.withheld.count(name));
        why.is_none()
    }

    /// Of a request, the command or the form that a server does not know, or why it cannot be put to it.
    fn unknown(
        &self,
        request: &Request,
        spec: &'static CommandSpec,
        args: &Args,
        vocabulary: &Vocabulary,
    ) -> Option<&'static str> {
        if !vocabulary.knows(spec.name) {
            return Some(spec.name);
        }
        if !self.shift.can_spell(request, vocabulary) {
            return Some(if vocabulary.knows("PEXPIREAT") { TOO_FAR } else { WITHOUT_ABSOLUTE_TIMES });
        }
        // By another clock it goes in other words, which must be known as well.
        let spelt = self.shift.spell_plainly(request, vocabulary).args;
        vocabulary.unknown_form_of(args).or_else(|| vocabulary.unknown_form_of(&spelt))
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

    fn counts(withheld: &Withheld) -> BTreeMap<&'static str, u64> {
        withheld.0.borrow().clone()
    }

    fn request(line: &str) -> Request {
        Request::parse(line.split(' ').map(|word| word.as_bytes().to_vec()).collect()).expect("a known command")
    }

    fn left(steps: Vec<Action>, unknown: &[&'static str]) -> Vec<Action> {
        left_and_counted(steps, unknown).0
    }

    fn left_and_counted(steps: Vec<Action>, unknown: &[&'static str]) -> (Vec<Action>, BTreeMap<&'static str, u64>) {
        let vocabularies = [Vocabulary::everything(), Vocabulary::without(unknown)];
        let step = |action| Ok(Step { at_ms: Some(4_102_444_800_000), action });
        let withheld = Withheld::default();
        let understood = Understood::new(Box::new(steps.into_iter().map(step)), &vocabularies, &withheld);
        let left = understood.map(|step| step.expect("good steps").action).collect();
        (left, counts(&withheld))
    }

    #[test]
    fn what_one_server_lacks_is_withheld() {
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
    fn what_is_withheld_is_counted_by_what_is_not_known_or_why_it_cannot_be_sent() {
        let unreadable = Request::parse(vec![b"EXPIRE".to_vec(), b"k".to_vec(), b"1".to_vec(), b"\xff".to_vec()]);
        let steps: Vec<Action> = [request("LMPOP 1 k LEFT"), request("EXPIRE k 1 GT"), request("LLEN k")]
            .into_iter()
            .chain([request("PEXPIREAT k 9223372036854775807"), unreadable.expect("a known command")])
            .map(Action::Command)
            .collect();
        let counted = |unknown| left_and_counted(steps.clone(), unknown).1.into_iter().collect::<Vec<_>>();
        assert_eq!(counted(&[]), [(UNREADABLE, 1)]);
        assert_eq!(counted(&["LMPOP", "LLEN"]), [("LLEN", 1), ("LMPOP", 1), (UNREADABLE, 1)]);
        let without = [("PEXPIREAT", 1), (UNREADABLE, 1), (WITHOUT_ABSOLUTE_TIMES, 1)];
        assert_eq!(counted(&["PEXPIREAT"]), without);
        let early = vec![Action::Command(request("PEXPIREAT k 9223372036854775807"))];
        let (vocabularies, withheld) = ([Vocabulary::everything()], Withheld::default());
        let steps = early.into_iter().map(|action| Ok(Step { at_ms: Some(1), action }));
        assert_eq!(Understood::new(Box::new(steps), &vocabularies, &withheld).count(), 0);
        assert_eq!(counts(&withheld).into_iter().collect::<Vec<_>>(), [(TOO_FAR, 1)]);
    }

    #[test]
    fn without_transactions_those_that_are_discarded_are_withheld() {
        let discarded = Action::Transaction(vec![request("RPUSH k v"), request("LLEN")]);
        assert_eq!(left(vec![discarded.clone()], &["MULTI"]), []);
        assert_eq!(left(vec![discarded.clone()], &[]), [discarded]);
    }
}
