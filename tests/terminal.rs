//! What people meet at a terminal: colour, help, completions, and a standard output that holds one thing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const STATES: [(&str, &str); 2] = [
    ("a.jsonl", "{\"key\":\"jobs:1\",\"items\":[\"a\",\"b\"],\"expire_at_ms\":null}\n"),
    ("b.jsonl", "{\"key\":\"jobs:1\",\"items\":[\"a\"],\"expire_at_ms\":null}\n"),
];

/// A decoder that is wrong about everything.
const WRONG: &str = "exec:false {fsm} {out}";

struct Session(tempfile::TempDir);

impl Session {
    fn new() -> Session {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in STATES {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Session(folder)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        command.args(words).current_dir(self.0.path()).stdin(Stdio::null());
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "CI"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn stdout(&self, words: &[&str]) -> String {
        String::from_utf8(self.run(words).stdout).unwrap()
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

fn has_escapes(bytes: &[u8]) -> bool {
    bytes.contains(&0x1b)
}

/// The same text without the escapes of colours.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1)
}

#[test]
fn colour_is_for_terminals_and_for_whoever_asks() {
    let session = Session::new();
    let differing = ["compare", "state:a.jsonl", "state:b.jsonl"];
    let probe = ["probe", "--decoder", WRONG, "--only", "framing-bare"];
    for words in [&differing[..], &probe[..]] {
        let piped = session.run(words);
        assert_eq!(piped.status.code(), Some(1), "{words:?}");
        assert!(!has_escapes(&piped.stdout) && !has_escapes(&piped.stderr), "{words:?}: a pipe has no colour");
        let forced = session.command(words).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(has_escapes(&forced.stdout), "{words:?}");
        assert_eq!(plain(&forced.stdout), String::from_utf8(piped.stdout).unwrap(), "{words:?}: the text is the same");
        let refused = session.command(words).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
        assert!(!has_escapes(&refused.stdout) && !has_escapes(&refused.stderr), "{words:?}: NO_COLOR wins");
    }
    let error = session.command(&["state", "dump:absent"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(plain(&error.stderr).starts_with("error: dump absent") && has_escapes(&error.stderr));
}

#[test]
fn what_programs_read_is_never_painted() {
    let session = Session::new();
    for words in [
        &["state", "state:a.jsonl"][..],
        &["compare", "state:a.jsonl", "state:b.jsonl", "--format", "json"],
        &["probe", "--decoder", WRONG, "--only", "framing-*", "--format", "json"],
        &["probe", "--decoder", WRONG, "--only", "framing-*", "--format", "markdown"],
        &["generate", "--seed", "1", "--commands", "3"],
        &["completions", "bash"],
        &["man", "verify"],
    ] {
        let forced = session.command(words).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert!(!has_escapes(&forced.stdout), "{words:?}");
    }
}

/// Bytes of a colour in what is printed belong to the data, and come through.
#[test]
fn escapes_in_data_come_through() {
    let session = Session::new();
    let trace = "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"\\u001b[31mk\",\"v\"]}\n";
    std::fs::write(session.path().join("trace"), trace).unwrap();
    let state = session.stdout(&["state", "trace:trace"]);
    assert!(state.contains("\\u001b[31mk"), "{state}");
    assert_eq!(session.stdout(&["state", "trace:trace", "--key", "*31mk"]), state);
}

fn commands(session: &Session) -> Vec<String> {
    let help = session.stdout(&["--help"]);
    let lines = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn short_help_is_shorter_and_both_have_examples() {
    let session = Session::new();
    let commands = commands(&session);
    assert!(commands.len() > 10, "{commands:?}");
    for command in &commands {
        let [short, long] = ["-h", "--help"].map(|flag| session.stdout(&[command, flag]));
        // In words: columns are padded.
        let [of_short, of_long] = [&short, &long].map(|help| help.split_whitespace().count());
        assert!(of_short < of_long || ["completions", "man"].contains(&command.as_str()), "{command}: -h");
        for help in [&short, &long] {
            assert!(help.contains("\nExamples:\n"), "{command}: {help}");
            assert!(help.lines().all(|line| line.chars().count() <= 110), "{command}: a line is too wide");
        }
        // What a flag is for stands in both.
        let flags = |help: &str| -> Vec<String> {
            let is_flag = |line: &&str| line.starts_with("  -") || line.starts_with("      --");
            let lines = help.lines().filter(is_flag).map(str::trim_start);
            lines.map(|line| line.split("  ").next().unwrap().to_owned()).collect()
        };
        let [of_short, of_long] = [&short, &long].map(|help| flags(help));
        assert_eq!(of_short, of_long, "{command}");
    }
    let verify = session.stdout(&["verify", "-h"]);
    for heading in ["Workload:", "What is tested:", "Findings:", "Reports:"] {
        assert!(verify.contains(&format!("\n{heading}\n")), "{heading} is missing: {verify}");
    }
}

/// Asks bash what it completes.
fn completed(session: &Session, typed: &str) -> Vec<String> {
    let words: Vec<&str> = typed.split(' ').collect();
    let script = format!(
        "source completions; COMP_WORDS=(ekv-roundtrip {typed}); COMP_CWORD={}; \
         _ekv__roundtrip ekv-roundtrip '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len(),
        words.last().unwrap(),
        words.iter().rev().nth(1).unwrap_or(&"ekv-roundtrip"),
    );
    let ran = Command::new("bash").args(["-c", &script]).current_dir(session.path()).output().unwrap();
    assert!(ran.stderr.is_empty(), "{typed}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn completions_know_names_and_choices() {
    let session = Session::new();
    std::fs::write(session.path().join("completions"), session.stdout(&["completions", "bash"])).unwrap();
    for (typed, expected) in [
        ("veri", "verify"),
        ("verify --jun", "--junit"),
        ("verify --profile chu", "churn"),
        ("verify --engine mem", "memory"),
        ("verify --meta bo", "both"),
        ("verify --framing leg", "legacy"),
        ("snapshot --framing v2", "v2"),
        ("apply --meta 3", "32"),
        ("probe --format mark", "markdown"),
        ("shrink --format pl", "plain"),
        ("faults --engine mem", "memory"),
        ("faults --only sign-flip-l", "sign-flip-left-out"),
        ("generate --profile host", "hostile-keys"),
        ("completions fi", "fish"),
        ("man compl", "completions"),
        ("verify --report comp", "completions"),
        ("merge --out a.js", "a.jsonl"),
    ] {
        assert_eq!(completed(&session, typed), [expected], "{typed}");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(session.stdout(&["completions", shell]).contains("junit"), "{shell}");
    }
}

#[test]
fn a_report_on_standard_output_is_alone_there() {
    let session = Session::new();
    let seeded = ["--seed", "1", "--engine", "memory"];
    let verify = [&["verify", "--cases", "2", "--commands", "50", "--report", "-"][..], &seeded].concat();
    let faults = [&["faults", "--only", "sign-flip-left-out", "--report", "-"][..], &seeded].concat();
    let with_coverage = [&verify[..], &["--coverage"]].concat();
    let found = [&verify[..], &["--decoder", WRONG]].concat();
    for (words, says) in [
        (verify, "verified 2 cases"),
        (with_coverage, "verified 2 cases"),
        (found, " mismatches in "),
        (faults, "1/1 faults caught"),
    ] {
        let ran = session.run(&words);
        let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert_eq!(report["seed"], 1, "{words:?}");
        let told = String::from_utf8(ran.stderr).unwrap();
        assert!(told.contains(says), "{words:?}: {told}");
        std::fs::write(session.path().join("report.json"), &ran.stdout).unwrap();
    }
    let report = [&["verify", "--cases", "2", "--commands", "50", "--report", "shard.json"][..], &seeded].concat();
    assert!(session.run(&report).status.success());
    let merged = session.run(&["merge", "shard.json", "--out", "-"]);
    let report: Value = serde_json::from_slice(&merged.stdout).expect("JSON alone");
    assert_eq!(report["cases"], 2);
    assert!(String::from_utf8(merged.stderr).unwrap().contains("verified 2 cases"));
}

#[test]
fn keys_by_pattern() {
    let session = Session::new();
    let line = |key: &str| format!("{{\"key\":\"{key}\",\"items\":[\"x\"],\"expire_at_ms\":null}}\n");
    let all = ["jobs:*", "jobs:1", "jobs:22", "tasks:1"];
    std::fs::write(session.path().join("all.jsonl"), all.map(line).concat()).unwrap();
    for (pattern, keys) in [
        ("jobs:1", &["jobs:1"][..]),
        ("jobs:*", &["jobs:*", "jobs:1", "jobs:22"]),
        ("jobs:?", &["jobs:*", "jobs:1"]),
        ("*:[0-9]", &["jobs:1", "tasks:1"]),
        ("jobs:\\*", &["jobs:*"]),
        ("jobs:%2A", &["jobs:*"]),
        ("none*", &[]),
    ] {
        let expected: String = keys.iter().map(|key| line(key)).collect();
        let ran = session.run(&["state", "state:all.jsonl", "--key", pattern]);
        assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected, "{pattern}");
        let told = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(told.contains("holds no list under a key like \"none*\""), keys.is_empty(), "{told}");
    }
    let compare = ["compare", "state:all.jsonl", "state:a.jsonl", "--key"];
    assert_eq!(session.run(&[&compare[..], &["jobs:*"]].concat()).status.code(), Some(1));
    std::fs::write(session.path().join("one.jsonl"), line("jobs:1")).unwrap();
    let ran = session.run(&["compare", "state:all.jsonl", "state:one.jsonl", "--key", "jobs:[0-9]"]);
    assert!(String::from_utf8(ran.stdout).unwrap().starts_with("same visible state: 1 list at "));
    let wrong = session.run(&["state", "state:all.jsonl", "--key", "%zz"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("write %25 for a percent sign"));
}
