//! A finding made small: the decoder is one that cannot stand a word.

use super::session::Session;

/// Fails on snapshots that hold the word, and decodes the others as we do.
const SQUEAMISH: &str = r#"#!/bin/sh
if grep -q needle "$1"; then echo "I saw a needle" >&2; exit 1; fi
exec "$TOOL" dump "fsm:$1" --out "$2"
"#;

fn session() -> Session {
    let session = Session::new();
    session.write("squeamish", SQUEAMISH);
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(session.path("squeamish"), executable).unwrap();
    session
}

fn run(session: &Session, words: &[&str]) -> super::session::Ended {
    let mut command = session.command("");
    command.args(words).env("TOOL", env!("CARGO_BIN_EXE_ekv-roundtrip"));
    super::session::Ended::of(command.output().unwrap())
}

#[test]
fn a_trace_comes_down_to_what_it_takes() {
    let session = session();
    session.holds("generate --seed 5 --profile queue --commands 60 --out trace.jsonl");
    let mut lines: Vec<String> = session.read("trace.jsonl").lines().map(str::to_owned).collect();
    let push = lines.iter_mut().skip(20).find(|line| line.contains("\"cmd\":[\"RPUSH\"")).unwrap();
    *push = push.replace("]}", ",\"the needle itself\"]}");
    session.write("trace.jsonl", lines.join("\n") + "\n");
    let check = ["--decoder", "exec:./squeamish {fsm} {out}", "--meta", "24", "--history"];
    let ended = run(&session, &[&["shrink", "trace.jsonl", "--out", "small.jsonl"][..], &check].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let small = session.read("small.jsonl");
    let [header, step] = small.lines().collect::<Vec<_>>()[..] else { panic!("{small}") };
    assert!(header.starts_with("{\"format_version\":1,") && step.contains("needle\"]}"), "{small}");
    for part in [
        "1 command left of 60 after ",
        "kind: decoder-failed: ",
        "  | I saw a needle\n",
        "the finding happens also without --history, ",
        "repeat: ekv-roundtrip verify ",
    ] {
        assert!(ended.stderr.contains(part), "{part:?} is not in {}", ended.stderr);
    }

    let repeat = ended.stderr.lines().find_map(|line| line.strip_prefix("repeat: ekv-roundtrip ")).unwrap();
    let words = shell_words::split(&format!("{repeat} --no-shrink")).unwrap();
    let repeated = run(&session, &words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(repeated.code, Some(1), "{repeated:?}");
    assert!(repeated.stdout.contains("MISMATCH decoder-failed-"), "{}", repeated.stdout);
    let shrink = repeated.stdout.lines().find_map(|line| line.strip_prefix("  shrink   ekv-roundtrip ")).unwrap();
    let again = run(&session, &shell_words::split(shrink).unwrap().iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((again.code, again.stdout), (Some(1), small), "it is as small as it gets");
}

#[test]
fn a_trace_that_holds_cannot_be_shrunk() {
    let session = session();
    session.write("trace.jsonl", "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n");
    let ended = session.run("shrink trace.jsonl --out small.jsonl");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("it has no finding with these flags"), "{}", ended.stderr);
    assert_eq!(session.names("."), ["squeamish", "trace.jsonl"]);
}

#[test]
fn the_folder_of_a_kept_case_is_a_trace_too() {
    let session = session();
    session.write("trace.jsonl", "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"a\",\"needle\",\"b\"]}\n");
    let check = ["--decoder", "exec:./squeamish {fsm} {out}", "--meta", "32"];
    let keep = ["verify", "--trace", "trace.jsonl", "--keep", "--work-dir", "kept"];
    assert_eq!(run(&session, &[&keep[..], &check].concat()).code, Some(1));
    let ended = run(&session, &[&["shrink", "kept/case-000000"][..], &check].concat());
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let plain = run(&session, &[&["shrink", "kept/case-000000", "--format", "plain"][..], &check].concat());
    assert_eq!((plain.code, plain.stdout.as_str()), (Some(1), "RPUSH k needle\n"), "{plain:?}");
    assert!(ended.stdout.ends_with("{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"needle\"]}\n"), "{}", ended.stdout);
}
