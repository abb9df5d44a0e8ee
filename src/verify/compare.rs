//! Two visible states side by side, and their differences in the words of the domain.
//!
//! Neither side is right by itself. By convention the left one is the reference, since the classes of [`ItemsClass`]
//! tell what happened on the way from left to right; what is printed names both sides and can be read without knowing
//! that.
//!
//! A key that a client does not see at the time of the comparison is absent, whatever its source keeps. An empty list
//! that a source keeps is a matter of that source's policy: it is told, and it is no difference.

mod hunk;
mod items;
mod owners;
mod render;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::owners::Owners;
use crate::format::ExpireAtMs;
use crate::state::{ListState, State};

pub use hunk::hunk;
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
        self.ranked_aspect().1
    }

    fn ranked_aspect(&self) -> (u8, &'static str) {
        match self {
            DifferenceKind::Items(_) => (0, "items"),
            DifferenceKind::Missing { side: Side::Right, .. } => (1, "missing-list"),
            DifferenceKind::Missing { side: Side::Left, .. } => (2, "extra-list"),
            DifferenceKind::Expiry { .. } => (3, "expiry"),
        }
    }
}

impl Comparison {
    /// The difference that stands for all of them: the first of the gravest aspect, items before lists before expiries. One
    /// bug does many things to a large case, and the first key may show any of them; this is more often the same.
    pub fn chief(&self) -> Option<&Difference> {
        self.differences.iter().min_by_key(|difference| difference.kind.ranked_aspect().0)
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
pub fn compare(left: &State, right: &State, now_ms: u64) -> Comparison {
    let (left, right) = (Visible::of(left, now_ms), Visible::of(right, now_ms));
    let owners = Owners::of(&left.lists);
    let keys: BTreeSet<&[u8]> = left.lists.keys().chain(right.lists.keys()).copied().collect();
    let mut differences = Vec::new();
    for key in &keys {
        match (left.lists.get(key), right.lists.get(key)) {
            (Some(left_list), None) => differences.push(missing(Side::Right, &right.hidden, key, left_list)),
            (None, Some(right_list)) => differences.push(missing(Side::Left, &left.hidden, key, right_list)),
            (Some(left_list), Some(right_list)) => {
                push_list_differences(key, left_list, right_list, &owners, &mut differences);
            }
            (None, None) => {}
        }
    }
    let empty_kept = [(Side::Left, &left), (Side::Right, &right)].into_iter().flat_map(|(side, visible)| {
        let empty = visible.hidden.iter().filter(|(_, absence)| **absence == Absence::KeptEmpty);
        empty.map(move |(key, _)| KeptEmpty { side, key: key.to_vec() })
    });
    Comparison { now_ms, lists: keys.len() as u64, empty_kept: empty_kept.collect(), differences }
}

/// A state as clients see it, and why they do not see the rest.
struct Visible<'a> {
    lists: BTreeMap<&'a [u8], &'a ListState>,
    hidden: BTreeMap<&'a [u8], Absence>,
}

impl Visible<'_> {
    fn of(state: &State, now_ms: u64) -> Visible<'_> {
        let mut visible = Visible { lists: BTreeMap::new(), hidden: BTreeMap::new() };
        for (key, list) in &state.lists {
            match list.expire_at.filter(|expire_at| expire_at.is_past(now_ms)) {
                Some(expire_at) => drop(visible.hidden.insert(key, Absence::Expired(expire_at))),
                None if list.items.is_empty() => drop(visible.hidden.insert(key, Absence::KeptEmpty)),
                None => drop(visible.lists.insert(key, list)),
            }
        }
        visible
    }
}

fn missing(side: Side, hidden: &BTreeMap<&[u8], Absence>, key: &[u8], present: &ListState) -> Difference {
    let absence = hidden.get(key).copied().unwrap_or(Absence::NotThere);
    let kind = DifferenceKind::Missing { side, absence, len: present.items.len() as u64, expire_at: present.expire_at };
    Difference { key: key.to_vec(), kind }
}

fn push_list_differences(
    key: &[u8],
    left: &ListState,
    right: &ListState,
    owners: &Owners<'_>,
    differences: &mut Vec<Difference>,
) {
    if let Some(items) = ItemsDifference::between(&left.items, &right.items, owners) {
        differences.push(Difference { key: key.to_vec(), kind: DifferenceKind::Items(items) });
    }
    if left.expire_at != right.expire_at {
        let kind = DifferenceKind::Expiry { left: left.expire_at, right: right.expire_at };
        differences.push(Difference { key: key.to_vec(), kind });
    }
}
