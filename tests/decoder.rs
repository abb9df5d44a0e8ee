//! `verify` against decoders whose faults are known, with no flag but the decoder: each fault is found, each shape that is not
//! taken is said once, and what is left out is counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use ekv_roundtrip::case::shape_names;
use ekv_roundtrip::finding::LEFT_OUT_KINDS;
use serde_json::Value;

/// The faults of `naive_decoder.py`, and a class that each is found as.
const FAULTS: [(&str, &str); 4] = [
    ("bare-only", "decoder-shape-framing-v2-"),
    ("last-row-wins", "decoder-state-"),
    ("tombstones-skipped", "decoder-state-"),
    ("delta-prefix", "decoder-"),
];

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    report: Value,
}

impl Run {
    fn classes(&self) -> Vec<&str> {
        self.report["classes"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    fn summary(&self) -> &str {
        self.stdout.lines().last().unwrap()
    }
}

fn verify(folder: &Path, words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(["verify", "--engine", "memory", "--report", "report.json"]).args(words);
    let output = command.current_dir(folder).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS").output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    let report = std::fs::read(folder.join("report.json")).unwrap_or_else(|error| panic!("{error}: {stderr}"));
    Run { code: output.status.code(), stdout, stderr, report: serde_json::from_slice(&report).unwrap() }
}

/// The decoder in Python with these faults only.
fn python(faults: &[&str]) -> String {
    // Python itself: what stands on PATH may be a script that looks for it, a thousand times.
    let asked = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output();
    let asked = asked.expect("python3 is not installed, and this test needs it: apt-get install python3");
    let program = String::from_utf8(asked.stdout).unwrap();
    let fixed = FAULTS.iter().map(|(fault, _)| *fault).filter(|fault| !faults.contains(fault));
    let fixes: String = fixed.map(|fault| format!("--fix {fault} ")).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/naive_decoder.py");
    format!("exec:{program} -IS {script} {fixes}{{fsm}} {{out}}")
}

/// In the first cases, before those of lists by the hundred thousand.
#[test]
fn a_fault_is_found_within_eight_cases_without_a_further_flag() {
    let folder = tempfile::tempdir().unwrap();
    for (fault, class) in FAULTS {
        let run = verify(folder.path(), &["--seed", "42", "--cases", "8", "--decoder", &python(&[fault])]);
        assert_eq!(run.code, Some(1), "{fault}: {}{}", run.stdout, run.stderr);
        assert!(run.classes().iter().any(|found| found.starts_with(class)), "{fault}: {:?}", run.classes());
        let is_of_fault = |found: &str| found.starts_with("decoder-");
        assert!(run.classes().iter().all(|found| is_of_fault(found)), "{fault}: {:?}", run.classes());
    }
}

/// One gap hides no other: with all faults at once, those that only bare files show are found in them.
#[test]
fn a_shape_that_is_not_taken_is_said_once_and_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let decoder = python(&FAULTS.map(|(fault, _)| fault));
    let words = ["--seed", "42", "--cases", "8", "--commands", "200", "--decoder", &decoder, "--findings", "found"];
    let run = verify(folder.path(), &words);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let count = |start: &str| {
        let classes = run.report["classes"].as_object().unwrap().iter();
        classes.filter(|(name, _)| name.starts_with(start)).map(|(_, count)| count.as_u64().unwrap()).sum::<u64>()
    };
    for framing in ["v2", "v1", "legacy"] {
        assert_eq!(count(&format!("decoder-shape-framing-{framing}-")), 1, "{:?}", run.classes());
    }
    assert_eq!((count("decoder-shape-"), count("decoder-failed-")), (3, 0), "{:?}", run.classes());
    assert!(count("decoder-state-") > 0, "{:?}", run.classes());
    let told =
        "does not take snapshots of 3 shapes: framing-v2, framing-v1, framing-legacy\n  decoder-shape-framing-v2-";
    assert_eq!(run.stdout.matches("MISMATCH decoder-shape").count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains(told), "{}", run.stdout);
    assert!(run.stdout.matches("MISMATCH decoder-state-").count() > 0, "{}", run.stdout);
    assert!(run.stdout.lines().count() < 60, "{}", run.stdout);
    let given = "decoder given 8 snapshots (framing-v2 0, framing-v1 0, framing-legacy 0, framing-bare 8, history 8, \
                 raw-rows 8, noise 8), and made the right dump of none; left out: ";
    assert!(run.summary().contains(given), "{}", run.summary());
    assert_eq!(run.report["left_out"]["shapes"]["framing-v1"], 8);

    let of_run = &run.report["findings"][0];
    assert_eq!((&of_run["case"], &of_run["meta"]), (&Value::Null, &Value::Null));
    let repeat = of_run["repeat"].as_str().unwrap();
    assert!(repeat.starts_with("ekv-roundtrip verify --seed 42 --case 0 "), "{repeat}");
    // Its folder finds it again, and a case's has the shape that the case had.
    let names = || std::fs::read_dir(folder.path().join("found")).unwrap().map(|entry| entry.unwrap().file_name());
    let found: Vec<String> = names().map(|name| name.into_string().unwrap()).collect();
    for start in ["decoder-shape-framing-v1-", "decoder-state-items-"] {
        let name = found.iter().find(|name| name.starts_with(start)).unwrap_or_else(|| panic!("{start}: {found:?}"));
        let again = verify(folder.path(), &["--trace", &format!("found/{name}")]);
        assert_eq!(again.code, Some(1), "{}", again.stderr);
        assert!(again.classes().contains(&name.as_str()), "{name}: {:?}", again.classes());
    }
    let of_case = run.report["findings"].as_array().unwrap().iter().find(|finding| !finding["case"].is_null()).unwrap();
    assert!(of_case["repeat"].as_str().unwrap().ends_with(" --framing bare --engine memory"), "{of_case}");
}

/// The time of a run is time for that too: the run ends, and says where the decoder was.
#[test]
fn a_decoder_that_hangs_does_not_outlast_the_time_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hang.sh"), "exec sleep 1000\n").unwrap();
    let run = verify(folder.path(), &["--seed", "3", "--time", "1s", "--decoder", "exec:sh hang.sh {fsm} {out}"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    let problem = "the decoder was not done with a snapshot of one list (shape framing-v2) when the time was up";
    assert!(run.stderr.contains(&format!("error: {problem}; it may take 60 seconds for a snapshot")), "{}", run.stderr);
    assert!(run.report["shards"][0]["reason"].as_str().unwrap().starts_with(problem), "{}", run.report);
}

/// Its first case fails, and when it is run again it does not: that is said wherever the case is shown.
#[test]
fn a_finding_that_comes_and_goes_is_told_as_one() {
    let folder = tempfile::tempdir().unwrap();
    // Before the cases there are eight snapshots of one list: one in each of seven shapes, and with history an earlier moment.
    let script = format!(
        "n=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $n > count; [ $n = 9 ] && exit 1\nexec {} dump fsm:$1 --out $2\n",
        env!("CARGO_BIN_EXE_ekv-roundtrip")
    );
    std::fs::write(folder.path().join("varies.sh"), script).unwrap();
    let words = "--seed 3 --case 2 --commands 20 --jobs 1 --findings found --html page.html --decoder";
    let words: Vec<&str> = words.split(' ').chain(["exec:sh varies.sh {fsm} {out}"]).collect();
    let run = verify(folder.path(), &words);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let why = "run again, the case did not fail in the same way";
    assert!(run.stdout.contains(&format!("  shrunk   not at all: {why}\n")), "{}", run.stdout);
    let finding = "comes and goes: run again, the same case did not always fail in the same way, so the decoder";
    assert!(run.stdout.contains(&format!("  finding  {finding} ")), "{}", run.stdout);
    let found = std::fs::read_dir(folder.path().join("found")).unwrap().next().unwrap().unwrap().path();
    let report = std::fs::read_to_string(found.join("report.md")).unwrap();
    for part in [
        "\n20 commands, with ",
        &format!("\nThis is the whole case, not shrunk: {why}.\n"),
        "with 0 in a run without it. The finding comes and goes, so that does not mean that it is gone",
        "| `shrunk.jsonl` | the trace, which is the whole one |",
    ] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("<h4>The whole case</h4>") && page.contains(&format!("Not shrunk: {why}.")), "{page}");
}

/// The files of the one folder below `found`.
fn of_finding(folder: &Path, name: &str) -> String {
    let mut found = std::fs::read_dir(folder.join("found")).unwrap();
    let finding =
        found.find(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().contains("decoder-state-items"));
    std::fs::read_to_string(finding.unwrap().unwrap().path().join(name)).unwrap()
}

/// Its commands can be read, what it needs is said, and what its folder repeats is the plainest case that has it.
#[test]
fn a_finding_is_told_with_readable_names_and_with_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let decoder = python(&["tombstones-skipped"]);
    let words = ["--seed", "42", "--cases", "1", "--commands", "200", "--decoder", &decoder, "--findings", "found"];
    let run = verify(folder.path(), &words);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let trace = of_finding(folder.path(), "shrunk.jsonl");
    let words = trace.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["cmd"].clone());
    let words: Vec<Vec<String>> = words.map(|words| serde_json::from_value(words).unwrap()).collect();
    assert!((2..=4).contains(&words.len()) && words.iter().all(|words| words[1] == "k"), "{trace}");
    let pushed: Vec<&str> = words[0][2..].iter().map(String::as_str).collect();
    assert!(
        !pushed.is_empty() && "abcdefghij".split("").skip(1).zip(pushed).all(|(name, word)| name == word),
        "{trace}"
    );
    let report = of_finding(folder.path(), "report.md");
    for part in ["\nThe finding needs --history; happens also without --raw-rows, --noise", "\n- **tombstone**: "] {
        assert!(report.contains(part), "{part:?} is not in {report}");
    }
    let notes: Value = serde_json::from_str(&of_finding(folder.path(), "finding.json")).unwrap();
    let flags: Vec<&str> = notes["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect();
    let plain = ["--framing", "bare", "--raw-rows=no", "--noise=no", "--engine", "memory"];
    assert!(flags.ends_with(&plain), "{flags:?}");
    let again = verify(folder.path(), &["--trace", &format!("found/{}", run.classes()[0])]);
    assert_eq!((again.code, again.classes()), (Some(1), run.classes()), "{}", again.stderr);
}

#[test]
fn a_decoder_that_is_right_is_given_every_shape_and_flags_take_away() {
    let folder = tempfile::tempdir().unwrap();
    let tool = env!("CARGO_BIN_EXE_ekv-roundtrip");
    let right = format!("exec:{tool} dump fsm:{{fsm}} --out {{out}}");
    let all =
        ["--seed", "5", "--cases", "8", "--commands", "40", "--profile", "churn", "--decoder", &right, "--strict"];
    let run = verify(folder.path(), &all);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let counts = [("framing-", 2), ("history", 8), ("raw-rows", 8), ("noise", 8)];
    for name in shape_names() {
        let (_, expected) = counts.iter().find(|(start, _)| name.starts_with(start)).unwrap();
        assert_eq!(run.report["decoded"][name], *expected, "{name}");
    }
    assert!(run.summary().ends_with("; nothing left out"), "{}", run.summary());

    let fewer = [&all[..], &["--framing", "bare", "--history=no", "--raw-rows=no", "--noise=no"]].concat();
    let run = verify(folder.path(), &fewer);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    for name in shape_names() {
        assert_eq!(run.report["decoded"][name], if name == "framing-bare" { 8 } else { 0 }, "{name}");
    }
}

#[test]
fn what_of_a_recording_is_left_out_is_counted_and_strictly_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let of_word = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
        format!("*{}\r\n{}", words.len(), words.iter().map(of_word).collect::<String>())
    };
    let aof = ["SELECT 0", "RPUSH k a b", "SET s x", "SELECT 3", "RPUSH elsewhere c", "LPUSH elsewhere d"];
    std::fs::write(folder.path().join("aof"), aof.map(entry).concat()).unwrap();
    let run = verify(folder.path(), &["--trace", "aof"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.report["left_out"]["databases"]["3"], 2, "{}", run.report["left_out"]);
    assert_eq!(run.report["left_out"]["commands"]["SET"], 1);
    assert!(run.summary().contains("databases 2 (3 2)"), "{}", run.summary());

    let strict = verify(folder.path(), &["--trace", "aof", "--strict", "--junit", "junit.xml", "--html", "page.html"]);
    assert_eq!(strict.code, Some(1), "{}{}", strict.stdout, strict.stderr);
    assert!(strict.classes().iter().any(|class| class.starts_with("left-out-databases-")), "{:?}", strict.classes());
    assert!(strict.stdout.contains("  repeat   ekv-roundtrip verify --trace aof "), "{}", strict.stdout);
    let junit = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    assert!(junit.contains("<testcase name=\"leaves nothing out\"") && junit.contains("type=\"left-out\""), "{junit}");
    let page = std::fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(page.contains("databases 2 (3 2)"), "{page}");
}

/// A decoder of every type: what it says of the others is not compared, and counted.
#[test]
fn what_a_decoder_dumps_beside_lists_is_counted() {
    const SCRIPT: &str = r#"
import hashlib, pathlib, subprocess, sys
tool, fsm, out = sys.argv[1:]
subprocess.run([tool, "dump", "fsm:" + fsm, "--out", out], check=True)
root = pathlib.Path(out)
body = b"text"
path = root / "redis/db_0/strings/a.bin"
path.parent.mkdir(parents=True)
path.write_bytes(body)
sums = root / "CHECKSUMS"
lines = sums.read_text().splitlines() + [hashlib.sha256(body).hexdigest() + "  redis/db_0/strings/a.bin"]
sums.write_text("".join(line + "\n" for line in sorted(lines, key=lambda line: line[66:])))
"#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all-types.py"), SCRIPT).unwrap();
    let script = folder.path().join("all-types.py");
    let decoder = format!("exec:python3 {} {} {{fsm}} {{out}}", script.display(), env!("CARGO_BIN_EXE_ekv-roundtrip"));
    let words = ["--seed", "5", "--cases", "3", "--commands", "20", "--decoder", &decoder];
    let run = verify(folder.path(), &words);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.report["left_out"]["families"]["string"], 3, "{}", run.report["left_out"]);
    assert!(run.summary().contains("; left out: families 3 (string 3)"), "{}", run.summary());
    let strict = verify(folder.path(), &[&words[..], &["--strict"]].concat());
    assert_eq!(strict.code, Some(1), "{}{}", strict.stdout, strict.stderr);
}

/// The table of the page is that of the code.
#[test]
fn the_docs_have_every_kind_of_what_is_left_out() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reports.md")).unwrap();
    for (_, name, what) in LEFT_OUT_KINDS {
        assert!(page.contains(&format!("| `{name}` | {what} |")), "{name}");
    }
}
