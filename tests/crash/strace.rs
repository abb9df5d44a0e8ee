//! The system calls by which a command changes a folder, as strace sees them.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use super::disk::Disk;

/// The calls that make, change, name or sync files, and those by which an offset is known. Those that are not read must not
/// come.
const TRACED: &str = "openat,open,creat,openat2,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,\
    fdatasync,syncfs,sync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,\
    copy_file_range,sendfile,splice,lseek,dup,dup2,dup3,fcntl,close,mmap";

/// A command under strace, whose log of what changes files goes to `log`.
pub fn traced(command: &Command, log: &Path) -> Command {
    let (trace, log) = (format!("trace={TRACED}"), log.display().to_string());
    under_strace(command, &["-xx", "-y", "-s", "1000000000", "-e", "signal=none", "-e", &trace, "-o", &log])
}

/// A command under strace, all its threads.
pub fn under_strace(command: &Command, flags: &[&str]) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq"]).args(flags).arg("--").arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        traced.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => drop(traced.env(name, value)),
            None => drop(traced.env_remove(name)),
        }
    }
    traced
}

/// A call that succeeded.
struct Call {
    name: String,
    words: Vec<String>,
    result: String,
    /// How many lines of the log had come before it began.
    begun: usize,
}

/// A sync, by the call's name and what is synced: what can be left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sync {
    pub call: String,
    pub path: PathBuf,
}

/// What a file descriptor was opened with; descriptors that were duplicated share it.
struct Opened {
    offset: usize,
    appends: bool,
}

/// A log that is carried out again on a disk.
pub struct Replay<'a> {
    root: PathBuf,
    pub disk: Disk,
    /// Those that were done; what is left out is not among them.
    pub syncs: Vec<Sync>,
    is_left_out: &'a dyn Fn(&Sync) -> bool,
    opened: Vec<Opened>,
    descriptors: BTreeMap<String, usize>,
    /// The events of the disk by the line of the log.
    events: Vec<usize>,
}

impl<'a> Replay<'a> {
    /// What the log says of a folder, without the syncs that are left out.
    pub fn of(log: &str, root: &Path, start: Disk, is_left_out: &'a dyn Fn(&Sync) -> bool) -> Replay<'a> {
        let (opened, descriptors) = (Vec::new(), BTreeMap::new());
        let root = root.to_owned();
        let mut replay =
            Replay { root, disk: start, syncs: Vec::new(), is_left_out, opened, descriptors, events: Vec::new() };
        let mut unfinished: BTreeMap<(String, String), (String, usize)> = BTreeMap::new();
        for (number, line) in log.lines().enumerate() {
            replay.events.push(replay.disk.events());
            let (thread, line) = line.split_once(' ').unwrap();
            let line = line.trim_start();
            if let Some(start) = line.strip_suffix(" <unfinished ...>") {
                let name = start.split('(').next().unwrap().to_owned();
                unfinished.insert((thread.to_owned(), name), (start.to_owned(), number));
                continue;
            }
            let call = match line.strip_prefix("<... ") {
                Some(rest) => {
                    let (name, end) = rest.split_once(" resumed>").unwrap();
                    let (start, begun) = unfinished.remove(&(thread.to_owned(), name.to_owned())).unwrap();
                    Call::parse(&format!("{start}{end}"), begun)
                }
                None => Call::parse(line, number),
            };
            if let Some(call) = call {
                replay.carry_out(&call);
            }
        }
        replay
    }

    fn carry_out(&mut self, call: &Call) {
        let words: Vec<&str> = call.words.iter().map(String::as_str).collect();
        match (call.name.as_str(), words.as_slice()) {
            ("openat" | "openat2", [folder, path, flags, ..]) => self.open(folder, path, flags, &call.result),
            ("open", [path, flags, ..]) => self.open("", path, flags, &call.result),
            ("close", [file]) => drop(self.descriptors.remove(number(file))),
            ("dup" | "dup2" | "dup3", [file, ..]) => self.share(file, &call.result),
            ("fcntl", [file, "F_DUPFD" | "F_DUPFD_CLOEXEC", ..]) => self.share(file, &call.result),
            ("lseek", [file, ..]) => {
                if let Some(opened) = self.opened(file) {
                    opened.offset = call.result.parse().unwrap();
                }
            }
            ("write" | "writev", [file, bytes, ..]) => self.write(file, bytes, None, &call.result),
            ("pwrite64", [file, bytes, _, offset]) => self.write(file, bytes, offset.parse().ok(), &call.result),
            ("ftruncate", [file, bytes]) => {
                if let Some(path) = self.of_descriptor(file) {
                    self.disk.resize(&path, bytes.parse().unwrap());
                }
            }
            ("fallocate", [file, mode, offset, bytes]) => {
                if let Some(path) = self.of_descriptor(file).filter(|_| !mode.contains("FALLOC_FL_KEEP_SIZE")) {
                    let end = offset.parse::<usize>().unwrap() + bytes.parse::<usize>().unwrap();
                    self.disk.resize(&path, end.max(self.disk.bytes(&path)));
                }
            }
            ("fsync" | "fdatasync" | "syncfs", [file]) => self.sync(call, file),
            ("rename", [from, to]) => self.rename(("", from), ("", to), ""),
            ("renameat", [from_folder, from, to_folder, to]) => self.rename((from_folder, from), (to_folder, to), ""),
            ("renameat2", [from_folder, from, to_folder, to, flags]) => {
                self.rename((from_folder, from), (to_folder, to), flags);
            }
            ("unlink" | "rmdir", [path]) => self.remove("", path),
            ("unlinkat", [folder, path, _]) => self.remove(folder, path),
            ("mkdir", [path, _]) => self.make_folder("", path),
            ("mkdirat", [folder, path, _]) => self.make_folder(folder, path),
            ("mmap", [.., flags, file, _]) => {
                let is_written = flags.contains("MAP_SHARED") && words[2].contains("PROT_WRITE");
                assert!(!is_written || self.of_descriptor(file).is_none(), "{} {words:?}", call.name);
            }
            ("fcntl", _) => {}
            (name, words) => {
                let ours =
                    words.iter().any(|word| self.of_descriptor(word).is_some() || self.of_path("", word).is_some());
                assert!(!ours, "the model of a disk does not know {name} {words:?}");
            }
        }
    }

    fn open(&mut self, folder: &str, path: &str, flags: &str, result: &str) {
        let appends = flags.contains("O_APPEND");
        self.opened.push(Opened { offset: 0, appends });
        self.descriptors.insert(number(result).to_owned(), self.opened.len() - 1);
        let Some(path) = self.of_path(folder, path) else { return };
        assert!(!flags.contains("O_TMPFILE"), "a file without a name in {}", path.display());
        if flags.contains("O_CREAT") && !self.disk.is_there(&path) {
            self.disk.make_file(&path);
        } else if flags.contains("O_TRUNC") {
            self.disk.resize(&path, 0);
        }
    }

    fn share(&mut self, file: &str, result: &str) {
        if let Some(opened) = self.descriptors.get(number(file)).copied() {
            self.descriptors.insert(number(result).to_owned(), opened);
        }
    }

    fn write(&mut self, file: &str, bytes: &str, offset: Option<usize>, result: &str) {
        let Some(path) = self.of_descriptor(file) else { return };
        let mut bytes = strings(bytes);
        bytes.truncate(result.parse().unwrap());
        let end = self.disk.bytes(&path);
        let offset = offset.unwrap_or_else(|| {
            let opened = self.opened(file).expect("a descriptor that was opened");
            let offset = if opened.appends { end } else { opened.offset };
            opened.offset = offset + bytes.len();
            offset
        });
        self.disk.write(&path, offset, bytes);
    }

    fn sync(&mut self, call: &Call, file: &str) {
        // What another thread changes after a sync has begun need not be in it.
        let until = self.events[call.begun];
        let Some(path) = self.of_descriptor(file) else { return };
        let sync = Sync { call: call.name.clone(), path };
        if (self.is_left_out)(&sync) {
            return;
        }
        match call.name.as_str() {
            "syncfs" => self.disk.sync_all(until),
            _ => self.disk.sync(&sync.path, until),
        }
        self.syncs.push(sync);
    }

    fn rename(&mut self, from: (&str, &str), to: (&str, &str), flags: &str) {
        match (self.of_path(from.0, from.1), self.of_path(to.0, to.1)) {
            (Some(from), Some(to)) if flags.contains("RENAME_EXCHANGE") => self.disk.exchange(&from, &to),
            (Some(from), Some(to)) => self.disk.rename(&from, &to),
            (None, None) => {}
            half => panic!("a file that comes from elsewhere or goes there: {half:?}"),
        }
    }

    fn remove(&mut self, folder: &str, path: &str) {
        if let Some(path) = self.of_path(folder, path) {
            self.disk.remove(&path);
        }
    }

    fn make_folder(&mut self, folder: &str, path: &str) {
        if let Some(path) = self.of_path(folder, path) {
            self.disk.make_folder(&path);
        }
    }

    fn opened(&mut self, file: &str) -> Option<&mut Opened> {
        self.descriptors.get(number(file)).and_then(|opened| self.opened.get_mut(*opened))
    }

    /// The path of an open file that is still there, from the root of what is watched, if it lies in it.
    fn of_descriptor(&self, file: &str) -> Option<PathBuf> {
        let path = file.split_once('<')?.1.strip_suffix('>')?;
        self.below(&PathBuf::from(unescaped(path)))
    }

    fn of_path(&self, folder: &str, path: &str) -> Option<PathBuf> {
        let path = PathBuf::from(String::from_utf8(strings_of(path)?).unwrap());
        let folder = match folder.split_once('<').and_then(|(_, path)| path.strip_suffix('>')) {
            Some(folder) => PathBuf::from(unescaped(folder)),
            None => self.root.clone(),
        };
        self.below(&folder.join(path))
    }

    fn below(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(&self.root).ok()?;
        let mut plain = PathBuf::new();
        for component in below.components() {
            match component {
                Component::Normal(name) => plain.push(name),
                Component::CurDir => {}
                _ => panic!("{} leads upwards", path.display()),
            }
        }
        Some(plain)
    }
}

impl Call {
    /// `None` for one that failed, or that did not come to its end, or what is no call.
    fn parse(line: &str, begun: usize) -> Option<Call> {
        let (name, rest) = line.split_once('(')?;
        let (words, result) = rest.rsplit_once(") ").or_else(|| rest.rsplit_once(')'))?;
        let result = result.trim_start().strip_prefix("= ")?;
        if result.starts_with(['-', '?']) {
            return None;
        }
        let (name, result) = (name.to_owned(), result.to_owned());
        Some(Call { name, words: split(words), result, begun })
    }
}

/// The arguments; those in brackets are one.
fn split(words: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut split = vec![String::new()];
    for letter in words.chars() {
        match letter {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                split.push(String::new());
                continue;
            }
            _ => {}
        }
        split.last_mut().unwrap().push(letter);
    }
    split.into_iter().map(|word| word.trim().to_owned()).collect()
}

/// The number of a descriptor, without the path that strace adds.
fn number(file: &str) -> &str {
    file.split('<').next().unwrap()
}

/// The bytes of a string, or of the strings of a vector one after another.
fn strings(word: &str) -> Vec<u8> {
    strings_of(word).unwrap_or_default()
}

fn strings_of(word: &str) -> Option<Vec<u8>> {
    assert!(!word.ends_with("..."), "strace has shortened a string");
    let quoted: Vec<&str> = word.split('"').skip(1).step_by(2).collect();
    (!quoted.is_empty()).then(|| quoted.into_iter().flat_map(bytes).collect())
}

fn unescaped(text: &str) -> String {
    String::from_utf8(bytes(text)).unwrap()
}

/// Bytes, each written as `\x` and two digits.
fn bytes(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}
