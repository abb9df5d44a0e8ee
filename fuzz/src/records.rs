//! Records: each is classified and written again; all of them are dumped both ways, and the dump is read back and held
//! against a naive decoder.
//!
//! The input is records as fixtures have them (JSON lines of hex), or choices.

use std::collections::BTreeMap;

use ekv_roundtrip::case::warning_of;
use ekv_roundtrip::encoder::{Count, EncodeError, Summary};
use ekv_roundtrip::format::record::classify;
use ekv_roundtrip::format::{ExpireAtMs, Family, ListRecord, Record, expiry, list};
use ekv_roundtrip::inspect;
use ekv_roundtrip::naive;
use ekv_roundtrip::reader::{self, MadeBy};
use ekv_roundtrip::state::KeyState;

use super::input::Input;
use super::tree::{Tree, options};

const MOST_RECORDS: usize = 200;

/// Checks an input.
pub fn check(data: &[u8]) {
    let rows = if data.starts_with(b"{") { from_json_lines(data) } else { from_choices(data) };
    rows.iter().for_each(|(key, value)| check_one(key, value));
    let mut records = BTreeMap::new();
    let once = rows.iter().filter(|(key, value)| records.insert(key.clone(), value.clone()).is_none());
    let once: Vec<(Vec<u8>, Vec<u8>)> = once.cloned().collect();
    if once.len() < rows.len() {
        // What comes twice may be refused or not, but must be dealt with.
        drop(Tree::of_rows(&rows));
        records = once.iter().cloned().collect();
    }
    match (naive::records::decode(&records), Tree::of(&records, &options()), Tree::of_rows(&once)) {
        (Ok(naive), Ok((ordered, summary)), Ok((unordered, other_summary))) => {
            assert_eq!(summary, other_summary, "the order of the records shows");
            assert_eq!(ordered.checksums(), unordered.checksums(), "the order of the records shows");
            let elements = naive.lists.values().map(|list| list.items.len() as u64).sum();
            let count = Count { keys: naive.lists.len() as u64, elements };
            let counts = (!naive.lists.is_empty()).then_some((Family::List, count)).into_iter().collect();
            let expected = Summary { counts, warnings: naive.oddities.into_iter().map(warning_of).collect() };
            assert_eq!(summary, expected);
            let dump = reader::read(ordered.path(), MadeBy::OurEncoder).expect("what the encoder writes is canonical");
            let lists = naive
                .lists
                .into_iter()
                .map(|(user_key, list)| (user_key, KeyState::list(list.items, list.expire_at_ms.map(ExpireAtMs))));
            assert_eq!(dump.into_state(0).keys, lists.collect());
        }
        (Err(malformed), Err(EncodeError::Record(ordered)), Err(EncodeError::Record(unordered))) => {
            assert!(malformed.len() > 1 || ordered == unordered, "{ordered} / {unordered}");
        }
        (naive, ordered, unordered) => {
            let ordered = ordered.map(|(_, summary)| summary);
            let unordered = unordered.map(|(_, summary)| summary);
            panic!("not of one mind\nnaive: {naive:?}\nordered: {ordered:?}\nunordered: {unordered:?}");
        }
    }
}

fn from_choices(data: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (mut input, mut rows) = (Input::new(data), Vec::new());
    while !input.is_empty() && rows.len() < MOST_RECORDS {
        rows.push(input.record());
    }
    rows
}

fn from_json_lines(data: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pair = |line: &[u8]| {
        let line: serde_json::Value = serde_json::from_slice(line).ok()?;
        let bytes = |member: &str| hex::decode(line.get(member)?.as_str()?).ok();
        Some((bytes("key")?, bytes("value")?))
    };
    data.split(|byte| *byte == b'\n').filter_map(pair).take(MOST_RECORDS).collect()
}

/// What is taken for a record gives the same bytes again, and any can be shown to people and programs.
fn check_one(key: &[u8], value: &[u8]) {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    inspect::write_text(key, value, &mut text).unwrap();
    assert!(String::from_utf8(text).unwrap().lines().count() > 1);
    inspect::write_json(key, value, &mut json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).expect("one JSON line");
    for (member, bytes) in [("key_hex", key), ("value_hex", value)] {
        assert_eq!(json[member].as_str(), Some(hex::encode(bytes).as_str()));
    }
    let record = match classify(key, value) {
        Ok(record) => record,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let again = match record {
        Record::List(ListRecord::Meta { user_key, meta }) => (list::meta_key(user_key), meta.to_bytes()),
        Record::List(ListRecord::Item { user_key, seq, value }) => (list::item_key(user_key, seq), value.to_vec()),
        Record::List(ListRecord::Delta { user_key, commit_ts, seq_in_txn, delta }) => {
            (list::delta_key(user_key, commit_ts, seq_in_txn), delta.to_bytes().to_vec())
        }
        Record::List(ListRecord::Claim { user_key, seq }) => (list::claim_key(user_key, seq), value.to_vec()),
        Record::Ttl { user_key, expire_at } => (expiry::ttl_key(user_key), expire_at.0.to_be_bytes().to_vec()),
        Record::Fence { family, user_key } => {
            ([format!("!redis|txn-wide-{family}|").as_bytes(), user_key].concat(), value.to_vec())
        }
        Record::OtherType { user_key, .. } => {
            assert!(key.windows(user_key.len().max(1)).any(|part| part == user_key) || user_key.is_empty());
            return;
        }
        Record::Unknown => return,
    };
    assert_eq!(again, (key.to_vec(), value.to_vec()), "{record:?}");
}
