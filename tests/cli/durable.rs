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
    for other in ["", "1\n", "1\n1\n[\"v\",3]\n", "1\n1\n[\"v\",2]\n\"OK\"\n"] {
        session.write("replies", other);
        let ended = session.run(&words);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains(" are not those of the first 3 steps, for which clients got 3 in all"),
            "{ended:?}"
        );
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
    let before = session.holds("state db:db");
    for (words, expected) in [
        ("--trace other --db db --durable", "it has the first 2 steps of another trace than other"),
        ("--trace short --db db --durable", "it has the first 2 steps of another trace than short"),
        ("--trace trace --db db --durable --meta 32", "it was begun with --meta 24"),
        ("--trace trace --db db --durable --history", "it was begun without --history"),
        ("--trace trace --db db", "output folder db is not empty"),
        ("--trace trace --db plain --durable", "it is a database that was not begun with --durable"),
    ] {
        let ended = session.run(&format!("apply {words}"));
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.stderr.contains(expected), "{words}: {ended:?}");
        assert_eq!(session.holds("state db:db"), before);
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
