//! The commands that write, and what their outputs must be.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[cfg(feature = "rocksdb")]
use ekv_roundtrip::database::Database;
use ekv_roundtrip::reader::{MadeBy, read};
use ekv_roundtrip::state::State;
#[cfg(feature = "rocksdb")]
use ekv_roundtrip::store::visible_state;

use super::disk::Tree;

/// The name of each command's output.
pub const OUT: &str = "out";

/// A command that writes an output.
pub struct Writer {
    pub name: &'static str,
    /// What is typed before, in the same folder.
    pub before: &'static [&'static str],
    pub words: &'static str,
    pub output: Is,
}

/// What an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// A file, which has the same bytes in each run.
    File,
    /// A dump, which has the same lists.
    Dump,
    /// A database, which has the same lists.
    #[cfg(feature = "rocksdb")]
    Database,
}

/// What is equal in each run.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    Bytes(Vec<u8>),
    State(State),
}

impl Is {
    pub fn is_database(self) -> bool {
        !matches!(self, Is::File | Is::Dump)
    }

    /// What a path shows, if it is whole.
    pub fn shown(self, path: &Path) -> Result<Shown, String> {
        match self {
            Is::File => std::fs::read(path).map(Shown::Bytes).map_err(|error| error.to_string()),
            Is::Dump => match read(path, MadeBy::OurEncoder) {
                Ok(dump) => Ok(Shown::State(dump.into_state(0))),
                Err(error) => Err(error.to_string()),
            },
            #[cfg(feature = "rocksdb")]
            Is::Database => {
                let database = Database::open_read_only(path).map_err(|error| error.to_string())?;
                if let [warning, ..] = database.warnings() {
                    return Err(warning.clone());
                }
                visible_state(&database.snapshot(), None).map(Shown::State).map_err(|error| error.to_string())
            }
        }
    }
}

#[cfg(feature = "rocksdb")]
const NEW_TRACE: &str = "generate --seed 5 --commands 80 --out new.jsonl";

pub const WRITERS: &[Writer] = &[
    Writer { name: "dump", before: &[], words: "dump fsm:new.fsm --out out", output: Is::Dump },
    Writer {
        name: "dump --force",
        before: &["dump fsm:old.fsm --out out"],
        words: "dump fsm:new.fsm --out out --force",
        output: Is::Dump,
    },
    Writer {
        name: "restore --fsm",
        before: &["dump fsm:new.fsm --out dump"],
        words: "restore dump:dump --fsm out",
        output: Is::File,
    },
    Writer { name: "generate", before: &[], words: "generate --seed 5 --commands 2000 --out out", output: Is::File },
    Writer {
        name: "generate --force",
        before: &["generate --seed 6 --commands 2000 --out out"],
        words: "generate --seed 5 --commands 2000 --out out --force",
        output: Is::File,
    },
    #[cfg(feature = "rocksdb")]
    Writer {
        name: "restore --db",
        before: &["dump fsm:new.fsm --out dump"],
        words: "restore dump:dump --db out",
        output: Is::Database,
    },
    Writer {
        name: "merge",
        before: &["verify --seed 1 --cases 2 --engine memory --report report.json"],
        words: "merge report.json --out out",
        output: Is::File,
    },
    #[cfg(feature = "rocksdb")]
    Writer {
        name: "snapshot",
        before: &[NEW_TRACE, "apply --trace new.jsonl --db db"],
        words: "snapshot db:db --out out",
        output: Is::File,
    },
    #[cfg(feature = "rocksdb")]
    Writer {
        name: "snapshot --force",
        before: &[NEW_TRACE, "apply --trace new.jsonl --db db", "generate --seed 6 --commands 2000 --out out"],
        words: "snapshot db:db --out out --force",
        output: Is::File,
    },
    #[cfg(feature = "rocksdb")]
    Writer { name: "apply", before: &[NEW_TRACE], words: "apply --trace new.jsonl --db out", output: Is::Database },
];

/// How many kills and losses of power of each command are asked for.
pub fn asked_for() -> usize {
    std::env::var("KILLS").ok().map_or(500, |number| number.parse().expect("KILLS is a number"))
}

/// A folder to work in, and another one for what is temporary.
pub struct Place {
    work: tempfile::TempDir,
    temporary: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        // The one that the system gives may be reached through links.
        let folder = || tempfile::tempdir_in(std::env::temp_dir().canonicalize().unwrap()).unwrap();
        Place { work: folder(), temporary: folder() }
    }

    /// One in which a command can run, and its old output, if it has one, is.
    pub fn before(writer: &Writer) -> Place {
        let place = Place::new();
        for (name, fixture) in [("new.fsm", "escapes"), ("old.fsm", "claims-over-holes")] {
            let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture).join("snapshot.fsm");
            std::fs::copy(fixture, place.path().join(name)).unwrap();
        }
        writer.before.iter().for_each(|line| place.holds(line));
        place
    }

    pub fn path(&self) -> &Path {
        self.work.path()
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
        command.args(line.split(' ')).current_dir(self.path()).stdin(Stdio::null());
        command.env("TMPDIR", self.temporary.path()).env_remove("GITHUB_ACTIONS");
        command
    }

    pub fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    pub fn holds(&self, line: &str) {
        let output = self.run(line);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// What is at a path, and below it.
    pub fn tree(&self, path: &str) -> Tree {
        let mut tree = Tree::new();
        take(&self.path().join(path), Path::new(""), &mut tree);
        tree
    }
}

fn take(root: &Path, path: &Path, tree: &mut Tree) {
    let full = if path.as_os_str().is_empty() { root.to_owned() } else { root.join(path) };
    if full.is_dir() {
        tree.insert(path.to_owned(), None);
        let names = std::fs::read_dir(full).unwrap().map(|entry| entry.unwrap().file_name());
        names.for_each(|name| take(root, &path.join(name), tree));
    } else if full.exists() {
        tree.insert(PathBuf::from(path), Some(std::fs::read(full).unwrap()));
    }
}
