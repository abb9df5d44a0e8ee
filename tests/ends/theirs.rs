//! Only what is ours is touched, and what others hold, change or leave is said.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use super::session::{Ended, LINE, Running, Session, names};

const HOLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/holes");

/// A copy of a dump in the session.
fn copy_dump(session: &Session) {
    let copied =
        std::process::Command::new("cp").args(["-r", &format!("{HOLES}/dump")]).arg(session.path("dump")).status();
    assert!(copied.unwrap().success());
}

#[test]
fn a_folder_of_somebody_s_is_not_taken_for_a_scratch_folder() {
    let session = Session::new();
    session.write("trace", LINE);
    let theirs = session.path("ekv-roundtrip-scratch-notes");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("precious"), "x").unwrap();
    session.holds(&["verify", "--trace", "trace", "--engine", "memory", "--work-dir", "."]);
    assert_eq!(session.names(), ["ekv-roundtrip-scratch-notes", "trace"]);
    assert_eq!(std::fs::read_to_string(theirs.join("precious")).unwrap(), "x");
}

#[test]
fn what_a_killed_run_left_is_cleared_by_the_next() {
    let session = Session::new();
    let mut running = Running::start(session.command(&["state", "fsm:-"]));
    running.until("it has its scratch folder", || session.scratch_holds("input"));
    running.child().kill().unwrap();
    running.end();
    assert_eq!(session.scratch().len(), 1);
    session.write("trace", LINE);
    session.holds(&["verify", "--trace", "trace", "--engine", "memory"]);
    assert_eq!(session.scratch(), Vec::<String>::new());
}

#[test]
fn nothing_is_written_into_a_dump_and_no_part_is_read() {
    let session = Session::new();
    copy_dump(&session);
    session.write("trace", LINE);
    std::fs::create_dir(session.path("db")).unwrap();
    session.write("db/CURRENT", "MANIFEST-000005\n");
    let before = names(&session.path("dump"));
    for (words, place) in [
        (&["generate", "--out", "dump/trace"][..], "a dump"),
        (&["generate", "--out", "dump/redis/trace"], "a dump"),
        (&["generate", "--out", "db/trace"], "a database"),
        (&["verify", "--trace", "trace", "--engine", "memory", "--report", "dump/report"], "a dump"),
        (&["verify", "--trace", "trace", "--engine", "memory", "--junit", "db/report"], "a database"),
        (&["verify", "--trace", "trace", "--engine", "memory", "--findings", "dump/redis"], "a dump"),
        (&["verify", "--trace", "trace", "--engine", "memory", "--findings", "dump/new/f"], "a dump"),
        (&["verify", "--trace", "trace", "--engine", "memory", "--work-dir", "dump/w", "--keep"], "a dump"),
        (&["verify", "--trace", "trace", "--engine", "memory", "--work-dir", "db"], "a database"),
        (&["faults", "--report", "dump/report"], "a dump"),
        (&["restore", "dump:dump", "--fsm", "dump/out.fsm"], "a dump"),
        (&["fixtures", "--out", "dump/fixtures"], "a dump"),
    ] {
        let ended = session.run(words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.stderr.contains(&format!(": that is inside {place}, ")), "{words:?}: {ended:?}");
    }
    let mut elsewhere = session.command(&["verify", "--trace", "trace", "--engine", "memory"]);
    let ended = Ended::of(elsewhere.env("TMPDIR", session.path("dump")).output().unwrap());
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("TMPDIR: ") && ended.stderr.contains(": that is inside a dump, "), "{ended:?}");
    assert_eq!((names(&session.path("dump")), names(&session.path("db"))), (before, vec!["CURRENT".to_owned()]));
    let fsm = format!("fsm:{HOLES}/snapshot.fsm");
    let ended = session.run(&["dump", &fsm, "--out", "db", "--force"]);
    assert!(ended.stderr.contains("output folder db is a database, and is not replaced"), "{ended:?}");

    std::fs::rename(session.path("dump"), session.path(".dump.ekv-roundtrip-partial")).unwrap();
    std::fs::rename(session.path("trace"), session.path(".trace.ekv-roundtrip-partial")).unwrap();
    for source in ["dump:.dump.ekv-roundtrip-partial", "trace:.trace.ekv-roundtrip-partial"] {
        let ended = session.run(&["state", source]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("it is an unfinished output"), "{ended:?}");
    }
}

#[test]
fn who_holds_a_folder_is_waited_for_and_named() {
    let session = Session::new();
    let folder = File::open(session.path(".")).unwrap();
    flock(&folder, FlockOperation::LockExclusive).unwrap();
    let ended = session.run(&["generate", "--seed", "1", "--out", "trace"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("error: output trace: its folder . is locked"), "{ended:?}");
    // Not on every file system does the list of locks name the device of the files.
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let us = format!(" {} ", std::process::id());
    if locks.lines().any(|line| line.contains("FLOCK") && line.contains(&us)) {
        assert!(ended.stderr.contains(&format!(" by process {} (", std::process::id())), "{ended:?}\n{locks}");
    }
    let mut running = Running::start(session.command(&["generate", "--seed", "1", "--out", "trace"]));
    let (opened, here) = (format!("/proc/{}/fd", running.child().id()), session.path(".").canonicalize().unwrap());
    let is_link_here = |name: &String| std::fs::read_link(Path::new(&opened).join(name)).is_ok_and(|path| path == here);
    running.until("it has opened the folder", || names(Path::new(&opened)).iter().any(is_link_here));
    flock(&folder, FlockOperation::Unlock).unwrap();
    assert_eq!(running.end().code, Some(0));
}

/// Two runs find the same at the same time.
#[test]
fn runs_that_share_a_folder_of_findings_add_to_each_other() {
    let session = Session::new();
    let start = |seed: &str| {
        let report = format!("{seed}.json");
        let words =
            ["verify", "--engine", "memory", "--seed", seed, "--cases", "6", "--commands", "30", "--profile", "queue"];
        let further = ["--decoder", "exec:false {fsm} {out}", "--findings", "found", "--report", &report];
        Running::start(session.command(&[&words[..], &further].concat()))
    };
    let seeds = ["1", "2", "3"];
    for ended in seeds.map(start).map(Running::end) {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(!ended.stderr.contains("error"), "{ended:?}");
    }
    let mut expected = std::collections::BTreeMap::new();
    for seed in seeds {
        let report: Value = serde_json::from_str(&session.read(&format!("{seed}.json"))).unwrap();
        for (class, count) in report["classes"].as_object().unwrap() {
            *expected.entry(class.clone()).or_insert(0) += count.as_u64().unwrap();
        }
    }
    let found = names(&session.path("found"));
    assert_eq!(found, expected.keys().cloned().collect::<Vec<_>>());
    for (class, count) in expected {
        let notes: Value = serde_json::from_str(&session.read(&format!("found/{class}/finding.json"))).unwrap();
        assert_eq!(notes["seen_count"], count, "{notes}");
    }
}

#[test]
fn a_decoder_that_changes_the_snapshot_or_leaves_a_link_is_noticed() {
    let session = Session::new();
    session.write("trace", LINE);
    let tool = env!("CARGO_BIN_EXE_ekv-roundtrip");
    let dump = format!("{tool} dump fsm:$0 --out");
    for (script, expected) in [
        (format!("{dump} $1; echo >>$0"), "exit 0, and {fsm} altered"),
        (format!("{dump} $1.real && ln -s $1.real $1"), "exit 0, and a link as {out}"),
    ] {
        let decoder = format!("exec:sh -c '{script}' {{fsm}} {{out}}");
        let words = ["verify", "--trace", "trace", "--engine", "memory", "--framing", "bare", "--decoder", &decoder];
        let ended = session.run(&words);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stdout.contains(&format!("the decoder ended with: {expected}")), "{ended:?}");
    }
}

#[test]
fn a_path_that_is_not_utf_8_is_a_source() {
    let session = Session::new();
    let name = OsStr::from_bytes(b"tr\xffce");
    session.write(Path::new(name), LINE);
    let source = |kind: &str, name: &OsStr| OsStr::from_bytes(&[kind.as_bytes(), name.as_bytes()].concat()).to_owned();
    let state = session.holds(&[OsStr::new("state"), &source("trace:", name)]);
    assert_eq!(state, "{\"key\":\"k\",\"items\":[\"v\"],\"expire_at_ms\":null}\n");
    session.write("state", &state);
    session.holds(&[OsStr::new("compare"), &source("trace:", name), OsStr::new("state:state")]);

    copy_dump(&session);
    let folder = OsStr::from_bytes(b"d\xfemp");
    std::fs::rename(session.path("dump"), session.path(folder)).unwrap();
    let file = OsStr::from_bytes(b"\xfd.fsm");
    let words = [OsStr::new("restore"), &source("dump:", folder), OsStr::new("--fsm"), file];
    session.holds(&words);
    session.holds(&[OsStr::new("inspect"), &source("fsm:", file)]);
    let ended: Ended =
        session.run(&[OsStr::new("dump"), &source("fsm:", file), OsStr::new("--out"), OsStr::new("again")]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    session.holds(&[OsStr::new("compare"), &source("dump:", folder), OsStr::new("dump:again")]);
    #[cfg(feature = "rocksdb")]
    {
        let db = OsStr::from_bytes(b"d\xfc");
        session.holds(&[OsStr::new("restore"), OsStr::new("dump:again"), OsStr::new("--db"), db]);
        session.holds(&[OsStr::new("compare"), &source("db:", db), OsStr::new("dump:again")]);
    }
}
