//! `--engine`: where the records are kept, and who says so.

use serde_json::Value;

use super::schema;
use super::session::Session;

fn json(session: &Session, name: &str) -> Value {
    serde_json::from_str(&session.read(name)).unwrap()
}

#[test]
fn a_kept_case_has_a_database_on_disk_unless_it_ran_in_memory() {
    let session = Session::new();
    for (flags, engine) in [("", "rocksdb"), ("--engine rocksdb", "rocksdb"), ("--engine memory", "memory")] {
        let words = format!(
            "verify --seed 7 --cases 1 --commands 50 --keep --work-dir kept-{engine} --report {engine}.json {flags}"
        );
        let printed = session.holds(&words);
        assert!(printed.ends_with(&format!(", engine {engine}; nothing left out\n")), "{printed}");
        let report = json(&session, &format!("{engine}.json"));
        schema::require_valid(&report);
        assert_eq!(report["engine"], engine);
        let reported = report["flags"].as_array().unwrap();
        assert!(!reported.contains(&Value::from("--engine")), "reports with and without the flag merge: {reported:?}");
        let database = session.path(&format!("kept-{engine}/case-000000/db"));
        assert_eq!(database.is_dir(), engine == "rocksdb", "{engine}");
        std::fs::remove_dir_all(session.path(&format!("kept-{engine}"))).unwrap();
    }
}

#[test]
fn short_sequences_run_in_memory_unless_told_otherwise() {
    let session = Session::new();
    assert!(session.holds("verify --exhaustive 1").contains(", engine memory; "));
    assert!(session.holds("verify --exhaustive 1 --engine rocksdb").contains(", engine rocksdb; "));
}

#[test]
fn what_is_found_in_memory_is_repeated_and_shrunk_there() {
    let session = Session::new();
    let verify = |words: &str| {
        let mut command = session.command(&format!("verify --seed 7 --cases 1 --commands 50 --engine memory {words}"));
        let ended = command.args(["--decoder", "exec:false {fsm} {out}"]).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        String::from_utf8(ended.stdout).unwrap()
    };
    let printed = verify("--no-shrink");
    for start in ["  repeat ", "  shrink "] {
        let line = printed.lines().find(|line| line.starts_with(start)).unwrap();
        assert!(line.contains(" --engine memory"), "{line}");
    }
    verify("--findings found");
    let folder = session.names("found").remove(0);
    // The folder has the flag, and one that is given comes first.
    for (flags, engine) in [("", "memory"), ("--engine rocksdb", "rocksdb")] {
        let ended = session.run(&format!("shrink found/{folder} {flags}"));
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(&format!("on engine {engine}\n")), "{ended:?}");
    }
}

#[test]
fn faults_say_where_they_were_hunted() {
    let session = Session::new();
    for engine in ["rocksdb", "memory"] {
        let printed =
            session.holds(&format!("faults --seed 1 --only items-reversed --engine {engine} --report {engine}.json"));
        assert!(printed.ends_with(&format!(", engine {engine}\n")), "{printed}");
        assert_eq!(json(&session, &format!("{engine}.json"))["engine"], engine);
    }
    let faults = |engine: &str| json(&session, &format!("{engine}.json"))["faults"].clone();
    assert_eq!(faults("rocksdb"), faults("memory"), "what is found does not depend on the engine");
}

#[test]
fn an_engine_that_is_not_there_is_refused() {
    let session = Session::new();
    for (words, problem) in [
        ("verify --engine disk", "possible values: rocksdb, memory"),
        ("verify --engine memory --store redis://127.0.0.1:1", "cannot be used with"),
        ("faults --list --engine memory", "cannot be used with"),
    ] {
        let ended = session.run(words);
        assert_eq!(ended.code, Some(2), "{words}: {ended:?}");
        assert!(ended.stderr.contains(problem), "{words}: {ended:?}");
    }
}
