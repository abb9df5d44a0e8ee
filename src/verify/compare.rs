//! Two visible states side by side, and their differences in the words of the domain.
//!
//! Neither side is right by itself. By convention the left one is the reference, since the classes of [`ItemsClass`]
//! tell what happened on the way from left to right; what is printed names both sides and can be read without knowing
//! that.
//!
//! A key that a client does not see at the time of the comparison is absent, whatever its source keeps. An empty list
//! that a source keeps is a matter of that source's policy: it is told, and it is no difference.

mod items;
mod render;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::format::ExpireAtMs;
use crate::state::{ListState, State};

pub use items::{Encoding, ItemsClass, ItemsDifference, Order};
pub use render::SideNames;

/// One of the two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The first one, by convention the reference.
    Left,
    /// The second one.
    Right,
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The time of the comparison in Unix milliseconds: keys whose expiry is before it are absent.
    pub now_ms: u64,
    /// The lists that were compared: the keys that are visible on at least one side.
    pub lists: u64,
    /// In ascending byte order of the keys; the items of a key before its expiry.
    pub differences: Vec<Difference>,
    /// The empty lists that a side keeps, in ascending byte order of the keys, first those of the left side.
    pub empty_kept: Vec<KeptEmpty>,
}

/// A list without items that a side keeps, and that no Redis client would see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEmpty {
    /// Who keeps it.
    pub side: Side,
    /// The user key.
    pub key: Vec<u8>,
}

/// One way in which the sides differ about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The user key.
    pub key: Vec<u8>,
    /// The way.
    pub kind: DifferenceKind,
}

/// The ways in which two sides can differ about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// One side does not have the list.
    Missing {
        /// The side that does not.
        side: Side,
        /// Why it does not.
        absence: Absence,
        /// The number of items on the other side.
        len: u64,
        /// The expiry on the other side.
        expire_at: Option<ExpireAtMs>,
    },
    /// The items differ.
    Items(ItemsDifference),
    /// The expiries differ.
    Expiry {
        /// The left side's.
        left: Option<ExpireAtMs>,
        /// The right side's.
        right: Option<ExpireAtMs>,
    },
}

impl DifferenceKind {
    /// The way, in a word.
    pub fn aspect(&self) -> &'static str {
        match self {
            DifferenceKind::Missing { side: Side::Left, .. } => "extra-list",
            DifferenceKind::Missing { side: Side::Right, .. } => "missing-list",
            DifferenceKind::Items(_) => "items",
            DifferenceKind::Expiry { .. } => "expiry",
        }
    }
}

/// Why a side has no list for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing is kept for the key.
    NotThere,
    /// A list is kept whose expiry has passed.
    Expired(ExpireAtMs),
    /// A list is kept that has no items.
    KeptEmpty,
}

/// Compares what a client sees of two states at `now_ms`.
pub fn compare(left: State, right: State, now_ms: u64) -> Comparison {
    let (left, right) = (Visible::of(left, now_ms), Visible::of(right, now_ms));
    let mut right_lists = right.lists;
    let (mut lists, mut differences) = (0, Vec::new());
    for (key, left_list) in left.lists {
        lists += 1;
        match right_lists.remove(&key) {
            None => differences.push(missing(Side::Right, &right.hidden, key, &left_list)),
            Some(right_list) => push_list_differences(key, &left_list, &right_list, &mut differences),
        }
    }
    for (key, right_list) in right_lists {
        lists += 1;
        differences.push(missing(Side::Left, &left.hidden, key, &right_list));
    }
    // Stable: the items of a key stay before its expiry.
    differences.sort_by(|one, other| one.key.cmp(&other.key));
    let kept = |side, keys: Vec<Vec<u8>>| keys.into_iter().map(move |key| KeptEmpty { side, key });
    let empty_kept = kept(Side::Left, left.empty_keys).chain(kept(Side::Right, right.empty_keys)).collect();
    Comparison { now_ms, lists, differences, empty_kept }
}

/// A state as clients see it, and why they do not see the rest.
struct Visible {
    lists: BTreeMap<Vec<u8>, ListState>,
    hidden: BTreeMap<Vec<u8>, Absence>,
    empty_keys: Vec<Vec<u8>>,
}

impl Visible {
    fn of(mut state: State, now_ms: u64) -> Visible {
        let expired = |(key, list): (&Vec<u8>, &ListState)| {
            let expire_at = list.expire_at.filter(|expire_at| expire_at.is_past(now_ms))?;
            Some((key.clone(), Absence::Expired(expire_at)))
        };
        let mut hidden: BTreeMap<_, _> = state.lists.iter().filter_map(expired).collect();
        let empty_keys = state.retain_visible(now_ms);
        hidden.extend(empty_keys.iter().map(|key| (key.clone(), Absence::KeptEmpty)));
        Visible { lists: state.lists, hidden, empty_keys }
    }
}

fn missing(side: Side, hidden: &BTreeMap<Vec<u8>, Absence>, key: Vec<u8>, present: &ListState) -> Difference {
    let absence = hidden.get(&key).copied().unwrap_or(Absence::NotThere);
    let kind = DifferenceKind::Missing { side, absence, len: present.items.len() as u64, expire_at: present.expire_at };
    Difference { key, kind }
}

fn push_list_differences(key: Vec<u8>, left: &ListState, right: &ListState, differences: &mut Vec<Difference>) {
    if let Some(items) = ItemsDifference::between(&left.items, &right.items) {
        differences.push(Difference { key: key.clone(), kind: DifferenceKind::Items(items) });
    }
    if left.expire_at != right.expire_at {
        let kind = DifferenceKind::Expiry { left: left.expire_at, right: right.expire_at };
        differences.push(Difference { key, kind });
    }
}
