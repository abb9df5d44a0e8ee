//! The fixtures as anybody has them, as files, against the four parts that make and read what is in them: a trace makes
//! its state in the model, records make the dump in the encoder, and the dump makes the state in the reader.
//!
//! Needs no store, no RocksDB and nothing that generates fixtures, so that the suite which mutants face has it too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ekv_roundtrip::command::Request;
use ekv_roundtrip::encoder::{DumpOptions, EncodeError, Summary, Unordered, Warning, encode_ordered};
use ekv_roundtrip::format::byte_string::ByteString;
use ekv_roundtrip::format::dump_tree::Manifest;
use ekv_roundtrip::format::{ExpireAtMs, Family};
use ekv_roundtrip::model::{Model, ModelValue};
use ekv_roundtrip::reader::{self, MadeBy};
use ekv_roundtrip::state::{KeyState, State};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use serde_json::Value;

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The entries of one member of the index, each with its folder.
fn entries(member: &str, below: &str) -> Vec<(PathBuf, Value)> {
    let index: Value = serde_json::from_slice(&fs::read(root().join("index.json")).unwrap()).unwrap();
    let entries = index[member].as_array().unwrap().clone();
    assert!(entries.len() > 20, "{member}");
    entries.into_iter().map(|entry| (root().join(below).join(entry["name"].as_str().unwrap()), entry)).collect()
}

/// The lines of a file; one of the separators that `str::lines` does not know may stand in an item.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn records(folder: &Path) -> Records {
    let bytes = |text: &Value| hex::decode(text.as_str().unwrap()).unwrap();
    let lines = lines(&folder.join("records.jsonl"));
    let records: Vec<_> = lines.iter().map(|line| (bytes(&line["key"]), bytes(&line["value"]))).collect();
    assert!(records.is_sorted(), "{} is not in key order", folder.display());
    records.into_iter().collect()
}

/// Dumps the records in key order, or shuffled.
fn dump(records: &Records, shuffled: bool, manifest: Manifest, out: &Path) -> Result<Summary, EncodeError> {
    fs::create_dir(out).unwrap();
    let out = Dir::open_ambient_dir(out, ambient_authority()).unwrap();
    let options = DumpOptions { db_index: 0, manifest };
    if !shuffled {
        return encode_ordered(records, &out, &options);
    }
    let mut rows: Vec<_> = records.iter().collect();
    rows.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
    let mut unordered = Unordered::new();
    rows.iter().try_for_each(|(key, value)| unordered.push(key, value))?;
    unordered.flush(&out, &options)
}

/// Every file below a folder, by path.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn the_records_make_the_dump() {
    let folder = tempfile::tempdir().unwrap();
    for (fixture, entry) in entries("scenarios", "") {
        let name = entry["name"].as_str().unwrap();
        let records = records(&fixture);
        let expected = files(&fixture.join("dump"));
        let manifest = Manifest::parse(&expected[Path::new("MANIFEST.json")]).unwrap();
        for shuffled in [false, true] {
            let out = folder.path().join(format!("{name}-{shuffled}"));
            let summary = dump(&records, shuffled, manifest.clone(), &out).unwrap();
            assert!(files(&out) == expected, "{name}: shuffled {shuffled}");
            let count = summary.of(Family::List);
            assert_eq!((entry["lists"].as_u64(), entry["items"].as_u64()), (Some(count.keys), Some(count.elements)));
            let due: Vec<&str> = (entry["warnings"].as_array().unwrap().iter())
                .map(|warning| warning["event"].as_str().unwrap())
                .collect();
            let given: Vec<String> = summary.warnings.iter().map(Warning::event).collect();
            assert_eq!(given, due, "{name}");
        }
        assert_eq!(entry["records"], records.len(), "{name}");
    }
}

#[test]
fn the_dump_shows_the_state() {
    for (fixture, entry) in entries("scenarios", "") {
        let dump = reader::read(&fixture.join("dump"), MadeBy::OurEncoder).unwrap();
        let mut shown = dump.into_state(0);
        shown.retain_visible(shown.last_ms.unwrap_or(0));
        let lines = fs::read(fixture.join("state.jsonl")).unwrap();
        let expected = State::read_json_lines(lines.as_slice()).unwrap();
        assert_eq!(shown.keys == expected.keys, entry["dump_shows_state"], "{}", entry["name"]);
    }
}

#[test]
fn the_trace_makes_the_state() {
    let bytes = |word: &Value| serde_json::from_str::<ByteString>(&word.to_string()).unwrap().0;
    let words = |command: &Value| command.as_array().unwrap().iter().map(bytes).collect();
    for (fixture, entry) in entries("scenarios", "").iter().filter(|(_, entry)| entry["trace"] == true) {
        let mut model = Model::new();
        // What a client has begun takes effect when it commits.
        let mut begun: HashMap<u64, Vec<Value>> = HashMap::new();
        for step in lines(&fixture.join("trace.jsonl")) {
            model.advance_to(step["at_ms"].as_u64().unwrap_or(0));
            let mut commands = step["txn"].as_array().cloned().unwrap_or_default();
            commands.extend(step.get("cmd").cloned());
            if let Some(client) = step["client"].as_u64() {
                match step["begin"].as_array() {
                    Some(of_client) => drop(begun.insert(client, of_client.clone())),
                    None => commands.extend(begun.remove(&client).into_iter().flatten()),
                }
            }
            for command in &commands {
                model.execute(&Request::parse(words(command)).unwrap());
            }
        }
        let keys = model.keys().map(|(key, found)| {
            let ModelValue::List(items) = &found.value;
            let expire_at = found.expire_at_ms.map(|at_ms| ExpireAtMs(at_ms as u64));
            (key.0.clone(), KeyState::list(items.iter().cloned().collect(), expire_at))
        });
        let mut shown = Vec::new();
        State { keys: keys.collect(), last_ms: None }.write_json_lines(&mut shown).unwrap();
        let expected = fs::read(fixture.join("state.jsonl")).unwrap();
        assert!(shown == expected, "{}: {}", entry["name"], String::from_utf8_lossy(&shown));
    }
}

#[test]
fn each_malformed_record_gives_its_error() {
    let folder = tempfile::tempdir().unwrap();
    for (fixture, entry) in entries("corrupt", "corrupt") {
        let name = entry["name"].as_str().unwrap();
        let said = fs::read_to_string(fixture.join("error.txt")).unwrap();
        for shuffled in [false, true] {
            let out = folder.path().join(format!("{name}-{shuffled}"));
            let error = dump(&records(&fixture), shuffled, Manifest::new(String::new()), &out).expect_err(name);
            assert_eq!(said, format!("{error}\n"), "{name}");
            assert_eq!(entry["error"], error.to_string(), "{name}");
        }
    }
}
