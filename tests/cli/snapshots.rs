//! From a trace to a snapshot and back, as typed.

use super::session::Session;

const TRACE: &str = r#"{"at_ms":1000,"cmd":["RPUSH","jobs","a","b","c"]}
{"at_ms":2000,"cmd":["LPOP","jobs"]}
{"at_ms":3000,"txn":[["RPUSH","jobs","<d>"],["PEXPIREAT","jobs","9000"]]}
{"at_ms":4000,"cmd":["RPUSH","other",{"base64":"_w"}]}
{"at_ms":5000,"cmd":["DEL","other"]}
"#;

/// Commit timestamps are milliseconds << 16.
const AT_1500: u64 = 1500 << 16;

fn session() -> Session {
    let session = Session::new();
    session.write("trace", TRACE);
    session.holds("apply --trace trace --db db --history --meta 32");
    session
}

#[test]
fn a_snapshot_says_what_the_database_says() {
    let session = session();
    let state = session.holds("state db:db");
    let expected = r#"{"key":"jobs","items":["b","c","<d>"],"expire_at_ms":9000}"#;
    assert_eq!(state, format!("{expected}\n"));
    let written = session.run("snapshot db:db --out live.fsm --history all --framing v2 --raw-rows --noise");
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    assert!(written.stderr.starts_with("wrote ") && written.stderr.ends_with(" rows to live.fsm\n"), "{written:?}");

    let shown = session.run("state fsm:live.fsm");
    assert_eq!(shown.stdout, state);
    for part in
        ["snapshot live.fsm: framing v2, ", " tombstones): ", " !lst|itm|, ", "6 !redis|hll|", "1 _meta_last_commit_ts"]
    {
        assert!(shown.stderr.contains(part), "{part:?} is not in {}", shown.stderr);
    }
    session.holds("compare fsm:live.fsm trace:trace");
    session.holds_in_1970("dump db:db --out from-db");
    session.holds_in_1970("dump fsm:live.fsm --out from-fsm");
    assert_eq!(session.tree("from-fsm"), session.tree("from-db"));
    session.holds("compare fsm:live.fsm dump:from-fsm");
    let inspected = session.holds("inspect fsm:live.fsm --key jobs");
    assert_eq!(inspected, session.holds("inspect db:db --key jobs"));
    // The database keeps its versions too.
    let drawn = session.holds("inspect fsm:live.fsm --key jobs --picture");
    assert!(drawn.contains("    0      -  \"a\"    deleted at commit 131072000"), "{drawn}");
    assert_eq!(drawn, session.holds("inspect db:db --key jobs --picture"));
}

#[test]
fn through_standard_streams() {
    let session = session();
    let written = session.command("snapshot db:db --out -").output().unwrap().stdout;
    assert!(written.starts_with(b"EKVPBBL1"));
    let mut child = session.start("state fsm:-");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &written).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), session.holds("state db:db"));
}

#[test]
fn the_state_as_of_a_commit() {
    let session = session();
    let before = r#"{"key":"jobs","items":["a","b","c"],"expire_at_ms":null}"#;
    session.holds("snapshot db:db --out live.fsm --history all");
    for source in ["db:db", "fsm:live.fsm"] {
        assert_eq!(session.holds(&format!("state {source} --at {AT_1500}")), format!("{before}\n"));
        let both = session.holds(&format!("state {source} --at {}", 4000_u64 << 16));
        assert_eq!(both.lines().count(), 2, "{both}");
        let out = format!("dump-{}", &source[..2]);
        session.holds_in_1970(&format!("dump {source} --at {AT_1500} --out {out}"));
        assert!(session.read(&format!("{out}/MANIFEST.json")).contains(&format!("\"last_commit_ts\": {AT_1500},")));
        assert!(session.read(&format!("{out}/redis/db_0/lists/jobs.json")).contains("\"a\",\n"));
        assert!(!session.holds(&format!("inspect {source} --at {AT_1500}")).contains("claim"));
    }
    assert_eq!(session.tree("dump-fs"), session.tree("dump-db"));
    session.holds(&format!("snapshot db:db --out then.fsm --at {AT_1500} --framing legacy"));
    assert_eq!(session.holds("state fsm:then.fsm"), format!("{before}\n"));
    session.holds(&format!("compare db:db fsm:then.fsm --at {AT_1500} --now-ms 0"));
}

#[test]
fn the_manifest_says_which_snapshot_it_was() {
    let session = session();
    session.holds("snapshot db:db --out 00000000000000ff.fsm");
    session.holds("dump fsm:00000000000000ff.fsm --out dump");
    assert!(session.read("dump/MANIFEST.json").contains("\"snapshot_index\": 255,\n"));
    for name in ["ff.fsm", "00000000000000FF.fsm", "0000000000000000.fsm"] {
        std::fs::copy(session.path("00000000000000ff.fsm"), session.path(name)).unwrap();
        session.holds(&format!("dump fsm:{name} --out dump --force"));
        assert!(!session.read("dump/MANIFEST.json").contains("snapshot_index"), "{name}");
    }
}

#[test]
fn rows_in_any_order_are_read_and_said_so() {
    let session = session();
    session.holds("snapshot db:db --out sorted.fsm");
    let bytes = std::fs::read(session.path("sorted.fsm")).unwrap();
    let first_row = 16 + 8 + usize::from(bytes[16]);
    let first_row_end = first_row + 8 + usize::from(bytes[first_row]);
    session.write("unsorted.fsm", [&bytes[..16], &bytes[first_row_end..], &bytes[16..first_row_end]].concat());
    let shown = session.run("state fsm:unsorted.fsm");
    assert_eq!(shown.stdout, session.holds("state db:db"));
    assert!(shown.stderr.contains("not in key order, so they are held in memory"), "{}", shown.stderr);
}

#[test]
fn a_dump_restored_and_dumped_is_the_same() {
    let session = Session::new();
    session.write("trace", TRACE);
    session.holds("apply --trace trace --db db");
    session.holds_in_1970("dump db:db --out dump");
    let ended = session.run("restore dump:dump --db restored");
    assert_eq!(ended.stderr, "restored 1 list, 3 items to restored\n");
    session.holds("restore dump:dump --fsm restored.fsm");
    for source in ["db:restored", "fsm:restored.fsm"] {
        session.holds_in_1970(&format!("dump {source} --out again --force"));
        assert_eq!(session.tree("again"), session.tree("dump"), "{source}");
    }
    let meta = session.holds("inspect db:restored --format jsonl");
    assert!(meta.contains("\"head\":0") && !meta.contains("\"delta\""), "{meta}");
}

/// What a dump of records that no workload leaves says comes back too: kept empty lists, and expiries at the limits.
#[test]
fn what_the_fixtures_dump_comes_back_as_it_is() {
    let session = Session::new();
    let lists = |folder: &str| {
        let mut tree = session.tree(folder);
        tree.retain(|(path, _)| path.starts_with("redis"));
        tree
    };
    for name in
        ["expiry-limits", "meta-without-items", "segments-fallback", "escapes", "meta-against-ttl-record", "empty"]
    {
        let fixture = format!("{}/fixtures/{name}/dump", env!("CARGO_MANIFEST_DIR"));
        let copied = std::process::Command::new("cp").arg("-r").arg(fixture).arg(session.path(name)).status().unwrap();
        assert!(copied.success());
        session.holds(&format!("restore dump:{name} --db {name}-db"));
        session.holds(&format!("dump db:{name}-db --out {name}-again"));
        assert_eq!(lists(&format!("{name}-again")), lists(name));
        assert_eq!(lists(name).is_empty(), name == "empty");
    }
}

#[test]
fn verify_with_snapshots_and_history() {
    let session = Session::new();
    let flags = "--history --framing v1 --raw-rows --noise";
    let printed = session.holds(&format!("verify --seed 5 --cases 8 --commands 200 {flags} --report report.json"));
    assert!(printed.contains(" 0 mismatches "), "{printed}");
    let report: serde_json::Value = serde_json::from_str(&session.read("report.json")).unwrap();
    let said: Vec<&str> = report["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect();
    assert!(said.join(" ").ends_with("--meta both --framing v1 --history --raw-rows --noise"), "{said:?}");
}
