//! The traces of past mistakes, before all other tests: each must hold with both sizes of base metas, with every version
//! kept, through every framing of snapshots. What fuzzing has found beside traces `tests/fuzz_corpus.rs` runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::path::{Path, PathBuf};

use ekv_roundtrip::case::Demands;
use ekv_roundtrip::case::{CasePlan, run_case};
use ekv_roundtrip::database::Engine;
use ekv_roundtrip::database::History;
use ekv_roundtrip::format::snapshot::Framing;
use ekv_roundtrip::snapshot::SnapshotShape;
use ekv_roundtrip::store::MetaWidth;
use ekv_roundtrip::workload::Trace;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// The names in a folder below regressions/ that may be missing, sorted.
fn names_in(below: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder().join(below)).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn names() -> Vec<String> {
    names_in("").into_iter().filter(|name| name.ends_with(".jsonl")).collect()
}

/// Inputs of fuzz targets, such as `fuzz/aof/0013-name`.
fn inputs() -> Vec<String> {
    let targets = names_in("fuzz").into_iter().map(|target| format!("fuzz/{target}"));
    targets.flat_map(|target| names_in(&target).into_iter().map(move |name| format!("{target}/{name}"))).collect()
}

#[test]
fn every_trace_holds() {
    let names = names();
    assert!(names.len() >= 12, "{names:?}");
    for (name, index) in names.iter().zip(0..) {
        let trace = Trace::read(std::fs::read(folder().join(name)).unwrap().as_slice());
        let trace = trace.unwrap_or_else(|error| panic!("{name}: {error}"));
        for width in [MetaWidth::Short, MetaWidth::Long] {
            let framing = Framing::ALL[(index + width.bytes() / 8) % Framing::ALL.len()];
            let snapshot = Some(SnapshotShape { framing, raw_rows: true, noise: true });
            let demands = Demands { history: History::Kept, snapshot, ..Demands::NONE };
            let work = tempfile::tempdir().unwrap();
            let (steps, folder) = (Box::new(trace.steps.iter().cloned().map(Ok)), work.path());
            let plan =
                CasePlan { steps, width, folder, record: None, seed: 0, demands: &demands, engine: Engine::Memory };
            let report = run_case(plan).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert!(report.commands > 0, "{name}");
            if let Some(finding) = report.finding {
                panic!("{name}, {width:?}, {}: {}\n{}", framing.name(), finding.kind.meaning(), finding.detail);
            }
        }
    }
}

#[test]
fn every_trace_has_its_post_mortem() {
    let text = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(rows, [names(), inputs()].concat(), "the table of regressions/README.md is the list of what is there");
}
