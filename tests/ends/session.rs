//! A folder, commands that are typed in it, and what they leave behind.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub const LINE: &str = "{\"at_ms\":1,\"cmd\":[\"RPUSH\",\"k\",\"v\"]}\n";

/// More than a pipe takes: once it is written, whoever reads the pipe is at work.
pub fn more_than_a_pipe_takes() -> String {
    LINE.repeat(3000)
}

/// Two folders of one test: one to work in, and the system's temporary one.
pub struct Session {
    work: tempfile::TempDir,
    temporary: tempfile::TempDir,
}

#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Session {
    pub fn new() -> Session {
        Session { work: tempfile::tempdir().unwrap(), temporary: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.work.path().join(name)
    }

    pub fn command<W: AsRef<OsStr>>(&self, words: &[W]) -> Command {
        // Whoever runs the tests may have signals ignored, as nohup and a shell's & do.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,TERM,HUP", env!("CARGO_BIN_EXE_ekv-roundtrip")]).args(words);
        self.prepared(command)
    }

    /// The tool under a shell's line, in which it and its words are `"$@"`.
    pub fn under(&self, line: &str, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line, "sh", env!("CARGO_BIN_EXE_ekv-roundtrip")]).args(words);
        self.prepared(command)
    }

    fn prepared(&self, mut command: Command) -> Command {
        command.current_dir(self.work.path()).env("TMPDIR", self.temporary.path()).env_remove("GITHUB_ACTIONS");
        for name in ["CI_NODE_INDEX", "CI_NODE_TOTAL", "JOB_COMPLETION_INDEX"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    pub fn run<W: AsRef<OsStr>>(&self, words: &[W]) -> Ended {
        Ended::of(self.command(words).output().unwrap())
    }

    pub fn holds<W: AsRef<OsStr>>(&self, words: &[W]) -> String {
        let ended = self.run(words);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.stdout
    }

    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// What is in the folder to work in, hidden names too.
    pub fn names(&self) -> Vec<String> {
        names(self.work.path())
    }

    /// What is in the temporary folder.
    pub fn scratch(&self) -> Vec<String> {
        names(self.temporary.path())
    }

    /// Whether there is a file or folder of this name in a scratch folder.
    pub fn scratch_holds(&self, start: &str) -> bool {
        let folders = self.scratch().into_iter().map(|name| self.temporary.path().join(name));
        folders.filter(|path| path.is_dir()).any(|folder| names(&folder).iter().any(|name| name.starts_with(start)))
    }
}

impl Ended {
    pub fn of(output: Output) -> Ended {
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Ended { code: output.status.code(), signal: output.status.signal(), stdout, stderr }
    }
}

/// A command that runs; killed if the test fails before its end.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(mut command: Command) -> Running {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(Some(command.process_group(0).spawn().unwrap()))
    }

    pub fn child(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }

    /// Writes to its standard input, which stays open.
    pub fn feed(&mut self, text: &str) {
        self.child().stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub fn signal(&mut self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child().id()).unwrap());
        kill(pid, signal).unwrap();
    }

    /// Waits until something is so that will be so; not for ever.
    pub fn until(&mut self, what: &str, is_so: impl Fn() -> bool) {
        let started = Instant::now();
        while !is_so() {
            assert!(self.child().try_wait().unwrap().is_none(), "it ended before {what}");
            assert!(started.elapsed() < Duration::from_secs(120), "{what} has not happened");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for its end, with its standard input still open.
    pub fn end(mut self) -> Ended {
        let mut child = self.0.take().unwrap();
        let _stdin = child.stdin.take();
        Ended::of(child.wait_with_output().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
