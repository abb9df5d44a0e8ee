//! What both engines do with the same commits.

use std::sync::Arc;

use super::*;
use crate::format::snapshot::{mvcc_key, mvcc_value};

fn collect(mut rows: Rows<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    while let Some((key, value)) = rows.current().expect("readable") {
        found.push((key.to_vec(), value.to_vec()));
        rows.step();
    }
    found
}

fn row(key: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (key.as_bytes().to_vec(), value.as_bytes().to_vec())
}

const CHANGES: [(&[u8], Option<&[u8]>); 4] = [(b"b", Some(b"2")), (b"a", Some(b"1")), (b"c", Some(b"3")), (b"a", None)];

fn history() -> Vec<(Vec<u8>, Vec<u8>)> {
    [(&b"a"[..], 7, None), (b"b", 7, Some(&b"2"[..])), (b"c", 7, Some(b"3")), (b"d", 8, Some(b"4"))]
        .map(|(key, commit_ts, value)| (mvcc_key(key, CommitTs(commit_ts)), mvcc_value(value)))
        .into()
}

/// What every engine does with commits at 7 and 8.
fn fill_and_look(database: &Database) {
    database.commit(CHANGES, CommitTs(7)).expect("a commit");
    let before = database.snapshot();
    database.commit([(&b"d"[..], Some(&b"4"[..]))], CommitTs(8)).expect("a commit");
    assert_eq!(collect(before.rows(b"", None)), [row("b", "2"), row("c", "3")]);
    assert_eq!(collect(database.rows(b"c", None)), [row("c", "3"), row("d", "4")]);
    assert_eq!(collect(database.rows(b"", Some(b"c"))), [row("b", "2")]);
    assert_eq!(collect(database.rows(b"b\0", Some(b"c"))), []);
    assert_eq!(collect(database.history_rows(b"", None)), history());
    assert_eq!(collect(database.history_rows(b"c", Some(b"d"))), history()[2..3]);
    assert_eq!(database.get(b"d").expect("readable"), Some(b"4".to_vec()));
    assert_eq!(database.get(b"a").expect("readable"), None);
    assert_eq!(database.clock().expect("readable"), Some(CommitTs(8)));
    assert!(database.keeps_history());
    let mut at_the_end = database.rows(b"e", None);
    at_the_end.step();
    assert_eq!(at_the_end.current().expect("readable"), None);
}

#[test]
fn batches_are_read_back_in_key_order_and_by_range_from_memory() {
    fill_and_look(&Database::in_memory(History::Kept));
    let without = Database::in_memory(History::Dropped);
    assert_eq!(without.clock().expect("readable"), None);
    without.commit(CHANGES, CommitTs(7)).expect("a commit");
    assert!(!without.keeps_history());
    assert_eq!(collect(without.history_rows(b"", None)), []);
}

#[test]
fn a_fork_goes_its_own_way() {
    let database = Database::in_memory(History::Kept);
    database.commit(CHANGES, CommitTs(7)).expect("a commit");
    let fork = database.fork().expect("it is in memory");
    fork.commit([(&b"b"[..], None)], CommitTs(8)).expect("a commit");
    database.commit([(&b"c"[..], None)], CommitTs(9)).expect("a commit");
    assert_eq!(collect(fork.rows(b"", None)), [row("c", "3")]);
    assert_eq!(collect(database.rows(b"", None)), [row("b", "2")]);
    assert_eq!(fork.clock().expect("readable"), Some(CommitTs(8)));
    assert_eq!(collect(fork.history_rows(b"b", None)).len(), 3);
}

#[test]
fn every_batch_passes_the_gate() {
    let gate: Gate = Arc::new(|commit_ts, batch: &mut Batch| {
        assert_eq!(commit_ts, CommitTs(7));
        assert_eq!(batch.remove(&b"a"[..]), Some(None), "the last change of a key is the one that counts");
        batch.insert(b"b".to_vec(), Some(b"changed".to_vec()));
    });
    let database = Database::in_memory(History::Kept).with_gate(gate);
    database.commit(CHANGES, CommitTs(7)).expect("a commit");
    assert_eq!(collect(database.rows(b"", None)), [row("b", "changed"), row("c", "3")]);
    assert_eq!(collect(database.history_rows(b"", None)).len(), 2);
}

#[cfg(feature = "rocksdb")]
#[test]
fn batches_are_read_back_in_key_order_and_by_range_from_rocksdb() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("db");
    let database = Database::create(&path, History::Kept).expect("a new database");
    fill_and_look(&database);
    assert!(database.fork().is_none());
    drop(database);
    assert!(!path.join("LOG").exists(), "opening must not leave a log file");
    let reopened = Database::open_read_only(&path).expect("the database");
    assert_eq!(reopened.clock().expect("readable"), Some(CommitTs(8)));
    assert_eq!(reopened.get(b"d").expect("readable"), Some(b"4".to_vec()));
    assert!(reopened.keeps_history());
    assert_eq!(collect(reopened.history_rows(b"", None)), history());

    let path = folder.path().join("without");
    let without = Database::create(&path, History::Dropped).expect("a new database");
    without.commit(CHANGES, CommitTs(7)).expect("a commit");
    assert!(!without.keeps_history());
    assert_eq!(collect(without.history_rows(b"", None)), []);
}

/// Wherever its files are, a database is read from them when it is opened again: from the log, and from tables after a flush.
#[cfg(feature = "rocksdb")]
#[test]
fn a_database_of_a_case_is_like_any_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for files in [Files::OnDisk, Files::InMemory] {
        for is_flushed in [false, true] {
            let path = folder.path().join(format!("{files:?}-{is_flushed}"));
            let database = Database::create_for_case(&path, History::Kept, files, Logging::On).expect("a new database");
            fill_and_look(&database);
            if is_flushed {
                database.flush().expect("a healthy disk");
            }
            assert_eq!(path.join("CURRENT").exists(), files == Files::OnDisk);
            let again = database.opened_again().expect("the database");
            assert_eq!(collect(again.rows(b"", None)), [row("b", "2"), row("c", "3"), row("d", "4")]);
            assert_eq!((collect(again.history_rows(b"", None)), again.keeps_history()), (history(), true));
            assert_eq!(again.clock().expect("readable"), Some(CommitTs(8)));
            again.commit([(&b"e"[..], Some(&b"5"[..]))], CommitTs(9)).expect("a commit");
            let again = again.opened_again().expect("the database");
            assert_eq!(again.get(b"e").expect("readable"), Some(b"5".to_vec()));
        }
    }
}

/// What is on disk is not always logged, and what is in memory is not always without a log.
#[cfg(feature = "rocksdb")]
#[test]
fn a_database_without_a_log_is_like_any_other_while_it_is_open() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for files in [Files::OnDisk, Files::InMemory] {
        for logging in [Logging::On, Logging::Off] {
            let path = folder.path().join(format!("{files:?}-{logging:?}"));
            let database = Database::create_for_case(&path, History::Kept, files, logging).expect("a new database");
            fill_and_look(&database);
            let has_log = files == Files::OnDisk && logging == Logging::On;
            assert_eq!(log_bytes(&path) > 0, has_log, "{files:?} {logging:?}");
            database.flush().expect("a healthy disk");
        }
    }
}

/// The bytes of the logs in a folder.
#[cfg(feature = "rocksdb")]
fn log_bytes(folder: &Path) -> u64 {
    let paths = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("a file").path());
    let logs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
    logs.map(|log| log.metadata().expect("a file").len()).sum()
}

#[cfg(feature = "rocksdb")]
#[test]
fn a_folder_without_a_database_is_told_apart_from_a_corrupt_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert!(matches!(Database::open_read_only(folder.path()), Err(DatabaseError::Missing(_))));
    std::fs::write(folder.path().join("CURRENT"), "nonsense").expect("a file");
    assert!(matches!(Database::open_read_only(folder.path()), Err(DatabaseError::RocksDb { .. })));
}

#[cfg(feature = "rocksdb")]
#[test]
fn a_pebble_folder_is_named() {
    for (name, content) in [
        ("marker.format-version.000001.013", ""),
        ("marker.manifest.000001.MANIFEST-000001", ""),
        ("OPTIONS-000003", "[Version]\n  pebble_version=0.1\n"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("CURRENT"), "MANIFEST-000001\n").expect("a file");
        std::fs::write(folder.path().join("MANIFEST-000001"), "").expect("a file");
        std::fs::write(folder.path().join(name), content).expect("a file");
        assert!(matches!(Database::open_read_only(folder.path()), Err(DatabaseError::Pebble(_))), "{name}");
    }
}

#[test]
fn the_end_of_a_prefix_carries() {
    assert_eq!(end_of_prefix(b"a\xff"), Some(b"b".to_vec()));
    assert_eq!(end_of_prefix(b"\xff"), None);
}
