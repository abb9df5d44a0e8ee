//! The `console` blocks, run in the order in which a reader would.
//!
//! Each page has a fresh folder, with this repository in it as `ekv-roundtrip`. Each `$ ` line is run by a shell there, and
//! what follows must be what it prints: standard error, then standard output. A line `...` stands for the rest, `[exit N]` is
//! the exit code where it is not 0, and times and rates may be any. A file that is shown with `cat` before anything has made
//! it is made first. A line that ends with `&` starts a server; the ports 7001 and 7002 are replaced by free ones.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::pages::{Block, Page, pages, root};

/// The ports that pages name.
const PORTS: [u16; 2] = [7001, 7002];

struct Step {
    command: String,
    output: Vec<String>,
}

/// A folder where the steps of a page are run.
pub struct Session {
    folder: tempfile::TempDir,
    path: String,
    ports: [u16; 2],
    servers: Vec<Child>,
}

impl Drop for Session {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// In memory if there is room for it: syncing files to a busy disk takes most of the time.
pub fn scratch() -> &'static Path {
    let memory = Path::new("/dev/shm");
    if tempfile::tempfile_in(memory).is_ok() { memory } else { Path::new(env!("CARGO_TARGET_TMPDIR")) }
}

/// Two ports that nothing listens on.
pub fn free_ports() -> [u16; 2] {
    let bound = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    bound.map(|listener| listener.local_addr().unwrap().port())
}

/// The tool's folder and then the others.
pub fn search_path() -> String {
    let tool = Path::new(env!("CARGO_BIN_EXE_ekv-roundtrip")).parent().unwrap();
    format!("{}:{}", tool.display(), std::env::var("PATH").unwrap())
}

/// Times and rates may be any.
fn masked(line: &str) -> String {
    let from = line.find(" mismatch").and_then(|at| Some(at + line[at..].find(" in ")?));
    match (from, line.rfind(" commands/s)")) {
        (Some(from), Some(to)) => format!("{} in ... s (...{}", &line[..from], &line[to..]),
        _ => line.to_owned(),
    }
}

fn steps(block: &Block<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in &block.lines {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), output: Vec::new() }),
            None => steps.last_mut().expect("output follows a command").output.push((*line).to_owned()),
        }
    }
    steps
}

impl Session {
    fn new() -> Session {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        std::os::unix::fs::symlink(root(), folder.path().join("ekv-roundtrip")).unwrap();
        Session { folder, path: search_path(), ports: free_ports(), servers: Vec::new() }
    }

    fn shell(&self, line: &str) -> Command {
        let line = PORTS.iter().zip(self.ports).fold(line.to_owned(), |line, (shown, port)| {
            let line = line.replace(&format!("--port {shown}"), &format!("--port {port}"));
            let line = line.replace(&format!("-p {shown}"), &format!("-p {port}"));
            line.replace(&format!("127.0.0.1:{shown}"), &format!("127.0.0.1:{port}"))
        });
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(self.folder.path());
        command.envs([("PATH", &*self.path), ("LC_ALL", "C.UTF-8")]).env("TMPDIR", scratch());
        for name in ["GITHUB_ACTIONS", "CI_NODE_INDEX", "CI_NODE_TOTAL", "JOB_COMPLETION_INDEX"] {
            command.env_remove(name);
        }
        command
    }

    /// Starts a server, and waits until it takes connections.
    fn start(&mut self, line: &str) {
        let mut command = self.shell(&format!("exec {line}"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.servers.push(command.spawn().expect("a shell"));
        let port = self.ports[self.servers.len() - 1];
        let until = Instant::now() + Duration::from_secs(30);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "nothing listens after: {line}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn run(&mut self, page: &str, step: &Step) {
        let Step { command, output } = step;
        if let Some(line) = command.strip_suffix(" &") {
            return self.start(line);
        }
        let shown = command.strip_prefix("cat ").map(|file| self.folder.path().join(file));
        if let Some(file) = shown.filter(|file| !command.contains('*') && !file.exists()) {
            std::fs::write(file, output.join("\n") + "\n").unwrap();
        }
        let ran = self.shell(command).output().expect("a shell");
        let mut printed = String::from_utf8([ran.stderr, ran.stdout].concat()).unwrap();
        for (shown, port) in PORTS.iter().zip(self.ports) {
            printed = printed.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{shown}"));
        }
        let mut lines: Vec<String> = printed.lines().map(masked).collect();
        match ran.status.code() {
            Some(0) => {}
            code => lines.push(format!("[exit {}]", code.expect("an exit code"))),
        }
        let mut expected: Vec<String> = output.iter().map(|line| masked(line)).collect();
        if expected.last().is_some_and(|line| line == "...") {
            expected.pop();
            lines.truncate(expected.len());
        }
        assert_eq!(lines.join("\n"), expected.join("\n"), "{page}: {command}");
    }
}

fn run(page: &Page) -> usize {
    let mut session = Session::new();
    let steps: Vec<Step> = page.blocks_of("console").iter().flat_map(steps).collect();
    steps.iter().for_each(|step| session.run(&page.name, step));
    steps.len()
}

#[test]
fn the_sessions_are_true() {
    let counts: Vec<(String, usize)> = pages().into_iter().map(|page| (page.name.clone(), run(&page))).collect();
    let pages_with_sessions = counts.iter().filter(|(_, count)| *count > 0).count();
    assert!(counts[0].1 >= 7 && pages_with_sessions >= 10, "pages have lost their sessions: {counts:?}");
}
