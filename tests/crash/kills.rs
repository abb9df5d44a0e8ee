//! A command is killed at one of its system calls after another.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};

use super::commands::{WRITERS, asked_for};
use super::power::Run;
use super::strace::under_strace;

/// The name of a system call, and the how manieth of that name it is.
type Call = (String, usize);

/// The system calls that the busiest thread of a command makes, in order.
pub fn calls(command: &Command) -> Vec<Call> {
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("log");
    let output = under_strace(command, &["-e", "signal=none", "-o", &log.display().to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut threads: BTreeMap<String, Vec<Call>> = BTreeMap::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let (thread, call) = line.split_once(' ').unwrap();
        let name = call.trim_start().split_once('(').map(|(name, _)| name);
        // strace itself makes the call that runs the command.
        let Some(name) = name.filter(|name| !name.contains(' ') && *name != "execve") else { continue };
        let calls = threads.entry(thread.to_owned()).or_default();
        let before = calls.iter().filter(|(other, _)| other == name).count();
        calls.push((name.to_owned(), before + 1));
    }
    threads.into_values().max_by_key(Vec::len).unwrap()
}

/// Runs a command and kills it at a call. Threads take turns as they like, so that it may come to its end before.
pub fn killed_at(command: &Command, (name, number): &Call) -> Output {
    let at = format!("inject={name}:signal=KILL:when={number}");
    under_strace(command, &["-o", "/dev/null", "-e", &at]).output().unwrap()
}

fn every_kill(kills: usize) {
    for writer in WRITERS {
        let run = Run::of(writer);
        let calls = calls(&run.before().command(writer.words));
        let mut killed = 0;
        for kill in 0..kills {
            let (place, call) = (run.before(), &calls[kill * calls.len() / kills]);
            let output = killed_at(&place.command(writer.words), call);
            killed += usize::from(output.status.signal() == Some(9) || output.status.code() == Some(137));
            let wrong = run.wrong(&place.tree(""), output.status.success(), &mut BTreeMap::new());
            assert_eq!(wrong, None, "{}, killed at {call:?}", writer.name);
            run.again(&place);
        }
        println!("{}: {killed} kills of {kills}, at {} calls", writer.name, calls.len());
        assert!(killed * 10 >= kills * 8, "{}: {killed} kills of {kills}", writer.name);
    }
}

#[test]
fn a_command_is_killed_at_some_of_its_calls() {
    every_kill(10);
}

#[test]
#[ignore = "takes minutes: make crash-test"]
fn a_command_is_killed_as_often_as_is_asked_for() {
    every_kill(asked_for());
}
