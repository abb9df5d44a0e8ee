//! Which list of a state an item is of.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use crate::state::KeyState;

/// The items of all lists that a client sees, indexed when they are first asked for: most comparisons never do.
pub(in crate::compare) struct Owners<'a> {
    keys: &'a BTreeMap<&'a [u8], &'a KeyState>,
    /// The key of the one list that has an item; `None` where several have it, which then says nothing.
    index: OnceCell<HashMap<&'a [u8], Option<&'a [u8]>>>,
}

impl<'a> Owners<'a> {
    pub(in crate::compare) fn of(keys: &'a BTreeMap<&'a [u8], &'a KeyState>) -> Owners<'a> {
        Owners { keys, index: OnceCell::new() }
    }

    /// The key of the one list that has the item.
    pub(in crate::compare) fn owner(&self, item: &[u8]) -> Option<&'a [u8]> {
        let index = self.index.get_or_init(|| {
            let mut index = HashMap::new();
            for (key, list) in self.keys {
                for item in list.items() {
                    let owner = index.entry(item.as_slice()).or_insert(Some(*key));
                    *owner = owner.filter(|owner| owner == key);
                }
            }
            index
        });
        index.get(item).copied().flatten()
    }
}
