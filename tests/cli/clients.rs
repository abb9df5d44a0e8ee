//! Several clients: the same seed is the same trace, and whoever cannot play one says so.

use super::session::Session;

#[test]
fn a_trace_of_several_clients_is_the_same_wherever_it_is_played() {
    let session = Session::new();
    session.holds("generate --seed 3 --commands 300 --clients 3 --profile ttl --out trace.jsonl");
    let trace = session.read("trace.jsonl");
    assert!(trace.lines().next().is_some_and(|line| line.contains("\"--clients\",\"3\"")), "{trace}");
    assert_eq!(session.holds("generate --seed 3 --commands 300 --clients 3 --profile ttl"), trace);
    for what in ["\"begin\":", "\"commit\":true", "\"lost\":true", "\"resent\":true"] {
        assert!(trace.contains(what), "{what}");
    }
    session.holds("verify --trace trace.jsonl --meta both --history");
    session.holds("apply --trace trace.jsonl --db db");
    session.holds("compare trace:trace.jsonl db:db");
}

#[test]
fn a_case_is_repeated_with_its_clients() {
    let session = Session::new();
    session.holds("verify --seed 5 --cases 8 --commands 60 --profile churn --keep --work-dir all");
    let with_clients = |case: u32| session.read(&format!("all/case-{case:06}/trace.jsonl")).contains("\"client\":");
    let case = (0..8).find(|case| with_clients(*case)).expect("one case of four has several");
    session.holds(&format!("verify --seed 5 --case {case} --commands 60 --profile churn --keep --work-dir one"));
    let trace = format!("case-{case:06}/trace.jsonl");
    assert_eq!(session.read(&format!("one/{trace}")), session.read(&format!("all/{trace}")));
    session.holds(&format!(
        "verify --seed 5 --case {case} --commands 60 --profile churn --clients 1 --keep --work-dir alone"
    ));
    assert!(!session.read(&format!("alone/{trace}")).contains("\"client\":"));
}

#[test]
fn what_has_one_client_refuses_several() {
    let session = Session::new();
    session.holds("generate --seed 3 --commands 20 --clients 2 --out trace.jsonl");
    for (command, said) in [
        ("generate --seed 3 --clients 2 --format resp", "--clients: a stream of RESP has one client; use jsonl"),
        (
            "apply --trace trace.jsonl --db db --durable",
            "--durable cannot go on in the middle of what a client has begun",
        ),
        ("generate --clients 0", "0 is not in 1..=64"),
        ("verify --store redis://127.0.0.1:1 --clients 2 --profile queue", "--profile: a server with --clients"),
        ("verify --oracle redis://127.0.0.1:1 --clients 2", "--oracle: a server with --clients"),
        ("verify --store redis://127.0.0.1:1 --clients 2 --jobs 1", "--jobs: a server with --clients"),
        ("verify --store redis://127.0.0.1:1 --clients 2 --work-dir w", "--work-dir: a server with --clients"),
        ("verify --exhaustive-clients --clients 2", "cannot be used with"),
        ("verify --exhaustive-clients --history", "cannot be used with"),
    ] {
        let ended = session.run(command);
        assert_eq!(ended.code, Some(2), "{command}: {ended:?}");
        assert!(ended.stderr.contains(said), "{command}: {ended:?}");
    }
}
