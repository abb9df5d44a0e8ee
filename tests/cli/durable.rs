//! `apply --durable` goes on where it came to, and with nothing else.

use super::session::Session;

const STEPS: [&str; 4] = [
    "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n",
    "{\"at_ms\":2,\"cmd\":[\"LLEN\",\"k\"]}\n",
    "{\"at_ms\":3,\"txn\":[[\"LPOP\",\"k\"],[\"RPUSH\",\"k\",\"w\",\"x\"]]}\n",
    "{\"at_ms\":4,\"cmd\":[\"LTRIM\",\"k\",\"0\",\"0\"]}\n",
];
const REPLIES: &str = "1\n1\n[\"v\",2]\n\"OK\"\n";
const APPLY: &str = "apply --trace trace --db db --durable";

fn session(steps: usize) -> Session {
    let session = Session::new();
    session.write("trace", STEPS[..steps].concat());
    session
}

#[test]
fn a_trace_that_has_grown_is_gone_on_with() {
    let session = session(2);
    session.write("whole", STEPS.concat());
    let words = format!("{APPLY} --replies replies");
    let ended = session.run(&words);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(session.read("replies"), "1\n1\n");
    session.write("trace", STEPS.concat());
    let ended = session.run(&words);
    let note = "note: db has the first 2 steps of the trace; what follows is added\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), note));
    assert_eq!(session.read("replies"), REPLIES);
    assert_eq!(session.holds("state db:db"), session.holds("state trace:whole"));

    assert_eq!(session.run(&words).stderr, note.replace('2', "4"));
    assert_eq!(session.read("replies"), REPLIES);
}

#[test]
fn replies_that_were_lost_with_the_last_step_are_told_again() {
    let session = session(3);
    let words = format!("{APPLY} --replies replies");
    session.holds(&words);
    for lost in ["1\n1\n", "1\n1\n[\"v\"", "1\n1\n[\"v\",2]", "1\n1\n[\"v\",2]\n"] {
        session.write("replies", lost);
        session.holds(&words);
        assert_eq!(session.read("replies"), "1\n1\n[\"v\",2]\n", "{lost:?}");
    }
    let others = [
        "",
        "1\n",
        "1\n1\n[\"v\",3]\n",
        "1\n1\n[\"v\",2]\n\"OK\"\n",
        "1\n1\nprecious",
        "one\n1\n",
        "1\n1\n[\"v\",2]\nx",
    ];
    for other in others {
        session.write("replies", other);
        let ended = session.run(&words);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(" are not the 3 of the first 3 steps, which the database has"), "{ended:?}");
        assert_eq!(session.read("replies"), other);
    }
    session.write("trace", STEPS.concat());
    assert_eq!(session.holds(&format!("{APPLY} --replies -")), "\"OK\"\n", "a stream has what follows");
}

#[test]
fn nothing_else_is_added_to_a_database() {
    let session = session(2);
    session.holds(APPLY);
    session.holds("apply --trace trace --db plain");
    session.write("other", [STEPS[0], STEPS[2], STEPS[3]].concat());
    session.write("short", STEPS[0]);
    let before = (session.tree("db"), session.tree("plain"));
    for (words, expected) in [
        ("--trace trace --db db --durable --replies db/r", "db will hold the database"),
        ("--trace trace --db db --durable --replies plain/../db/r", ": that is inside a database, "),
        ("--trace trace --db db --durable --replies plain/CURRENT", ": that is inside a database, "),
        ("--trace trace --db new --durable --replies plain/r", ": that is inside a database, "),
        ("--trace other --db db --durable", "it has the first 2 steps of another trace than other"),
        ("--trace short --db db --durable", "it has 2 steps of a trace, and short has 1 step only"),
        ("--trace trace --db db --durable --meta 32", "it was begun with --meta 24"),
        ("--trace trace --db db --durable --history", "it was begun without --history"),
        ("--trace trace --db db", "output folder db is not empty"),
        ("--trace trace --db plain --durable", "it is a database that was not begun with --durable"),
    ] {
        let ended = session.run(&format!("apply {words}"));
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{words}: {ended:?}");
        assert_eq!((session.tree("db"), session.tree("plain")), before, "{words}");
    }
    session.write("replies", "mine\n");
    let ended = session.run("apply --trace trace --db new --durable --replies replies");
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(session.names("."), ["db", "other", "plain", "replies", "short", "trace"]);
    session.holds("apply --trace trace --db new --durable --replies replies --force");
    assert_eq!(session.read("replies"), "1\n1\n");
}

#[test]
fn an_upgrade_and_the_time_are_remembered() {
    let upgraded = ["{\"at_ms\":5,\"op\":\"upgrade\"}\n", "{\"op\":\"seed\",\"key\":\"s\",\"head\":7}\n", STEPS[0]];
    let [session, whole] = [Session::new(), Session::new()];
    let later = upgraded[2].replace(":1,", ":6,");
    session.write("trace", upgraded[..2].concat());
    session.holds(APPLY);
    for session in [&session, &whole] {
        session.write("trace", [upgraded[0], upgraded[1], &later].concat());
        session.holds(APPLY);
    }
    assert_eq!(session.holds("inspect db:db"), whole.holds("inspect db:db"));
}

#[test]
fn a_database_that_has_lost_its_log_is_not_gone_on_with() {
    let session = session(3);
    session.holds(APPLY);
    let log = session.names("db").into_iter().find(|name| name.ends_with(".log")).unwrap();
    std::fs::remove_file(session.path(&format!("db/{log}"))).unwrap();
    let before = session.tree("db");
    let ended = session.run(APPLY);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("steps that were told may be lost with its log"), "{ended:?}");
    assert_eq!(session.tree("db"), before);
}

/// The first run waits for more of its trace.
#[test]
fn two_runs_do_not_share_a_database_or_a_file_of_replies() {
    let session = Session::new();
    // What the form of a trace is told by comes first.
    let begins = format!("{}{}", STEPS[0], "{\"op\":\"upgrade\"}\n".repeat(300));
    session.write("trace", format!("{begins}{}", STEPS[1]));
    let mut running = session.start("apply --trace - --db db --durable --replies replies");
    let mut stdin = running.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, begins.as_bytes()).unwrap();
    let started = std::time::Instant::now();
    while std::fs::read_to_string(session.path("replies")).unwrap_or_default().is_empty() {
        assert!(started.elapsed().as_secs() < 60, "no reply came");
        std::thread::yield_now();
    }
    for (words, expected) in [
        ("--db db --durable", "another run has it open"),
        ("--db new --durable --replies replies --force", "another run is writing to replies"),
    ] {
        let ended = session.run(&format!("apply --trace trace {words}"));
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{words}: {ended:?}");
    }
    std::io::Write::write_all(&mut stdin, STEPS[1].as_bytes()).unwrap();
    drop(stdin);
    assert!(running.wait().unwrap().success());
    assert_eq!(session.read("replies"), "1\n1\n");
    assert_eq!(session.holds("state db:db"), session.holds("state trace:trace"));
}
