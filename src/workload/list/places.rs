//! Places in lists: ends, indexes and ranges.

use crate::command::{End, IndexArgument, UserKey};
use crate::workload::scene::Scene;

/// Lists that may be longer are not read as a whole, which would take most of a case's time.
const READ_WHOLE_ITEMS: u64 = 200;

impl Scene {
    pub(in crate::workload) fn end(&mut self) -> End {
        if self.dice.percent(50) { End::Left } else { End::Right }
    }

    /// An index in the list or just outside.
    pub(in crate::workload) fn index(&mut self, key: &UserKey) -> IndexArgument {
        IndexArgument::Index(self.position(key))
    }

    fn position(&mut self, key: &UserKey) -> i64 {
        let length = i64::try_from(self.lengths.at_most(key)).unwrap_or(i64::MAX - 1);
        if self.dice.percent(50) {
            let near = length.min(3);
            self.dice.between_signed(-near, near)
        } else {
            self.dice.between_signed(-length - 1, length)
        }
    }

    /// The ends of a range, for `LTRIM`: often all, often nothing.
    pub(in crate::workload) fn range(&mut self, key: &UserKey) -> (i64, i64) {
        match self.dice.below(5) {
            0 => (0, -1),
            1 => (self.dice.between_signed(0, 2), -1),
            2 => (0, self.dice.between_signed(-3, 5)),
            _ => (self.position(key), self.position(key)),
        }
    }

    /// The ends of a range, for `LRANGE`: never a large one.
    pub(in crate::workload) fn window(&mut self, key: &UserKey) -> (i64, i64) {
        if self.lengths.at_most(key) <= READ_WHOLE_ITEMS {
            return self.range(key);
        }
        let start = self.position(key);
        // A window that starts before the end and reaches past it must not wrap around to the head.
        let width = self.dice.between_signed(0, 50);
        let stop = start.saturating_add(width);
        (start, if start < 0 { stop.min(-1) } else { stop })
    }

    /// `LPOS` looks no further than this; 0 means all.
    pub(in crate::workload) fn search_limit(&mut self, key: &UserKey) -> u64 {
        if self.lengths.at_most(key) > READ_WHOLE_ITEMS {
            return self.dice.between(1, 100);
        }
        if self.dice.percent(70) { 0 } else { self.dice.between(1, 5) }
    }
}
