//! Two states, compared key by key.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Absence, Comparison, Difference, DifferenceKind, KeptEmpty};
use super::list::{ItemsDifference, Owners};
use super::side::Side;
use crate::state::{ListState, State};

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
