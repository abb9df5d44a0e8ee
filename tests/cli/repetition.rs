//! The same seed says and leaves the same.

use std::io::Write as _;

use super::session::Session;

fn report(session: &Session, name: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(&session.read(name)).unwrap();
    for member in ["timings", "checksum"] {
        assert!(report.as_object_mut().unwrap().remove(member).is_some());
    }
    report
}

#[test]
fn traces_and_dumps() {
    let session = Session::new();
    for run in ["a", "b"] {
        session.holds(&format!("generate --seed 3 --commands 400 --profile binary --out {run}.jsonl"));
        session.holds(&format!("apply --trace {run}.jsonl --db {run}.db"));
        session.holds_in_1970(&format!("dump db:{run}.db --out {run}.dump"));
    }
    assert_eq!(session.read("a.jsonl"), session.read("b.jsonl"));
    assert_eq!(session.tree("a.dump"), session.tree("b.dump"));
    assert_eq!(session.holds("generate --seed 3 --commands 400 --profile binary"), session.read("a.jsonl"));
}

#[test]
fn verify_whatever_the_number_of_jobs() {
    let session = Session::new();
    let shape = "verify --seed 5 --cases 6 --commands 120 --profile default --profile ttl --profile churn";
    for (run, jobs) in [("a", 1), ("b", 1), ("c", 2)] {
        session.holds(&format!("{shape} --jobs {jobs} --report {run}.json --work-dir {run} --keep"));
    }
    for run in ["b", "c"] {
        assert_eq!(report(&session, "a.json"), report(&session, &format!("{run}.json")));
        for case in 0..6 {
            let kept = |run: &str, what: &str| session.path(&format!("{run}/case-{case:06}/{what}"));
            let trace = |run| std::fs::read(kept(run, "trace.jsonl")).unwrap();
            assert_eq!(trace("a"), trace(run));
            assert!(kept(run, "db/CURRENT").is_file());
            let dump = |run: &str| session.tree(&format!("{run}/case-{case:06}/dump"));
            assert_eq!(dump("a"), dump(run));
        }
    }
}

#[test]
fn one_case_alone_is_the_same_case() {
    let session = Session::new();
    let shape = "--seed 5 --commands 120 --profile default --profile ttl";
    session.holds(&format!("verify {shape} --cases 4 --report all.json --work-dir all --keep"));
    let mut sums = [0, 0, 0];
    for case in 0..4 {
        session.holds(&format!("verify {shape} --case {case} --report one.json --work-dir one{case} --keep"));
        let one = report(&session, "one.json");
        for (sum, member) in sums.iter_mut().zip(["commands", "lists", "items"]) {
            *sum += one[member].as_u64().unwrap();
        }
        let folder = format!("case-{case:06}");
        assert_eq!(session.names(&format!("one{case}")), [folder.as_str()]);
        let trace = |run: &str| session.read(&format!("{run}/{folder}/trace.jsonl"));
        assert_eq!(trace("all"), trace(&format!("one{case}")));
    }
    let all = report(&session, "all.json");
    assert_eq!(sums.map(serde_json::Value::from), ["commands", "lists", "items"].map(|member| all[member].clone()));
}

#[test]
fn verify_a_trace() {
    let session = Session::new();
    session.holds("generate --seed 9 --commands 200 --out trace.jsonl");
    let ended = session.run("verify --trace trace.jsonl --report report.json");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), "seed: 9 (from the trace)\n"));
    assert!(
        ended.stdout.starts_with("verified 2 cases, ")
            && ended.stdout.ends_with(", seed 9, engine rocksdb; nothing left out\n"),
        "{ended:?}"
    );
    assert_eq!(report(&session, "report.json")["mismatches"], 0);
    assert!(session.holds("verify --trace trace.jsonl --meta 32").starts_with("verified 1 case, "));
}

#[test]
fn verify_a_trace_that_comes_through_a_pipe() {
    let session = Session::new();
    session.holds("generate --seed 9 --commands 200 --out trace.jsonl");
    let mut child = session.start("verify --trace -");
    child.stdin.take().unwrap().write_all(session.read("trace.jsonl").as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert!(stdout.starts_with("verified 2 cases, ") && !stdout.contains(" 0 commands"), "{stdout}");

    session.write("bad.jsonl", "{\"at_ms\":1,\"cmd\":[\"GET\",\"k\"]}\n");
    let ended = session.run("verify --trace bad.jsonl");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("trace bad.jsonl: line 1"), "{}", ended.stderr);
}
