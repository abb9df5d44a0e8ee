//! Whatever a command does when a signal comes, it leaves nothing behind, and ends by it or tells what it has done.

use std::io::{BufRead as _, BufReader, Write as _};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::session::{Ended, LINE, Running, Session, more_than_a_pipe_takes};

const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// A decoder that says its number and hangs.
const HANGS: &str = "exec:sh -c 'echo $$ >pid.new; mv pid.new pid; sleep 1000' {fsm} {out}";

fn assert_ended_by(signal: Signal, ended: &Ended) {
    let expected = format!("error: interrupted by {signal}; what was unfinished is removed\n");
    assert_eq!(ended.signal, Some(signal as i32), "{ended:?}");
    assert!(ended.stderr.ends_with(&expected), "{ended:?}");
}

/// Waits for the decoder, sends the signal, and sees that it is gone with the end of the tool.
fn interrupted_decoding(session: &Session, words: &[&str], signal: Signal) -> Ended {
    let mut running = Running::start(session.command(words));
    running.until("the decoder is started", || session.path("pid").exists());
    let pid = Pid::from_raw(session.read("pid").trim().parse().unwrap());
    running.signal(signal);
    let ended = running.end();
    let is_gone = || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')),
        Err(_) => kill(pid, None).is_err(),
    };
    let gone = (0..1_000_000).any(|_| is_gone());
    assert!(gone, "decoder {pid} lives: {ended:?}");
    assert_eq!(session.scratch(), Vec::<String>::new(), "{ended:?}");
    std::fs::remove_file(session.path("pid")).unwrap();
    ended
}

#[test]
fn who_waits_for_input_is_ended_and_leaves_nothing() {
    let fsm = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/engine/tiny.fsm")).unwrap();
    let trace = more_than_a_pipe_takes();
    for signal in SIGNALS {
        for words in [
            &["state", "trace:-"][..],
            &["compare", "trace:-", "state:absent"],
            &["merge", "-"],
            &["shrink", "-", "--engine", "memory"],
            #[cfg(feature = "rocksdb")]
            &["apply", "--trace", "-", "--db", "db", "--replies", "replies"],
        ] {
            let session = Session::new();
            let mut running = Running::start(session.command(words));
            running.feed(&trace);
            running.signal(signal);
            assert_ended_by(signal, &running.end());
            assert_eq!((session.names(), session.scratch()), (vec![], vec![]), "{words:?}");
        }
        for words in [
            &["verify", "--engine", "memory", "--trace", "-"][..],
            &["inspect", "fsm:-"],
            &["state", "fsm:-"],
            &["dump", "fsm:-", "--out", "dump"],
        ] {
            let session = Session::new();
            let mut running = Running::start(session.command(words));
            running.child().stdin.as_mut().unwrap().write_all(&fsm).unwrap();
            running.until("its input is copied to its scratch folder", || session.scratch_holds("input"));
            running.signal(signal);
            assert_ended_by(signal, &running.end());
            assert_eq!((session.names(), session.scratch()), (vec![], vec![]), "{words:?}");
        }
    }
}

#[test]
fn who_writes_is_ended_and_leaves_no_part() {
    for signal in SIGNALS {
        let session = Session::new();
        let words = ["generate", "--seed", "1", "--commands", "4000000000", "--out", "trace"];
        let mut running = Running::start(session.command(&words));
        let partial = session.path(".trace.ekv-roundtrip-partial");
        running.until("it writes", || partial.metadata().is_ok_and(|metadata| metadata.len() > 0));
        running.signal(signal);
        assert_ended_by(signal, &running.end());
        assert_eq!(session.names(), Vec::<String>::new());

        let mut running = Running::start(session.command(&words[..5]));
        let mut first = String::new();
        BufReader::new(running.child().stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        running.signal(signal);
        assert_ended_by(signal, &running.end());
    }
}

#[test]
fn a_decoder_ends_with_who_asked_it() {
    let session = Session::new();
    session.write("trace", LINE);
    for signal in SIGNALS {
        let ended = interrupted_decoding(&session, &["probe", "--decoder", HANGS], signal);
        assert_ended_by(signal, &ended);
        let words = ["verify", "--seed", "5", "--engine", "memory", "--report", "report", "--decoder", HANGS];
        let ended = interrupted_decoding(&session, &words, signal);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.ends_with("error: interrupted: not every case was run\n"), "{ended:?}");
        let report: Value = serde_json::from_str(&session.read("report")).unwrap();
        assert_eq!(report["shards"][0]["ended"], "interrupted");
        let ended =
            interrupted_decoding(&session, &["shrink", "trace", "--engine", "memory", "--decoder", HANGS], signal);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("interrupted"), "{ended:?}");
        // Another decoder may have been ended before it had said its number.
        let names: Vec<String> = session.names().into_iter().filter(|name| name != "pid.new").collect();
        assert_eq!(names, ["report", "trace"]);
    }
}

#[test]
fn interrupted_faults_tell_which_were_tried() {
    for signal in SIGNALS {
        let session = Session::new();
        let words = ["faults", "--seed", "1", "--engine", "memory", "--report", "report.json"];
        let mut running = Running::start(session.command(&words));
        running.until("a case is run", || session.scratch_holds("attempt-"));
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("error: interrupted: ") && ended.stderr.contains(" not tried"), "{ended:?}");
        let report: Value = serde_json::from_str(&session.read("report.json")).unwrap();
        assert!(report["faults"].as_array().unwrap().iter().any(|row| row["result"] == "not-tried"), "{report}");
        assert_eq!((session.names(), session.scratch()), (vec!["report.json".to_owned()], vec![]));
    }
}

#[test]
fn interrupted_benchmarks_leave_nothing() {
    for signal in SIGNALS {
        let session = Session::new();
        let mut running = Running::start(session.command(&["bench", "--work-dir", "work", "--out", "out.json"]));
        let is_at_work = || {
            let folders = std::fs::read_dir(session.path("work")).into_iter().flatten().flatten();
            folders.into_iter().any(|folder| folder.path().join("part").exists())
        };
        running.until("something is measured", is_at_work);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.ends_with("error: interrupted: nothing was written\n"), "{ended:?}");
        assert_eq!(session.names(), ["work"]);
        assert_eq!(std::fs::read_dir(session.path("work")).unwrap().count(), 0);
    }
}

/// The run waits for somebody to read its report, and no wish is heard there.
#[test]
fn a_second_signal_ends_a_run_that_stalls() {
    let session = Session::new();
    assert!(std::process::Command::new("mkfifo").arg(session.path("fifo")).status().unwrap().success());
    let words = ["verify", "--seed", "5", "--engine", "memory", "--report", "fifo"];
    let mut running = Running::start(session.command(&words));
    running.until("it has its scratch folder", || !session.scratch().is_empty());
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGTERM);
    let ended = running.end();
    assert!(ended.signal.is_some() && ended.stderr.ends_with("; what was unfinished is removed\n"), "{ended:?}");
    assert_eq!((session.names(), session.scratch()), (vec!["fifo".to_owned()], vec![]));
}

/// As under nohup, and in the background of a script.
#[test]
fn a_signal_that_was_ignored_before_stays_so() {
    let session = Session::new();
    let mut running = Running::start(session.under("trap '' HUP INT; exec \"$@\"", &["state", "trace:-"]));
    running.feed(&more_than_a_pipe_takes());
    running.signal(Signal::SIGHUP);
    running.signal(Signal::SIGINT);
    drop(running.child().stdin.take());
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

/// A quota that is full is an error like others, which names the file.
#[test]
fn a_file_that_must_not_grow_is_an_error() {
    let session = Session::new();
    let few = |words: &[&str]| Ended::of(session.under("ulimit -f 8; exec \"$@\"", words).output().unwrap());
    let ended = few(&["generate", "--seed", "1", "--out", "trace"]);
    assert_eq!((ended.code, session.names()), (Some(2), vec![]));
    assert!(ended.stderr.contains("error: write trace: File too large"), "{ended:?}");

    session.write("trace", LINE.replace("\"v\"", &format!("\"{}\"", "v".repeat(5000))));
    let work = ["verify", "--engine", "memory", "--trace", "trace", "--keep", "--work-dir", "work", "--history"];
    session.holds(&work);
    let fsm = format!("fsm:{}", "work/case-000000/snapshot.fsm");
    let ended = few(&["dump", &fsm, "--out", "dump"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains(": write dump/redis/db_0/lists/"), "{ended:?}");
    std::fs::remove_dir_all(session.path("work")).unwrap();

    let ended = few(&["verify", "--seed", "1", "--cases", "2", "--engine", "memory"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("File too large"), "{ended:?}");
    assert_eq!((session.names(), session.scratch()), (vec!["trace".to_owned()], vec![]));
    #[cfg(feature = "rocksdb")]
    for words in [&["fixtures", "--out", "new"][..], &["apply", "--trace", "trace", "--db", "db"]] {
        let ended = few(words);
        assert_eq!(ended.code, Some(2), "{words:?}: {ended:?}");
        assert!(ended.stderr.contains("File too large"), "{words:?}: {ended:?}");
        assert_eq!((session.names(), session.scratch()), (vec!["trace".to_owned()], vec![]));
    }
}
