//! Encounters: two transactions on keys of their own that begin on one snapshot, for the ways in which clients get into each
//! other's way that chance leads to too seldom.

use super::dice::Dice;
use super::trace::{Action, Delivery, Step};
use crate::command::{Request, UserKey};

/// What an encounter does, in words divided by spaces. `{a}` and `{b}` are its keys.
#[derive(Clone, Copy, Debug)]
struct Encounter {
    /// What is there before, one step after the other, divided by semicolons.
    before: &'static str,
    /// The two that meet; commands of a transaction are divided by `&`.
    pair: [&'static str; 2],
}

const fn of(before: &'static str, one: &'static str, other: &'static str) -> Encounter {
    Encounter { before, pair: [one, other] }
}

/// The first one of a case, before anything else is there.
const OPENING: Encounter = of("", "RPUSH {a} x", "RPUSH {b} y");
const ABC: &str = "RPUSH {a} 1 2 3";

const ENCOUNTERS: [Encounter; 35] = [
    of(ABC, "RPUSH {a} x", "RPUSH {a} y"),
    of(ABC, "RPUSH {a} x", "LPUSH {a} y"),
    of(ABC, "LPOP {a}", "LPOP {a}"),
    of("RPUSH {a} 1", "LPOP {a}", "RPOP {a}"),
    of("RPUSH {a} 1", "RPUSH {a} x", "LPOP {a}"),
    of(ABC, "DEL {a}", "RPUSH {a} x"),
    of("LPUSH {a} 1 2", "RPUSH {a} x", "DEL {a}"),
    of(ABC, "LTRIM {a} 1 0", "RPUSH {a} x"),
    of(ABC, "EXPIRE {a} 0", "RPUSH {a} x"),
    of(ABC, "LPOP {a} 3", "RPUSH {a} x"),
    of("LPUSH {a} 1 2;RPUSH {b} 3 4", "RPOPLPUSH {b} {a}", "DEL {a}"),
    of(ABC, "DEL {a}", "DEL {a}"),
    of(ABC, "LTRIM {a} 1 2", "RPUSH {a} x"),
    of(ABC, "LSET {a} 0 x", "RPUSH {a} y"),
    of(ABC, "LREM {a} 0 2", "LPOP {a}"),
    of(ABC, "LINSERT {a} BEFORE 2 x", "RPOP {a}"),
    of(ABC, "RENAME {a} {b}", "RPUSH {a} x"),
    of("RPUSH {a} 1 2;RPUSH {b} 3", "RENAME {a} {b}", "RPUSH {b} x"),
    of(ABC, "RENAME {a} {b}", "RPUSH {b} x"),
    of("RPUSH {a} 1 2;RPUSH {b} 3", "RPOPLPUSH {a} {b}", "RPOPLPUSH {b} {a}"),
    of(ABC, "EXPIRE {a} 100000", "RPUSH {a} x"),
    of("RPUSH {a} 1", "EXPIRE {a} 100000", "LPOP {a}"),
    of(ABC, "EXPIRE {a} 100000", "DEL {a}"),
    of(ABC, "compact {a}", "RPUSH {a} x"),
    of(ABC, "compact {a}", "LPOP {a}"),
    of("RPUSH {a} 1;compact {a};LPOP {a}", "compact {a}", "RPUSH {a} x"),
    of("RPUSH {a} 1 2;LPOP {a} 2", "RPUSH {a} x", "compact {a}"),
    of("RPUSH {a} 1;RPOP {a};RPUSH {a} 2;LPOP {a}", "RPUSH {a} x", "compact {a}"),
    of(ABC, "compact {a}", "EXPIRE {a} 100000"),
    of(ABC, "compact {a}", "DEL {a}"),
    of(ABC, "compact {a}", "LSET {a} 0 x"),
    of("RPUSH {a} 1;RPUSH {b} 2", "LRANGE {a} 0 -1&RPUSH {b} x", "LRANGE {b} 0 -1&RPUSH {a} y"),
    of("RPUSH {a} 1 2;PEXPIRE {a} 1", "RPUSH {a} x", "RPUSH {a} y"),
    of("RPUSH {a} 1 2;LPOP {a};PEXPIRE {a} 1", "LPUSH {a} x", "RPUSH {a} y"),
    of(ABC, "RPUSH {a} x", "LRANGE {a} 0 -1&LPOP {a}"),
];

const COMPACT: &str = "compact ";
/// Of the commands of a case, at most one in so many is of an encounter.
const SHARE_ONE_IN: u64 = 4;
const OPENINGS_ONE_IN: u64 = 2;

impl Encounter {
    fn commands(&self) -> u64 {
        let [one, other] = self.pair;
        let all = self.before.split(';').chain(one.split('&')).chain(other.split('&'));
        all.filter(|line| !line.is_empty() && !line.starts_with(COMPACT)).count() as u64
    }

    /// What is done before the two meet.
    fn before(&self, name: &str, at_ms: u64) -> impl Iterator<Item = Step> {
        let action = move |line: &str| match compacted(line, name) {
            Some(key) => Some(Action::Compact(key)),
            None => Some(Action::Command(request(line, name)?)),
        };
        self.before.split(';').filter_map(action).map(move |action| Step { at_ms: Some(at_ms), action })
    }

    /// The two begin in this order, and are committed in an order that is drawn.
    fn meeting(&self, name: &str, at_ms: u64, dice: &mut Dice) -> Vec<Step> {
        let mut ends = Vec::new();
        let mut steps = Vec::new();
        for (client, line) in (1..).zip(self.pair) {
            let (begins, ends_with) = match compacted(line, name) {
                Some(key) => (Action::CompactRead(key.clone()), Action::CompactCommit(key)),
                None => {
                    let requests = line.split('&').filter_map(|line| request(line, name)).collect();
                    (Action::Begin { client, requests }, Action::Commit { client, delivery: Delivery::Heard })
                }
            };
            steps.push(Step { at_ms: Some(at_ms), action: begins });
            ends.push(Step { at_ms: None, action: ends_with });
        }
        dice.shuffle(&mut ends);
        steps.extend(ends);
        steps
    }
}

fn words(line: &str, name: &str) -> Vec<Vec<u8>> {
    let key = |end| format!("{name}:{end}");
    let word = |word: &str| match word {
        "{a}" => key("a").into_bytes(),
        "{b}" => key("b").into_bytes(),
        _ => word.as_bytes().to_vec(),
    };
    line.split(' ').map(word).collect()
}

fn compacted(line: &str, name: &str) -> Option<UserKey> {
    words(line.strip_prefix(COMPACT)?, name).pop().map(UserKey)
}

fn request(line: &str, name: &str) -> Option<Request> {
    Request::parse(words(line, name)).ok()
}

/// The encounters of a case, in the order in which it has them.
pub(super) struct Encounters {
    left: Vec<(usize, Encounter)>,
    opening: Option<Encounter>,
    /// One that is about to be, and when its lists were made.
    prepared: Option<(String, u64, Encounter)>,
}

impl Encounters {
    /// Draws those of a case that has so many commands in all.
    pub(super) fn draw(commands: u64, seed: u64) -> Encounters {
        let mut dice = Dice::new(seed.rotate_left(29));
        let mut left: Vec<_> = ENCOUNTERS.into_iter().enumerate().collect();
        dice.shuffle(&mut left);
        let mut room = commands / SHARE_ONE_IN;
        let mut fits = |encounter: &Encounter| {
            let left = room.checked_sub(encounter.commands());
            room = left.unwrap_or(room);
            left.is_some()
        };
        let opening = Some(OPENING).filter(|_| dice.one_in(OPENINGS_ONE_IN)).filter(&mut fits);
        left.retain(|(_, encounter)| fits(encounter));
        Encounters { left, opening, prepared: None }
    }

    /// The commands of all that are left.
    pub(super) fn commands(&self) -> u64 {
        let left = self.left.iter().map(|(_, encounter)| encounter);
        left.chain(&self.opening).map(Encounter::commands).sum()
    }

    /// The first one, which comes before all else.
    pub(super) fn open(&mut self, at_ms: u64, dice: &mut Dice) -> Vec<Step> {
        self.opening.take().map_or(Vec::new(), |opening| opening.meeting("meet", at_ms, dice))
    }

    /// Whether one is about to be.
    pub(super) fn is_prepared(&self) -> bool {
        self.prepared.is_some()
    }

    /// Makes the lists of the next one, which is to be when their expiries have passed.
    pub(super) fn prepare(&mut self, at_ms: u64) -> Vec<Step> {
        let Some((number, encounter)) = self.left.pop() else { return Vec::new() };
        let name = format!("meet:{number}");
        let steps = encounter.before(&name, at_ms).collect();
        self.prepared = Some((name, at_ms, encounter));
        steps
    }

    /// The two that are about to meet do so, if it is late enough. No client may have anything open.
    pub(super) fn meet(&mut self, at_ms: u64, dice: &mut Dice) -> Option<Vec<Step>> {
        let (name, _, encounter) = self.prepared.take_if(|(_, since_ms, _)| at_ms >= *since_ms + WAIT_MS)?;
        Some(encounter.meeting(&name, at_ms, dice))
    }

    /// Whether those that are prepared would meet then.
    pub(super) fn would_meet(&self, at_ms: u64) -> bool {
        self.prepared.as_ref().is_some_and(|(_, since_ms, _)| at_ms >= *since_ms + WAIT_MS)
    }

    /// Whether there is none any more.
    pub(super) fn is_over(&self) -> bool {
        self.left.is_empty() && self.prepared.is_none()
    }
}

/// After so many milliseconds the lists of an encounter that expire have expired.
pub(super) const WAIT_MS: u64 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encounter_is_made_of_known_commands_and_says_how_many() {
        for encounter in ENCOUNTERS.iter().chain([&OPENING]) {
            let mut dice = Dice::new(1);
            let mut steps: Vec<Step> = encounter.before("k", 1).collect();
            steps.extend(encounter.meeting("k", 3, &mut dice));
            let requests: Vec<&Request> = steps.iter().flat_map(|step| step.action.requests()).collect();
            assert_eq!(requests.len() as u64, encounter.commands(), "{encounter:?}");
            assert!(requests.iter().all(|request| matches!(request, Request::Valid(_))), "{encounter:?}");
        }
    }
}
