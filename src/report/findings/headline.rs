//! What broke, from the records of the small case: an item that is too many may have been deleted before.

use super::lineage::{Lineage, TracedRecord};
use crate::compare::DifferenceKind;
use crate::finding::{Finding, Sides};
use crate::format::list::ITEM_PREFIX;

/// What broke, as a clause; there is no lineage on a server, whose records cannot be seen.
pub fn headline(finding: &Finding, lineage: Option<&Lineage>) -> String {
    let of_deleted = || {
        let clause = finding.headline_of_deleted()?;
        let sides = finding.sides.as_deref()?;
        let difference = Sides::chief(sides)?;
        let DifferenceKind::Items(items) = difference.kind else { return None };
        let shown = items.right?;
        let is_it = |record: &&&TracedRecord| record.key.starts_with(ITEM_PREFIX) && record.value == shown;
        let records = lineage?.records_of(&difference.key);
        let of_item = || records.iter().filter(is_it);
        // An equal item may be in the list, and that one is shown rightly.
        let expected = sides.expected.keys.get(&difference.key).map_or(&[][..], |key| key.items());
        let rightly = expected.iter().filter(|item| **item == shown).count();
        let live = of_item().filter(|record| record.deleted_by.is_none()).count();
        (of_item().count() > live && live <= rightly).then_some(clause)
    };
    of_deleted().unwrap_or_else(|| finding.headline())
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
        let never = "a list begins with items that Redis does not show in the dump";
        assert_eq!(headline(POPPED, &["b"], &["x", "b"]), never);
    }
}
