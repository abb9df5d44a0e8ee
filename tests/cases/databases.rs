//! Databases whose logs were cut or have a wrong bit: refused, or read with a word about what is left out, or the same as before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ekv_roundtrip::command::Request;
use ekv_roundtrip::database::{Database, History};
use ekv_roundtrip::state::State;
use ekv_roundtrip::store::{MetaWidth, Store, visible_state};

use super::every::Every;

fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ekv-roundtrip"));
    command.args(words).current_dir(folder).stdin(Stdio::null()).env_remove("GITHUB_ACTIONS");
    let output = command.output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), stdout, stderr)
}

/// A copy of a database, in a folder of its own.
fn copied(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(from).arg(folder.path().join("db")).status().unwrap();
    assert!(copied.success());
    folder
}

#[test]
fn manifest_cut() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/manifest-cut/db");
    let folder = copied(&case);
    let out = &*folder.path().join("dump").display().to_string();
    for words in [["state", "db:db"].as_slice(), &["dump", "db:db", "--out", out], &["inspect", "db:db"]] {
        let (_, _, stderr) = run(folder.path(), words);
        let warned = [
            "warning: db/MANIFEST-000005 ends within a record, after a crash or because it was cut; its last ",
            " bytes, from byte ",
            " on, are left out\n",
            "warning: db: 000009.sst, 000010.sst left out: its manifest does not name them, after a crash or because the \
             manifest is damaged\n",
        ];
        assert!(warned.iter().all(|part| stderr.contains(part)), "{words:?}: {stderr}");
    }
}

/// A small database, the lists after each of its commits, and where it is.
struct Small {
    _folder: tempfile::TempDir,
    path: PathBuf,
    /// The last one is what it shows.
    states: Vec<State>,
}

/// Whether a writer came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    InOrder,
    Killed,
}

impl Small {
    fn new(ended: Ended) -> Small {
        Small::of(1, ended)
    }

    /// One with tables, and a log that holds lists where the writer was killed.
    fn of(lists: usize, ended: Ended) -> Small {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        let mut store = Store::create(&path, MetaWidth::Long, History::Kept).unwrap();
        let mut states = vec![State::default()];
        let request =
            |words: &str| Request::parse(words.split(' ').map(|word| word.as_bytes().to_vec()).collect()).unwrap();
        let mut run = |store: &mut Store, requests: &[Request]| {
            store.execute(requests).unwrap();
            states.push(visible_state(&store.database().snapshot(), None).unwrap());
        };
        let old: Vec<Request> = (0..lists).map(|number| request(&format!("RPUSH old:{number} a b"))).collect();
        run(&mut store, &old);
        run(&mut store, &[request("RPUSH gone c")]);
        store.sync().unwrap();
        run(&mut store, &[request("DEL gone")]);
        run(&mut store, &[request("LPUSH new d")]);
        if ended == Ended::InOrder {
            store.sync().unwrap();
        }
        Small { _folder: folder, path, states }
    }

    /// The one file whose name begins or ends so.
    fn file(&self, part: &str) -> PathBuf {
        let is_named = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(part) || name.ends_with(part)
        };
        let named: Vec<PathBuf> = self.files().into_iter().filter(is_named).collect();
        assert_eq!(named.len(), 1, "{named:?}");
        named[0].clone()
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Reads it, damaged in a way that `how` names: it is refused, or it shows what it showed, or, with a warning, what it showed
    /// after an earlier commit. Gives whether a warning told of it.
    fn look(&self, ended: Ended, how: &str) -> Option<bool> {
        let database = Database::open_read_only(&self.path).ok()?;
        let state = visible_state(&database.snapshot(), None).ok()?;
        let is_warned = !database.warnings().is_empty();
        assert!(is_warned || ended == Ended::InOrder, "{how}: a killed writer may have lost something");
        let is_whole = Some(&state) == self.states.last();
        assert!(is_whole || is_warned && self.states.contains(&state), "{how}: {:?} {state:?}", database.warnings());
        Some(is_warned)
    }

    /// Looks at it with one file changed in every way that `changes` gives.
    fn damaged(&self, ended: Ended, file: &Path, changes: &dyn Fn(&[u8]) -> Vec<Vec<u8>>) -> Vec<Option<bool>> {
        let bytes = std::fs::read(file).unwrap();
        let look = |(number, changed): (usize, Vec<u8>)| {
            std::fs::write(file, &changed).unwrap();
            self.look(ended, &format!("{} {number}, {} of {} bytes", file.display(), changed.len(), bytes.len()))
        };
        let looks = changes(&bytes).into_iter().enumerate().map(look).collect();
        std::fs::write(file, &bytes).unwrap();
        looks
    }
}

#[test]
fn a_database_says_whether_it_is_whole() {
    assert_eq!(Small::new(Ended::InOrder).look(Ended::InOrder, "whole"), Some(false));
    let killed = Small::new(Ended::Killed);
    assert_eq!(killed.look(Ended::Killed, "killed"), Some(true));
    let warnings = Database::open_read_only(&killed.path).unwrap().warnings().join("\n");
    let expected =
        "it was not closed in order, or is still being written; it has the first 7 writes, and what came after";
    assert!(warnings.contains(expected), "{warnings}");
}

#[test]
fn a_wrong_bit_or_a_cut_in_the_manifest_is_no_older_database() {
    let small = Small::new(Ended::InOrder);
    let manifest = small.file("MANIFEST-");
    let looks = small.damaged(Ended::InOrder, &manifest, &|bytes| Every(3).bit(bytes));
    assert!(looks.iter().all(|look| *look != Some(false)), "each is noticed");
    small.damaged(Ended::InOrder, &manifest, &|bytes| Every(1).cut(bytes));
}

#[test]
fn a_wrong_bit_or_a_cut_in_the_log_is_a_prefix_at_most() {
    let small = Small::new(Ended::Killed);
    let log = small.file(".log");
    small.damaged(Ended::Killed, &log, &|bytes| Every(1).bit(bytes));
    small.damaged(Ended::Killed, &log, &|bytes| Every(1).cut(bytes));
}

#[test]
fn a_wrong_bit_or_a_cut_in_any_file_is_noticed_or_nothing() {
    rot(1, Every(151));
}

#[test]
#[ignore = "make rot-test, for some minutes"]
fn every_wrong_bit_and_every_cut_in_any_file_is_noticed_or_nothing() {
    rot(1, Every(1));
    rot(5000, Every(6997));
}

/// Damages each file of a database of so many lists and three. Says how often nothing was shown, as much as before, and less with
/// a warning.
#[expect(clippy::print_stdout, reason = "the figures are for people")]
fn rot(lists: usize, every: Every) {
    for ended in [Ended::InOrder, Ended::Killed] {
        let small = Small::of(lists, ended);
        for file in small.files() {
            for (what, changes) in [("bits", &Every::bit as &dyn Fn(Every, &[u8]) -> _), ("cuts", &Every::cut)] {
                // Its thousands of bytes are not read.
                let is_unread = file.file_name().unwrap().to_str().unwrap().starts_with("OPTIONS-");
                let every = if is_unread { Every(every.0 * 101) } else { every };
                let looks = small.damaged(ended, &file, &|bytes| changes(every, bytes));
                let count = |wanted| looks.iter().filter(|look| **look == wanted).count();
                let (refused, warned, same) = (count(None), count(Some(true)), count(Some(false)));
                let name = file.file_name().unwrap().display();
                println!(
                    "{ended:?} {name}: {} {what}: {refused} refused, {warned} warned, {same} the same",
                    looks.len()
                );
            }
        }
    }
}

#[test]
fn a_file_that_is_gone_is_missed_or_was_nothing() {
    for ended in [Ended::InOrder, Ended::Killed] {
        let small = Small::new(ended);
        for file in small.files() {
            let bytes = std::fs::read(&file).unwrap();
            std::fs::remove_file(&file).unwrap();
            small.look(ended, &format!("{} gone", file.display()));
            std::fs::write(&file, &bytes).unwrap();
        }
    }
}

/// RocksDB would wait for a FIFO.
#[test]
fn what_is_no_file_is_refused_before_it_is_opened() {
    for name in ["000099.log", "000099.sst", "OPTIONS-000099", "IDENTITY"] {
        let small = Small::new(Ended::InOrder);
        let path = small.path.join(name);
        let _ = std::fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let problem = Database::open_read_only(&small.path).err().unwrap().to_string();
        assert!(problem.contains(name) && problem.ends_with("it is a FIFO, not a file"), "{problem}");
    }
}

/// What only the count of records can tell.
#[test]
fn a_database_that_something_else_has_written_to_is_told() {
    let small = Small::new(Ended::InOrder);
    let mut options = rocksdb::Options::default();
    options.set_info_logger(rocksdb::InfoLogger::new_callback_logger(rocksdb::LogLevel::Fatal, |_, _| {}));
    let families = ["default", "clock", "history"];
    let raw = rocksdb::DB::open_cf(&options, &small.path, families).unwrap();
    raw.put(b"!lst|meta|new", [0; 24]).unwrap();
    raw.put(b"stranger", b"").unwrap();
    drop(raw);
    let warnings = Database::open_read_only(&small.path).unwrap().warnings().join("\n");
    assert!(
        warnings.contains(" records and ") && warnings.contains(" when it was closed: it is damaged, or"),
        "{warnings}"
    );
}
