//! Recordings of real traffic.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of a case.
fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn tool(words: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    let mut child = command
        .args(words)
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early does not read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What a command that holds prints, and what it says beside that.
fn holds(words: &[&str]) -> (String, String) {
    let output = tool(words, b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
    (String::from_utf8(output.stdout).unwrap(), said)
}

fn state(trace: &Path, flags: &[&str]) -> (String, String) {
    let source = format!("trace:{}", trace.display());
    holds(&[&["state", source.as_str()], flags].concat())
}

/// What a command says that ends with 2.
fn refused(words: &[&str]) -> String {
    let output = tool(words, b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
    said
}

fn refused_state(trace: &Path) -> String {
    refused(&["state", &format!("trace:{}", trace.display())])
}

/// A trace in a folder of its own.
struct Written(tempfile::TempDir);

impl Written {
    fn new(bytes: &[u8]) -> Written {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("trace"), bytes).unwrap();
        Written(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("trace")
    }
}

/// Store and model agree on it, and the database that is made of it shows the same.
fn verifies(trace: &Path, flags: &[&str]) {
    let trace = trace.to_str().unwrap();
    let (out, _) = holds(&[&["verify", "--trace", trace, "--engine", "memory"], flags].concat());
    assert!(out.contains(" 0 mismatches "), "{trace}: {out}");
}

/// The clock of the server was set back by 300 s; the expiries that it wrote after that lie before the annotation.
#[test]
fn aof_clock_back() {
    let folder = case("aof-clock-back/appendonlydir");
    let (shown, said) = state(&folder, &[]);
    let expected = r#"{"key":"q","items":["a","b"],"expire_at_ms":1795646975747}
{"key":"r","items":["x","y"],"expire_at_ms":1795647015000}
"#;
    assert_eq!(shown, expected);
    let note = "note: appendonly.aof.1.incr.aof: byte 143: the clock was set back by 237.253 s or more; expiries are taken \
                as they are written";
    assert!(said.contains(note), "{said}");
    verifies(&folder, &[]);
}

#[test]
fn aof_hpexpireat() {
    let trace = case("aof-hpexpireat/appendonly.aof");
    let (shown, said) = state(&trace, &[]);
    assert_eq!(shown, "{\"key\":\"q\",\"items\":[\"2\"],\"expire_at_ms\":null}\n");
    assert!(said.contains("note: skipped 1 HPEXPIREAT (no effect on lists)"), "{said}");
    verifies(&trace, &[]);
}

#[test]
fn aof_hsetex() {
    let trace = case("aof-hsetex/appendonly.aof");
    let (shown, said) = state(&trace, &[]);
    assert_eq!(shown, "{\"key\":\"q\",\"items\":[\"2\"],\"expire_at_ms\":null}\n");
    assert!(said.contains("note: skipped 1 HSETEX (no effect on lists)"), "{said}");
    verifies(&trace, &[]);
}

/// A command of a well-known module; one of another module needs the user's word for it, at every command that reads
/// recordings.
#[test]
fn aof_json_set() {
    let trace = case("aof-json-set/appendonly.aof");
    let expected = "{\"key\":\"q\",\"items\":[\"2\"],\"expire_at_ms\":null}\n";
    let (shown, said) = state(&trace, &[]);
    assert_eq!(shown, expected);
    assert!(said.contains("note: skipped 1 JSON.SET (no effect on lists)"), "{said}");

    let bytes = std::fs::read(&trace).unwrap();
    let text = String::from_utf8(bytes).unwrap().replace("JSON.SET", "MINE.SET");
    let written = Written::new(text.as_bytes());
    let error = refused_state(&written.path());
    assert!(error.contains("byte 59: MINE.SET: what it does to lists is not known"), "{error}");
    assert!(error.contains("--touches-no-list MINE.SET"), "{error}");
    let flags = ["--touches-no-list", "mine.set", "--touches-no-list", "MINE.GET"];
    let (shown, said) = state(&written.path(), &flags);
    assert_eq!(shown, expected);
    assert!(said.contains("note: skipped 1 MINE.SET (no effect on lists)"), "{said}");
    verifies(&written.path(), &flags);
    let source = format!("trace:{}", written.path().display());
    holds(&[&["compare", &source, &source][..], &flags].concat());

    // What a command does that is known is not for the user to say.
    let error = refused(&["state", &source, "--touches-no-list", "rpush"]);
    assert!(error.contains("what rpush does to lists is known"), "{error}");
}

/// A crash in the middle of a rewrite leaves files beside those that the manifest names.
#[test]
fn aof_temp_manifest() {
    let folder = case("aof-temp-manifest/appendonlydir");
    let (shown, _) = state(&folder, &[]);
    assert_eq!(shown, "{\"key\":\"q\",\"items\":[\"x\",\"y\"],\"expire_at_ms\":null}\n");
    verifies(&folder, &[]);
    let alone = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("temp-a.aof.manifest"), alone.path().join("temp-a.aof.manifest")).unwrap();
    let error = refused_state(alone.path());
    assert!(error.contains("only a manifest that the server had not finished"), "{error}");
    for name in ["a.manifest", "b.manifest"] {
        std::fs::write(alone.path().join(name), "file a seq 1 type i\n").unwrap();
    }
    assert!(refused_state(alone.path()).contains("several manifests"));
}

/// Who waits is served by the push that somebody else makes; where the log leaves that open, it is refused.
#[test]
fn monitor_brpop_waits() {
    let trace = case("monitor-brpop-waits/monitor.log");
    let (shown, _) = state(&trace, &[]);
    assert_eq!(shown, "");
    verifies(&trace, &[]);

    let log = std::fs::read_to_string(&trace).unwrap();
    let line = |at: &str, client: &str, words: &str| format!("1700000000.{at} [0 10.0.0.{client}] {words}\n");
    let second = line("000001", "7:1", r#""BRPOP" "q" "0""#);
    let written = Written::new(log.replacen("OK\n", &format!("OK\n{second}"), 1).as_bytes());
    let error = refused_state(&written.path());
    assert!(error.contains("line 2: BRPOP: it waited for an item, and so did line 3"), "{error}");

    let third = line("000003", "7:1", r#""RPOP" "q""#);
    let written = Written::new(format!("{log}{third}").as_bytes());
    let error = refused_state(&written.path());
    assert!(
        error.contains("line 2: BRPOP: it waited for an item of \"q\", and line 4 takes from that list"),
        "{error}"
    );
    // Once the client is heard of, it is known to have been there.
    let heard = line("000003", "5:50001", r#""PING""#);
    let written = Written::new(format!("{log}{heard}{third}").as_bytes());
    assert_eq!(state(&written.path(), &[]).0, "");
}

/// A condition of a newer server decides whether `p` is a string.
#[test]
fn monitor_newer_option() {
    let trace = case("monitor-newer-option/monitor.log");
    let error = refused_state(&trace);
    assert!(error.contains("line 2: SET: its option \"IFNE\" is not known here"), "{error}");
}

/// In MONITOR an expiry counts from its own line, whatever the lines before it said.
#[test]
fn a_clock_set_back_in_monitor() {
    let log = br#"OK
1700000000.000000 [0 c:1] "RPUSH" "long" "a"
1700000000.000000 [0 c:1] "EXPIRE" "long" "600"
1700000000.000000 [0 c:1] "RPUSH" "short" "b"
1700000000.000000 [0 c:1] "EXPIRE" "short" "10"
1700000300.000000 [0 c:1] "RPUSH" "r" "x"
1700000010.500000 [0 c:1] "EXPIRE" "r" "60"
1700000011.000000 [0 c:1] "RPUSH" "r" "y"
1700000012.250000 [0 c:1] "RPUSH" "long" "c"
"#;
    let written = Written::new(log);
    let (shown, said) = state(&written.path(), &[]);
    let expected = r#"{"key":"long","items":["a","c"],"expire_at_ms":1700000600000}
{"key":"r","items":["x","y"],"expire_at_ms":1700000070500}
"#;
    assert_eq!(shown, expected);
    let note = "note: line 7: the clock was set back by 289.500 s; expiries count from their own lines";
    assert!(said.contains(note), "{said}");
    verifies(&written.path(), &[]);
    // A pipe is read as often as it takes.
    let output = tool(&["state", "trace:-"], log);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

/// What a terminal, an editor, docker or journald puts around lines is passed over or named.
#[test]
fn what_stands_around_a_recording() {
    let line = r#"1700000000.000001 [0 c:1] "RPUSH" "q" "a""#;
    let expected = "{\"key\":\"q\",\"items\":[\"a\"],\"expire_at_ms\":null}\n";
    for text in [
        format!("\u{feff}OK\n{line}\n"),
        format!("\u{feff}{line}\r\n"),
        format!("2024-01-31T10:00:00.123456789Z OK\n2024-01-31T10:00:00.123456789Z {line}\n"),
        format!("redis-1  | OK\nredis-1  | {line}\n"),
        format!("-- Journal begins at Wed. --\nJan 31 10:00:00 host redis-cli[7]: {line}\n"),
        format!("OK\n{line}\nError: Server closed the connection"),
        format!("OK\n{line}\nError: Server closed the connection\n"),
    ] {
        let written = Written::new(text.as_bytes());
        let (shown, said) = state(&written.path(), &[]);
        assert_eq!(shown, expected, "{text}");
        assert_eq!(said.contains("the connection was lost"), text.contains("Error"), "{text}: {said}");
    }
    let aof = "\u{feff}*3\r\n$5\r\nRPUSH\r\n$1\r\nq\r\n$1\r\na\r\n";
    assert_eq!(state(&Written::new(aof.as_bytes()).path(), &[]).0, expected);
    let trace = "\u{feff}{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"q\",\"a\"]}\n";
    assert_eq!(state(&Written::new(trace.as_bytes()).path(), &[]).0, expected);
    for (bytes, problem) in [
        (&b"\xff\xfeO\0K\0"[..], "it is in UTF-16"),
        (b"\x1f\x8b\x08\0", "compressed with gzip"),
        (b"{\"log\":\"OK\\n\",\"stream\":\"stdout\"}\n", "docker logs"),
        (b"hello\n", "JSON lines, such as"),
        (b"12 hello\n", "or the output of MONITOR"),
        (b"[1]\n", "its manifest"),
        (b"SET k v\n", "an append-only file of Redis"),
    ] {
        let error = refused_state(&Written::new(bytes).path());
        assert!(error.contains(problem), "{bytes:?}: {error}");
    }
}
