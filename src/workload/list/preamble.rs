//! What a case does to lists before its commands.

use super::requests::push_values;
use crate::command::{Command, End, ExpireCondition, ExpireUnit, KeyCommand, ListCommand, Request, UserKey};
use crate::workload::dice::Dice;
use crate::workload::observed::observe;
use crate::workload::profile::Preamble;
use crate::workload::scene::Scene;
use crate::workload::trace::Action;

const LONG_LISTS: u64 = 2;
const LONG_LIST_ITEMS: u64 = 100_000;
/// With 1024 deltas a key has the most that it may have, and the next one folds them.
const PILE: (u64, u64) = (1020, 1026);
const WHOLE_PILE: u64 = 1030;
/// Later than the end of any case, so that the pile is there when it is folded.
const PILE_EXPIRY_SECONDS: i64 = 100_000_000;

/// How far it has come. One step is made at a time: the preambles are the largest part of a heavy case.
pub(in crate::workload) struct Opening {
    preamble: Preamble,
    key_number: u64,
    key_count: u64,
    /// Items that the list of `key_number` still lacks.
    lacking: Option<u64>,
    /// What is left of a pile of deltas.
    pile: Option<Pile>,
}

impl Opening {
    pub(in crate::workload) fn new(preamble: Preamble, key_count: u64) -> Opening {
        let key_count = match preamble {
            Preamble::None => 0,
            Preamble::LongLists => key_count.min(LONG_LISTS),
            Preamble::ListPerKey | Preamble::SeedHeads => key_count,
        };
        Opening { preamble, key_number: 0, key_count, lacking: None, pile: None }
    }

    /// Makes a key's deltas pile up first, until a few more fold them.
    pub(in crate::workload) fn with_pile(self, key: UserKey, dice: &mut Dice) -> Opening {
        let (low, high) = PILE;
        let lacking = dice.between(low, high);
        Opening { pile: Some(Pile { key, lacking, done: 0, expires: dice.percent(50) }), ..self }
    }

    /// The same, but until they have been folded.
    pub(in crate::workload) fn with_whole_pile(self, key: UserKey) -> Opening {
        Opening { pile: Some(Pile { key, lacking: WHOLE_PILE, done: 0, expires: true }), ..self }
    }

    /// Whether there is no more of it.
    pub(in crate::workload) fn is_done(&self) -> bool {
        self.pile.is_none() && self.key_number >= self.key_count
    }

    pub(in crate::workload) fn next(&mut self, scene: &mut Scene) -> Option<Action> {
        if let Some(mut pile) = self.pile.take() {
            let command = pile.next(scene);
            self.pile = Some(pile).filter(|pile| pile.lacking > 0);
            return Some(Action::Command(Request::Valid(command)));
        }
        if self.key_number >= self.key_count {
            return None;
        }
        let key = scene.keys.key(self.key_number);
        if self.preamble == Preamble::SeedHeads {
            let head = draw_head(&mut scene.dice, self.key_number);
            self.key_number += 1;
            return Some(Action::Seed { key, head });
        }
        let (end, size) = match self.preamble {
            Preamble::LongLists => self.next_stretch(scene),
            _ => {
                self.key_number += 1;
                (scene.end(), scene.dice.between(1, 3))
            }
        };
        Some(Action::Command(Request::Valid(push(scene, key, end, size))))
    }

    /// The first stretch goes to the left, the others to either side, so that the seqs straddle 0.
    fn next_stretch(&mut self, scene: &mut Scene) -> (End, u64) {
        let end = if self.lacking.is_none() || scene.dice.percent(40) { End::Left } else { End::Right };
        let lacking = self.lacking.unwrap_or_else(|| LONG_LIST_ITEMS + scene.dice.between(1, 5_000));
        let size = scene.dice.between(1_500, 2_500).min(lacking);
        self.lacking = Some(lacking - size).filter(|left| *left > 0);
        if self.lacking.is_none() {
            self.key_number += 1;
        }
        (end, size)
    }
}

/// A key, and the deltas that it still lacks.
struct Pile {
    key: UserKey,
    lacking: u64,
    done: u64,
    /// Whether the list is to have an expiry: a store that keeps it in the base meta folds the deltas when it is set, so
    /// it is set on the first of them.
    expires: bool,
}

impl Pile {
    /// A pop after every two pushes keeps the list short, and never empties it, which would end its expiry.
    fn next(&mut self, scene: &mut Scene) -> Command {
        let (key, end) = (self.key.clone(), scene.end());
        if self.expires && self.done > 0 {
            self.expires = false;
            let (unit, condition) = (ExpireUnit::Seconds, ExpireCondition::default());
            return Command::Key(KeyCommand::Expire { key, unit, time: PILE_EXPIRY_SECONDS, condition });
        }
        let is_pop = self.done % 3 == 2;
        self.done += 1;
        self.lacking -= 1;
        if !is_pop {
            return push(scene, key, end, 1);
        }
        let pop = Command::List(ListCommand::Pop { key, end, count: None });
        observe(&mut scene.lengths, &pop, true);
        pop
    }
}

fn push(scene: &mut Scene, key: UserKey, end: End, size: u64) -> Command {
    let command = push_values(scene, key, end, size, false);
    observe(&mut scene.lengths, &command, true);
    command
}

/// A head from which a few pushes run into a border or across 0: keys take turns in being near which.
pub(in crate::workload) fn draw_head(dice: &mut Dice, turn: u64) -> i64 {
    let distance = dice.between_signed(0, 12);
    match turn % 3 {
        0 => i64::MIN + distance,
        1 => i64::MAX - distance,
        _ => distance - 6,
    }
}
