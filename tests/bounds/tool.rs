//! The program in a folder of its own, with little memory and little time.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The address space that the program gets, in KiB: less than any of the inputs here, and enough for a few threads.
const SPACE_KIB: u64 = 1_500_000;
/// Nothing here takes as long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(100);

pub struct Tool(tempfile::TempDir);

impl Tool {
    pub fn new() -> Tool {
        Tool(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// A file of zeros after these bytes, which takes no room on the disk.
    pub fn zeros(&self, name: &str, start: &[u8], bytes: u64) {
        self.write(name, start);
        std::fs::OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(bytes).unwrap();
    }

    pub fn fifo(&self, name: &str) {
        let (folder, mode) = (rustix::fs::CWD, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(folder, self.path(name), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }

    /// A link that leads to itself.
    pub fn round(&self, name: &str) {
        std::os::unix::fs::symlink(name, self.path(name)).unwrap();
    }

    /// The dump of a fixture, to be spoilt.
    pub fn dump(&self, name: &str) {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/segments-fallback/dump"), &self.path(name));
    }

    /// Words are parted by blanks. A word in angle brackets is the name of a file for standard input.
    pub fn start(&self, words: &str) -> Child {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v $0; exec \"$@\"", &SPACE_KIB.to_string(), env!("CARGO_BIN_EXE_ekv-roundtrip")]);
        command.args(words.iter().filter(|word| !word.starts_with('<')));
        let input = words.iter().find_map(|word| word.strip_prefix('<'));
        command.stdin(input.map_or_else(Stdio::null, |name| std::fs::File::open(self.path(name)).unwrap().into()));
        command.current_dir(self.0.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("GITHUB_ACTIONS").env_remove("EKV_ROUNDTRIP_PASSWORD").spawn().unwrap()
    }

    /// Runs it to its end.
    pub fn run(&self, words: &str) -> Output {
        ended(words, self.start(words))
    }

    /// Runs what must end with 2 and a single line, which holds `expected`.
    pub fn refuses(&self, words: &str, expected: &str) {
        refused(words, &self.run(words), expected);
    }
}

/// What came of it, or a panic if it does not end.
pub fn ended(words: &str, mut child: Child) -> Output {
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{words}: it does not end; {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

pub fn refused(words: &str, output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}: {:?} {said}", output.status);
    assert!(said.contains(expected), "{words}: {said}\nexpected {expected}");
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("seed: ")).collect();
    assert_eq!(lines.len(), 1, "{words}: {said}");
    assert!(said.len() < 9000, "{words}: {} bytes", said.len());
    assert!(!said.trim_end().chars().any(|c| c.is_control() && c != '\n'), "{words}: {said:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
