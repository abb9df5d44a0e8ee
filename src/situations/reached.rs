//! A set of situations.

use super::table::{Mark, SITUATIONS, Situation};

/// The situations that a case has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached(u128);

const _: () = assert!(SITUATIONS.len() <= u128::BITS as usize, "a bit for each");

impl Reached {
    /// Ticks a situation off.
    pub fn tick(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u32;
    }

    /// Ticks a situation off if `reached`.
    pub(super) fn tick_if(&mut self, mark: Mark, reached: bool) {
        self.0 |= u128::from(reached) << mark as u32;
    }

    /// Whether it has been ticked off.
    pub fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u32) != 0
    }

    /// Ticks off what another case has reached too.
    pub fn add(&mut self, other: Reached) {
        self.0 |= other.0;
    }

    /// The situations in it, in the order of the table.
    pub fn situations(self) -> impl Iterator<Item = &'static Situation> {
        SITUATIONS.iter().filter(move |situation| self.has(situation.mark))
    }
}
