//! Clients side by side: the steps of a case, sent by several at once.
//!
//! Each command or transaction is begun by a client that has nothing else open, and committed some steps later; some go out
//! alone. The order of the beginnings is that of the case, so a case is about the same keys and has the same crises as with one
//! client. In between are `encounters`, on keys of their own.

use std::collections::VecDeque;

use super::clock::START_MS;
use super::dice::Dice;
use super::encounters::{Encounters, WAIT_MS};
use super::trace::{Action, Delivery, Step};

/// The share of the requests that are sent as by one client, in percent.
const ALONE_PERCENT: u64 = 15;
/// After each step one of the open transactions is committed with this chance, in percent.
const COMMIT_PERCENT: u64 = 45;
/// One commit in so many is lost on the way back, and one on the way there.
const LOST_ONE_IN: u64 = 20;
/// After one step in so many an encounter is prepared.
const ENCOUNTER_ONE_IN: u64 = 8;

/// One case in so many has several clients, where nobody says how many.
const SEVERAL_ONE_IN: u64 = 4;
/// The most clients that are drawn.
const MOST_DRAWN: u64 = 4;

/// How many clients a case of this seed has where nobody says it.
pub fn drawn_clients(seed: u64) -> u32 {
    let mut dice = Dice::new(seed ^ 0x636c_6965_6e74_7321);
    if dice.one_in(SEVERAL_ONE_IN) { u32::try_from(dice.between(2, MOST_DRAWN)).unwrap_or(2) } else { 1 }
}

/// The steps of a case, sent by several clients.
pub(super) struct SideBySide<I> {
    steps: I,
    dice: Dice,
    clients: u32,
    /// Those that have begun and not committed.
    open: Vec<u32>,
    waiting: VecDeque<Step>,
    encounters: Encounters,
    /// The time of the last step, once there is one.
    now_ms: Option<u64>,
}

impl<I: Iterator<Item = Step>> SideBySide<I> {
    pub(super) fn new(steps: I, encounters: Encounters, seed: u64, clients: u32) -> SideBySide<I> {
        let dice = Dice::new(seed.rotate_left(17) ^ u64::from(clients));
        SideBySide { steps, dice, clients, open: Vec::new(), waiting: VecDeque::new(), encounters, now_ms: None }
    }

    fn commit_one(&mut self) {
        let place = usize::try_from(self.dice.below(self.open.len() as u64)).unwrap_or_default();
        if place >= self.open.len() {
            return;
        }
        let client = self.open.swap_remove(place);
        let delivery = match self.dice.below(LOST_ONE_IN) {
            0 => Delivery::Lost,
            1 => Delivery::Resent,
            _ => Delivery::Heard,
        };
        self.waiting.push_back(Step { at_ms: None, action: Action::Commit { client, delivery } });
    }

    fn has_encounter(&mut self, at_ms: u64) {
        if self.encounters.would_meet(at_ms) {
            while !self.open.is_empty() {
                self.commit_one();
            }
        }
        let steps = match self.encounters.meet(at_ms, &mut self.dice) {
            Some(steps) => steps,
            None if self.encounters.is_prepared() || !self.dice.one_in(ENCOUNTER_ONE_IN) => Vec::new(),
            None => self.encounters.prepare(at_ms),
        };
        self.waiting.extend(steps);
    }

    /// The time of a step. With the first one comes the encounter that is before all else.
    fn arrives(&mut self, step: &Step) -> u64 {
        let is_first = self.now_ms.is_none();
        let at_ms = step.at_ms.or(self.now_ms).unwrap_or(START_MS);
        self.now_ms = Some(at_ms);
        if is_first {
            let steps = self.encounters.open(at_ms, &mut self.dice);
            self.waiting.extend(steps);
        }
        at_ms
    }

    /// The case is over but for what is open.
    fn ends(&mut self) {
        if !self.open.is_empty() {
            return self.commit_one();
        }
        while self.waiting.is_empty() && !self.encounters.is_over() {
            let at_ms = self.now_ms.unwrap_or(START_MS) + WAIT_MS;
            self.now_ms = Some(at_ms);
            self.has_encounter(at_ms);
        }
    }

    fn send(&mut self, step: Step) {
        let requests = match step.action {
            Action::Command(request) => vec![request],
            Action::Transaction(requests) if requests.len() > 1 => requests,
            action => return self.waiting.push_back(Step { action, ..step }),
        };
        if self.dice.percent(ALONE_PERCENT) {
            return self.waiting.push_back(Step { action: Action::of_requests(requests), ..step });
        }
        if self.open.len() as u64 >= u64::from(self.clients) {
            self.commit_one();
        }
        let free: Vec<u32> = (1..=self.clients).filter(|client| !self.open.contains(client)).collect();
        let client = self.dice.pick(&free);
        self.open.push(client);
        self.waiting.push_back(Step { action: Action::Begin { client, requests }, ..step });
    }
}

impl<I: Iterator<Item = Step>> Iterator for SideBySide<I> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.waiting.is_empty() {
            match self.steps.next() {
                Some(step) => {
                    let at_ms = self.arrives(&step);
                    self.has_encounter(at_ms);
                    self.send(step);
                    if self.dice.percent(COMMIT_PERCENT) {
                        self.commit_one();
                    }
                }
                None => self.ends(),
            }
        }
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::workload::{CaseSpec, Generator, Profile};

    fn spec(clients: u32) -> CaseSpec {
        let profile = Profile::find("default").expect("a profile");
        CaseSpec { seed: 7, profile, commands: 2000, keys: None, clients }
    }

    #[test]
    fn clients_send_what_one_would_in_the_same_order_and_leave_nothing_open() {
        let sent = |steps: &mut dyn Iterator<Item = Step>| -> Vec<Vec<Vec<u8>>> {
            steps
                .flat_map(|step| step.action.requests().iter().map(crate::command::Request::args).collect::<Vec<_>>())
                .collect()
        };
        let all = sent(&mut *spec(3).steps());
        let (met, ordinary): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|args| args.iter().any(|word| word.starts_with(b"meet")));
        assert!(met.len() > 100 && met.len() + ordinary.len() == 2000);
        let rest = CaseSpec { commands: ordinary.len() as u64, ..spec(3) };
        assert_eq!(ordinary, sent(&mut Generator::new(&rest)));
        let few = CaseSpec { keys: Some(2), ..spec(3) };
        assert_eq!(sent(&mut *few.steps()), sent(&mut Generator::new(&few)));
        let (mut open, mut most, mut kinds) = (HashSet::new(), 0, HashSet::new());
        for step in spec(3).steps() {
            match step.action {
                Action::Begin { client, .. } => assert!((1..=3).contains(&client) && open.insert(client)),
                Action::Commit { client, delivery } => {
                    assert!(open.remove(&client), "a commit follows a beginning");
                    kinds.insert(format!("{delivery:?}"));
                }
                _ => {}
            }
            most = most.max(open.len());
        }
        assert_eq!((open.len(), most, kinds.len()), (0, 3, 3));
    }

    #[test]
    fn a_quarter_of_the_seeds_have_two_to_four_clients() {
        let mut counts = [0_u32; 5];
        (0..4000).for_each(|seed| counts[drawn_clients(seed) as usize] += 1);
        assert!(counts[0] == 0 && counts[1] > 2800 && counts[1] < 3200 && counts[2..].iter().all(|count| *count > 250));
    }
}
