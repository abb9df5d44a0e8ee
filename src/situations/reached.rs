//! What a case has reached.

use super::rows::{ROWS, Row, rows};
use super::table::{Mark, SITUATIONS};

const WORDS: usize = ROWS.div_ceil(u64::BITS as usize);

/// The rows of the ledger that a case has reached, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached([u64; WORDS]);

impl Reached {
    fn set(&mut self, place: usize, reached: bool) {
        if let Some(word) = self.0.get_mut(place / u64::BITS as usize) {
            *word |= u64::from(reached) << (place % u64::BITS as usize);
        }
    }

    fn is_set(&self, place: usize) -> bool {
        self.0.get(place / u64::BITS as usize).is_some_and(|word| word >> (place % u64::BITS as usize) & 1 == 1)
    }

    /// Ticks a situation off.
    pub fn tick(&mut self, mark: Mark) {
        self.set(mark as usize, true);
    }

    /// Ticks a situation off if `reached`.
    pub(super) fn tick_if(&mut self, mark: Mark, reached: bool) {
        self.set(mark as usize, reached);
    }

    /// Ticks off a row of the table of commands, by its place there.
    pub(super) fn tick_command_row(&mut self, place: usize) {
        self.set(SITUATIONS.len() + place, true);
    }

    pub(super) fn has_command_row(&self, place: usize) -> bool {
        self.is_set(SITUATIONS.len() + place)
    }

    /// Whether a situation has been ticked off.
    pub fn has(&self, mark: Mark) -> bool {
        self.is_set(mark as usize)
    }

    /// Whether a row has been ticked off.
    pub fn has_row(&self, row: &Row) -> bool {
        self.is_set(row.place)
    }

    /// Ticks off what another case has reached too.
    pub fn add(&mut self, other: Reached) {
        for (word, others) in self.0.iter_mut().zip(other.0) {
            *word |= others;
        }
    }

    /// The rows in it, in order.
    pub fn rows(self) -> impl Iterator<Item = Row> {
        rows().filter(move |row| self.has_row(row))
    }
}
