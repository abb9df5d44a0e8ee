//! `probe` against decoders whose faults are known.
//!
//! The one in `tests/naive_decoder.py` has four faults, each of which can be fixed. With all of them fixed it is a second
//! opinion on what the probes expect.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Each fault, and the probes that concern it.
const FAULTS: [(&str, &[&str]); 4] = [
    ("bare-only", &["framing-legacy", "framing-v1", "framing-v2", "framing-v2-longer", "framing-v2-longest"]),
    (
        "last-row-wins",
        &[
            "version-newest",
            "tombstone-over-version",
            "tombstone-under-version",
            "tombstone-of-list",
            "tombstone-of-ttl",
            "tombstone-of-meta",
            "version-at-last-commit",
            "version-after-last-commit",
            "version-only-after-last-commit",
            "version-apart",
            "tombstone-apart",
            "meta-versions-apart",
        ],
    ),
    (
        "tombstones-skipped",
        &["tombstone-over-version", "tombstone-of-list", "tombstone-of-ttl", "tombstone-of-meta", "tombstone-apart"],
    ),
    ("delta-prefix", &["d-key-inline-expiry", "d-key-inline-expiry-over-ttl", "d-key-empty-list", "delta-shaped-key"]),
];

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn probe(decoder: &str, more: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(["probe", "--decoder", decoder]).args(more).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS");
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    Ended { code: output.status.code(), stdout, stderr }
}

/// The decoder in Python with these faults only.
fn python(faults: &[&str]) -> String {
    // Python itself: what stands on PATH may be a script that looks for it, a thousand times.
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output();
    let asked = asked.expect("python3 is not installed, and this test needs it: apt-get install python3");
    let program = String::from_utf8(asked.stdout).unwrap();
    let fixed = FAULTS.iter().map(|(fault, _)| *fault).filter(|fault| !faults.contains(fault));
    let fixes: String = fixed.map(|fault| format!("--fix {fault} ")).collect();
    format!("{program} -IS tests/naive_decoder.py {fixes}")
}

/// The names by verdict.
fn verdicts(report: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut verdicts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in report["probes"].as_array().unwrap() {
        verdicts.entry(row["verdict"].as_str().unwrap()).or_default().insert(row["name"].as_str().unwrap());
    }
    verdicts
}

fn bugs_of(decoder: &str) -> BTreeSet<String> {
    let ended = probe(decoder, &["--format", "json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    let bugs = verdicts(&report).remove("bug").unwrap_or_default();
    assert_eq!(ended.code, Some(i32::from(!bugs.is_empty())), "{}", ended.stderr);
    bugs.into_iter().map(str::to_owned).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_decoder_without_faults_has_no_bugs() {
    let ended = probe(&format!("exec:{} {{fsm}} {{out}}", python(&[])), &["--format", "json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr));
    let verdicts = verdicts(&report);
    let bugs: Vec<&Value> = report["probes"].as_array().unwrap().iter().filter(|row| row["verdict"] == "bug").collect();
    assert!(bugs.is_empty(), "{bugs:#?}");
    assert_eq!(ended.code, Some(0));
    let open = ["framing-v2-too-long", "rows-unsorted", "row-twice", "tombstone-with-body", "raw-row-value-bytes"];
    assert_eq!(verdicts["open"], open.into());
}

#[test]
fn each_fault_is_blamed_on_the_rules_that_concern_it() {
    let mut all = BTreeSet::new();
    for (fault, concerned) in FAULTS {
        assert_eq!(bugs_of(&format!("exec:{} {{fsm}} {{out}}", python(&[fault]))), set(concerned), "{fault}");
        all.extend(set(concerned));
    }
    // And all of them at once.
    let faults = FAULTS.map(|(fault, _)| fault);
    assert_eq!(bugs_of(&format!("exec:{} {{fsm}} {{out}}", python(&faults))), all);
}

/// A dump whose lists are right stays right about them.
#[test]
fn a_wrong_manifest_is_blamed_on_the_manifest() {
    let script = format!("{} $0 $1 && echo >>$1/MANIFEST.json && rm $1/CHECKSUMS", python(&[]));
    let bugs = bugs_of(&format!("exec:sh -c '{script}' {{fsm}} {{out}}"));
    assert_eq!(bugs, set(&["checksums", "manifest"]));
}

/// On GitHub Actions, a line that begins with `::` is a command after blanks too, and `##[...]` is one anywhere.
#[test]
fn what_a_decoder_says_is_no_command_to_github() {
    let decoder = "exec:sh -c 'echo first; echo ::error::made up; echo \"x #\"\"#[error]made up\"; exit 3' {fsm} {out}";
    for format in ["text", "markdown"] {
        let shown = probe(decoder, &["--only", "framing-bare", "--format", format]).stdout;
        assert!(shown.lines().any(|line| line.ends_with("| ::error::made up")), "{shown}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("::")), "{shown}");
        assert!(shown.contains("made up") && !shown.contains("##["), "{shown}");
    }
}

/// Whoever refuses everything is right about what must be refused.
#[test]
fn of_much_that_a_decoder_says_the_end_is_shown_too() {
    let ended = probe("exec:sh -c 'seq 30; echo KeyError; exit 3' {fsm} {out}", &[]);
    let middle = "                    | 15\n  ... 11 lines left out ...\n                    | 27\n";
    assert!(ended.stdout.contains(middle), "{}", ended.stdout);
    assert!(ended.stdout.contains("                    | 30\n                    | KeyError\n\n"), "{}", ended.stdout);
}

#[test]
fn who_refuses_everything() {
    let decoder = "exec:sh -c 'echo no such option: $0 >&2; exit 3' {fsm} {out}";
    let ended = probe(decoder, &["-v"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("not even the simplest snapshot"), "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let columns =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
    let row = |name: &str| -> Vec<String> {
        columns(lines.iter().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("no {name}")))
    };
    assert_eq!(row("rule"), ["rule", "expected", "got", "verdict"]);
    assert_eq!(row("framing-bare"), ["framing-bare", "jobs [a b]", "refused, exit 3", "bug"]);
    assert_eq!(row("encrypted"), ["encrypted", "refused", "refused, exit 3", "ok"]);
    assert_eq!(row("row-twice"), ["row-twice", "jobs [a b], or refused", "refused, exit 3", "open"]);
    let after = row("after-an-error");
    assert!(after[2].starts_with("nothing left after ") && after[3] == "ok", "{after:?}");
    let ends: BTreeSet<usize> =
        lines.iter().take_while(|line| !line.is_empty()).map(|line| line.rfind("  ").unwrap()).collect();
    assert_eq!(ends.len(), 1, "the last columns do not begin together: {ends:?}");
    let blame = "\nBUG framing-bare: a bare stream, EKVPBBL1, is read up to the end of the file and needs no checksum\n  \
                 expected  jobs [a b]\n  got       refused, exit 3\n  the decoder refused it\n  \
                 decoder (exit 3): | no such option: {fsm}\n\n";
    assert!(ended.stdout.contains(blame), "{}", ended.stdout);
    let last = lines.last().unwrap();
    assert!(last.contains(" probes: ") && last.ends_with(" 5 open"), "{last}");
    assert_eq!(probe(decoder, &["-v"]).stdout, ended.stdout);

    // Bugs come first, then what is open; what is ok only where it is asked for.
    let verdicts = |text: &str| -> Vec<String> {
        let rows = text.lines().skip(1).take_while(|line| !line.is_empty());
        rows.map(|line| line.rsplit("  ").next().unwrap().trim().to_owned()).collect()
    };
    let all = verdicts(&ended.stdout);
    let first = |verdict: &str| all.iter().position(|found| found == verdict).unwrap();
    assert!(all.is_sorted_by_key(|verdict| first(verdict)), "{all:?}");
    assert!(first("bug") < first("open") && first("open") < first("ok"), "{all:?}");
    let without_ok: Vec<String> = all.iter().filter(|verdict| *verdict != "ok").cloned().collect();
    let less = probe(decoder, &[]);
    assert_eq!(verdicts(&less.stdout), without_ok);
    assert_eq!(less.stdout.lines().last(), lines.last().copied(), "what is not shown is counted");
}

#[test]
fn only_some_probes_by_name_or_glob() {
    let decoder = "exec:false {fsm} {out}";
    let rows = |ended: &Ended| -> Vec<String> {
        let rows = ended.stdout.lines().skip(1).take_while(|line| !line.is_empty());
        rows.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
    };
    let one = probe(decoder, &["--only", "row-twice"]);
    assert_eq!((one.code, rows(&one)), (Some(0), vec!["row-twice".to_owned()]));
    assert_eq!(one.stdout.lines().last(), Some("1 probe: 0 ok, 0 bugs, 1 open"));
    let some = probe(decoder, &["--only", "framing-v?", "--only", "encrypted", "-v"]);
    assert_eq!((some.code, rows(&some)), (Some(1), vec!["framing-v1".into(), "framing-v2".into(), "encrypted".into()]));
    assert!(!some.stderr.contains("the simplest snapshot"), "it was not tried: {}", some.stderr);
    // Judged over all snapshots, and still alone.
    let over_all = probe(decoder, &["--only", "after-an-error", "-v"]);
    assert_eq!((over_all.code, rows(&over_all)), (Some(0), vec!["after-an-error".to_owned()]));
    assert!(over_all.stdout.contains("nothing left after 159 refusals") || over_all.stdout.contains("after 158 "));
    // Waivers for what is not run are neither unknown nor past.
    let folder = tempfile::tempdir().unwrap();
    let waivers = folder.path().join("waivers");
    std::fs::write(&waivers, "framing-v1: known\nencrypted: long gone\n").unwrap();
    let waived = probe(decoder, &["--only", "framing-v1", "--waive", waivers.to_str().unwrap()]);
    assert_eq!(waived.code, Some(0), "{}", waived.stderr);
    assert!(!waived.stdout.contains("not needed"), "{}", waived.stdout);
    let nothing = probe(decoder, &["--only", "no-such-*"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(2), ""));
    assert!(nothing.stderr.contains("--only no-such-*: no probe has such a name"), "{}", nothing.stderr);
}

#[test]
fn what_is_left_after_an_error_is_a_rule_of_its_own() {
    let bugs = bugs_of(r#"exec:sh -c 'mkdir "$1"; exit 1' {fsm} {out}"#);
    assert!(bugs.contains("after-an-error") && !bugs.contains("encrypted"), "{bugs:?}");
    // Nothing is refused, so nothing can be said; what must be refused is a bug.
    let ended = probe(r#"exec:mkdir {out} --mode=7{fsm}55"#, &["--format", "json"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(verdicts(&report)["ok"].contains("encrypted"), "mkdir has no such mode");
    let bugs = bugs_of(r#"exec:sh -c 'mkdir "$1"' {fsm} {out}"#);
    assert!(
        !bugs.contains("after-an-error") && bugs.contains("encrypted") && !bugs.contains("empty-snapshot"),
        "{bugs:?}"
    );
    let bugs = bugs_of("exec:sh -c 'kill -9 $$' {fsm} {out}");
    assert!(bugs.contains("encrypted") && bugs.contains("row-twice"), "a crash is no refusal: {bugs:?}");
}

/// The blocks of a language that follow a heading.
fn block<'a>(markdown: &'a str, heading: &str, language: &str) -> &'a str {
    let chapter =
        markdown.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}: {markdown}"));
    chapter.split(&format!("\n```{language}\n")).nth(1).unwrap().split("\n```\n").next().unwrap()
}

/// What the report says to do makes the snapshot and runs the decoder on it.
#[test]
fn a_bug_in_markdown_can_be_repeated() {
    let decoder = "exec:sh -c 'od -An -c \"$1\"; exit 3' dec {fsm} {out}";
    let markdown = probe(decoder, &["--format", "markdown"]).stdout;
    assert!(markdown.contains(&format!("\n```\n{decoder}\n```\n")), "{markdown}");
    let bug = block(&markdown, "Bug: version-newest", "");
    assert!(bug.starts_with("expected  jobs [new]\ngot       refused, exit 3\n"), "{bug}");
    let chapter = markdown.split("\n## Bug: version-newest\n").nth(1).unwrap();
    for line in [
        "\"EKVPBBL1\", lastCommitTS 0x1a205e14a8d0000\n  \
         00000000  45 4b 56 50 42 42 4c 31 00 00 8d 4a e1 05 a2 01  EKVPBBL1...J....\n",
        "row 1: \"!lst|itm|jobs%80%00%00%00%00%00%00%00\", commit 0x1a205e14a870000, 3 bytes\n  00000010  1d 00 ",
        "\n| framing-bare: a bare stream, EKVPBBL1, is read up to the end of the file and needs no checksum | jobs \\[a b\\] \
         | refused, exit 3 | bug |\n",
    ] {
        assert!(chapter.contains(line), "{line:?} is not in {chapter}");
    }
    let script = block(&markdown, "Bug: version-newest", "sh");
    let folder = tempfile::tempdir().unwrap();
    let ran = Command::new("sh").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let report: Value = serde_json::from_str(&probe(decoder, &["--format", "json"]).stdout).unwrap();
    let row = report["probes"].as_array().unwrap().iter().find(|row| row["name"] == "version-newest").unwrap();
    let written = std::fs::read(folder.path().join("version-newest.fsm")).unwrap();
    assert_eq!(row["snapshot_hex"], hex::encode(&written));
    assert_eq!(row["outcome"], "exit 3");
    assert_eq!(row["output"], String::from_utf8(ran.stdout).unwrap());
    assert_eq!(row["repeat"], format!("{script}\n"));
}

#[test]
fn waived_bugs_do_not_count_and_waivers_run_out() {
    let folder = tempfile::tempdir().unwrap();
    let waivers = folder.path().join("waivers");
    let waive = |text: &str| {
        std::fs::write(&waivers, text).unwrap();
        probe("exec:false {fsm} {out}", &["--waive", waivers.to_str().unwrap()])
    };
    let report: Value = serde_json::from_str(&probe("exec:false {fsm} {out}", &["--format", "json"]).stdout).unwrap();
    let bugs = verdicts(&report).remove("bug").unwrap();
    let all: String = bugs.iter().map(|name| format!("{name}: known\n")).collect();
    let ended = waive(&format!("# all\n{all}encrypted: long gone\nrow-twice: open\n"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("\nWAIVED framing-bare: known\n"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("\nwaiver not needed: encrypted\nwaiver not needed: row-twice\n"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.ends_with(&format!(" 0 bugs, 5 open, {} waived\n", bugs.len())), "{}", ended.stdout);
    let ended = waive(&all.replace("framing-bare: known\n", ""));
    assert_eq!(ended.code, Some(1));
    assert!(ended.stdout.contains(" 1 bug, ") && ended.stdout.contains("\nBUG framing-bare: "), "{}", ended.stdout);
    for (text, problem) in [
        ("framing-nonsense: why\n", "there is no probe \"framing-nonsense\" to waive"),
        ("framing-bare\n", "line 1: a line is the name of a probe, a colon and a reason"),
    ] {
        let ended = waive(text);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains(problem), "{}", ended.stderr);
    }
}

#[test]
fn a_decoder_that_cannot_be_started_is_no_finding() {
    let ended = probe("exec:./no-such-decoder {fsm} {out}", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(
        ended.stderr.starts_with("error: the decoder's program \"./no-such-decoder\" could not be started: No such")
    );
}

/// Each fault alone shows in whole workloads too, by what it does there.
#[test]
fn verify_catches_each_fault_within_12_cases() {
    for (fault, kind) in [
        ("bare-only", "decoder-failed"),
        ("last-row-wins", "decoder-state"),
        ("tombstones-skipped", "decoder-state"),
        ("delta-prefix", "decoder-lists"),
    ] {
        let framing = if fault == "bare-only" { "v2" } else { "bare" };
        let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        command.args(["verify", "--seed", "1", "--cases", "12", "--profile", "hostile-keys", "--history"]);
        command.args([
            "--framing",
            framing,
            "--report",
            "-",
            "--decoder",
            &format!("exec:{}{{fsm}} {{out}}", python(&[fault])),
        ]);
        let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("GITHUB_ACTIONS").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{fault}: {said}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.iter().all(|finding| finding["kind"] == kind), "{fault}: {said}");
        assert!(findings.iter().all(|finding| !finding["detail"].as_str().unwrap().contains("/tmp/")), "{said}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(["verify", "--seed", "1", "--cases", "8", "--profile", "hostile-keys", "--profile", "ttl"]);
    command.args([
        "--history",
        "--raw-rows",
        "--noise",
        "--framing",
        "legacy",
        "--decoder",
        &format!("exec:{}{{fsm}} {{out}}", python(&[])),
    ]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Our own decoder as a foreign one.
#[test]
fn our_own_decoder_breaks_no_rule() {
    let tool = env!("CARGO_BIN_EXE_ekv-roundtrip");
    let ended = probe(&format!("exec:{tool} dump fsm:{{fsm}} --out {{out}}"), &[]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains(" 0 bugs, "), "{}", ended.stdout);
}

/// Whatever a decoder leaves behind is judged, and never ends the run.
#[test]
fn what_cannot_be_read_or_is_far_too_large_is_a_finding() {
    let tool = env!("CARGO_BIN_EXE_ekv-roundtrip");
    for (script, said) in [
        (format!("{tool} dump fsm:$1 --out $2 && truncate -s 50G $2/CHECKSUMS"), "its files have more than"),
        (format!("{tool} dump fsm:$1 --out $2 --db-index 5"), "lists lie in redis/db_5"),
        ("d=$2; for i in $(seq 300); do d=$d/0123456789; done; mkdir -p $d".to_owned(), "missing"),
        (format!("{tool} dump fsm:$1 --out $2; dirname $1; printf '\\033[2J'; exit 7"), "| {dir}\n| \u{fffd}[2J"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decoder");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        let decoder = format!("exec:sh {} {{fsm}} {{out}}", path.display());
        let mut command = Command::new(tool);
        command.args([
            "verify",
            "--seed",
            "3",
            "--cases",
            "1",
            "--commands",
            "50",
            "--report",
            "-",
            "--decoder",
            &decoder,
        ]);
        let output = command.env_remove("GITHUB_ACTIONS").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let detail = report["findings"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{script}: {detail}");
        let ended = probe(&decoder, &[]);
        assert!(matches!(ended.code, Some(0 | 1)), "{script}: {}", ended.stderr);
    }
}
