//! What commands are drawn from: the dice, keys, values, time and lengths of one case.

use super::clock::Clock;
use super::dice::Dice;
use super::keys::Keys;
use super::lengths::Lengths;
use super::profile::Profile;
use super::values::Values;
use crate::command::{Command, End, UserKey};

/// Lists that may be longer are *long*: they are never rewritten, because a store refuses to move more than 100 000 items
/// in one command; they are read in small windows, and seldom deleted.
pub(super) const LONG_ITEMS: u64 = 50_000;

/// Nobody pushes to this key; it stands in where a case has only long lists.
const SPARE_KEY: &str = "spare";

/// Draws one command.
pub(super) type Builder = fn(&mut Scene) -> Command;

pub(super) struct Scene {
    pub(super) dice: Dice,
    pub(super) keys: Keys,
    pub(super) values: Values,
    pub(super) clock: Clock,
    pub(super) lengths: Lengths,
    pub(super) list_cap_items: u64,
    /// The end at which a full list is drained.
    pub(super) drain_end: End,
    /// The key that most of the current step is about.
    pub(super) focus: Option<UserKey>,
}

impl Scene {
    pub(super) fn new(profile: &Profile, key_count: u64, seed: u64) -> Scene {
        let mut dice = Dice::new(seed);
        let is_hot = dice.percent(profile.hot_key_percent);
        let keys = Keys::new(profile.keys, key_count, is_hot, &mut dice);
        let values = Values::new(profile.values, &mut dice);
        Scene {
            dice,
            keys,
            values,
            clock: Clock::new(profile.time),
            lengths: Lengths::default(),
            list_cap_items: profile.list_cap_items,
            drain_end: End::Left,
            focus: None,
        }
    }

    pub(super) fn key(&mut self) -> UserKey {
        match &self.focus {
            Some(focus) if self.dice.percent(75) => focus.clone(),
            _ => self.keys.draw(&mut self.dice),
        }
    }

    /// A key whose list is not long.
    pub(super) fn short_key(&mut self) -> UserKey {
        for _ in 0..8 {
            let key = self.key();
            if !self.is_long(&key) {
                return key;
            }
        }
        UserKey::from(SPARE_KEY)
    }

    /// A key to be deleted: in nearly all cases one whose list is not long.
    pub(super) fn doomed_key(&mut self) -> UserKey {
        if self.dice.one_in(200) { self.key() } else { self.short_key() }
    }

    pub(super) fn is_long(&self, key: &UserKey) -> bool {
        self.lengths.at_most(key) > LONG_ITEMS
    }

    pub(super) fn value(&mut self) -> Vec<u8> {
        self.values.draw(&mut self.dice)
    }

    pub(super) fn wanted_value(&mut self) -> Vec<u8> {
        self.values.draw_wanted(&mut self.dice)
    }

    /// In most cases one key; sometimes the same twice.
    pub(super) fn several(&mut self, draw: fn(&mut Scene) -> UserKey) -> Vec<UserKey> {
        let count = self.dice.pick(&[1, 1, 1, 1, 2, 3]);
        (0..count).map(|_| draw(self)).collect()
    }
}
