//! Two states, compared key by key.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Absence, Comparison, Difference, DifferenceKind, KeptEmpty};
use super::list::{ItemsDifference, Owners};
use super::side::Side;
use crate::state::{KeyState, State, Value};

/// Compares what a client sees of two states at `now_ms`.
pub fn compare(left: &State, right: &State, now_ms: u64) -> Comparison {
    let (left, right) = (Visible::of(left, now_ms), Visible::of(right, now_ms));
    let owners = Owners::of(&left.keys);
    let keys: BTreeSet<&[u8]> = left.keys.keys().chain(right.keys.keys()).copied().collect();
    let mut differences = Vec::new();
    for key in &keys {
        match (left.keys.get(key), right.keys.get(key)) {
            (Some(found), None) => differences.push(missing(Side::Right, &right.hidden, key, found)),
            (None, Some(found)) => differences.push(missing(Side::Left, &left.hidden, key, found)),
            (Some(left), Some(right)) => push_differences(key, left, right, &owners, &mut differences),
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
    keys: BTreeMap<&'a [u8], &'a KeyState>,
    hidden: BTreeMap<&'a [u8], Absence>,
}

impl Visible<'_> {
    fn of(state: &State, now_ms: u64) -> Visible<'_> {
        let mut visible = Visible { keys: BTreeMap::new(), hidden: BTreeMap::new() };
        for (key, found) in &state.keys {
            match found.expire_at.filter(|expire_at| expire_at.is_past(now_ms)) {
                Some(expire_at) => drop(visible.hidden.insert(key, Absence::Expired(expire_at))),
                None if found.value.is_empty() => drop(visible.hidden.insert(key, Absence::KeptEmpty)),
                None => drop(visible.keys.insert(key, found)),
            }
        }
        visible
    }
}

fn missing(side: Side, hidden: &BTreeMap<&[u8], Absence>, key: &[u8], present: &KeyState) -> Difference {
    let absence = hidden.get(key).copied().unwrap_or(Absence::NotThere);
    let kind = DifferenceKind::Missing { side, absence, len: present.value.len(), expire_at: present.expire_at };
    Difference { key: key.to_vec(), kind }
}

fn push_differences(
    user_key: &[u8],
    left: &KeyState,
    right: &KeyState,
    owners: &Owners<'_>,
    differences: &mut Vec<Difference>,
) {
    let in_value = match (&left.value, &right.value) {
        (Value::List(left), Value::List(right)) => {
            ItemsDifference::between(left, right, owners).map(DifferenceKind::Items)
        }
    };
    let (left, right) = (left.expire_at, right.expire_at);
    let in_expiry = (left != right).then_some(DifferenceKind::Expiry { left, right });
    let found = in_value.into_iter().chain(in_expiry);
    differences.extend(found.map(|kind| Difference { key: user_key.to_vec(), kind }));
}
