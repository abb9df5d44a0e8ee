//! Databases whose logs were cut or have a wrong bit: refused, or read with a word about what is left out, or the same as before.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ekv_roundtrip::command::Request;
use ekv_roundtrip::database::{Database, History};
use ekv_roundtrip::state::State;
use ekv_roundtrip::store::{MetaWidth, Store, visible_state};

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

/// A small database with a table and a log, both of which hold lists.
fn database(folder: &Path) -> PathBuf {
    let path = folder.join("db");
    let mut store = Store::create(&path, MetaWidth::Long, History::Dropped).unwrap();
    let request =
        |words: &str| Request::parse(words.split(' ').map(|word| word.as_bytes().to_vec()).collect()).unwrap();
    store.execute(&[request("RPUSH old a b"), request("RPUSH gone c")]).unwrap();
    store.sync().unwrap();
    store.execute(&[request("DEL gone")]).unwrap();
    store.execute(&[request("LPUSH new d")]).unwrap();
    path
}

/// What a database shows, and whether it warns; `None` if it is refused.
fn read(path: &Path) -> Option<(State, bool)> {
    let database = Database::open_read_only(path).ok()?;
    let state = visible_state(&database.snapshot(), None).ok()?;
    Some((state, !database.warnings().is_empty()))
}

/// The one file of a database whose name begins or ends so.
fn file(database: &Path, part: &str) -> PathBuf {
    let names = std::fs::read_dir(database).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let named: Vec<String> = names.filter(|name| name.starts_with(part) || name.ends_with(part)).collect();
    assert_eq!(named.len(), 1, "{named:?}");
    database.join(&named[0])
}

/// Reads the database with one file changed in some way, for every way. Gives how often it was read without a warning.
fn damaged(file: &str, changes: &dyn Fn(&[u8]) -> Vec<Vec<u8>>) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let (whole, is_warned) = read(&path).unwrap();
    assert_eq!((whole.keys.len(), is_warned), (2, false));
    let file = self::file(&path, file);
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.len() > 10, "{}", file.display());
    let mut silent = 0;
    for changed in changes(&bytes) {
        std::fs::write(&file, &changed).unwrap();
        if let Some((state, false)) = read(&path) {
            silent += 1;
            assert_eq!(state, whole, "{}: {} bytes of {}", file.display(), changed.len(), bytes.len());
        }
    }
    silent
}

fn every_cut(bytes: &[u8]) -> Vec<Vec<u8>> {
    (0..bytes.len()).map(|length| bytes[..length].to_vec()).collect()
}

fn every_bit(bytes: &[u8]) -> Vec<Vec<u8>> {
    let flipped = |bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    (0..bytes.len() * 8).map(flipped).collect()
}

#[test]
fn a_cut_manifest_is_no_older_database() {
    damaged("MANIFEST-", &every_cut);
}

#[test]
fn a_wrong_bit_in_the_manifest_is_no_older_database() {
    assert_eq!(damaged("MANIFEST-", &every_bit), 0);
}

/// Where it is cut between two commits, nothing tells that there was another.
#[test]
fn a_cut_log_is_said_to_be_cut_but_between_commits() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let log = file(&path, ".log");
    let bytes = std::fs::read(&log).unwrap();
    let mut silent = Vec::new();
    for length in 0..bytes.len() {
        std::fs::write(&log, &bytes[..length]).unwrap();
        silent.extend(read(&path).filter(|(_, is_warned)| !is_warned).map(|_| length));
    }
    assert_eq!(silent.len(), 2, "{silent:?}");
}

#[test]
fn a_log_that_is_gone_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let log = file(&path, ".log");
    std::fs::remove_file(log).unwrap();
    let (state, is_warned) = read(&path).unwrap();
    assert_eq!((state.keys.len(), is_warned), (2, true), "the state of the table alone, and a word");
}

#[test]
fn a_wrong_bit_in_the_log_is_refused_or_said_to_cut_it() {
    assert_eq!(damaged(".log", &every_bit), 0);
}

#[test]
fn a_wrong_bit_in_the_file_that_names_the_manifest_is_refused_or_nothing() {
    damaged("CURRENT", &every_bit);
}
