//! The checked-in fixtures: they are what this version writes, they are what they are called, and a byte that changes is
//! noticed. What the files say to those who have nothing else is for `tests/fixture_files.rs`.
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
use ekv_roundtrip::encoder::{DumpOptions, EncodeError, Summary, encode_ordered};
use ekv_roundtrip::fixtures::{CORRUPT, CORRUPT_SNAPSHOTS, DriftKind, SCENARIOS, check};
use ekv_roundtrip::format::dump_tree::Manifest;
use ekv_roundtrip::format::record::classify;
use ekv_roundtrip::format::snapshot::Framing;
use ekv_roundtrip::format::{ListMeta, ListRecord, Record};
use ekv_roundtrip::snapshot::SnapshotFile;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

#[cfg(feature = "rocksdb")]
fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["expected", "databases"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    ekv_roundtrip::fixtures::write(&folder.path().join("expected"), &folder.path().join("databases"))
        .expect("consistent scenarios");
    folder
}

/// The scenarios are stored in RocksDB, as in the live store.
#[cfg(feature = "rocksdb")]
#[test]
fn they_are_what_this_version_writes() {
    let folder = written();
    let drifts = check(&folder.path().join("expected"), &root()).unwrap();
    let lines: Vec<String> = drifts.iter().map(|drift| format!("fixtures/{drift}")).collect();
    assert!(lines.is_empty(), "{}\nIf that is meant: ekv-roundtrip fixtures --out fixtures --force", lines.join("\n"));
}

#[test]
fn a_byte_changed_anywhere_is_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(root()).arg(folder.path()).status().unwrap();
    assert!(copied.success());
    let copy = folder.path().join("fixtures");
    assert_eq!(check(&root(), &copy).unwrap(), []);

    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let files = files_below(&copy);
    assert!(files.len() > 400, "{}", files.len());
    for path in &files {
        let good = fs::read(path).unwrap();
        let mut bad = good.clone();
        let at = if bad.is_empty() { 0 } else { rng.random_range(0..bad.len()) };
        match bad.get_mut(at) {
            Some(byte) => *byte ^= 1 << rng.random_range(0..8),
            None => bad.push(b'\n'),
        }
        fs::write(path, bad).unwrap();
        // The whole tree each time would be a quarter of a million files: its own top folder will do.
        let below = path.strip_prefix(&copy).unwrap();
        let top = below.components().next().unwrap();
        let (expected, found) = (root().join(top), copy.join(top));
        if found.is_dir() {
            let drifts = check(&expected, &found).unwrap();
            assert_eq!(drifts.len(), 1, "{}", path.display());
            assert_eq!(drifts[0].path, path.strip_prefix(&found).unwrap());
            assert_eq!(drifts[0].kind, DriftKind::Differs(at), "{}", path.display());
        } else {
            let drifts = check(&root(), &copy).unwrap();
            assert_eq!(drifts.iter().map(|drift| drift.path.as_path()).collect::<Vec<_>>(), [below]);
        }
        fs::write(path, good).unwrap();
    }

    fs::remove_file(copy.join("holes/dump/MANIFEST.json")).unwrap();
    fs::write(copy.join("holes/notes.txt"), "").unwrap();
    fs::remove_file(copy.join("index.json")).unwrap();
    std::os::unix::fs::symlink("holes/why.txt", copy.join("index.json")).unwrap();
    let lines: Vec<String> = check(&root(), &copy).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "holes/dump/MANIFEST.json: missing",
            "holes/notes.txt: unexpected: no scenario makes it",
            "index.json: not a regular file",
        ]
    );
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn bytes(text: &str) -> Vec<u8> {
    let bytes = hex::decode(text).unwrap();
    assert_eq!(hex::encode(&bytes), text, "lower case");
    bytes
}

fn rows(folder: &Path) -> Rows {
    let text = fs::read_to_string(folder.join("records.jsonl")).unwrap();
    let row = |line: &str| {
        let row: BTreeMap<String, String> = serde_json::from_str(line).unwrap();
        assert_eq!(row.len(), 2);
        (bytes(&row["key"]), bytes(&row["value"]))
    };
    let rows: Rows = text.lines().map(row).collect();
    assert!(rows.is_sorted(), "{} is not in key order", folder.display());
    rows
}

fn encode_snapshot(path: &Path, manifest: Manifest, out: &Path) -> Result<Summary, EncodeError> {
    fs::create_dir(out).unwrap();
    let dir = Dir::open_ambient_dir(out, ambient_authority()).unwrap();
    let snapshot = SnapshotFile::open(path, None).unwrap();
    encode_ordered(&snapshot, &dir, &DumpOptions { db_index: 0, manifest })
}

#[test]
fn either_snapshot_makes_the_dump() {
    let folder = tempfile::tempdir().unwrap();
    let (mut tombstones, mut rows_of_others) = (0, 0);
    for scenario in SCENARIOS {
        let fixture = root().join(scenario.name);
        let manifest = Manifest::parse(&fs::read(fixture.join("dump/MANIFEST.json")).unwrap()).unwrap();
        for (name, framing) in [("snapshot.fsm", Framing::Bare), ("snapshot-live.fsm", Framing::V1)] {
            let out = folder.path().join(format!("{}-{name}", scenario.name));
            encode_snapshot(&fixture.join(name), manifest.clone(), &out).unwrap();
            assert_eq!(check(&fixture.join("dump"), &out).unwrap(), [], "{} {name}", scenario.name);
            let snapshot = SnapshotFile::open(&fixture.join(name), None).unwrap();
            assert_eq!((snapshot.framing(), snapshot.is_sorted()), (framing, true));
            assert_eq!(snapshot.last_commit_ts().0, manifest.last_commit_ts.unwrap_or(0), "{}", scenario.name);
            let counts = snapshot.counts();
            if framing == Framing::Bare {
                assert_eq!(counts.tombstones, 0, "one version of each record");
                assert_eq!(counts.rows, rows(&fixture).len() as u64);
            } else {
                tombstones += counts.tombstones;
                rows_of_others += counts.by_prefix["!hs|fld|"] + counts.by_prefix["_meta_applied_index"];
            }
        }
    }
    assert!(tombstones > 1000 && rows_of_others > 100, "{tombstones} {rows_of_others}");
}

#[test]
fn the_snapshot_of_each_malformed_record_gives_its_error() {
    let folder = tempfile::tempdir().unwrap();
    for record in CORRUPT {
        let (fixture, out) = (root().join("corrupt").join(record.name), folder.path().join(record.name));
        let said = fs::read_to_string(fixture.join("error.txt")).unwrap();
        let error = encode_snapshot(&fixture.join("snapshot.fsm"), Manifest::new(String::new()), &out);
        assert_eq!(said, format!("{}\n", error.expect_err(record.name)));
    }
}

#[test]
fn each_malformed_snapshot_gives_its_error() {
    for snapshot in CORRUPT_SNAPSHOTS {
        let fixture = root().join("corrupt-snapshots").join(snapshot.name);
        let path = fixture.join("snapshot.fsm");
        let error = SnapshotFile::open(&path, None).expect_err(snapshot.name).to_string();
        let said = fs::read_to_string(fixture.join("error.txt")).unwrap();
        assert_eq!(error, format!("snapshot {}: {}", path.display(), said.trim_end()));
        assert!(said.contains("offset "), "{said}");
    }
}

/// What a real engine wrote, against what its server answered right before.
#[test]
fn the_snapshots_of_a_real_engine_show_what_its_server_showed() {
    let json = |key: &[u8]| serde_json::to_value(ekv_roundtrip::format::byte_string::ByteStr(key)).unwrap();
    for (name, lists) in [("tiny", 1), ("live", 13)] {
        let path = root().join("engine").join(format!("{name}.fsm"));
        let snapshot = SnapshotFile::open(&path, None).unwrap();
        let shown = ekv_roundtrip::store::visible_state(&snapshot, None).unwrap();
        let text = fs::read_to_string(path.with_extension("state.jsonl")).unwrap();
        let mut expected: Vec<serde_json::Value> =
            text.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut found: Vec<serde_json::Value> = (shown.keys.iter())
            .map(|(key, list)| {
                let items: Vec<_> = list.items().iter().map(|item| json(item)).collect();
                serde_json::json!({ "key": json(key), "items": items, "ttl": list.expire_at.is_some() })
            })
            .collect();
        expected.sort_by_key(ToString::to_string);
        found.sort_by_key(ToString::to_string);
        assert_eq!(found, expected, "{name}");
        assert_eq!(found.len(), lists);
    }
}

#[test]
fn the_index_names_every_folder() {
    let json = fs::read_to_string(root().join("index.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&json).unwrap();
    let folders = |path: PathBuf| {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let mut names: Vec<String> =
            entries.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        names.retain(|name| !["corrupt", "corrupt-snapshots", "engine"].contains(&name.as_str()));
        names.sort();
        names
    };
    let members = [("scenarios", ""), ("corrupt", "corrupt"), ("corrupt_snapshots", "corrupt-snapshots")];
    for (member, folder) in members.map(|(member, folder)| (member, root().join(folder))) {
        let mut names: Vec<String> = Vec::new();
        for entry in index[member].as_array().unwrap() {
            let name = entry["name"].as_str().unwrap();
            let why = fs::read_to_string(folder.join(name).join("why.txt")).unwrap();
            assert_eq!(why, format!("{}\n", entry["why"].as_str().unwrap()));
            assert_eq!(why.lines().count(), 1);
            names.push(name.to_owned());
        }
        names.sort();
        assert_eq!(names, folders(folder));
    }
}

/// What can be seen in the records of one list.
#[derive(Default)]
struct Shape {
    items: Vec<i64>,
    claims: Vec<i64>,
    deltas: usize,
    meta: Option<ListMeta>,
    ttl: Option<u64>,
}

fn shapes(name: &str) -> BTreeMap<Vec<u8>, Shape> {
    let mut shapes: BTreeMap<Vec<u8>, Shape> = BTreeMap::new();
    for (key, value) in rows(&root().join(name)) {
        let mut shape = |user_key: &[u8], note: &dyn Fn(&mut Shape)| note(shapes.entry(user_key.to_vec()).or_default());
        match classify(&key, &value).unwrap() {
            Record::List(ListRecord::Item { user_key, seq, .. }) => shape(user_key, &|shape| shape.items.push(seq.0)),
            Record::List(ListRecord::Claim { user_key, seq }) => shape(user_key, &|shape| shape.claims.push(seq.0)),
            Record::List(ListRecord::Delta { user_key, .. }) => shape(user_key, &|shape| shape.deltas += 1),
            Record::List(ListRecord::Meta { user_key, meta }) => shape(user_key, &|shape| shape.meta = Some(meta)),
            Record::Ttl { user_key, expire_at } => shape(user_key, &|shape| shape.ttl = Some(expire_at.0)),
            _ => {}
        }
    }
    shapes
}

/// A scenario that no longer holds what it is named after would be worse than none.
#[test]
fn scenarios_are_what_they_are_called() {
    let only = |name: &str| shapes(name).remove(&b"k"[..]).unwrap_or_default();
    let of = |name: &str, user_key: &str| shapes(name).remove(user_key.as_bytes()).unwrap_or_default();
    let window = |shape: &Shape| shape.meta.map(|meta| (meta.head, meta.len));

    assert_eq!(only("all-negative-seqs").items, [-3, -2, -1]);
    assert_eq!(only("mixed-seqs").items, [-3, -2, -1, 0, 1, 2]);
    assert_eq!(only("lowest-seqs").items[0], i64::MIN);
    assert_eq!(*only("highest-seqs").items.last().unwrap(), i64::MAX - 2);
    assert_eq!((only("pops-under-claims").items, only("pops-under-claims").claims), (vec![2, 3], vec![0, 1, 4]));
    for side in ["left", "right"] {
        let used_again = of("seq-used-again", side);
        assert_eq!(used_again.claims.iter().filter(|seq| used_again.items.contains(seq)).count(), 2);
    }
    assert_eq!(only("holes").items, [-1, 1, 3]);
    assert_eq!(only("claims-over-holes").claims, [-1, 0, 1, 4]);
    assert_eq!(only("transactions-in-flight").items, [0, 3]);
    let in_flight = SnapshotFile::open(&root().join("transactions-in-flight/snapshot.fsm"), None).unwrap();
    assert_eq!((in_flight.intents_in_flight(), in_flight.committed_intents()), (1, 0));
    assert_eq!((only("popped-empty-and-reborn").items, only("popped-empty-and-reborn").deltas), (vec![2], 3));
    let kept = only("kept-empty-base-meta");
    assert_eq!((window(&kept), kept.deltas, kept.items.len()), (Some((0, 2)), 1, 0));
    let outstanding = only("deltas-outstanding");
    assert_eq!((window(&outstanding), outstanding.deltas, outstanding.items.len()), (Some((0, 2)), 3, 4));
    let compacted = only("compacted");
    assert_eq!((window(&compacted), compacted.deltas, compacted.claims.len()), (Some((0, 2)), 0, 0));
    assert!(shapes("compacted-to-nothing").is_empty());
    let inline = only("inline-compaction");
    assert_eq!((window(&inline), inline.deltas, inline.items.len()), (Some((0, 1024)), 76, 1100));
    let during = only("push-during-compaction");
    assert_eq!((window(&during), during.deltas, during.items), (Some((0, 2)), 2, vec![-1, 0, 1, 2]));
    let given_up = only("rewrite-during-compaction");
    assert_eq!((given_up.items.len(), given_up.meta.map_or(0, |meta| meta.len) + 3 * given_up.deltas as i64), (3, 3));
    let (even, odd) = (of("both-rewrite-forms", "even"), of("both-rewrite-forms", "odd"));
    assert_eq!((even.deltas + odd.deltas, even.meta.is_some() || odd.meta.is_some()), (1, true));
    assert_eq!(even.deltas == 1, even.meta.is_none());
    assert_eq!((shapes("rename-over-list").len(), of("rename-over-list", "b").items.len()), (1, 2));
    assert_eq!((of("moved-items", "a").claims.len(), of("moved-items", "b").claims.len()), (0, 0));
    assert_eq!(only("short-meta").meta.unwrap().expiry_field, None);
    assert_eq!(only("long-meta").meta.unwrap().expiry_field, Some(0));
    assert_eq!(only("short-meta").items, only("long-meta").items);
    assert!(of("expiry-in-ttl-record", "plain").meta.is_none());
    assert_eq!(of("expiry-in-ttl-record", "compacted").meta.unwrap().expiry_field, None);
    let in_meta = only("expiry-in-meta");
    assert_eq!(in_meta.meta.unwrap().expiry_field, in_meta.ttl);
    assert_eq!((only("persisted").meta.unwrap().expiry_field, only("persisted").ttl), (Some(0), None));
    assert!(only("expired-but-there").ttl.unwrap() < 4_102_444_800_501);
    assert_eq!((only("write-to-expired-key").ttl, only("write-to-expired-key").items.len()), (None, 1));
    assert_eq!(only("deltas-without-items").deltas, 2);
    let reborn = only("reborn-after-expiry-and-compaction");
    assert_eq!((reborn.items.len(), reborn.meta, reborn.ttl), (1, None, None));
    let namespace = shapes("delta-namespace-keys");
    assert_eq!((namespace.len(), namespace.values().filter(|shape| shape.meta.is_some()).count()), (3, 2));
    let imitation = rows(&root().join("meta-key-that-is-a-delta-key"));
    let as_delta =
        |key: &[u8]| matches!(classify(key, &[0; 16]), Ok(Record::List(ListRecord::Delta { user_key: b"jobs", .. })));
    assert!(imitation.iter().any(|(key, value)| value.len() == 24 && as_delta(key)));
    let owners: Vec<Vec<u8>> = rows(&root().join("keys-that-extend-each-other"))
        .iter()
        .filter_map(|(key, value)| match classify(key, value).unwrap() {
            Record::List(ListRecord::Item { user_key, .. }) => Some(user_key.to_vec()),
            _ => None,
        })
        .collect();
    let runs = 1 + owners.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(runs > shapes("keys-that-extend-each-other").len(), "items of one key between items of another");
    assert!(!root().join("segments-reversible/dump/redis/db_0/KEYMAP.jsonl").exists());
    let keymap = fs::read_to_string(root().join("segments-fallback/dump/redis/db_0/KEYMAP.jsonl")).unwrap();
    assert_eq!(keymap.lines().count(), shapes("segments-fallback").len());
    let many = only("ten-thousand-items");
    assert_eq!((many.items.len(), many.items[0], many.items[9999]), (10_000, -5000, 4999));
}
