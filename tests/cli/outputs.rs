//! Outputs appear whole or not at all, take nobody else's place, and standard streams hold what they should.

use std::io::Write;

use super::session::Session;

const LINE: &str = "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n";

#[test]
fn the_seed_comes_first_and_nothing_else_is_drawn() {
    let session = Session::new();
    let ended = session.run("verify --seed 1 --cases 3 --commands 50 --work-dir work");
    assert_eq!(ended.stderr, "seed: 1\n", "progress belongs on a terminal");
    assert!(ended.stdout.starts_with("verified 3 cases, 150 commands, ") && ended.stdout.lines().count() == 1);
    assert!(session.names("work").is_empty(), "nothing is left without --keep");
    let ended = session.run("generate --commands 1 --out /dev/null");
    assert!(ended.stderr.starts_with("seed: ") && ended.stdout.is_empty());
    session.write("trace", LINE);
    let ended = session.run("apply --trace trace --db db");
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn a_report_on_standard_output_is_alone_there() {
    let ended = Session::new().run("verify --seed 1 --cases 1 --commands 20 --report -");
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["cases"], 1);
    assert!(ended.stderr.contains("verified 1 case, "), "{}", ended.stderr);
}

#[test]
fn a_filled_folder_is_refused_or_replaced_on_request() {
    let session = Session::new();
    session.write("trace", LINE);
    session.holds("apply --trace trace --db db");
    session.holds_in_1970("dump db:db --out dump");
    let before = session.tree("dump");
    assert_eq!(session.run("dump db:db --out dump").code, Some(2));
    assert_eq!(session.tree("dump"), before);
    session.write("dump/stranger", "x");
    session.holds_in_1970("dump db:db --out dump --force");
    assert_eq!(session.tree("dump"), before);
    assert_eq!(session.names("."), ["db", "dump", "trace"]);
}

#[test]
fn a_dump_that_is_not_synced_is_the_same() {
    let session = Session::new();
    session.write("trace", LINE);
    session.holds("apply --trace trace --db db");
    session.holds_in_1970("dump db:db --out synced");
    session.holds_in_1970("dump db:db --out dump --no-sync");
    assert_eq!(session.tree("dump"), session.tree("synced"));
    assert_eq!(session.run("dump db:db --out dump --no-sync").code, Some(2), "it is there");
    session.holds_in_1970("dump db:db --out dump --no-sync --force");
    assert_eq!(session.tree("dump"), session.tree("synced"));
    assert_eq!(session.names("."), ["db", "dump", "synced", "trace"]);
}

#[test]
fn nothing_takes_the_place_of_no_lists() {
    let session = Session::new();
    session.write("trace", LINE);
    session.write("nothing", "");
    session.holds("apply --trace trace --db db");
    session.holds("apply --trace nothing --db empty");
    session.holds_in_1970("dump db:db --out dump");
    let before = session.tree("dump");
    let refused = session.run("dump db:empty --out dump --force");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let expected =
        "--out dump: empty holds no list, and the dump that it would replace has some; if that is right, remove dump";
    assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    assert_eq!(session.tree("dump"), before);

    for words in ["dump db:empty --out new", "dump db:empty --out new --force"] {
        let ended = session.run(words);
        assert_eq!(ended.code, Some(0), "{words}: {ended:?}");
        assert!(ended.stderr.ends_with("warning: empty holds no list\n"), "{words}: {}", ended.stderr);
    }
    session.holds("apply --trace trace --db kept --history");
    let ended = session.run("dump db:kept --at 1 --out earlier");
    assert!(ended.stderr.ends_with("warning: kept holds no list as of commit 1\n"), "{ended:?}");
    let shown = session.run("inspect db:empty");
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), "warning: empty holds no record\n"), "{shown:?}");
}

#[test]
fn leftovers_of_a_killed_run_are_cleared() {
    let session = Session::new();
    std::fs::create_dir(session.path(".db.ekv-roundtrip-partial")).unwrap();
    session.write(".db.ekv-roundtrip-partial/torn", "x");
    session.write(".replies.ekv-roundtrip-partial", "torn");
    session.write("trace", LINE);
    session.holds("apply --trace trace --db db --replies replies");
    assert_eq!(session.names("."), ["db", "replies", "trace"]);
    assert_eq!(session.read("replies"), "1\n");
    assert!(!session.names("db").contains(&"torn".to_owned()));
}

/// A pipe takes 64 KiB, and the run reads as much to know the form of the trace: once more than both is written, it has read
/// steps, and so has begun its database. It cannot end by itself, for the trace is still open.
#[test]
fn a_killed_apply_leaves_no_database() {
    let session = Session::new();
    let mut child = session.start("apply --trace - --db db --replies replies");
    let mut trace = child.stdin.take().unwrap();
    trace.write_all(LINE.repeat(9000).as_bytes()).unwrap();
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    drop(trace);
    assert!(!session.path("db").exists());
    assert_eq!(session.names("."), [".db.ekv-roundtrip-partial", ".replies.ekv-roundtrip-partial"]);
    session.write("trace", LINE);
    session.holds("apply --trace trace --db db --replies replies");
    assert_eq!(session.names("."), ["db", "replies", "trace"]);
    session.holds("compare trace:trace db:db");
}

#[test]
fn a_link_leads_to_the_file_that_is_written() {
    let session = Session::new();
    session.write("real", "old");
    std::os::unix::fs::symlink("real", session.path("link")).unwrap();
    session.holds("generate --seed 1 --commands 1 --out link --force");
    assert!(session.path("link").is_symlink());
    assert!(session.read("real").starts_with("{\"format_version\":1,"));
}

#[test]
fn a_missing_log_of_a_database_changes_nothing() {
    let session = Session::new();
    session.holds("generate --seed 1 --commands 300 --profile ttl --out trace");
    session.holds("apply --trace trace --db db");
    let before = session.holds("state db:db");
    for name in session.names("db").iter().filter(|name| name.ends_with(".log")) {
        std::fs::remove_file(session.path("db").join(name)).unwrap();
    }
    assert_eq!(session.holds("state db:db"), before);
}
