//! Dumps of production decoders: their lists are read, and the rest is counted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const LISTS: &str = "{\"key\":\"k\",\"items\":[\"a\",\"b\",\"c\"],\"expire_at_ms\":null}\n\
                     {\"key\":\"other\",\"items\":[\"y\"],\"expire_at_ms\":null}\n";

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the tool in a folder. Words are parted by blanks.
fn run(folder: &Path, words: &str) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(words.split(' ')).current_dir(folder).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS");
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    Ended { code: output.status.code(), stdout, stderr }
}

#[track_caller]
fn ends(folder: &Path, words: &str, code: i32, stdout: &str, stderr: &str) {
    let ended = run(folder, words);
    assert_eq!((ended.code, &*ended.stdout, &*ended.stderr), (Some(code), stdout, stderr), "{words}");
}

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

/// A folder with a copy of a case's dump, and the lists that are right for it.
fn copied(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(case(name).join("dump")).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    std::fs::write(folder.path().join("right"), LISTS).unwrap();
    folder
}

/// The dump of this case shows its lists to every command that reads a dump, and each says what else there was.
fn is_read(name: &str, beside: Option<&str>) {
    let folder = copied(name);
    let folder = folder.path();
    let said = |used: &str| beside.map_or_else(String::new, |beside| format!("dump dump: not {used}: {beside}\n"));
    ends(folder, "state dump:dump", 0, LISTS, &said("shown"));
    let same = "same visible state: 2 lists at 4102444800001 ms\n";
    ends(folder, "compare state:right dump:dump", 0, same, &said("compared"));
    let restored = said("restored") + "restored 2 lists, 4 items to restored.fsm\n";
    ends(folder, "restore dump:dump --fsm restored.fsm", 0, "", &restored);
    assert_eq!(run(folder, "state fsm:restored.fsm").stdout, LISTS);
    // What a decoder leaves is judged by its lists: these are not those of any case.
    let verify = "verify --seed 1 --cases 1 --commands 20 --engine memory --decoder";
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(verify.split(' ')).arg("exec:sh -c 'cp -r dump $1 # $0' {fsm} {out}").current_dir(folder);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("decoder-state") && !printed.contains("decoder-tree"), "{printed}");
}

#[test]
fn dump_beside_other_types() {
    is_read("dump-beside-other-types", Some("1 hash, 1 string"));
}

#[test]
fn dump_of_four_adapters() {
    is_read("dump-of-four-adapters", None);
}

/// What is left out is checked all the same, and of lists nothing is let pass.
#[test]
fn a_damaged_dump_is_refused_with_its_file() {
    for (file, text, problem) in [
        ("redis/db_0/hashes/u.json", "{}", "redis/db_0/hashes/u.json: SHA-256 is "),
        ("redis/db_0/lists/k.json", "{}", "redis/db_0/lists/k.json: SHA-256 is "),
        ("redis/db_0/hashes/v.json", "{}", "redis/db_0/hashes/v.json: not listed in CHECKSUMS"),
        ("redis/db_0/unknown.jsonl", "{}", "redis/db_0/unknown.jsonl: not part of a dump"),
        ("s3", "{}", "s3: a file; expected a folder"),
    ] {
        let folder = copied("dump-beside-other-types");
        std::fs::write(folder.path().join("dump").join(file), text).unwrap();
        for words in ["state dump:dump", "compare dump:dump state:right", "restore dump:dump --fsm new.fsm"] {
            let ended = run(folder.path(), words);
            assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{words}");
            assert!(ended.stderr.starts_with(&format!("error: dump dump: {problem}")), "{words}: {}", ended.stderr);
            assert!(!folder.path().join("new.fsm").exists());
        }
    }
}

#[test]
fn lists_of_several_databases_are_refused_by_their_numbers() {
    let folder = copied("dump-of-four-adapters");
    let dump = folder.path().join("dump");
    // Where only one of them has lists, these are read.
    std::fs::create_dir_all(dump.join("redis/db_3/lists")).unwrap();
    ends(folder.path(), "state dump:dump", 0, LISTS, "");
    std::fs::copy(dump.join("redis/db_0/lists/k.json"), dump.join("redis/db_3/lists/k.json")).unwrap();
    let checksums = std::fs::read_to_string(dump.join("CHECKSUMS")).unwrap();
    let line = checksums.lines().find(|line| line.ends_with("/k.json")).unwrap().replace("db_0", "db_3");
    std::fs::write(dump.join("CHECKSUMS"), format!("{checksums}{line}\n")).unwrap();
    let refused = "error: dump dump: lists lie in several databases, 0, 3, and only those of one can be read\n";
    ends(folder.path(), "state dump:dump", 2, "", refused);
}

/// The decoder in `production_decoder.py`, with these forms.
fn production(forms: &str) -> String {
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output();
    let asked = asked.expect("python3 is not installed, and this test needs it: apt-get install python3");
    let python = String::from_utf8(asked.stdout).unwrap();
    format!("exec:{python} -IS {} {{fsm}} {{out}} {forms}", case("production_decoder.py").display())
}

fn with_decoder(words: &str, decoder: &str) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(words.split(' ')).args(["--decoder", decoder]).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS");
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    Ended { code: output.status.code(), stdout, stderr }
}

#[test]
fn verify_takes_a_production_decoder_and_finds_its_faults() {
    let verify = "verify --seed 3 --cases 8 --commands 60 --engine memory --history --framing v1";
    let ended = with_decoder(verify, &production(""));
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let ended = with_decoder(verify, &production("manifest keymap folders families wrong-lists"));
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("decoder-state"), "{}", ended.stdout);
}

#[test]
fn probe_calls_open_what_the_format_leaves_open() {
    let ended = with_decoder("probe --format json", &production("manifest keymap folders"));
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
    let named = |verdict: &str| -> BTreeSet<&str> {
        let rows = report["probes"].as_array().unwrap().iter().filter(|row| row["verdict"] == verdict);
        rows.map(|row| row["name"].as_str().unwrap()).collect()
    };
    assert_eq!(named("bug"), BTreeSet::new());
    for name in ["empty-snapshot", "keymap-line", "keymap-order", "manifest", "tree"] {
        assert!(named("open").contains(name), "{name}");
    }
    assert!(named("ok").contains("checksums"));
}

/// A trace, a state and a dump of nothing.
fn nothing() -> tempfile::TempDir {
    let folder = copied("dump-of-four-adapters");
    std::fs::write(folder.path().join("nothing"), "").unwrap();
    let manifest = std::fs::read_to_string(folder.path().join("dump/CHECKSUMS")).unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::copy(folder.path().join("dump/MANIFEST.json"), folder.path().join("empty/MANIFEST.json")).unwrap();
    let line = manifest.lines().next().unwrap();
    std::fs::write(folder.path().join("empty/CHECKSUMS"), format!("{line}\n")).unwrap();
    folder
}

#[test]
fn two_empty_sources_are_not_called_the_same() {
    let folder = nothing();
    let warning =
        "warning: nothing was compared: neither state:nothing nor dump:empty shows a list at 4102444800001 ms\n";
    let printed = "nothing compared: no list on either side at 4102444800001 ms\n";
    ends(folder.path(), "compare state:nothing dump:empty", 0, printed, warning);
    let too_few = "expected at least 1 list, compared 0: state:nothing and dump:empty\n";
    let both = format!("{warning}{too_few}");
    ends(folder.path(), "compare state:nothing dump:empty --expect-lists 1", 1, printed, &both);
    let json = run(folder.path(), "compare state:nothing dump:empty --format json");
    assert_eq!((json.code, &*json.stderr), (Some(0), warning));
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap()["lists"], 0);
    ends(folder.path(), "state dump:empty", 0, "", "warning: dump:empty holds no list\n");
    let both = format!("warning: dump:empty holds no list\n{}", "expected at least 1 list, found 0: dump:empty\n");
    ends(folder.path(), "state dump:empty --expect-lists 1", 1, "", &both);
}

/// Lists that no client sees are as good as none.
#[test]
fn lists_that_are_empty_or_have_expired_are_not_compared() {
    let folder = nothing();
    let lines =
        "{\"key\":\"a\",\"items\":[\"x\"],\"expire_at_ms\":5}\n{\"key\":\"b\",\"items\":[],\"expire_at_ms\":null}\n";
    std::fs::write(folder.path().join("gone"), lines).unwrap();
    let warning = "warning: state:gone shows no list: at 6 ms each is empty or has expired\n";
    ends(folder.path(), "state state:gone --now-ms 6", 0, "", warning);
    let ended = run(folder.path(), "compare state:gone state:gone --now-ms 6");
    let why = "shows a list at 6 ms; what they hold is empty or has expired\n";
    assert!(
        ended.stderr.starts_with("warning: nothing was compared: ") && ended.stderr.ends_with(why),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.ends_with("nothing compared: no list on either side at 6 ms\n"), "{}", ended.stdout);
    assert_eq!(ended.code, Some(0));
    let ended = run(folder.path(), "compare state:gone state:gone --now-ms 5 --expect-lists 1");
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
}

#[test]
fn as_many_lists_as_are_expected() {
    let folder = nothing();
    for (expected, code) in [(1, 0), (2, 0), (3, 1)] {
        let found = run(folder.path(), &format!("state state:right --expect-lists {expected}"));
        assert_eq!((found.code, &*found.stdout), (Some(code), LISTS), "{expected}");
        let line = if code == 0 { "" } else { "expected at least 3 lists, found 2: state:right\n" };
        assert_eq!(found.stderr, line);
        let found = run(folder.path(), &format!("compare state:right dump:dump --expect-lists {expected}"));
        assert_eq!(found.code, Some(code), "{expected}");
        let line = if code == 0 { "" } else { "expected at least 3 lists, compared 2: state:right and dump:dump\n" };
        assert_eq!(found.stderr, line);
    }
    // A difference stays the finding that it is.
    let found = run(folder.path(), "compare state:right state:nothing --expect-lists 1");
    assert_eq!((found.code, &*found.stderr), (Some(1), ""));
    for words in ["state state:right --expect-lists 0", "compare state:right state:right --expect-lists x"] {
        assert_eq!(run(folder.path(), words).code, Some(2), "{words}");
    }
}

#[test]
fn a_trace_without_any_list_is_told() {
    let folder = nothing();
    let line = |words: &str| format!("{{\"at_ms\":1,\"cmd\":[{words}]}}\n");
    let (push, delete) = (line(r#""RPUSH","k","v""#), line(r#""DEL","k""#));
    let [length, pop] = [line(r#""LLEN","k""#), line(r#""LPOP","k""#)];
    let transaction = r#"{"at_ms":1,"txn":[["RPUSH","k","v"],["DEL","k"]]}"#.to_owned() + "\n";
    let warning = "warning: trace trace: there is no list at any time, so no list was compared\n";
    for (trace, is_told) in [
        (format!("{length}{pop}{delete}"), true),
        (transaction, true),
        (format!("{length}{push}{delete}"), false),
        (push, false),
    ] {
        std::fs::write(folder.path().join("trace"), &trace).unwrap();
        let ended = run(folder.path(), "verify --trace trace --engine memory");
        assert_eq!(ended.code, Some(0), "{trace}: {}", ended.stderr);
        assert_eq!(ended.stderr.contains(warning), is_told, "{trace}: {}", ended.stderr);
    }
}
