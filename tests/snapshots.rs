//! Snapshot files: whatever is done to one, it is read as it is or refused; and every way from records to a dump, through
//! whichever kind of snapshot, leads to the same bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ekv_roundtrip::case::replay::on_store;
use ekv_roundtrip::database::{Database, History};
use ekv_roundtrip::encoder::{DumpOptions, Unordered, encode_ordered};
use ekv_roundtrip::format::dump_tree::{CHECKSUMS, Manifest};
use ekv_roundtrip::format::snapshot::{Framing, bare_header, mvcc_key, mvcc_value, write_row};
use ekv_roundtrip::format::{CommitTs, Seq, list};
use ekv_roundtrip::records::{HistoryView, Namespace, RecordSource, visit_records};
use ekv_roundtrip::snapshot::{Kept, SnapshotFile, SnapshotShape, write_records, write_snapshot};
use ekv_roundtrip::store::{MetaWidth, Store};
use ekv_roundtrip::workload::{CaseSpec, Generator, PROFILES, case_seed};
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

fn records(source: &dyn RecordSource) -> Records {
    let mut records = Records::new();
    visit_records(source, Namespace::All, |record| {
        assert_eq!(records.insert(record.key.to_vec(), record.value.to_vec()), None, "each record once");
        Ok::<(), ekv_roundtrip::records::SourceError>(())
    })
    .unwrap();
    records
}

/// The checksums of a dump of the source, which cover all of its files.
fn dump(source: &dyn RecordSource, folder: &Path, name: &str) -> String {
    let out = folder.join(name);
    fs::create_dir(&out).unwrap();
    let out = Dir::open_ambient_dir(&out, ambient_authority()).unwrap();
    encode_ordered(source, &out, &options()).unwrap();
    out.read_to_string(CHECKSUMS).unwrap()
}

fn options() -> DumpOptions {
    DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) }
}

/// The raw rows of a bare snapshot.
fn raw_rows(mut rest: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    rest = &rest[16..];
    let part = |rest: &mut &[u8]| {
        let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        let (bytes, after) = rest[8..].split_at(length);
        *rest = after;
        bytes.to_vec()
    };
    let mut rows = Vec::new();
    while !rest.is_empty() {
        rows.push((part(&mut rest), part(&mut rest)));
    }
    rows
}

#[test]
fn every_way_to_a_dump_leads_to_the_same_bytes_for_every_profile() {
    for (number, profile) in PROFILES.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let keys = if profile.share_of_100 == 1 { Some(500) } else { None };
        let spec = CaseSpec { seed: case_seed(4, number as u64), profile, commands: 1500, keys, clients: 1 };
        let width = if number % 2 == 0 { MetaWidth::Short } else { MetaWidth::Long };
        let mut store = Store::create(&folder.path().join("db"), width, History::Kept).unwrap();
        for step in Generator::new(&spec) {
            on_store(&mut store, &step).unwrap();
        }
        store.sync().unwrap();
        let database = store.database();
        let expected = dump(&database.snapshot(), folder.path(), "from-database");
        let present = records(&database.snapshot());
        assert!(expected.lines().count() > 2, "{}: a dump of nothing proves nothing", profile.name);

        for (name, kept, shape) in [
            ("latest", Kept::Latest, SnapshotShape::BARE),
            ("all", Kept::All, SnapshotShape { framing: Framing::V2, raw_rows: true, noise: true }),
            (
                "window",
                Kept::WindowMs(60_000),
                SnapshotShape { framing: Framing::Legacy, raw_rows: true, noise: false },
            ),
            ("v1", Kept::All, SnapshotShape { framing: Framing::V1, raw_rows: false, noise: false }),
        ] {
            let path = folder.path().join(format!("{name}.fsm"));
            write_snapshot(database, None, kept, shape, fs::File::create(&path).unwrap()).unwrap();
            let snapshot = SnapshotFile::open(&path, None).unwrap();
            assert_eq!((snapshot.framing(), snapshot.is_sorted()), (shape.framing, true));
            assert_eq!(dump(&snapshot, folder.path(), name), expected, "{} {name}", profile.name);
            if !shape.noise {
                assert!(records(&snapshot) == present, "{} {name}: other records", profile.name);
            }
        }

        let mut rows = raw_rows(&fs::read(folder.path().join("latest.fsm")).unwrap());
        rows.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
        let mut bytes = bare_header(store.last_commit()).to_vec();
        rows.iter().for_each(|(key, value)| write_row(key, value, &mut bytes));
        let path = folder.path().join("shuffled.fsm");
        fs::write(&path, bytes).unwrap();
        let snapshot = SnapshotFile::open(&path, None).unwrap();
        assert!(!snapshot.is_sorted());
        assert_eq!(dump(&snapshot, folder.path(), "shuffled"), expected, "{}", profile.name);
        let out = folder.path().join("unordered");
        fs::create_dir(&out).unwrap();
        let out = Dir::open_ambient_dir(&out, ambient_authority()).unwrap();
        let mut unordered = Unordered::new();
        for (raw_key, raw_value) in &rows {
            unordered.push(&raw_key[..raw_key.len() - 8], &raw_value[9..]).unwrap();
        }
        unordered.flush(&out, &options()).unwrap();
        assert_eq!(out.read_to_string(CHECKSUMS).unwrap(), expected, "{}", profile.name);
    }
}

/// At every commit of a case, the history, a snapshot that ends there and the whole snapshot seen as of then say what the
/// database said when it had come so far.
#[test]
fn the_records_as_of_a_commit_are_those_that_were_there() {
    let folder = tempfile::tempdir().unwrap();
    let profile = PROFILES.iter().find(|profile| profile.name == "hostile-keys").unwrap();
    let spec = CaseSpec { seed: 11, profile, commands: 300, keys: None, clients: 1 };
    let mut store = Store::create(&folder.path().join("db"), MetaWidth::Long, History::Kept).unwrap();
    let mut moments = BTreeMap::new();
    for step in Generator::new(&spec) {
        on_store(&mut store, &step).unwrap();
        moments.insert(store.last_commit(), records(&store.database().snapshot()));
    }
    store.sync().unwrap();
    let database = store.database();
    let whole = folder.path().join("whole.fsm");
    write_snapshot(database, None, Kept::All, SnapshotShape::BARE, fs::File::create(&whole).unwrap()).unwrap();
    assert!(moments.len() > 150, "{}", moments.len());
    for (at, expected) in &moments {
        assert!(records(&HistoryView::new(database, *at)) == *expected, "history at {at:?}");
        let seen = SnapshotFile::open(&whole, Some(*at)).unwrap();
        assert!(records(&seen) == *expected, "snapshot as of {at:?}");
        for kept in [Kept::Latest, Kept::WindowMs(5000)] {
            let path = folder.path().join("then.fsm");
            write_snapshot(database, Some(*at), kept, SnapshotShape::BARE, fs::File::create(&path).unwrap()).unwrap();
            let snapshot = SnapshotFile::open(&path, None).unwrap();
            assert_eq!(snapshot.last_commit_ts(), *at);
            assert!(records(&snapshot) == *expected, "snapshot at {at:?}, {kept:?}");
        }
    }
}

#[test]
fn what_a_database_or_a_snapshot_does_not_reach_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create(&folder.path().join("db"), History::Dropped).unwrap();
    database.commit([(&b"k"[..], Some(&b"v"[..]))], CommitTs(9)).unwrap();
    let write = |at: u64, kept| {
        let written = write_snapshot(&database, Some(CommitTs(at)), kept, SnapshotShape::BARE, Vec::new());
        written.map_err(|error| error.to_string())
    };
    assert_eq!(write(9, Kept::Latest), Ok(1));
    for (at, kept, problem) in [
        (10, Kept::Latest, "commit 10 is after the last one"),
        (8, Kept::Latest, "keeps no history"),
        (9, Kept::All, "apply --history"),
        (9, Kept::WindowMs(1), "keeps no history"),
    ] {
        let error = write(at, kept).unwrap_err();
        assert!(error.contains(problem), "{error}");
    }

    let shape = SnapshotShape { framing: Framing::V1, raw_rows: true, noise: false };
    let path = folder.path().join("latest.fsm");
    write_records(&Records::new(), CommitTs(9), shape, fs::File::create(&path).unwrap()).unwrap();
    for (at, problem) in [(10, "is after its last one, 9"), (8, "is before 9, from which on it keeps every version")] {
        let error = SnapshotFile::open(&path, Some(CommitTs(at))).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn a_framed_file_that_is_cut_or_changed_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fsm");
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    for name in ["engine/tiny.fsm", "pops-under-claims/snapshot-live.fsm"] {
        let whole = fs::read(fixture(name)).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let error = SnapshotFile::open(&path, None).expect_err("cut").to_string();
            assert!(error.contains("offset "), "{length}: {error}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << dice.random_range(0..8);
            fs::write(&path, changed).unwrap();
            assert!(SnapshotFile::open(&path, None).is_err(), "{name}: byte {at}");
        }
    }
}

/// A bare stream has no checksum, so not every change can be found; but none may end in a panic.
#[test]
fn a_bare_file_may_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fsm");
    let whole = fs::read(fixture("mixed-seqs/snapshot.fsm")).unwrap();
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let mut taken = 0;
    for _ in 0..5000 {
        let mut bytes = whole.clone();
        for _ in 0..dice.random_range(1..4) {
            let at = dice.random_range(0..bytes.len());
            match dice.random_range(0..3) {
                0 => bytes[at] = dice.random(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, dice.random()),
            }
        }
        fs::write(&path, bytes).unwrap();
        if let Ok(snapshot) = SnapshotFile::open(&path, None) {
            taken += 1;
            let _ = ekv_roundtrip::store::visible_state(&snapshot, None);
            records(&snapshot);
        }
    }
    assert!(taken > 100, "{taken}");
}

/// A user key that ends in what looks like an inverted timestamp: items of a shorter key come between its own.
#[test]
fn a_list_is_not_over_when_an_item_of_a_shorter_key_comes() {
    let folder = tempfile::tempdir().unwrap();
    let at = CommitTs(0x01a2_05e1_4e6d_0000);
    let longer = [b"a".as_slice(), &Seq(5).to_bytes(), b"\xfe"].concat();
    let mut rows = BTreeMap::new();
    let mut put = |user_key: &[u8], seq, value: &[u8]| {
        rows.insert(mvcc_key(&list::item_key(user_key, Seq(seq)), at), mvcc_value(Some(value)));
    };
    put(&longer, i64::MIN, b"first");
    put(b"a", 5, b"between");
    put(&longer, 0, b"last");
    let mut bytes = bare_header(at).to_vec();
    rows.iter().for_each(|(key, value)| write_row(key, value, &mut bytes));
    let owners: Vec<usize> = rows.keys().map(Vec::len).collect();
    assert_eq!(owners, [35, 26, 35], "the shorter key's item is in the middle");
    let path = folder.path().join("a.fsm");
    fs::write(&path, bytes).unwrap();
    let snapshot = SnapshotFile::open(&path, None).unwrap();
    let sorted = dump(&snapshot, folder.path(), "sorted");
    assert_eq!(dump(&records(&snapshot), folder.path(), "by-logical-key"), sorted);
    assert_eq!(sorted.lines().count(), 3);
}

/// Lists may be named like the noise, and the state as of an earlier commit has noise too.
#[test]
fn noise_is_never_about_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("db"), MetaWidth::Long, History::Kept).unwrap();
    let mut steps = String::new();
    for (at_ms, name) in (1000..).zip(["0:a", "0:b", "1:a1", "2:a"]) {
        let key = format!("ekv-roundtrip:noise:{name}");
        steps += &format!(
            "{{\"at_ms\":{at_ms},\"txn\":[[\"RPUSH\",\"{key}\",\"v\"],[\"PEXPIREAT\",\"{key}\",\"9000\"]]}}\n"
        );
    }
    for step in &ekv_roundtrip::workload::Trace::read(steps.as_bytes()).unwrap().steps {
        on_store(&mut store, step).unwrap();
    }
    let database = store.database();
    let expected = ekv_roundtrip::store::visible_state(&database.snapshot(), None).unwrap();
    assert_eq!(expected.keys.len(), 4);
    let shape = SnapshotShape { framing: Framing::V1, raw_rows: true, noise: true };
    for kept in [Kept::All, Kept::Latest] {
        let path = folder.path().join("noisy.fsm");
        write_snapshot(database, None, kept, shape, fs::File::create(&path).unwrap()).unwrap();
        let state = |at| {
            let snapshot = SnapshotFile::open(&path, at).unwrap();
            dump(&snapshot, folder.path(), &format!("{kept:?}-{at:?}"));
            ekv_roundtrip::store::visible_state(&snapshot, None).unwrap()
        };
        assert_eq!(state(None), expected, "{kept:?}");
        if kept == Kept::All {
            let before = CommitTs(store.last_commit().0 - 1);
            assert_eq!(state(Some(before)).keys.len(), 3, "as of the commit before, noise and all");
        }
    }
}

/// In rows without order too, a version that comes twice is refused, wherever the two are.
#[test]
fn a_version_that_comes_twice_is_refused_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fsm");
    let key = list::item_key(b"k", Seq(0));
    let row = |commit| (mvcc_key(&key, CommitTs(commit)), mvcc_value(Some(b"v")));
    for commits in [[5, 3, 3], [3, 5, 3], [3, 3, 5]] {
        let mut bytes = bare_header(CommitTs(9)).to_vec();
        commits.map(row).iter().for_each(|(key, value)| write_row(key, value, &mut bytes));
        fs::write(&path, bytes).unwrap();
        let error = SnapshotFile::open(&path, None).unwrap_err().to_string();
        assert!(error.contains("came before"), "{commits:?}: {error}");
    }
}
