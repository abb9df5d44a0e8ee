//! What broke, from the records of the small case: an item that is wrong or too many may have been in the list before.

use super::lineage::{Lineage, Period, TracedRecord};
use crate::campaign::{Need, Needs};
use crate::compare::DifferenceKind;
use crate::finding::{Finding, ItemEnd, Sides};
use crate::format::list::ITEM_PREFIX;

/// What broke, as a clause; there is no lineage on a server, whose records cannot be seen.
pub fn headline(finding: &Finding, lineage: Option<&Lineage>, needs: Option<&Needs>) -> String {
    let of_old = || finding.headline_of_old(end_of_item(finding, lineage?, needs)?);
    of_old().unwrap_or_else(|| finding.headline())
}

/// How the item at the first difference came to its end; `None` where what is shown does not come from older versions of the
/// records. It does if it is what a reader shows who takes items that are no more for ones that are: each where its sequence
/// number puts it, and none that is still there but not in the list. An item that is shown twice may be any of two equal ones,
/// and the old one only if older versions are needed to see it.
fn end_of_item(finding: &Finding, lineage: &Lineage, needs: Option<&Needs>) -> Option<ItemEnd> {
    let needs_old = needs.is_some_and(|needs| needs.is_needed(Need::History));
    if finding.kind.is_about_a_decoder() && needs.is_some_and(|needs| needs.can_drop(Need::History)) {
        return None;
    }
    let sides = finding.sides.as_deref()?;
    let difference = Sides::chief(sides)?;
    let DifferenceKind::Items(items) = difference.kind else { return None };
    let wrong = items.right?;
    let shown = sides.found.keys.get(&difference.key)?.items();
    let mut records = lineage.records_of(&difference.key);
    records.retain(|record| record.key.starts_with(ITEM_PREFIX));
    let live = records.iter().filter(|record| record.value == wrong && record.deleted_by.is_none()).count();
    let expected = sides.expected.keys.get(&difference.key).map_or(&[][..], |key| key.items());
    if live > expected.iter().filter(|item| **item == wrong).count() || (!needs_old && is_repeated(expected, shown)) {
        return None;
    }
    let newest_last = records.iter().flat_map(|record| record.values());
    let newest_first = records.iter().flat_map(|record| record.values().rev());
    if !is_found_in(shown, newest_last) && !is_found_in(shown, newest_first) {
        return None;
    }
    let is_every_version = shown.len() == records.iter().map(|record| record.values().count()).sum::<usize>();
    let ends = records.iter().flat_map(|record| ends(record, &wrong, is_every_version)).collect::<Vec<bool>>();
    match (ends.contains(&true), ends.contains(&false)) {
        (true, true) => Some(ItemEnd::Either),
        (true, false) => Some(ItemEnd::Deleted),
        (false, true) => Some(ItemEnd::WrittenOver),
        (false, false) => None,
    }
}

/// Whether these items are the expected ones, some of them several times in a row.
fn is_repeated(expected: &[Vec<u8>], shown: &[Vec<u8>]) -> bool {
    let (mut left, mut last) = (expected.iter(), None);
    shown.iter().all(|item| {
        if left.as_slice().first() == Some(item) {
            last = left.next();
        }
        last == Some(item)
    }) && left.as_slice().is_empty()
}

/// Whether these items are there in this order, perhaps with others between them.
fn is_found_in<'a>(items: &[Vec<u8>], mut all: impl Iterator<Item = &'a [u8]>) -> bool {
    items.iter().all(|item| all.any(|other| other == item))
}

/// How an item in a record came to its end, for each time that it did: whether it was deleted. To be written again as it is
/// ends it only for a reader that shows every version: for others an equal item twice may be the one item twice.
fn ends(record: &TracedRecord, item: &[u8], is_every_version: bool) -> Vec<bool> {
    let periods: Vec<Period<'_>> = if is_every_version { record.versions().collect() } else { record.periods() };
    let of_item = periods.iter().filter(|period| period.value == item && period.is_over());
    of_item.map(|period| period.deleted_by.is_some()).collect()
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

    const AGAIN: &str = "a deleted item is shown again in the dump";
    const OLDER: &str = "an older version of an item is shown in the dump";

    fn finding_and_lineage(trace: &str, expected: &[&str], found: &[&str]) -> (Finding, Lineage) {
        let steps = Trace::read(trace.as_bytes()).expect("a trace").steps;
        let state = |items: &[&str]| {
            let items = items.iter().map(|item| item.as_bytes().to_vec()).collect();
            let mut state = State::default();
            state.keys.insert(b"k".to_vec(), KeyState::list(items, None));
            state
        };
        let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
        // The other lists are shown rightly.
        let (mut expected, mut found) = (state(expected), state(found));
        for (key, list) in &lineage.expected.keys {
            expected.keys.entry(key.clone()).or_insert_with(|| list.clone());
            found.keys.entry(key.clone()).or_insert_with(|| list.clone());
        }
        assert_eq!(expected.keys, lineage.expected.keys, "{trace}");
        let names = SideNames { left: "Redis", right: "the dump" };
        let comparison = compare(&expected, &found, 0);
        let finding = Finding::of_states(FindingKind::DumpState, &comparison, &expected, &found, names);
        (finding.expect("a difference"), lineage)
    }

    fn headline(trace: &str, expected: &[&str], found: &[&str]) -> String {
        headline_with(None, trace, expected, found)
    }

    fn headline_with(needs: Option<&Needs>, trace: &str, expected: &[&str], found: &[&str]) -> String {
        let (finding, lineage) = finding_and_lineage(trace, expected, found);
        super::headline(&finding, Some(&lineage), needs)
    }

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
        assert_eq!(headline(POPPED, &["b"], &["a", "b"]), AGAIN);
        assert_eq!(headline(MOVED, &["b", "a"], &["b", "a", "a"]), "an item is there once too often in the dump");
        assert_eq!(headline(MOVED, &["b", "a"], &["a", "b", "a"]), AGAIN);
        assert_eq!(headline(REUSED, &["b"], &["a"]), AGAIN);
        assert_eq!(headline(REUSED, &["b"], &["b", "a"]), AGAIN, "every version, the newest first");
        assert_eq!(headline(REUSED, &["b"], &["c"]), "an item has the wrong bytes in the dump");
        let never = "a list begins with items that Redis does not show in the dump";
        assert_eq!(headline(POPPED, &["b"], &["x", "b"]), never);
    }

    #[test]
    fn an_item_that_was_written_over_is_an_older_version() {
        // The whole list is written again, from sequence number 0 on.
        const SET: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["LSET","k","0","x"]}
"#;
        const SAME: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a"]}
{"at_ms":1001,"cmd":["LSET","k","0","a"]}
"#;
        const REBORN: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["DEL","k"]}
{"at_ms":1002,"cmd":["RPUSH","k","c","d"]}
"#;
        assert_eq!(headline(SET, &["x", "b"], &["a", "b"]), OLDER);
        assert_eq!(headline(SET, &["x", "b"], &["x", "a", "b", "b"]), OLDER, "every version, the newest first");
        assert_eq!(headline(SET, &["x", "b"], &["a", "x", "b", "b"]), OLDER, "every version, the oldest first");
        let twice = "an item is there once too often in the dump";
        assert_eq!(headline(SET, &["x", "b"], &["x", "b", "b"]), twice, "b was only written again");
        assert_ne!(headline(SET, &["x", "b"], &["b", "a"]), OLDER, "no order of the records");
        let old = Some(&Needs::needing(Need::History));
        assert_eq!(headline_with(old, SAME, &["a"], &["a", "a"]), OLDER, "all that was ever written");
        assert_eq!(headline(SAME, &["a"], &["a", "a"]), twice, "or it is the one item twice");
        assert_ne!(headline(SAME, &["a"], &["a", "a", "a"]), OLDER, "more than was ever written");
        assert_eq!(headline(REBORN, &["c", "d"], &["a", "b"]), AGAIN);
        assert_eq!(headline(REBORN, &["c", "d"], &["a", "d"]), AGAIN);
        assert_eq!(headline(REBORN, &["c", "d"], &["a", "c", "b", "d"]), AGAIN);
        assert_eq!(headline(REBORN, &["c", "d"], &["c", "d", "d"]), twice);
    }

    #[test]
    fn an_item_that_has_moved_to_another_list_was_deleted_here() {
        const MOVED_AWAY: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["RPOPLPUSH","k","other"]}
{"at_ms":1002,"cmd":["RPUSH","k","c"]}
"#;
        const ELSEWHERE: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","c"]}
{"at_ms":1001,"cmd":["RPUSH","other","b"]}
"#;
        let foreign = "an item of another list is shown in the dump";
        assert_eq!(headline(MOVED_AWAY, &["a", "c"], &["a", "b"]), AGAIN);
        assert_eq!(headline(ELSEWHERE, &["a", "c"], &["a", "b"]), foreign);
    }

    #[test]
    fn an_item_that_is_shown_twice_may_be_one_that_is_still_there() {
        const POPPED: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","a","b"]}
{"at_ms":1001,"cmd":["LPOP","k"]}
"#;
        let generic = headline(POPPED, &["a", "b"], &["a", "a", "b"]);
        assert!(generic != AGAIN && generic != OLDER, "{generic}");
        let old = Some(&Needs::needing(Need::History));
        assert_eq!(headline_with(old, POPPED, &["a", "b"], &["a", "a", "b"]), AGAIN);
    }

    /// Without older versions in the snapshot, a decoder cannot show any.
    #[test]
    fn a_decoder_that_shows_it_without_history_shows_nothing_old() {
        const POPPED: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["LPOP","k"]}
"#;
        let (finding, lineage) = finding_and_lineage(POPPED, &["b"], &["a", "b"]);
        let finding = Finding { kind: FindingKind::DecoderState, ..finding };
        let headline = |needs: &Needs| super::headline(&finding, Some(&lineage), Some(needs));
        assert_eq!(headline(&Needs::default()), AGAIN);
        assert_eq!(headline(&Needs::without(Need::History)), finding.headline());
    }

    /// `a` was deleted at one place, and written over at another.
    #[test]
    fn where_either_may_have_become_of_an_item_both_are_said() {
        const BOTH: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b","a"]}
{"at_ms":1001,"cmd":["LSET","k","0","x"]}
{"at_ms":1002,"cmd":["RPOP","k"]}
"#;
        let either = "an item that was deleted or written over is shown in the dump";
        assert_eq!(headline(BOTH, &["x", "b"], &["a", "b"]), either);
    }

    #[test]
    fn an_equal_item_that_is_still_there_may_be_the_one_that_is_shown() {
        const POPPED: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["LPOP","k"]}
"#;
        let (finding, mut lineage) = finding_and_lineage(POPPED, &["b"], &["a", "b"]);
        assert_eq!(super::headline(&finding, Some(&lineage), None), AGAIN);
        let outside = TracedRecord {
            key: crate::format::list::item_key(b"k", crate::format::Seq(-5)),
            value: b"a".to_vec(),
            written_by: 1,
            deleted_by: None,
            earlier: Vec::new(),
        };
        lineage.records.push(outside);
        let extra = "a list begins with items that Redis does not show in the dump";
        assert_eq!(super::headline(&finding, Some(&lineage), None), extra);
        assert_eq!(super::headline(&finding, None, None), extra, "on a server");
    }
}
