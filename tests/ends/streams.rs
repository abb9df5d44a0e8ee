//! Standard streams: who stops reading, and who never began.

use std::process::Stdio;

use super::session::{Ended, LINE, Session};

/// The end of a command whose standard output nobody reads any more.
fn read_by_nobody(session: &Session, words: &[&str]) -> Ended {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Ended::of(session.command(words).stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap())
}

#[test]
fn a_stream_that_is_cut_short_is_a_failure_and_lines_for_people_are_not() {
    let session = Session::new();
    let cut = "error: standard output is cut short: whoever read it has stopped\n";
    session.write("trace", LINE);
    for words in [
        &["generate", "--seed", "1"][..],
        &["generate", "--seed", "1", "--format", "resp", "--out", "-"],
        &["verify", "--trace", "trace", "--engine", "memory", "--html", "-"],
        &["shrink", "trace", "--engine", "memory", "--decoder", "exec:false {fsm} {out}"],
        #[cfg(feature = "rocksdb")]
        &["apply", "--trace", "trace", "--db", "db", "--replies", "-"],
    ] {
        let ended = read_by_nobody(&session, words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.stderr.ends_with(cut), "{words:?}: {ended:?}");
        assert_eq!(session.names(), ["trace"], "{words:?}");
    }
    for words in [&["state", "trace:trace"][..], &["compare", "trace:trace", "trace:trace"], &["man"]] {
        let ended = read_by_nobody(&session, words);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{words:?}");
    }
}

/// The shell closes the stream. What the runtime opens in its place is no reader, and what it gives is no input.
#[test]
fn nothing_is_said_to_be_written_to_a_closed_stream_nor_read_from_one() {
    let session = Session::new();
    let closed = |line: &str, words: &[&str]| Ended::of(session.under(line, words).output().unwrap());
    session.write("trace", LINE);
    let fsm = concat!("fsm:", env!("CARGO_MANIFEST_DIR"), "/fixtures/engine/tiny.fsm");
    let dump = concat!("dump:", env!("CARGO_MANIFEST_DIR"), "/fixtures/holes/dump");
    for words in [
        &["generate", "--seed", "1"][..],
        &["restore", dump, "--fsm", "-"],
        &["state", "trace:trace"],
        &["inspect", fsm],
        &["man"],
        &["completions", "bash"],
        &["verify", "--trace", "trace", "--engine", "memory", "--report", "-"],
    ] {
        let ended = closed("exec \"$@\" >&-", words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.stderr.ends_with("standard output is closed; open it, or name a file\n"), "{words:?}: {ended:?}");
        let elsewhere = closed("exec \"$@\" >/dev/null", words);
        assert_eq!(elsewhere.code, Some(0), "{words:?}: {elsewhere:?}");
    }
    for words in [&["state", "trace:-"][..], &["verify", "--trace", "-", "--engine", "memory"], &["merge", "-"]] {
        let ended = closed("exec \"$@\" <&-", words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.stderr.contains("standard input is closed"), "{words:?}: {ended:?}");
    }
    // Files are whole, whatever is closed: none of them gets the number of a stream.
    let ended = closed("exec \"$@\" <&- >&- 2>&-", &["generate", "--seed", "1", "--commands", "50", "--out", "here"]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(session.read("here"), session.holds(&["generate", "--seed", "1", "--commands", "50"]));
}

/// The verdict is the exit code, which a closed stream does not change. It looks like /dev/null opened for reading and writing,
/// which is what Python's subprocess.DEVNULL gives to whoever wants the exit code alone.
#[test]
fn a_verdict_is_given_though_nobody_reads_more_than_the_exit_code() {
    let session = Session::new();
    session.write("trace", LINE);
    session.write("other", LINE.replace('v', "w"));
    let bad = "exec:false {fsm} {out}";
    for line in ["exec \"$@\" >&-", "exec \"$@\" 1<>/dev/null"] {
        for (words, code) in [
            (&["compare", "trace:trace", "trace:trace"][..], 0),
            (&["compare", "trace:trace", "trace:other"], 1),
            (&["verify", "--trace", "trace", "--engine", "memory"], 0),
            (&["verify", "--trace", "trace", "--engine", "memory", "--no-shrink", "--decoder", bad], 1),
        ] {
            let ended = Ended::of(session.under(line, words).output().unwrap());
            assert_eq!(ended.code, Some(code), "{line} {words:?}: {ended:?}");
            assert!(!ended.stderr.contains("error: "), "{line} {words:?}: {ended:?}");
        }
    }
}
