//! A process group that is started, waited for, and cleared away.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::capture::Capture;
use super::outcome::{DecoderError, DecoderRun, Outcome};
use crate::jobs::{Interrupt, Unfinished};

/// How long somebody who left the process group may hold the output open after the command has ended.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often somebody's wish to end early is asked for.
const ATTENTION: Duration = Duration::from_millis(50);

pub(super) fn run(
    mut command: Command,
    program: &str,
    time_limit: Duration,
    interrupt: &Interrupt,
) -> Result<DecoderRun, DecoderError> {
    // One pipe for both outputs, so that their order stays.
    let (reader, writer) = std::io::pipe().map_err(DecoderError::Run)?;
    let writer_for_errors = writer.try_clone().map_err(DecoderError::Run)?;
    command.stdin(Stdio::null()).stdout(writer).stderr(writer_for_errors).process_group(0);
    let (mut child, unfinished) = Unfinished::begin(|| {
        let child = command.spawn().map_err(|source| DecoderError::Start { program: program.to_owned(), source })?;
        let group = Pid::from_child(&child);
        // It fails when nobody is left in the group, which is what it is for.
        let end = move || {
            let _ = kill_process_group(group, Signal::KILL);
        };
        Ok((child, Box::new(end) as Box<dyn FnMut() + Send>))
    })?;
    // Our own ends of the pipe, without which it would never end.
    drop(command);
    let capture = Capture::begin(reader);
    let group = Pid::from_child(&child);
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        // Does not reap it: as long as it is there, its number and so the group's cannot be somebody else's.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = retry_on_intr(|| waitid(WaitId::Pid(group), options));
        let _ = sender.send(());
    });
    let waited = wait(&ended, time_limit, interrupt);
    let _ = kill_process_group(group, Signal::KILL);
    if waited != Waited::Ended {
        let _ = ended.recv();
    }
    // Its number can be somebody else's as soon as it is reaped.
    drop(unfinished);
    let status = child.wait().map_err(DecoderError::Run)?;
    let outcome = match waited {
        Waited::Ended => outcome(status),
        Waited::TimedOut => Outcome::TimedOut,
        Waited::Interrupted => return Err(DecoderError::Interrupted),
    };
    Ok(DecoderRun { outcome, output: capture.end(PATIENCE) })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waited {
    Ended,
    TimedOut,
    Interrupted,
}

fn wait(ended: &Receiver<()>, time_limit: Duration, interrupt: &Interrupt) -> Waited {
    let started = Instant::now();
    loop {
        if interrupt.is_wished() {
            return Waited::Interrupted;
        }
        let left = time_limit.saturating_sub(started.elapsed());
        match ended.recv_timeout(left.min(ATTENTION)) {
            Err(RecvTimeoutError::Timeout) if left > ATTENTION => {}
            Err(RecvTimeoutError::Timeout) => return Waited::TimedOut,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Waited::Ended,
        }
    }
}

fn outcome(status: ExitStatus) -> Outcome {
    match (status.code(), status.signal()) {
        (Some(0), _) => Outcome::Succeeded,
        (Some(code), _) => Outcome::Failed(code),
        (None, signal) => Outcome::Killed(signal.unwrap_or_default()),
    }
}
