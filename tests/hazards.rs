//! Generated workloads reach the places where the format invites bugs: a verifier is worth what it finds there.
//!
//! Each situation is looked for in the records that a case leaves behind. A generator that no longer reaches one would make
//! `verify` blind to it without any other test noticing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may fail by panicking, and says what it counted"
)]

use std::collections::{BTreeMap, BTreeSet};

use ekv_roundtrip::database::History;
use ekv_roundtrip::format::record::classify;
use ekv_roundtrip::format::{Record, segment};
use ekv_roundtrip::store::{MetaWidth, Store};
use ekv_roundtrip::verify::replay::on_store;
use ekv_roundtrip::workload::{CaseSpec, Generator, Profile, case_seed};

/// What a case's records show, by situation.
type Counts = BTreeMap<&'static str, u64>;

#[derive(Default)]
struct ListRecords {
    seqs: BTreeSet<i64>,
    claims: BTreeSet<i64>,
    deltas: u64,
    base: Option<i64>,
    ttl: bool,
}

fn count_situations(records: &[(Vec<u8>, Vec<u8>)], counts: &mut Counts) {
    let mut lists: BTreeMap<&[u8], ListRecords> = BTreeMap::new();
    let mut count = |name: &'static str, reached: bool| *counts.entry(name).or_default() += u64::from(reached);
    let mut item_owners: Vec<&[u8]> = Vec::new();
    for (key, value) in records {
        match classify(key, value).expect("the store's records are well-formed") {
            Record::ListItem { user_key, seq, value } => {
                lists.entry(user_key).or_default().seqs.insert(seq.0);
                if item_owners.last() != Some(&user_key) {
                    item_owners.push(user_key);
                }
                count("7: empty item", value.is_empty());
                count("7: item that is not UTF-8", std::str::from_utf8(value).is_err());
                count("7: item with NUL", value.contains(&0));
                count("7: item with HTML specials", value.contains(&b'<'));
                count("7: item with U+2028", value.windows(3).any(|part| part == [0xe2, 0x80, 0xa8]));
                count("7: item with a surrogate", value.windows(2).any(|part| part[0] == 0xed && part[1] >= 0xa0));
                count("7: item of more than 10 000 bytes", value.len() > 10_000);
            }
            Record::ListClaim { user_key, seq } => {
                lists.entry(user_key).or_default().claims.insert(seq.0);
            }
            Record::ListMeta { user_key, meta } => {
                lists.entry(user_key).or_default().base = Some(meta.len);
                count("1: meta among the deltas", user_key.starts_with(b"d|"));
                let imitates_delta = classify(key, &[0; 16]).is_ok();
                count("12: meta under a delta key of another list", imitates_delta);
                count("inline expiry", meta.expiry_field.is_some_and(|field| field != 0));
                count("empty base meta kept", meta.len == 0);
            }
            Record::ListDelta { user_key, .. } => lists.entry(user_key).or_default().deltas += 1,
            Record::Ttl { user_key, .. } => lists.entry(user_key).or_default().ttl = true,
            _ => {}
        }
    }
    let distinct: BTreeSet<&[u8]> = item_owners.iter().copied().collect();
    count("2: items of one list between items of another", item_owners.len() > distinct.len());
    for (user_key, list) in &lists {
        let (first, last) = (list.seqs.first().copied(), list.seqs.last().copied());
        count("3: base meta with deltas outstanding", list.base.is_some_and(|len| len > 0) && list.deltas > 0);
        count("4: negative and positive seqs", first.is_some_and(|seq| seq < 0) && last.is_some_and(|seq| seq > 0));
        count("4: negative seqs only", last.is_some_and(|seq| seq < 0));
        count("5: seq used again under its claim", list.seqs.intersection(&list.claims).next().is_some());
        count("9: list with a TTL record", list.ttl && !list.seqs.is_empty());
        count("10: head near the lowest seq", first.is_some_and(|seq| seq < i64::MIN + 1000));
        count("10: tail near the highest seq", last.is_some_and(|seq| seq > i64::MAX - 1000));
        count("14: emptied, with deltas left", list.seqs.is_empty() && list.deltas > 0);
        count("64 deltas or more", list.deltas >= 64);
        let segment = segment::encode(user_key);
        let is_listed = !list.seqs.is_empty();
        count("8: file name with the SHA fallback", is_listed && !segment.reversible);
        count("8: empty user key", is_listed && user_key.is_empty());
        count("8: user key . or ..", is_listed && [&b"."[..], b".."].contains(user_key));
        count("8: user key b64.", is_listed && user_key.starts_with(b"b64."));
        count("8: user key of 240 or 241 bytes", is_listed && [240, 241].contains(&user_key.len()));
    }
}

#[test]
fn every_situation_is_reached_by_fifty_cases() {
    const CASES: u64 = 50;
    let mut counts = Counts::new();
    for name in ["default", "queue", "churn", "ttl", "binary", "hostile-keys", "edge-seq"] {
        let profile = Profile::find(name).expect("a profile");
        for case in 0..CASES {
            let folder = tempfile::tempdir().unwrap();
            let width = if case % 2 == 0 { MetaWidth::Short } else { MetaWidth::Long };
            let mut store = Store::create(&folder.path().join("db"), width, History::Dropped).expect("a new store");
            let spec = CaseSpec { seed: case_seed(1, case), profile, commands: 1000, keys: None };
            for step in Generator::new(&spec) {
                on_store(&mut store, &step).expect("a healthy store");
            }
            let mut records = Vec::new();
            let mut rows = store.database().rows(b"", None);
            while let Some((key, value)) = rows.current().expect("readable") {
                records.push((key.to_vec(), value.to_vec()));
                rows.step();
            }
            count_situations(&records, &mut counts);
        }
    }
    for (situation, count) in &counts {
        eprintln!("{count:>7}  {situation}");
    }
    let missed: Vec<_> = counts.iter().filter(|(_, count)| **count == 0).collect();
    assert!(missed.is_empty(), "no case of {CASES} per profile leaves {missed:?}");
}
