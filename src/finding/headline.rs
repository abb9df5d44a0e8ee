//! What broke, as a clause in the words of a Redis user: `an item is missing from the dump`.

use super::{Finding, FindingKind};
use crate::compare::{Difference, DifferenceKind, ItemsClass, ItemsDifference, Order, Side};

/// The kinds whose clause is about the two states.
const OF_STATES: &[FindingKind] = &[
    FindingKind::StoreState,
    FindingKind::Reopened,
    FindingKind::DumpState,
    FindingKind::Restored,
    FindingKind::History,
    FindingKind::DecoderState,
];

/// How an item that is shown came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemEnd {
    /// It was deleted.
    Deleted,
    /// Another item was written over it.
    WrittenOver,
    /// It was there several times, and each of both became of it.
    Either,
}

impl Finding {
    /// What broke, as a clause.
    pub fn headline(&self) -> String {
        if let Some(anomaly) = &self.anomaly {
            return anomaly.clone();
        }
        let chief = self.sides.as_deref().and_then(|sides| Some((sides.chief()?, sides.found_name.as_str())));
        match (self.kind, chief) {
            (kind, Some((difference, place))) if OF_STATES.contains(&kind) => of_difference(&difference, place),
            (FindingKind::Reply, _) if !self.aspect.is_empty() => {
                format!("the reply to {} is not that of Redis", self.aspect.to_uppercase())
            }
            (FindingKind::Refusal, _) if !self.aspect.is_empty() => {
                format!("{} is refused without a cause", self.aspect.to_uppercase())
            }
            (FindingKind::DecoderShape, _) if !self.aspect.is_empty() => {
                format!("the decoder does not take snapshots of the shape {}", self.aspect)
            }
            (kind, _) => kind.meaning().to_owned(),
        }
    }

    /// The clause for where the item that is wrong, or too many, has been in the list before, and came to an end; `None` where no
    /// item is.
    pub fn headline_of_old(&self, end: ItemEnd) -> Option<String> {
        let sides = self.sides.as_deref().filter(|_| OF_STATES.contains(&self.kind))?;
        let DifferenceKind::Items(items) = sides.chief()?.kind else { return None };
        let may_be_old = match items.class {
            ItemsClass::Extra { .. }
            | ItemsClass::Duplicated { .. }
            | ItemsClass::Foreign { .. }
            | ItemsClass::WrongBytes { .. }
            | ItemsClass::Different => true,
            ItemsClass::ShiftedHead { by, tail_by } => by < 0 || tail_by > 0,
            _ => false,
        };
        let what = match end {
            ItemEnd::Deleted => "a deleted item is shown again",
            ItemEnd::WrittenOver => "an older version of an item is shown",
            ItemEnd::Either => "an item that was deleted or written over is shown",
        };
        may_be_old.then(|| format!("{what} in {}", sides.found_name))
    }
}

fn of_difference(Difference { kind, .. }: &Difference, place: &str) -> String {
    match kind {
        DifferenceKind::Missing { side: Side::Right, .. } => format!("a list is missing from {place}"),
        DifferenceKind::Missing { side: Side::Left, .. } => format!("a list that Redis does not show is in {place}"),
        DifferenceKind::Expiry { left: None, .. } => format!("a list without an expiry has one in {place}"),
        DifferenceKind::Expiry { right: None, .. } => format!("the expiry of a list is missing from {place}"),
        DifferenceKind::Expiry { .. } => format!("the expiry of a list is another one in {place}"),
        DifferenceKind::Items(items) => of_items(items, place),
    }
}

fn of_items(items: &ItemsDifference, place: &str) -> String {
    let one_or_more = |count: u64, one: &str, more: &str| if count == 1 { one.to_owned() } else { more.to_owned() };
    let what = match &items.class {
        ItemsClass::Order(Order::Reversed) => "a list is back to front".to_owned(),
        ItemsClass::Order(Order::Rotated { .. }) => "the first items of a list come last".to_owned(),
        ItemsClass::Order(Order::Moved { count, .. }) => {
            one_or_more(*count, "an item is at the wrong index", "items are at the wrong indexes")
        }
        ItemsClass::Order(Order::ReversedRun { .. }) => "some items of a list are back to front".to_owned(),
        ItemsClass::Order(Order::Mixed) => "the items of a list are in the wrong order".to_owned(),
        ItemsClass::Encoding { .. } => {
            let form = items.encoding.map_or("another encoding", |encoding| encoding.form);
            format!("items are confused with their encoding ({form})")
        }
        ItemsClass::ShiftedHead { by, .. } if *by > 0 => return format!("the head of a list is missing from {place}"),
        ItemsClass::ShiftedHead { .. } => "a list begins with items that Redis does not show".to_owned(),
        ItemsClass::Dropped { count } => {
            return format!("{} missing from {place}", one_or_more(*count, "an item is", "items are"));
        }
        ItemsClass::Duplicated { count } => {
            one_or_more(*count, "an item is there once too often", "items are there once too often")
        }
        ItemsClass::Foreign { .. } => "an item of another list is shown".to_owned(),
        ItemsClass::Extra { count } => {
            one_or_more(*count, "an item is shown that Redis does not show", "items are shown that Redis does not show")
        }
        ItemsClass::WrongBytes { count } => {
            one_or_more(*count, "an item has the wrong bytes", "items have the wrong bytes")
        }
        ItemsClass::Different => "the items of a list are wrong".to_owned(),
    };
    format!("{what} in {place}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{SideNames, compare};
    use crate::state::{KeyState, State};

    #[test]
    fn it_says_what_a_redis_user_would_see() {
        let state = |items: &[&str]| {
            let mut state = State::default();
            let items = items.iter().map(|item| item.as_bytes().to_vec()).collect();
            state.keys.insert(b"k".to_vec(), KeyState::list(items, None));
            state
        };
        let finding = |expected: &State, found: &State| {
            let names = SideNames { left: "Redis", right: "the dump" };
            let comparison = compare(expected, found, 0);
            Finding::of_states(FindingKind::DumpState, &comparison, expected, found, names).expect("a difference")
        };
        let headline = |expected: &[&str], found: &[&str]| finding(&state(expected), &state(found)).headline();
        assert_eq!(headline(&["a", "b"], &["b"]), "the head of a list is missing from the dump");
        assert_eq!(headline(&["a", "b", "c"], &["a", "c"]), "an item is missing from the dump");
        assert_eq!(headline(&["a", "b", "c"], &["c", "b", "a"]), "a list is back to front in the dump");
        let extra = finding(&state(&["a"]), &state(&["a", "x"]));
        assert_eq!(extra.headline(), "an item is shown that Redis does not show in the dump");
        assert_eq!(
            extra.headline_of_old(ItemEnd::Deleted).as_deref(),
            Some("a deleted item is shown again in the dump")
        );
        let lost = finding(&state(&["a"]), &State::default());
        assert_eq!(lost.headline(), "a list is missing from the dump");
        assert_eq!(lost.headline_of_old(ItemEnd::Deleted), None);
        let reply = Finding { aspect: "lpop", ..Finding::new(FindingKind::Reply, String::new()) };
        assert_eq!(reply.headline(), "the reply to LPOP is not that of Redis");
        let anomaly = Some("an element was popped twice: a of list k".to_owned());
        assert_eq!(Finding { anomaly, ..reply }.headline(), "an element was popped twice: a of list k");
    }
}
