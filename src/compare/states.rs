//! Two states, compared key by key.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{Absence, Comparison, Difference, DifferenceKind, ExpiryTolerance, KeptEmpty};
use super::list::{ItemsDifference, Owners};
use super::side::Side;
use crate::state::{KeyState, State, Value};

/// Compares what a client sees of two states at `now_ms`.
pub fn compare(left: &State, right: &State, now_ms: u64) -> Comparison {
    compare_within(left, right, now_ms, ExpiryTolerance::EXACT)
}

/// As [`compare`], the expiries as closely as `tolerance` says.
pub fn compare_within(left: &State, right: &State, now_ms: u64, expiry_tolerance: ExpiryTolerance) -> Comparison {
    let (left, right) = (Visible::of(left, now_ms), Visible::of(right, now_ms));
    let owners = Owners::of(&left.keys);
    let keys: BTreeSet<&[u8]> = left.keys.keys().chain(right.keys.keys()).copied().collect();
    let (mut differences, mut about_to_expire) = (Vec::new(), 0);
    let mut push_missing =
        |side, hidden: &BTreeMap<&[u8], Absence>, key: &[u8], found: &KeyState| match expiry_tolerance {
            ExpiryTolerance::Within(ms) if found.expire_at.is_some_and(|at| at.0 < now_ms.saturating_add(ms)) => {
                about_to_expire += 1;
                None
            }
            _ => Some(missing(side, hidden, key, found)),
        };
    for key in &keys {
        match (left.keys.get(key), right.keys.get(key)) {
            (Some(found), None) => differences.extend(push_missing(Side::Right, &right.hidden, key, found)),
            (None, Some(found)) => differences.extend(push_missing(Side::Left, &left.hidden, key, found)),
            (Some(left), Some(right)) => {
                push_differences(key, left, right, (&owners, expiry_tolerance), &mut differences);
            }
            (None, None) => {}
        }
    }
    let empty_kept = [(Side::Left, &left), (Side::Right, &right)].into_iter().flat_map(|(side, visible)| {
        let empty = visible.hidden.iter().filter(|(_, absence)| **absence == Absence::KeptEmpty);
        empty.map(move |(key, _)| KeptEmpty { side, key: key.to_vec() })
    });
    let (lists, empty_kept) = (keys.len() as u64, empty_kept.collect());
    Comparison { now_ms, expiry_tolerance, about_to_expire, lists, empty_kept, differences }
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
    (owners, expiry_tolerance): (&Owners<'_>, ExpiryTolerance),
    differences: &mut Vec<Difference>,
) {
    let in_value = match (&left.value, &right.value) {
        (Value::List(left), Value::List(right)) => {
            ItemsDifference::between(left, right, owners).map(DifferenceKind::Items)
        }
    };
    let (left, right) = (left.expire_at, right.expire_at);
    let is_same = match (left, right, expiry_tolerance) {
        (.., ExpiryTolerance::Ignored) => true,
        (Some(left), Some(right), ExpiryTolerance::Within(ms)) => left.0.abs_diff(right.0) <= ms,
        _ => left == right,
    };
    let in_expiry = (!is_same).then_some(DifferenceKind::Expiry { left, right });
    let found = in_value.into_iter().chain(in_expiry);
    differences.extend(found.map(|kind| Difference { key: user_key.to_vec(), kind }));
}
