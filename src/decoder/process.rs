//! A process group that is started, waited for, and cleared away.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::capture::Capture;
use super::{DecoderError, DecoderRun, Outcome};

/// How long somebody who left the process group may hold the output open after the command has ended.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn run(mut command: Command, program: &str, time_limit: Duration) -> Result<DecoderRun, DecoderError> {
    // One pipe for both outputs, so that their order stays.
    let (reader, writer) = std::io::pipe().map_err(DecoderError::Run)?;
    let writer_for_errors = writer.try_clone().map_err(DecoderError::Run)?;
    command.stdin(Stdio::null()).stdout(writer).stderr(writer_for_errors).process_group(0);
    let mut child = command.spawn().map_err(|source| DecoderError::Start { program: program.to_owned(), source })?;
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
    let in_time = ended.recv_timeout(time_limit).is_ok();
    // It fails when nobody is left in the group, which is what it is for.
    let _ = kill_process_group(group, Signal::KILL);
    if !in_time {
        let _ = ended.recv();
    }
    let status = child.wait().map_err(DecoderError::Run)?;
    let outcome = if in_time { outcome(status) } else { Outcome::TimedOut };
    Ok(DecoderRun { outcome, output: capture.end(PATIENCE) })
}

fn outcome(status: ExitStatus) -> Outcome {
    match (status.code(), status.signal()) {
        (Some(0), _) => Outcome::Succeeded,
        (Some(code), _) => Outcome::Failed(code),
        (None, signal) => Outcome::Killed(signal.unwrap_or_default()),
    }
}
