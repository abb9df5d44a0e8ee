//! Whole trees to the byte, both ways; every warning; every error.

use std::collections::BTreeMap;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;

use super::*;
use crate::format::list::{CLAIM_PREFIX, claim_key, delta_key, fence_key, item_key, meta_key};
use crate::format::{CommitTs, ExpireAtMs, ListDelta, ListMeta, Seq, expiry};

#[derive(Default)]
struct Records(BTreeMap<Vec<u8>, Vec<u8>>);

impl Records {
    fn put(mut self, key: Vec<u8>, value: impl Into<Vec<u8>>) -> Records {
        self.0.insert(key, value.into());
        self
    }

    fn item(self, user_key: &[u8], seq: i64, value: &[u8]) -> Records {
        self.put(item_key(user_key, Seq(seq)), value)
    }

    fn items(self, user_key: &[u8], seqs: std::ops::Range<i64>) -> Records {
        seqs.fold(self, |records, seq| records.item(user_key, seq, seq.to_string().as_bytes()))
    }

    fn meta(self, user_key: &[u8], head: i64, len: i64, expiry_field: Option<u64>) -> Records {
        self.put(meta_key(user_key), ListMeta { head, tail: head + len, len, expiry_field }.to_bytes())
    }

    fn delta(self, user_key: &[u8], ts: u64, head_delta: i64, len_delta: i64) -> Records {
        self.put(delta_key(user_key, CommitTs(ts), 0), ListDelta { head_delta, len_delta }.to_bytes())
    }

    fn ttl(self, user_key: &[u8], ms: u64) -> Records {
        self.put(expiry::ttl_key(user_key), ExpireAtMs(ms).to_record_value())
    }

    /// Dumps both ways, checks that they agree, and gives the files by path.
    fn dump(&self) -> Result<(BTreeMap<String, String>, Vec<String>), EncodeError> {
        let ordered = dump_with(|root| encode_ordered(&self.0, root, &options()))?;
        for seed in 0..3 {
            let mut rows: Vec<_> = self.0.iter().collect();
            rows.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
            let unordered = dump_with(|root| {
                let mut records = Unordered::new();
                rows.iter().try_for_each(|(key, value)| records.push(key, value))?;
                records.flush(root, &options())
            })?;
            assert_eq!(unordered, ordered, "the order in which records arrive must not matter");
        }
        let (files, summary) = ordered;
        Ok((files, summary.warnings.iter().map(ToString::to_string).collect()))
    }

    fn body(&self, segment: &str) -> String {
        let (mut files, _) = self.dump().expect("a dump");
        files.remove(&format!("redis/db_0/lists/{segment}.json")).expect("the list's file")
    }

    fn error(&self) -> String {
        self.dump().expect_err("no dump").to_string()
    }

    fn warnings(&self) -> Vec<String> {
        self.dump().expect("a dump").1
    }
}

fn options() -> DumpOptions {
    DumpOptions { db_index: 0, manifest: Manifest::new("2100-01-01T00:00:00Z".to_owned()) }
}

fn dump_with(
    encode: impl FnOnce(&Dir) -> Result<Summary, EncodeError>,
) -> Result<(BTreeMap<String, String>, Summary), EncodeError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = Dir::open_ambient_dir(folder.path(), ambient_authority()).expect("the folder");
    let summary = encode(&root)?;
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(prefix) = folders.pop() {
        let entries: Vec<_> = std::fs::read_dir(folder.path().join(&prefix)).expect("a folder").collect();
        assert!(!entries.is_empty(), "{prefix} is an empty folder, which no dump has");
        for entry in entries {
            let entry = entry.expect("an entry");
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().expect("a type").is_dir() {
                folders.push(format!("{path}/"));
            } else {
                files.insert(path, std::fs::read_to_string(entry.path()).expect("text"));
            }
        }
    }
    Ok((files, summary))
}

fn body(items: &[&str], expire_at_ms: &str) -> String {
    let lines: Vec<String> = items.iter().map(|item| format!("\n    \"{item}\"")).collect();
    let end = if items.is_empty() { "" } else { "\n  " };
    format!(
        "{{\n  \"format_version\": 1,\n  \"items\": [{}{end}],\n  \"expire_at_ms\": {expire_at_ms}\n}}",
        lines.join(",")
    )
}

#[test]
fn a_whole_tree() {
    let records = Records::default().item(b"jobs", -1, b"a").item(b"jobs", 0, b"b").item(b"b64.x", 0, b"c");
    let (files, warnings) = records.dump().expect("a dump");
    assert_eq!(warnings, Vec::<String>::new());
    let fallback = "261e3e281e06e9789437999358e26046__b64.x";
    let paths = [
        "CHECKSUMS",
        "MANIFEST.json",
        "redis/db_0/KEYMAP.jsonl",
        &format!("redis/db_0/lists/{fallback}.json"),
        "redis/db_0/lists/jobs.json",
    ];
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), paths);
    assert_eq!(files[paths[4]], body(&["a", "b"], "null"));
    let line = format!("{{\"encoded\":\"{fallback}\",\"original\":\"YjY0Lng\",\"kind\":\"sha-fallback\"}}\n");
    assert_eq!(files[paths[2]], line);
    let listed: Vec<&str> = files[paths[0]].lines().map(|line| &line[66..]).collect();
    assert_eq!(listed, &paths[1..], "every file but the checksums, sorted by path");
}

#[test]
fn the_summary_counts_keys_and_items() {
    let records = Records::default().items(b"a", 0..2).items(b"b", 0..1).meta(b"empty", 0, 0, None);
    let (_, summary) = dump_with(|root| encode_ordered(&records.0, root, &options())).expect("a dump");
    assert_eq!(summary.of(Family::List), Count { keys: 3, elements: 3 });
    assert_eq!(summary.total(), 6);
    let (_, nothing) = dump_with(|root| encode_ordered(&Records::default().0, root, &options())).expect("a dump");
    assert_eq!((nothing.of(Family::List), nothing.total()), (Count::default(), 0));
}

#[test]
fn nothing_makes_a_tree_without_a_redis_folder() {
    let (files, _) = Records::default().delta(b"k", 1, 0, 0).dump().expect("a dump");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["CHECKSUMS", "MANIFEST.json"]);
}

#[test]
fn items_are_the_truth() {
    let claimed = Records::default().items(b"k", -1..2).put(claim_key(b"k", Seq(0)), []);
    assert_eq!(claimed.body("k"), body(&["-1", "0", "1"], "null"), "a claim never hides an item");
    assert_eq!(Records::default().meta(b"k", 5, 0, None).body("k"), body(&[], "null"), "a base meta without items");
    let outside = Records::default().items(b"k", 0..4).meta(b"k", 1, 3, None).delta(b"k", 1, 0, -1);
    assert_eq!(outside.body("k"), body(&["0", "1", "2", "3"], "null"));
    assert_eq!(
        outside.warnings(),
        [
            "redis_list_length_mismatch user_key_len=1 declared_len=2 observed_items=4 (key \"k\")",
            "redis_list_item_outside_window user_key_len=1 count=2 (key \"k\")"
        ]
    );
    let edge = Records::default().item(b"k", i64::MAX - 1, b"y").item(b"k", i64::MIN, b"x").item(b"k", 0, b"z");
    assert_eq!(edge.body("k"), body(&["x", "z", "y"], "null"));
}

#[test]
fn the_expiry_is_the_metas_or_else_the_records() {
    let list = || Records::default().items(b"k", 0..1);
    let shown = |records: Records| {
        let body = records.body("k");
        body[body.find("expire_at_ms").expect("the member") + 15..body.len() - 2].to_owned()
    };
    assert_eq!(shown(list()), "null");
    assert_eq!(shown(list().ttl(b"k", 0)), "0");
    assert_eq!(shown(list().ttl(b"k", u64::MAX)), "9223372036854775807");
    assert_eq!(shown(list().ttl(b"k", 7).meta(b"k", 0, 1, None)), "7");
    assert_eq!(shown(list().ttl(b"k", 7).meta(b"k", 0, 1, Some(0))), "null");
    assert_eq!(shown(list().ttl(b"k", 7).meta(b"k", 0, 1, Some(u64::MAX))), "18446744073709551615");
}

#[test]
fn a_meta_in_the_delta_namespace_counts() {
    let imitation = delta_key(b"k", CommitTs(1), 0).split_off(b"!lst|meta|".len());
    let records = Records::default()
        .items(b"d|jobs", 0..2)
        .meta(b"d|jobs", 0, 2, Some(5))
        .items(b"k", 0..1)
        .meta(b"k", 0, 1, None)
        .items(&imitation, 0..3)
        .meta(&imitation, 0, 3, Some(6));
    let (files, warnings) = records.dump().expect("a dump");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(files["redis/db_0/lists/d%7Cjobs.json"], body(&["0", "1"], "5"));
    assert_eq!(files["redis/db_0/lists/k.json"], body(&["0"], "null"));
    let name = format!("redis/db_0/lists/{}.json", crate::format::segment::encode(&imitation).text);
    assert_eq!(files[&name], body(&["0", "1", "2"], "6"));
}

/// The chain of open lists: each key extends the one before, by sequence numbers and by shorter and longer strings.
#[test]
fn keys_that_extend_one_another() {
    let zero: &[u8] = &[0x80, 0, 0, 0, 0, 0, 0, 0];
    let below: &[u8] = &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let mut keys: Vec<Vec<u8>> = [&b""[..], b"a", b"a\0", b"a\xff", b"ab", b"b"].map(<[u8]>::to_vec).to_vec();
    for suffix in [zero, below, &[0x80], &[0xff; 8], &[0; 8]] {
        let extended: Vec<Vec<u8>> = keys.iter().map(|key| [key, suffix].concat()).collect();
        keys.extend(extended);
    }
    let records = keys.iter().fold(Records::default(), |records, key| {
        records.items(key, -3..3).item(key, i64::MIN, b"first").item(key, i64::MAX, b"last")
    });
    let (files, _) = records.dump().expect("a dump");
    let bodies: Vec<&String> =
        files.iter().filter(|(path, _)| path.contains("/lists/")).map(|(_, body)| body).collect();
    let distinct: std::collections::BTreeSet<Vec<u8>> = keys.iter().cloned().collect();
    assert_eq!(bodies.len(), distinct.len());
    for found in bodies {
        assert_eq!(*found, body(&["first", "-3", "-2", "-1", "0", "1", "2", "last"], "null"));
    }
}

/// Also where the items of one come in the middle of the other, whose file is then opened again.
#[test]
fn long_lists_are_written_in_pieces() {
    let value = [b'v'; 1000];
    let records = (0..400).fold(Records::default(), |records, seq| {
        let longer = [b"k".as_slice(), &[0x80, 0, 0, 0, 0, 0, 0, 200]].concat();
        records.item(b"k", seq, &value).item(&longer, seq, &value)
    });
    let text = "v".repeat(1000);
    let expected = body(&vec![text.as_str(); 400], "null");
    assert_eq!(records.body("k"), expected);
    assert_eq!(records.body("k%80%00%00%00%00%00%00%C8"), expected);
}

/// The shuffled way fetches values together, unless some are too long for that.
#[test]
fn values_of_every_size_keep_their_order() {
    let value = |seq: i64| format!("{seq}").repeat(if seq % 100 == 7 { 30_000 } else { seq as usize % 5 });
    let records = (0..500).fold(Records::default(), |records, seq| records.item(b"k", seq, value(seq).as_bytes()));
    let values: Vec<String> = (0..500).map(value).collect();
    assert_eq!(records.body("k"), body(&values.iter().map(String::as_str).collect::<Vec<_>>(), "null"));
}

#[test]
fn warnings_come_in_key_order_and_orphans_last() {
    let records = Records::default()
        .put(meta_key(b"z"), ListMeta { head: 0, tail: 9, len: 1, expiry_field: None }.to_bytes())
        .items(b"z", 0..1)
        .meta(b"a", 0, 2, None)
        .items(b"k", 3..4)
        .delta(b"k", 1, 0, 1)
        .ttl(b"nobody", 1)
        .ttl(b"nobody either", 1)
        .put(fence_key(b"nobody"), [])
        .ttl(b"str", 1)
        .put(b"!redis|str|str".to_vec(), *b"x")
        .ttl(b"hash", 1)
        .put(b"!hs|meta|\0\0\0\x04hash".to_vec(), *b"x")
        .ttl(b"claimed", 1)
        .put(claim_key(b"claimed", Seq(0)), [])
        .ttl(b"items only", 1)
        .items(b"items only", 0..1);
    assert_eq!(
        records.warnings(),
        [
            "redis_list_length_mismatch user_key_len=1 declared_len=2 observed_items=0 (key \"a\")",
            "redis_list_item_outside_window user_key_len=1 count=1 (key \"k\")",
            "redis_list_meta_invariant user_key_len=1 (key \"z\")",
            "redis_orphan_ttl count=2",
        ]
    );
}

#[test]
fn each_malformed_record_ends_the_dump_by_name() {
    let good = || Records::default().items(b"k", 0..1);
    let cases = [
        (meta_key(b"k"), vec![0; 23], "record \"!lst|meta|k\": meta value has 23 bytes"),
        (meta_key(b"k"), vec![0xff; 24], "record \"!lst|meta|k\": meta length 18446744073709551615 is above"),
        (delta_key(b"k", CommitTs(1), 0), vec![0; 17], "delta value has 17 bytes"),
        (b"!lst|itm|k".to_vec(), vec![], "record \"!lst|itm|k\": item key has 1 bytes"),
        ([CLAIM_PREFIX, b"\0\0\0\x09k12345678"].concat(), vec![], "malformed length prefix"),
        (b"!lst|meta|d|xx".to_vec(), vec![0; 16], "malformed length prefix"),
        (expiry::ttl_key(b"k"), vec![0; 9], "record \"!redis|ttl|k\": TTL value has 9 bytes"),
    ];
    for (key, value, problem) in cases {
        let error = good().put(key, value).error();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn a_record_that_comes_twice_is_refused() {
    let meta = ListMeta { head: 0, tail: 0, len: 0, expiry_field: None }.to_bytes();
    for (key, value) in [(meta_key(b"k"), meta), (expiry::ttl_key(b"k"), vec![0; 8]), (item_key(b"k", Seq(1)), vec![])]
    {
        let twice = dump_with(|root| {
            let mut records = Unordered::new();
            records.push(&key, &value)?;
            records.push(&key, &value)?;
            records.flush(root, &options())
        });
        assert!(matches!(twice, Err(EncodeError::Duplicate(_))), "{key:?}");
    }
}
