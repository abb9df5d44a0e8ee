//! Draws from a seeded generator whose stream is the same on every platform and in every release of ours.
//!
//! Only 64-bit ranges are drawn: `usize` ones would give other numbers on other machines.

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

#[derive(Clone, Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `limit`; 0 when there is none.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.0.random_range(0..limit) }
    }

    /// A number from `low` to `high`, both included; `low` when they are the wrong way round.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high.max(low))
    }

    /// Signed [`Dice::between`].
    pub(super) fn between_signed(&mut self, low: i64, high: i64) -> i64 {
        self.0.random_range(low..=high.max(low))
    }

    pub(super) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(super) fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// One of `items`; the default when there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        self.pick_ref(items).copied().unwrap_or_default()
    }

    pub(super) fn pick_ref<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let position = self.below(items.len() as u64);
        items.get(position as usize)
    }

    /// One of `rows`, each as likely as its weight says.
    pub(super) fn weighted<'a, T>(&mut self, rows: &'a [(T, u64)]) -> Option<&'a T> {
        let mut left = self.below(rows.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in rows {
            if left < *weight {
                return Some(item);
            }
            left -= weight;
        }
        None
    }

    /// Puts `items` into an order in which each is as likely as any other.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    pub(super) fn bytes(&mut self, count: u64) -> Vec<u8> {
        let mut bytes = vec![0; count as usize];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
