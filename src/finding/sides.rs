//! Two states that should be equal, as a finding keeps them.

use crate::compare::{Comparison, Difference, DifferenceKind, SideNames, compare, hunk};
use crate::state::State;

/// Two states that should be equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// What the one that is right is called.
    pub expected_name: String,
    /// What it shows.
    pub expected: State,
    /// What the other one is called.
    pub found_name: String,
    /// What that shows.
    pub found: State,
    /// The time at which they were compared, in Unix milliseconds.
    pub now_ms: u64,
}

impl Sides {
    /// The difference that stands for all of them.
    pub fn chief(&self) -> Option<Difference> {
        compare(&self.expected, &self.found, self.now_ms).chief().cloned()
    }

    /// The items of the list that the finding is named after, as a diff; `None` where it is not about items.
    pub fn items_diff(&self) -> Option<String> {
        self.diff_of(&self.chief()?)
    }

    /// The items of the list that a difference is about, as a diff; `None` where it is not about items.
    pub fn diff_of(&self, difference: &Difference) -> Option<String> {
        let items = |state: &State| state.keys.get(&difference.key).map(|key| key.items().to_vec()).unwrap_or_default();
        let names = SideNames { left: &self.expected_name, right: &self.found_name };
        let hunk = match difference.kind {
            DifferenceKind::Items(_) | DifferenceKind::Missing { .. } => {
                hunk(&items(&self.expected), &items(&self.found), names)
            }
            DifferenceKind::Expiry { .. } => String::new(),
        };
        (!hunk.is_empty()).then_some(hunk)
    }

    /// What was compared, for as long as a finding lives.
    pub(super) fn of(comparison: &Comparison, expected: &State, found: &State, names: SideNames<'_>) -> Sides {
        Sides {
            expected_name: names.left.to_owned(),
            expected: expected.clone(),
            found_name: names.right.to_owned(),
            found: found.clone(),
            now_ms: comparison.now_ms,
        }
    }
}
