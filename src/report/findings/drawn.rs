//! The list of a finding, drawn.

use std::ops::ControlFlow;

use super::lineage::Lineage;
use crate::finding::Finding;
use crate::format::CommitTs;
use crate::picture::{OtherItems, Picture, Sources, Windows};
use crate::records::{HistoryView, Namespace, RecordSource as _};

/// The list that a finding is about, after the trace that has it, beside what the wrong side shows. `None` where it is about
/// no list, or the case ran on a server, which has no lineage.
pub fn picture_of(lineage: Option<&Lineage>, finding: &Finding) -> Option<Picture> {
    let (user_key, lineage) = (finding.user_key.as_deref()?, lineage?);
    let database = lineage.store.database();
    let (snapshot, history) = (database.snapshot(), HistoryView::new(database, CommitTs(u64::MAX)));
    let step_of = |commit_ts| lineage.step_of_commit.get(&commit_ts).copied();
    let found = finding.sides.as_deref().map(|sides| (&sides.found_name, sides.found.keys.get(user_key)));
    let other = found.map(|(name, found)| OtherItems { name, items: found.map(|key| key.items()) });
    let sources = Sources { records: &snapshot, versions: Some(&history), step_of: &step_of, other, around: None };
    let picture = Picture::of(&sources, user_key).ok()?;
    (picture.extent.is_some() || picture.base.is_some() || !picture.deltas.is_empty()).then_some(picture)
}

/// The section of the report; empty where there is no list to draw.
pub(super) fn section(lineage: Option<&Lineage>, finding: &Finding) -> String {
    match picture_of(lineage, finding) {
        Some(picture) => format!("\n## The list, drawn\n\n```text\n{}```\n", picture.text()),
        None => String::new(),
    }
}

/// The resolved windows of all lists, a line each.
pub(super) fn windows(lineage: &Lineage) -> String {
    let mut windows = Windows::default();
    // What is in memory can be read, and memory takes everything.
    let _ = lineage.store.database().snapshot().scan(Namespace::All, &mut |record| {
        windows.add(record.key, record.value);
        ControlFlow::Continue(())
    });
    let mut lines = Vec::new();
    let _ = windows.write(&mut lines);
    let lines = String::from_utf8_lossy(&lines).into_owned();
    if lines.is_empty() { lines } else { format!("{lines}\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{SideNames, compare};
    use crate::finding::FindingKind;
    use crate::format::list;
    use crate::report::findings::trace_back;
    use crate::state::KeyState;
    use crate::store::MetaWidth;
    use crate::workload::{Step, Trace};

    const TRACE: &str = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["LPOP","k"]}
{"at_ms":1002,"cmd":["RPUSH","other","x"]}
"#;

    fn finding(steps: &[Step], items: &[&[u8]]) -> Finding {
        let lineage = trace_back(steps, None, MetaWidth::Short).expect("a store");
        let mut found = lineage.expected.clone();
        let list = KeyState::list(items.iter().map(|item| item.to_vec()).collect(), None);
        found.keys.insert(b"k".to_vec(), list);
        let names = SideNames { left: "Redis", right: "the decoder's dump" };
        let comparison = compare(&lineage.expected, &found, 1002);
        Finding::of_states(FindingKind::DecoderState, &comparison, &lineage.expected, &found, names)
            .expect("a difference")
    }

    #[test]
    fn the_picture_has_the_steps_and_what_the_wrong_side_shows() {
        let steps = Trace::read(TRACE.as_bytes()).expect("a trace").steps;
        let finding = finding(&steps, &[b"a", b"b"]);
        let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
        let picture = picture_of(Some(&lineage), &finding).expect("a list");
        let shown_again =
            "\n    0      -      0  \"a\"   deleted by step 2; claimed by a pop  <-- shown, but not in the list\n";
        let text = picture.text();
        assert!(text.contains(shown_again), "{text}");
        assert!(text.contains("\n    1      0      1  \"b\"   live, written by step 1\n"), "{text}");
        assert_eq!(section(Some(&lineage), &finding), format!("\n## The list, drawn\n\n```text\n{text}```\n"));
        assert_eq!(
            windows(&lineage),
            "list   \"k\"  resolved: head 1  len 1  tail 2  from no base meta and 2 deltas\n\
             list   \"other\"  resolved: head 0  len 1  tail 1  from no base meta and 1 delta\n\n"
        );
    }

    /// A deletion is no version of an item, here and there; an equal value is one.
    #[test]
    fn the_picture_counts_the_older_versions_that_the_records_have() {
        const REUSED: &[&str] = &[r#""RPUSH","k","a""#, r#""RPOP","k""#, r#""RPUSH","k","b""#, r#""RPOP","k""#];
        const SET: &[&str] = &[r#""RPUSH","k","a","b""#, r#""LSET","k","0","x""#, r#""LSET","k","0","x""#];
        const REBORN: &[&str] = &[r#""RPUSH","k","a","b""#, r#""DEL","k""#, r#""RPUSH","k","c""#];
        for (commands, expected) in [(REUSED, &[1][..]), (SET, &[2, 2][..]), (REBORN, &[1, 0][..])] {
            let lines = (1000..).zip(commands).map(|(at, words)| format!("{{\"at_ms\":{at},\"cmd\":[{words}]}}\n"));
            let trace: String = lines.collect();
            let steps = Trace::read(trace.as_bytes()).expect("a trace").steps;
            let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
            let picture = picture_of(Some(&lineage), &finding(&steps, &[b"never"])).expect("a list");
            let items = lineage.records.iter().filter(|record| record.key.starts_with(list::ITEM_PREFIX));
            let of_records: Vec<u64> = items.map(|record| record.earlier.len() as u64).collect();
            let drawn: Vec<u64> = picture.cells.iter().map(|cell| cell.older_versions).collect();
            assert_eq!((of_records.as_slice(), drawn.as_slice()), (expected, expected), "{trace}");
        }
    }

    #[test]
    fn a_finding_about_no_list_has_no_picture() {
        let steps = Trace::read(TRACE.as_bytes()).expect("a trace").steps;
        let about_k = finding(&steps, &[b"a"]);
        let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
        let nothing = trace_back(&[], None, MetaWidth::Short).expect("a store");
        assert_eq!(picture_of(None, &about_k), None, "on a server");
        assert_eq!(picture_of(Some(&nothing), &about_k), None, "no records");
        let about_none = Finding::new(FindingKind::Panic, String::new());
        assert_eq!(picture_of(Some(&lineage), &about_none), None);
        assert_eq!(section(None, &about_k), "");
        assert_eq!(windows(&nothing), "");
    }
}
