//! Canaries in the shrinker: traces that have another finding when they are cut too far.

use super::row::{Canary, How};
use super::scene::Scene;
use crate::finding::{Finding, FindingKind};
use crate::workload::Step;

/// What the trace has when one step is left of it, the aspect that it has before, and the words.
type Row = (&'static str, FindingKind, &'static str, &'static str, fn(&[Step]) -> Option<Finding>);

const ROWS: &[Row] = &[
    ("a step alone has another aspect", FindingKind::DumpState, "items", "2 steps", |steps| {
        let found = |aspect| Finding { aspect, ..plain(FindingKind::DumpState, steps) };
        by_steps(steps, || found("items"), || found("expiry"))
    }),
    ("a step alone has no aspect", FindingKind::DumpState, "items", "2 steps", |steps| {
        let found = |aspect| Finding { aspect, ..plain(FindingKind::DumpState, steps) };
        by_steps(steps, || found("items"), || found(""))
    }),
    ("a step alone has another kind", FindingKind::StoreState, "items", "2 steps", |steps| {
        let found = |kind| Finding { aspect: "items", ..plain(kind, steps) };
        by_steps(steps, || found(FindingKind::StoreState), || found(FindingKind::Reopened))
    }),
    ("a step alone panics elsewhere", FindingKind::Panic, "", "2 steps", |steps| {
        let found = |line: u32| {
            let said = format!("panicked at src/store.rs:{line}:9:\n{} steps", steps.len());
            Finding::new(FindingKind::Panic, said)
        };
        by_steps(steps, || found(7), || found(8))
    }),
    ("a step alone is about another key", FindingKind::DumpState, "items", "1 steps", |steps| {
        let found = |key: &[u8]| Finding {
            aspect: "items",
            user_key: Some(key.to_vec()),
            ..plain(FindingKind::DumpState, steps)
        };
        by_steps(steps, || found(b"a"), || found(b"b"))
    }),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let canary = |(name, kind, aspect, says, found): &Row| Canary {
        scene: Scene::of(&["RPUSH a# one two", "RPUSH a# three", "LPOP a#", "RPUSH a# four"]),
        how: How::Shrunk(*found),
        says,
        ..Canary::of(name, *kind, aspect)
    };
    ROWS.iter().map(canary).collect()
}

/// A finding of its own for a step alone, and for more.
fn by_steps(steps: &[Step], more: impl Fn() -> Finding, one: impl Fn() -> Finding) -> Option<Finding> {
    match steps.len() {
        0 => None,
        1 => Some(one()),
        _ => Some(more()),
    }
}

fn plain(kind: FindingKind, steps: &[Step]) -> Finding {
    Finding::new(kind, format!("{} steps", steps.len()))
}
