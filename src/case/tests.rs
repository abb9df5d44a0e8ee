//! Whole cases: what they leave, what they count, and what our encoder makes of a snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::dumps::{Dumps, SORTED};
use super::*;
use crate::command::Request;
use crate::database::{Database, Engine, Files, History};
use crate::decoder::Decoder;
use crate::encoder::{Count, DumpOptions};
use crate::faults::Act;
use crate::finding::{FindingKind, LeftOut, LeftOutKind};
use crate::format::dump_tree::{CHECKSUMS, MANIFEST, Manifest};
use crate::format::{CommitTs, Family};
use crate::snapshot::{Kept, SnapshotShape, write_snapshot};
use crate::state::State;
use crate::store::MetaWidth;
use crate::workload::{Action, Header, Step, Trace};

fn step(line: &str) -> Step {
    let args = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    Step { at_ms: Some(1000), action: Action::Command(Request::parse(args).expect("a known command")) }
}

#[test]
fn a_case_writes_its_trace_down_and_counts_what_it_compares() {
    let folder = tempfile::tempdir().expect("a folder");
    let steps: Vec<Step> = ["RPUSH k a b", "RPUSH l c", "LLEN k"].map(step).into();
    let header = Header::new(Some(9), vec!["--profile".to_owned(), "churn".to_owned()]);
    let plan = CasePlan {
        steps: Box::new(steps.clone().into_iter().map(Ok)),
        width: MetaWidth::Short,
        folder: folder.path(),
        record: Some(header.clone()),
        seed: 5,
        demands: &Demands::NONE,
        engine: Engine::Memory,
    };
    let report = run_case(plan).expect("a healthy disk");
    assert_eq!((report.finding, report.commands, report.lists, report.items), (None, 3, 2, 3));
    let written = std::fs::read(folder.path().join("trace.jsonl")).expect("a trace");
    assert_eq!(Trace::read(written.as_slice()).expect("a trace"), Trace { header: Some(header), steps });
}

/// Of a case that nobody keeps, database and dump are on disk for one seed in twenty.
#[test]
fn database_and_dump_of_a_case_are_on_disk_where_somebody_looks_at_it() {
    let mut on_disk = 0;
    for seed in 0..40 {
        for record in [None, Some(Header::new(Some(seed), Vec::new()))] {
            let folder = tempfile::tempdir().expect("a folder");
            let is_there = record.is_some() || is_on_disk(seed);
            let (steps, demands) = (Box::new([step("RPUSH k a b")].into_iter().map(Ok)), &Demands::NONE);
            let (width, engine) = (MetaWidth::Short, Engine::REAL);
            let plan = CasePlan { steps, width, folder: folder.path(), record, seed, demands, engine };
            assert_eq!(run_case(plan).expect("a healthy disk").finding, None);
            assert_eq!(folder.path().join("dump").join(CHECKSUMS).exists(), is_there, "{seed}");
            let has_database = is_there && engine == Engine::RocksDb;
            assert_eq!(folder.path().join("db").join("CURRENT").exists(), has_database, "{seed}");
        }
        on_disk += u32::from(is_on_disk(seed));
    }
    assert_eq!(on_disk, 2);
}

#[test]
fn the_manifest_of_a_decoded_snapshot_has_its_last_commit_if_there_is_one() {
    for last in [0, 7_u64 << 16] {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::in_memory(History::Dropped);
        if last > 0 {
            database.commit([(b"!redis|str|a".as_slice(), Some(b"1".as_slice()))], CommitTs(last)).expect("memory");
        }
        let path = folder.path().join("a.fsm");
        let file = std::fs::File::create(&path).expect("a file");
        write_snapshot(&database, None, Kept::Latest, SnapshotShape::BARE, file).expect("a healthy disk");
        decode_snapshot(&path, &folder.path().join("out")).expect("a snapshot");
        let manifest = std::fs::read_to_string(folder.path().join("out").join(MANIFEST)).expect("a manifest");
        assert_eq!(manifest.contains("last_commit_ts"), last > 0, "{manifest}");
        assert!(decode_snapshot(&path, &folder.path().join("out")).is_err(), "the dump is there already");
    }
}

#[test]
fn a_dump_of_more_than_20000_records_is_not_restored_and_that_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = DumpOptions { db_index: 0, manifest: Manifest::new(wall_time(0)) };
    let dumps = Dumps { folder: folder.path(), files: Files::InMemory, options, fault: None };
    let nothing = std::collections::BTreeMap::<Vec<u8>, Vec<u8>>::new();
    let Ok(mut sorted) = dumps.make(SORTED, &nothing, FindingKind::Encoder, &State::default()) else {
        panic!("a healthy disk");
    };
    for (elements, is_left_out) in [(19_999, false), (20_000, true)] {
        // The numbers of another dump, so that what is restored would differ.
        sorted.summary.counts.insert(Family::List, Count { keys: 1, elements });
        let mut left_out = LeftOut::default();
        let restored = dumps.require_same_when_restored(&State::default(), &sorted, &mut left_out);
        let mut expected = LeftOut::default();
        expected.add(LeftOutKind::SecondDumps, "restored", u64::from(is_left_out));
        assert_eq!((restored.is_ok(), left_out), (is_left_out, expected), "{elements}");
    }
}

#[test]
fn a_case_of_more_than_20000_keys_and_items_is_not_read_a_second_time_and_that_is_said() {
    for (last, is_left_out) in [(1999, false), (2000, true)] {
        let folder = tempfile::tempdir().expect("a folder");
        let push = |count: usize| step(&format!("RPUSH k{}", " a".repeat(count)));
        let steps: Vec<Step> = [2000; 9].into_iter().chain([last]).map(push).collect();
        let plan = CasePlan {
            steps: Box::new(steps.into_iter().map(Ok)),
            width: MetaWidth::Short,
            folder: folder.path(),
            record: None,
            seed: 0,
            demands: &Demands::NONE,
            engine: Engine::Memory,
        };
        let report = run_case(plan).expect("a healthy disk");
        assert_eq!(report.finding, None);
        let left_out = format!("{:?}", report.left_out);
        assert_eq!(left_out.contains("second-readings"), is_left_out, "{left_out}");
    }
}

/// With more keys and items than are read a second time, what is left out tells whether they would have been.
#[test]
fn the_snapshot_of_a_case_is_read_a_second_time_unless_a_fault_is_about() {
    let nothing_wrong = Some(Act::Shown(|_| ()));
    let shape = Some(SnapshotShape::BARE);
    for (snapshot, history, fault, is_read) in [
        (None, History::Dropped, None, false),
        (shape, History::Dropped, None, true),
        (shape, History::Kept, None, true),
        (shape, History::Dropped, nothing_wrong, false),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let steps = [10_000; 2].map(|count| step(&format!("RPUSH k{}", " a".repeat(count))));
        let plan = CasePlan {
            steps: Box::new(steps.into_iter().map(Ok)),
            width: MetaWidth::Short,
            folder: folder.path(),
            record: None,
            // Of a share that is not read a second time.
            seed: 1,
            demands: &Demands { history, snapshot, fault, ..Demands::NONE },
            engine: Engine::Memory,
        };
        let report = run_case(plan).expect("a healthy disk");
        assert_eq!(report.finding, None);
        let left_out = format!("{:?}", report.left_out);
        assert_eq!(left_out.contains("second-readings"), is_read, "{left_out}");
    }
}

/// In every share a case keeps its history, though its snapshot has none of it.
#[test]
fn a_snapshot_without_the_versions_that_are_kept_is_not_asked_for_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let steps = ["RPUSH k a", "RPUSH k b", "LPOP k", "RPUSH l c"].map(step);
    let plan = CasePlan {
        steps: Box::new(steps.into_iter().map(Ok)),
        width: MetaWidth::Short,
        folder: folder.path(),
        record: None,
        seed: 0,
        demands: &Demands { snapshot: Some(SnapshotShape::BARE), ..Demands::NONE },
        engine: Engine::Memory,
    };
    assert_eq!(run_case(plan).expect("a healthy disk").finding, None);
}

/// Our own encoder as the decoder of a case in every share: how often it is asked, and how many empty lists were kept.
fn decoded(steps: &[Step], history: History) -> (u32, u64) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let decoder = Decoder::function(move |fsm, out| {
        count.fetch_add(1, Ordering::Relaxed);
        decode_snapshot(fsm, out)
    });
    let folder = tempfile::tempdir().expect("a folder");
    let plan = CasePlan {
        steps: Box::new(steps.iter().cloned().map(Ok)),
        width: MetaWidth::Short,
        folder: folder.path(),
        record: None,
        seed: 0,
        demands: &Demands { history, snapshot: Some(SnapshotShape::BARE), decoder: Some(decoder), ..Demands::NONE },
        engine: Engine::Memory,
    };
    let report = run_case(plan).expect("a healthy disk");
    assert_eq!(report.finding, None);
    (asked.load(Ordering::Relaxed), report.empty_kept)
}

#[test]
fn a_decoder_reads_the_whole_case_and_with_history_a_moment_of_it() {
    let steps = ["RPUSH k a", "RPUSH k b", "LPOP k"].map(step);
    assert_eq!(decoded(&steps, History::Dropped), (1, 0));
    assert_eq!(decoded(&steps, History::Kept), (2, 0));
    assert_eq!(decoded(&[step("LLEN k")], History::Kept).0, 1, "before the first commit there is no moment");
}

#[test]
fn empty_lists_are_counted_in_our_dump_and_in_that_of_the_decoder() {
    let compaction = Step { at_ms: None, action: Action::Compact("k".into()) };
    let steps = [step("RPUSH k a"), compaction, step("LPOP k")];
    assert_eq!(decoded(&steps, History::Dropped).1, 2);
}
