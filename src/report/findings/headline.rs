//! What broke, from the records of the small case: an item that is wrong or too many may have been in the list before.

use super::lineage::{Lineage, TracedRecord};
use crate::compare::DifferenceKind;
use crate::finding::{Finding, Sides};
use crate::format::list::ITEM_PREFIX;

/// What broke, as a clause; there is no lineage on a server, whose records cannot be seen.
pub fn headline(finding: &Finding, lineage: Option<&Lineage>) -> String {
    let of_old = || finding.headline_of_old(was_deleted(finding, lineage?)?);
    of_old().unwrap_or_else(|| finding.headline())
}

/// Whether the item at the first difference was deleted, or else written over; `None` where what is shown does not come from
/// older versions of the records. It does if it is what a reader shows who takes items that are no more for ones that are: each
/// where its sequence number puts it.
fn was_deleted(finding: &Finding, lineage: &Lineage) -> Option<bool> {
    let sides = finding.sides.as_deref()?;
    let difference = Sides::chief(sides)?;
    let DifferenceKind::Items(items) = difference.kind else { return None };
    let wrong = items.right?;
    let shown = sides.found.keys.get(&difference.key)?.items();
    let mut records = lineage.records_of(&difference.key);
    records.retain(|record| record.key.starts_with(ITEM_PREFIX));
    let newest_last = records.iter().flat_map(|record| record.values());
    let newest_first = records.iter().flat_map(|record| record.values().rev());
    if !is_found_in(shown, newest_last) && !is_found_in(shown, newest_first) {
        return None;
    }
    let ends = records.iter().flat_map(|record| ends(record, &wrong)).collect::<Vec<bool>>();
    (!ends.is_empty()).then(|| ends.contains(&true))
}

/// Whether these items are there in this order, perhaps with others between them.
fn is_found_in<'a>(items: &[Vec<u8>], mut all: impl Iterator<Item = &'a [u8]>) -> bool {
    items.iter().all(|item| all.any(|other| other == item))
}

/// How an item in a record came to its end, for each time that it did: whether it was deleted.
fn ends<'a>(record: &'a TracedRecord, item: &'a [u8]) -> impl Iterator<Item = bool> + 'a {
    let earlier = record.earlier.iter().filter(move |earlier| earlier.value == item);
    let last = (record.value == item && record.deleted_by.is_some()).then_some(true);
    earlier.map(|earlier| earlier.deleted_by.is_some()).chain(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{SideNames, compare};
    use crate::finding::FindingKind;
    use crate::report::findings::trace_back;
    use crate::state::{KeyState, State};
    use crate::store::MetaWidth;
    use crate::workload::Trace;

    #[test]
    fn an_item_that_was_popped_is_told_from_one_that_never_was() {
        const POPPED: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1002,"cmd":["LPOP","k"]}
"#;
        // An equal item stays.
        const MOVED: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1002,"cmd":["LMOVE","k","k","LEFT","RIGHT"]}
"#;
        // Another item has its sequence number now.
        const REUSED: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a"]}
{"at_ms":1001,"cmd":["RPOP","k"]}
{"at_ms":1002,"cmd":["RPUSH","k","b"]}
"#;
        let state = |items: &[&str]| {
            let items = items.iter().map(|item| item.as_bytes().to_vec()).collect();
            let mut state = State::default();
            state.keys.insert(b"k".to_vec(), KeyState::list(items, None));
            state
        };
        let headline = |trace: &str, expected: &[&str], found: &[&str]| {
            let steps = Trace::read(trace.as_bytes()).expect("a trace").steps;
            let (expected, found) = (state(expected), state(found));
            let names = SideNames { left: "Redis", right: "the dump" };
            let comparison = compare(&expected, &found, 0);
            let finding = Finding::of_states(FindingKind::DumpState, &comparison, &expected, &found, names);
            let finding = finding.expect("a difference");
            let lineage = trace_back(&steps, finding.step, MetaWidth::Short).expect("a store");
            super::headline(&finding, Some(&lineage))
        };
        let again = "a deleted item is shown again in the dump";
        assert_eq!(headline(POPPED, &["b"], &["a", "b"]), again);
        assert_eq!(headline(MOVED, &["b", "a"], &["b", "a", "a"]), "an item is there once too often in the dump");
        assert_eq!(headline(MOVED, &["b", "a"], &["a", "b", "a"]), again);
        assert_eq!(headline(REUSED, &["b"], &["a"]), again);
        assert_eq!(headline(REUSED, &["b"], &["b", "a"]), again, "every version, the newest first");
        assert_eq!(headline(REUSED, &["b"], &["c"]), "an item has the wrong bytes in the dump");
        let never = "a list begins with items that Redis does not show in the dump";
        assert_eq!(headline(POPPED, &["b"], &["x", "b"]), never);
    }
}
