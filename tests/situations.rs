//! Each row of the ledger is reached by a tiny trace, and not without the trace's last step; and generated workloads reach
//! them all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may fail by panicking, and says what it counted"
)]

#[path = "situations/clients.rs"]
mod clients;
#[path = "situations/commands.rs"]
mod commands;

use std::collections::BTreeSet;

use ekv_roundtrip::case::Demands;
use ekv_roundtrip::case::{CasePlan, run_case};
use ekv_roundtrip::database::{Engine, History};
use ekv_roundtrip::fixtures::script;
use ekv_roundtrip::format::snapshot::Framing;
use ekv_roundtrip::situations::{Needs, Reached, Row, SITUATIONS, Situation, rows};
use ekv_roundtrip::snapshot::SnapshotShape;
use ekv_roundtrip::store::MetaWidth::{self, Long, Short};
use ekv_roundtrip::workload::{Action, CaseSpec, Step, case_seed, drawn_clients, schedule};

/// What each situation takes, as small as can be, by its name.
const TRACES: &[(&str, MetaWidth, &str)] = &[
    ("negative-head", Short, "LPUSH k a"),
    ("both-signs", Short, "LPUSH k a\n RPUSH k b"),
    ("head-near-lowest", Short, "seed k -9223372036854775800\n RPUSH k a"),
    ("tail-near-highest", Short, "seed k 9223372036854775800\n RPUSH k a"),
    ("push-refused-at-the-end", Short, "seed k -9223372036854775808\n LPUSH k a"),
    ("seq-under-old-claim", Short, "RPUSH k a b\n RPOP k\n RPUSH k c"),
    ("claim-outside-window", Short, "RPUSH k a b\n LPOP k"),
    ("delta-only-list", Short, "RPUSH k a"),
    ("base-meta-only", Short, "RPUSH k a\n compact k"),
    ("base-with-deltas", Short, "RPUSH k a\n compact k\n RPUSH k b"),
    ("base-longer-than-list", Short, "RPUSH k a b\n compact k\n LPOP k"),
    ("deltas-63", Short, "repeat 63 RPUSH k a"),
    ("deltas-64", Short, "repeat 64 RPUSH k a"),
    ("deltas-65", Short, "repeat 65 RPUSH k a"),
    ("deltas-1023", Short, "repeat 1023 RPUSH k a"),
    ("deltas-1024", Short, "repeat 1024 RPUSH k a"),
    ("inline-compaction", Short, "repeat 1025 RPUSH k a"),
    ("inline-compaction-with-expiry", Short, "RPUSH k a\n EXPIRE k 100\n repeat 1024 RPUSH k a"),
    ("compaction-folds", Short, "RPUSH k a\n compact k"),
    ("compaction-between-pop-and-push", Short, "RPUSH k a b\n LPOP k\n compact k\n RPUSH k c"),
    ("compaction-overtaken-by-push", Short, "RPUSH k a\n compact-read k\n RPUSH k b\n compact-commit k"),
    ("compaction-overtaken-by-pop", Short, "RPUSH k a b\n compact-read k\n LPOP k\n compact-commit k"),
    ("compaction-gives-up", Short, "RPUSH k a\n compact-read k\n DEL k\n compact-commit k"),
    ("compaction-deletes-base", Short, "RPUSH k a\n compact k\n LPOP k\n compact k"),
    ("compaction-drops-claims", Short, "RPUSH k a b\n LPOP k\n compact k"),
    ("compaction-keeps-claim-at-head", Short, "RPUSH k a b\n LPOP k\n LPUSH k c\n compact k"),
    ("compaction-takes-ttl", Long, "RPUSH k a\n EXPIRE k 100\n LSET k 0 b\n compact k"),
    ("meta-upgraded", Short, "RPUSH k a\n compact k\n upgrade\n compact k"),
    ("upgraded-with-expiry", Short, "RPUSH k a\n compact k\n EXPIRE k 100\n upgrade\n compact k"),
    ("txn-several-deltas", Short, "MULTI\n RPUSH k a\n RPUSH k b\n EXEC"),
    ("txn-deleted-and-put", Short, "RPUSH k a\n MULTI\n DEL k\n RPUSH k b\n EXEC"),
    ("move-within-key", Short, "RPUSH k a b\n RPOPLPUSH k k"),
    ("move-between-keys", Short, "RPUSH k a b\n LMOVE k l LEFT LEFT"),
    ("keys-interleaved", Short, "RPUSH a%80%00%00%00%00%00%00%00 x\n RPUSH a y z"),
    ("interleaved-long-bodies", Short, "RPUSH a%80%00%00%00%00%00%00%00 {66k}\n RPUSH a {66k}"),
    ("interleaved-timestamp-key", Short, "RPUSH a%80%00%00%00%00%00%00%00%FC%44%D3%3C%27%FC%FF%FF x\n RPUSH a y z"),
    ("key-in-delta-namespace", Short, "RPUSH d|k a\n compact d|k"),
    ("key-imitates-delta", Short, "RPUSH d|%00%00%00%01a000000000000 a\n compact d|%00%00%00%01a000000000000"),
    (
        "imitation-beside-deltas",
        Short,
        "RPUSH a x\n RPUSH d|%00%00%00%01a000000000000 y\n compact d|%00%00%00%01a000000000000",
    ),
    ("rewrite-as-delta", Short, "RPUSH k a b\n LLEN k\n LSET k 0 c"),
    ("rewrite-as-base", Short, "RPUSH k a b\n LSET k 0 c"),
    ("rewrite-keeps-expiry", Short, "RPUSH k a\n EXPIRE k 100\n LSET k 0 b"),
    ("rewrite-leaves-nothing", Short, "RPUSH k a\n LREM k 0 a"),
    ("rewrite-after-persist", Short, "RPUSH k a b\n EXPIRE k 100\n LLEN k\n PERSIST k\n LSET k 0 c"),
    ("rewrite-after-rename", Short, "RPUSH k a b\n EXPIRE k 100\n LLEN k\n RENAME k l\n LSET l 0 c"),
    ("rename-carries-expiry", Short, "RPUSH k a\n EXPIRE k 100\n RENAME k l"),
    ("rename-over-list", Short, "RPUSH k a\n RPUSH l b\n RENAME k l"),
    ("rename-drops-target-expiry", Short, "RPUSH k a\n RPUSH l b\n EXPIRE l 100\n RENAME k l"),
    ("pop-empties-inline-expiry", Long, "RPUSH k a\n EXPIRE k 100\n LPOP k"),
    ("pop-empties-ttl", Short, "RPUSH k a\n EXPIRE k 100\n LPOP k"),
    ("reborn-on-old-base", Short, "RPUSH k a\n compact k\n LPOP k\n RPUSH k b"),
    ("reborn-without-expiry", Short, "RPUSH k a\n EXPIRE k 100\n LPOP k\n RPUSH k b"),
    ("expired-at-end", Short, "RPUSH k a\n PEXPIRE k 1\n LLEN k\n LLEN k"),
    ("written-after-expiry", Short, "RPUSH k a\n PEXPIRE k 1\n LLEN k\n RPUSH k b"),
    ("expiry-in-ttl-only", Short, "RPUSH k a\n EXPIRE k 100"),
    ("expiry-inline", Long, "RPUSH k a\n EXPIRE k 100"),
    ("expiry-beside-long-deltas", Long, "RPUSH k a\n EXPIRE k 100\n LSET k 0 b"),
    ("expiry-highest", Short, "RPUSH k a\n PEXPIREAT k 9223372036854775807"),
    ("expiry-in-the-past", Short, "RPUSH k a\n PEXPIREAT k 0"),
    ("expiry-taken-away", Short, "RPUSH k a\n EXPIRE k 100\n PERSIST k"),
    ("empty-base-kept", Short, "RPUSH k a\n compact k\n LPOP k"),
    ("list-long", Short, "RPUSH k a b c d e f g h i j\n repeat 10000 {long}"),
    ("segment-passes", Short, "RPUSH k a"),
    ("segment-percent", Short, "RPUSH jobs:1 a"),
    ("segment-sha-raw-length", Short, "RPUSH {k*241} a"),
    ("segment-sha-escaped-length", Short, "RPUSH {:*81} a"),
    ("segment-sha-b64", Short, "RPUSH b64.x a"),
    ("segment-sha-lookalike", Short, "RPUSH 0123456789abcdef0123456789ABCDEF__ a"),
    ("segment-cut-in-character", Short, "RPUSH {€*81} a"),
    ("key-empty", Short, "RPUSH \"\" a"),
    ("key-dots", Short, "RPUSH .. a"),
    ("key-240-bytes", Short, "RPUSH {k*240} a"),
    ("keys-differ-in-case", Short, "RPUSH key a\n RPUSH Key b"),
    ("item-empty", Short, "RPUSH k \"\""),
    ("item-not-utf8", Short, "RPUSH k %FF"),
    ("item-nul", Short, "RPUSH k a%00"),
    ("item-html", Short, "RPUSH k a<b"),
    ("item-line-separator", Short, "RPUSH k %E2%80%A8"),
    ("item-surrogate", Short, "RPUSH k %ED%A0%80"),
    ("item-over-10000-bytes", Short, "RPUSH k {x*10001}"),
    ("items-equal", Short, "RPUSH k a\n RPUSH k a"),
    ("version-chain", Short, "RPUSH k a\n compact k\n RPUSH k b\n compact k\n RPUSH k c\n compact k"),
    ("tombstone-on-top", Short, "RPUSH k a\n LPOP k"),
    ("put-after-tombstone", Short, "RPUSH k a\n RPOP k\n RPUSH k b"),
    // The second key is the first and, inverted, the time of its own push: between the commits of the two compactions.
    (
        "versions-apart",
        Short,
        "RPUSH k a\n compact k\n RPUSH k%FC%44%D3%3C%27%FC%FF%FF b\n compact k%FC%44%D3%3C%27%FC%FF%FF\n \
         RPUSH k b\n compact k",
    ),
    ("moment-before-compaction", Short, "RPUSH k a\n compact k"),
    ("moment-after-compaction", Short, "RPUSH k a\n compact k"),
    ("snapshot-bare", Short, "RPUSH k a"),
    ("snapshot-legacy", Short, "RPUSH k a"),
    ("snapshot-v1", Short, "RPUSH k a"),
    ("snapshot-v2", Short, "RPUSH k a"),
    ("snapshot-raw-rows", Short, "RPUSH k a"),
    ("snapshot-noise", Short, "RPUSH k a"),
];

fn steps(trace: &str) -> Vec<Step> {
    let mut script = trace.to_owned();
    // Long words would hide what a trace is about.
    for (short, unit, count) in [
        ("{k*240}", "k", 240),
        ("{k*241}", "k", 241),
        ("{:*81}", ":", 81),
        ("{€*81}", "%E2%82%AC", 81),
        ("{x*10001}", "x", 10_001),
    ] {
        script = script.replace(short, &unit.repeat(count));
    }
    script = script.replace("{66k}", &vec!["x".repeat(1000); 66].join(" "));
    script = script.replace("{long}", &format!("RPUSH k{}", " a".repeat(10)));
    script::parse(&script).unwrap_or_else(|problem| panic!("{problem}"))
}

fn demands(needs: Needs) -> Demands {
    let shape = SnapshotShape::BARE;
    let framing = |name| *Framing::ALL.iter().find(|framing| framing.name() == name).expect("a framing");
    let (history, snapshot) = match needs {
        Needs::Nothing | Needs::Trace(_) => (History::Dropped, None),
        Needs::History => (History::Kept, None),
        Needs::Framing(name) => (History::Dropped, Some(SnapshotShape { framing: framing(name), ..shape })),
        Needs::RawRows => (History::Dropped, Some(SnapshotShape { raw_rows: true, ..shape })),
        Needs::Noise => (History::Dropped, Some(SnapshotShape { noise: true, ..shape })),
    };
    Demands { history, snapshot, ..Demands::NONE }
}

fn reached(steps: &[Step], width: MetaWidth, demands: &Demands) -> Reached {
    let folder = tempfile::tempdir().unwrap();
    let steps = Box::new(steps.iter().cloned().map(Ok));
    let plan = CasePlan { steps, width, folder: folder.path(), record: None, seed: 7, demands, engine: Engine::Memory };
    let report = run_case(plan).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(report.finding, None);
    report.reached.expect("our store was watched")
}

fn names(reached: Reached) -> Vec<&'static str> {
    reached.rows().map(|row| row.name).collect()
}

/// The situations alone, without what was asked of commands.
fn situations(reached: Reached) -> Vec<&'static str> {
    names(reached).into_iter().filter(|name| Situation::find(name).is_some()).collect()
}

#[test]
fn each_situation_is_reached_by_its_trace_and_not_without_the_last_step() {
    let known: Vec<&str> = SITUATIONS.iter().map(|situation| situation.name).collect();
    let traces = || TRACES.iter().chain(clients::TRACES);
    assert_eq!(traces().map(|(name, ..)| *name).collect::<Vec<_>>(), known, "one trace each, in the same order");
    for (name, width, trace) in traces() {
        let Situation { mark, needs, .. } = *Situation::find(name).expect("just compared");
        let steps = steps(trace);
        let found = reached(&steps, *width, &demands(needs));
        assert!(found.has(mark), "{name}: {:?}", names(found));
        let (_, shorter) = steps.split_last().expect("steps");
        let not_asked = demands(Needs::Nothing);
        let (less, demands) = match needs {
            Needs::Nothing | Needs::History => (shorter, demands(needs)),
            _ => (&steps[..], not_asked),
        };
        let found = reached(less, *width, &demands);
        assert!(!found.has(mark), "{name}, one step less: {:?}", names(found));
    }
}

/// The same steps, each transaction and compaction committed before the next step.
fn one_after_another(steps: &[Step]) -> Vec<Step> {
    let commits = |begins: &Action, step: &Step| match (begins, &step.action) {
        (Action::Begin { client, .. }, Action::Commit { client: other, .. }) => client == other,
        (Action::CompactRead(key), Action::CompactCommit(other)) => key == other,
        _ => false,
    };
    let mut apart = Vec::new();
    for step in steps.iter().filter(|step| !matches!(step.action, Action::Commit { .. } | Action::CompactCommit(_))) {
        apart.push(step.clone());
        let commit = steps.iter().find(|later| commits(&step.action, later)).cloned();
        apart.extend(commit.map(|commit| Step { at_ms: step.at_ms, ..commit }));
    }
    apart
}

#[test]
fn clients_reach_their_situations_in_either_order_and_never_one_after_another() {
    for (name, width, trace) in clients::TRACES.iter().chain(clients::OTHER_WAYS) {
        let mark = Situation::find(name).expect("a situation").mark;
        let steps = steps(trace);
        let found = reached(&steps, *width, &Demands::NONE);
        assert!(found.has(mark), "{name}, {trace}: {:?}", names(found));
        // What a client does not hear of takes no other client.
        let takes_one = name.ends_with("-unheard");
        let found = reached(&one_after_another(&steps), *width, &Demands::NONE);
        assert_eq!(found.has(mark), takes_one, "{name}, one after another, {trace}: {:?}", names(found));
    }
}

#[test]
fn each_row_about_commands_is_reached_by_its_trace() {
    let mut wanted: BTreeSet<&str> =
        rows().map(|row| row.name).filter(|name| Situation::find(name).is_none()).collect();
    wanted.retain(|name| !matches!(Row::find(name).expect("a row").needs, Needs::Trace(_)));
    let traces = commands::traces();
    let named: BTreeSet<&str> = traces.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named.len(), traces.len(), "one trace each");
    assert_eq!(named, wanted, "the rows with a trace, and those without a reason for having none");
    for (name, trace) in &traces {
        let row = Row::find(name).expect("just compared");
        let steps = script::parse(trace).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        let found = reached(&steps, Short, &Demands::NONE);
        assert!(found.has_row(&row), "{name}: {:?}", names(found));
        let (_, shorter) = steps.split_last().expect("steps");
        let found = reached(shorter, Short, &Demands::NONE);
        assert!(!found.has_row(&row), "{name}, one step less: {:?}", names(found));
    }
}

#[test]
fn nothing_is_ticked_off_that_has_not_been_there() {
    let demands = demands(Needs::Nothing);
    assert_eq!(names(reached(&[], Short, &demands)), [""; 0]);
    let plain = reached(&steps("RPUSH k a\n LRANGE k 0 -1\n RPUSH l b\n DEL l"), Short, &demands);
    let commands = ["rpush-missing", "lrange-all", "del"];
    assert_eq!(names(plain), [&["delta-only-list", "segment-passes"][..], &commands].concat());
    // A store that is compacted all the time and knows no expiry.
    let compacted = reached(&steps("RPUSH k a\n compact k\n RPUSH k b\n compact k"), Long, &demands);
    assert_eq!(situations(compacted), ["base-meta-only", "compaction-folds", "segment-passes"]);
}

/// What no flag of this test asks for, or the two heavy profiles alone reach, which are too slow here.
const LEFT_OUT: &[&str] = &[
    "snapshot-bare",
    "snapshot-legacy",
    "snapshot-v1",
    "list-long",
    "deltas-1023",
    "deltas-1024",
    "inline-compaction",
    "inline-compaction-with-expiry",
    "refused-many-pushed",
    "refused-many-moved",
    "refused-key-too-long",
    "refused-value-too-long",
];

#[test]
fn a_hundred_generated_cases_reach_every_row() {
    let shape = SnapshotShape { framing: Framing::V2, raw_rows: true, noise: true };
    let all = Demands { history: History::Kept, snapshot: Some(shape), ..Demands::NONE };
    let mut found = Reached::default();
    for case in 0..100 {
        let (profile, turn) = schedule(case, &[]);
        if profile.share_of_100 == 1 {
            continue;
        }
        let width = if turn % 2 == 0 { Short } else { Long };
        // Histories and snapshots take most of the time, and keys that lie between versions are the rarest thing in them.
        let demands = if case % 5 == 0 || profile.name == "hostile-keys" { &all } else { &Demands::NONE };
        let seed = case_seed(1, case);
        let spec = CaseSpec { seed, profile, commands: 1000, keys: None, clients: drawn_clients(seed) };
        found.add(reached(&spec.steps().collect::<Vec<_>>(), width, demands));
        if missed(found).is_empty() {
            eprintln!("all reached after {} cases", case + 1);
            return;
        }
    }
    panic!("a hundred cases do not reach {:?}", missed(found));
}

fn missed(found: Reached) -> BTreeSet<&'static str> {
    rows().filter(|row| !found.has_row(row)).map(|row| row.name).filter(|name| !LEFT_OUT.contains(name)).collect()
}
