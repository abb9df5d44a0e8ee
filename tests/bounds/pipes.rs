//! What comes through a pipe: taken where it may, and refused where it does not end.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use super::tool::{Tool, ended, refused};

const TRACE: &str = "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n";
const MONITOR: &str = "1339518083.107412 [0 127.0.0.1:6] \"RPUSH\" \"k\" \"v\"\n";
const STATE: &str = "{\"key\":\"k\",\"items\":[\"v\"],\"expire_at_ms\":null}\n";

/// The program with a shell's pipe before it, which the shell ends when the program has ended.
fn piped(tool: &Tool, before: &str, words: &str) -> Output {
    let script = format!("ulimit -v 1500000; {before} | {} {words}", env!("CARGO_BIN_EXE_ekv-roundtrip"));
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(tool.path("")).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).env_remove("GITHUB_ACTIONS");
    ended(&script, command.spawn().unwrap())
}

#[test]
fn pipes_are_taken_for_traces_recordings_states_and_documents() {
    let tool = Tool::new();
    tool.write("trace", TRACE);
    tool.write("monitor", MONITOR);
    tool.write("state", STATE);
    tool.write("waivers", "# none\n");
    let shown = |words: &str, output: Output| {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(0), "{words}: {stderr}");
        stdout
    };
    for (file, source) in [
        ("trace", "trace:-"),
        ("trace", "trace:/dev/stdin"),
        ("trace", "trace:/dev/fd/0"),
        ("monitor", "trace:-"),
        ("monitor", "trace:/dev/stdin"),
        ("state", "state:-"),
        ("state", "state:/dev/stdin"),
    ] {
        let words = format!("state {source}");
        assert_eq!(shown(&words, piped(&tool, &format!("cat {file}"), &words)), STATE, "{file} {source}");
        assert_eq!(shown(&words, tool.run(&format!("{words} <{file}"))), STATE, "{file} {source}");
    }
    for file in ["trace", "monitor"] {
        let words = format!("state trace:<(cat {file})");
        assert_eq!(shown(&words, piped(&tool, "true", &words)), STATE);
        let words = format!("verify --engine memory --trace <(cat {file})");
        assert!(shown(&words, piped(&tool, "true", &words)).contains(" 0 mismatches"), "{words}");
    }
    assert_eq!(shown("/dev/null", tool.run("state trace:/dev/null")), "");
    // A document through a pipe is read, and then nobody answers at that port.
    let words = "probe --store redis://127.0.0.1:1 --waive <(sleep 1; cat waivers)";
    refused(words, &piped(&tool, "true", words), "redis://127.0.0.1:1: Connection refused");
}

#[test]
fn a_fifo_is_a_trace_once_somebody_writes() {
    let tool = Tool::new();
    tool.fifo("fifo");
    for (words, text) in [("state trace:fifo", TRACE), ("state trace:fifo", MONITOR), ("state state:fifo", STATE)] {
        let child = tool.start(words);
        let mut fifo = std::fs::OpenOptions::new().write(true).open(tool.path("fifo")).unwrap();
        fifo.write_all(text.as_bytes()).unwrap();
        drop(fifo);
        let output = ended(words, child);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), STATE, "{words}");
    }
}

#[test]
fn pipes_that_never_end_are_refused() {
    let tool = Tool::new();
    for (before, words, expected) in [
        ("cat /dev/zero", "state trace:-", "trace -: it is in none of the forms that are taken"),
        ("cat /dev/zero", "state state:-", "state -: line 1: expected one JSON object a line"),
        ("cat /dev/zero", "state fsm:-", "snapshot -: offset 0: unknown magic"),
        ("cat /dev/zero", "merge -", "report -: there is no memory for "),
        ("cat /dev/zero", "verify --engine memory --trace -", "trace -: it is in none of the forms that are taken"),
        (
            "yes",
            "probe --store redis://127.0.0.1:1 --waive -",
            "read -: it has more than 16777216 bytes; the limit of ",
        ),
        ("(printf '{'; cat /dev/zero)", "state trace:-", "read -: there is no memory for "),
        ("true", "merge - </dev/zero", "report -: it is a device, not a file"),
        ("true", "state fsm:- </dev/zero", "it is a device, not a file"),
        ("true", "state trace:/dev/stdin </dev/zero", "read /dev/stdin: it is a device, not a file"),
    ] {
        refused(words, &piped(&tool, before, words), expected);
    }
}
