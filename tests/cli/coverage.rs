//! What a run has reached, and every short sequence of commands.

use serde_json::Value;

use super::schema;
use super::session::{Ended, Session};

fn report(session: &Session, name: &str) -> Value {
    let report: Value = serde_json::from_str(&session.read(name)).unwrap();
    schema::require_valid(&report);
    report
}

#[test]
fn the_ledger_is_printed_reported_and_required() {
    let session = Session::new();
    let shape = "verify --seed 3 --cases 4 --commands 60 --profile churn";
    let printed = session.holds(&format!("{shape} --coverage --report r.json --html r.html"));
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines.iter().any(|line| line.contains(" negative-head ")), "{printed}");
    assert!(lines.iter().any(|line| line.starts_with(" MISSED  snapshot-v2 ")), "{printed}");
    let (reached, all) =
        lines[lines.len() - 2].strip_suffix(" situations reached").unwrap().split_once(" of ").unwrap();
    let (reached, all): (usize, usize) = (reached.parse().unwrap(), all.parse().unwrap());
    let report = report(&session, "r.json");
    let situations = report["situations"].as_object().unwrap();
    assert_eq!(situations.len(), all, "those that were missed too");
    assert_eq!(situations.values().filter(|cases| **cases != 0).count(), reached);
    assert_eq!(lines.iter().filter(|line| line.starts_with(" MISSED ")).count(), all - reached);
    assert!(session.read("r.html").contains(&format!("<p>{reached} of {all} reached</p>")));

    session.holds(&format!("{shape} --require-coverage {reached}"));
    let ended = session.run(&format!("{shape} --require-coverage {}", reached + 1));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let wanted = format!("coverage: {reached} of {all} situations reached, {} are required; missed: ", reached + 1);
    assert!(ended.stderr.contains(&wanted), "{ended:?}");
    assert!(ended.stderr.contains("snapshot-v2"), "{ended:?}");
    assert!(ended.stdout.contains("0 mismatches"), "{ended:?}");
    for wrong in ["--require-coverage 0", "--require-coverage 1000", "--coverage --store redis://127.0.0.1:1"] {
        assert_eq!(session.run(&format!("{shape} {wrong}")).code, Some(2), "{wrong}");
    }
}

#[test]
fn shards_of_all_sequences_merged_are_all_sequences() {
    let session = Session::new();
    for shard in ["1/2", "2/2"] {
        session.holds(&format!("verify --exhaustive 2 --shard {shard} --report {}.json", &shard[..1]));
    }
    session.holds("merge 1.json 2.json --out merged.json");
    session.holds("verify --exhaustive 2 --report whole.json");
    let [mut merged, mut whole] = ["merged.json", "whole.json"].map(|name| report(&session, name));
    for report in [&mut merged, &mut whole] {
        for member in ["timings", "checksum", "shards"] {
            assert!(report.as_object_mut().unwrap().remove(member).is_some());
        }
    }
    assert_eq!(merged, whole);
    assert_eq!((&whole["cases"], &whole["seed"]), (&Value::from(2 * (8 + 8 * 16)), &Value::Null));
}

#[test]
fn a_sequence_is_repeated_by_its_number() {
    let session = Session::new();
    session.write("decoder", "#!/bin/sh\nexit 7\n");
    let run = |line: &str| {
        let words = shell_words::split(line).unwrap();
        let mut command = session.command("");
        Ended::of(command.args(words.iter().skip(1)).output().unwrap())
    };
    let shape = "--exhaustive 1 --meta 32 --decoder 'exec:sh decoder {fsm} {out}'";
    let ended = run(&format!("ekv-roundtrip verify {shape} --report r.json"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.starts_with("seed: none (every sequence is run)\n"), "{ended:?}");
    let report = report(&session, "r.json");
    assert_eq!(report["mismatches"], 8);
    let repeat = report["findings"][3]["repeat"].as_str().unwrap();
    assert_eq!(repeat, format!("ekv-roundtrip verify --case 3 {shape} --framing v2"));
    let ended = run(repeat);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("\n  case     3 (32-byte meta)\n"), "{ended:?}");
    let shrink = report["findings"][3]["shrink"].as_str().unwrap();
    assert_eq!(run(shrink).code, Some(1));
    assert_eq!(session.names("found").len(), 1, "its folder");

    for wrong in ["--case 8", "--seed 1", "--cases 3", "--time 1s", "--commands 3", "--keys 2", "--profile churn"] {
        let ended = session.run(&format!("verify --exhaustive 1 --meta 24 {wrong}"));
        assert_eq!(ended.code, Some(2), "{wrong}: {ended:?}");
    }
    assert_eq!(session.run("verify --exhaustive 7").code, Some(2));
}

#[test]
fn a_kept_sequence_has_its_database() {
    let session = Session::new();
    session.holds("verify --exhaustive 1 --case 2 --keep --work-dir kept");
    let shown = session.holds("inspect db:kept/case-000002/db");
    assert!(shown.contains("!lst|"), "{shown}");
}
