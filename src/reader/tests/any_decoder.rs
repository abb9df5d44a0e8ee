//! Dumps of other decoders: what they may hold beside lists, a form at a time and all at once, and what stays wrong.

use super::*;

const MANIFEST_OF_A_DECODER: &str = r#"{
  "format_version": 1,
  "phase": "phase0-snapshot-decode",
  "elastickv_version": "dev",
  "snapshot_index": 9,
  "last_commit_ts": 117669040127213569,
  "wall_time_iso": "2026-08-14T09:05:00.123456789Z",
  "source": {
    "fsm_path": "/data/0000000000000009.fsm",
    "fsm_crc32c": "0badcafe"
  },
  "adapters": {
    "dynamodb": {},
    "s3": {},
    "redis": {},
    "sqs": {}
  },
  "exclusions": {
    "include_incomplete_uploads": true,
    "include_orphans": true,
    "preserve_sqs_visibility": true,
    "include_sqs_side_records": true,
    "rename_s3_collisions": true
  },
  "checksum_algorithm": "sha256",
  "checksum_format": "sha256sum",
  "encoded_filename_charset": "rfc3986-unreserved-plus-percent",
  "key_segment_max_bytes": 240,
  "s3_meta_suffix": ".another-suffix.json",
  "s3_collision_strategy": "another",
  "dynamodb_layout": "jsonl"
}
"#;
const MANIFEST_OF_A_LIVE_BACKUP: &str = r#"{
  "format_version": 1,
  "phase": "phase1-live-pinned",
  "last_commit_ts": 117669040127213569,
  "shards": [{"raft_group_id": 1, "applied_index": 4}],
  "backup_ts_ttl_ms": 60000,
  "max_active_backup_pins": 4,
  "wall_time_iso": "2026-08-14T09:05:00.5Z",
  "live": {"read_ts": 117669040127213569, "pin_token_sha256": "00"},
  "adapters": {"dynamodb": {"tables": ["t"]}, "kafka": {}, "redis": {"databases": [0]}},
  "checksum_algorithm": "sha256",
  "checksum_format": "sha256sum",
  "encoded_filename_charset": "rfc3986-unreserved-plus-percent",
  "key_segment_max_bytes": 240
}"#;
/// A line of a string, as a decoder may write it that minds no form.
const OTHER_LINE: &str = r#"{"kind": 1, "encoded":"30b54e4fe952690ac03c62f98320e0bc__b64.a", "original":"YjY0LmE="}"#;
const OTHER: &str = "redis/db_0/strings/30b54e4fe952690ac03c62f98320e0bc__b64.a.bin";

fn finding_of(tree: &Tree) -> String {
    let root = tree.write();
    let error = read(root.path(), MadeBy::AnyDecoder).expect_err("a finding");
    assert!(error.is_finding(), "{error}");
    error.to_string()
}

fn counts(keys: &[(&'static str, u64)], files: &[(&str, u64)]) -> Beside {
    let adapter_files = files.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    Beside { keys: keys.iter().copied().collect(), adapter_files }
}

type Keys = &'static [(&'static str, u64)];
type Files = &'static [(&'static str, u64)];

/// What to do to the good tree, and what is then beside its lists.
const FORMS: &[(Tampering, Keys, Files)] = &[
    (|_| {}, &[], &[]),
    (|t| t.put(MANIFEST, MANIFEST_OF_A_DECODER), &[], &[]),
    (|t| t.put(MANIFEST, MANIFEST_OF_A_LIVE_BACKUP), &[], &[]),
    (|t| t.edit(MANIFEST, "  \"last_commit_ts\"", "  \"future\": [{}], \"last_commit_ts\""), &[], &[]),
    (|t| t.put("redis/db_0/strings/s.bin", "\0\n"), &[("string", 1)], &[]),
    (|t| t.put("redis/db_0/strings_ttl.jsonl", "{}"), &[], &[]),
    (|t| t.put("redis/db_0/hll/p.bin", ""), &[("hyperloglog", 1)], &[]),
    (|t| t.put("redis/db_0/hll_ttl.jsonl", "no JSON"), &[], &[]),
    (|t| t.put("redis/db_0/hashes/h.json", "no JSON"), &[("hash", 1)], &[]),
    (|t| t.put("redis/db_0/hashes/not a%segment.json", ""), &[("hash", 1)], &[]),
    // The key of a list, too.
    (|t| t.put("redis/db_0/sets/a%20b.json", "{}"), &[("set", 1)], &[]),
    (|t| t.put("redis/db_0/zsets/.json", "{}"), &[("zset", 1)], &[]),
    (|t| t.put("redis/db_0/streams/x.jsonl", "{}"), &[("stream", 1)], &[]),
    (|t| t.put("redis/db_5/streams/x.jsonl", "{}"), &[("stream", 1)], &[]),
    (|t| t.put("dynamodb/t/_schema.json", "{}"), &[], &[("dynamodb", 1)]),
    (
        |t| {
            t.put("s3/bucket/a/b/c", "1");
            t.put("s3/bucket/a\\b", "2");
            t.put("s3/bucket/a\nb\r", "3");
            t.put("s3/bucket/KEYMAP.jsonl", "{}");
        },
        &[],
        &[("s3", 4)],
    ),
    (|t| t.put("sqs/q/_queue.json", ""), &[], &[("sqs", 1)]),
    (|t| t.folders.extend(["redis/db_0/hashes", "redis/db_1/lists", "redis/db_2", "sqs", "s3/a/b"]), &[], &[]),
    (
        |t| {
            let lines: String = KEYMAP_TEXT.lines().rev().map(|line| format!("{line}\n{line}\n")).collect();
            t.put(KEYMAP_PATH, &lines);
        },
        &[],
        &[],
    ),
    (
        |t| {
            t.put(KEYMAP_PATH, &format!("{OTHER_LINE}\n{KEYMAP_TEXT}{OTHER_LINE}\n"));
            t.put(OTHER, "v");
        },
        &[("string", 1)],
        &[],
    ),
];

#[test]
fn each_form_of_the_format_is_read_and_the_rest_is_counted() {
    let good = read(Tree::good().write().path(), MadeBy::OurEncoder).expect("a good dump");
    for (number, (make, keys, files)) in FORMS.iter().enumerate() {
        let mut tree = Tree::good();
        make(&mut tree);
        let dump = read(tree.write().path(), MadeBy::AnyDecoder).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(dump.databases, good.databases, "{number}");
        assert_eq!(dump.beside, counts(keys, files), "{number}");
        assert_eq!(dump.time.last_commit_ts, good.time.last_commit_ts, "{number}");
        // Our own encoder writes none of them.
        assert_eq!(read(tree.write().path(), MadeBy::OurEncoder).is_ok(), number == 0, "{number}");
    }
}

#[test]
fn all_forms_at_once() {
    let mut tree = Tree::good();
    // Of the manifests and the key maps, the last of each stays.
    FORMS.iter().for_each(|(make, ..)| make(&mut tree));
    let good = read(Tree::good().write().path(), MadeBy::OurEncoder).expect("a good dump");
    let dump = read(tree.write().path(), MadeBy::AnyDecoder).expect("a good dump");
    assert_eq!(dump.databases, good.databases);
    let line = "2 hashes, 1 hyperloglog, 1 set, 2 streams, 2 strings, 1 zset; \
                adapters dynamodb (1 file), s3 (4 files), sqs (1 file)";
    assert_eq!(dump.beside.to_string(), line);
}

#[test]
fn a_dump_without_lists_may_hold_other_things() {
    let tree = Tree::of(&[(MANIFEST, MANIFEST_OF_A_DECODER), ("redis/db_0/hashes/h.json", "{}")]);
    let dump = read(tree.write().path(), MadeBy::AnyDecoder).expect("a good dump");
    assert_eq!((dump.databases.len(), dump.beside), (0, counts(&[("hash", 1)], &[])));
    // A live backup is the state at what it was pinned to, whether or not the member for that is there.
    let live = MANIFEST_OF_A_LIVE_BACKUP.replace("\"last_commit_ts\": 117669040127213569,", "");
    let time = read_manifest(live.as_bytes(), MadeBy::AnyDecoder).expect("a manifest");
    assert_eq!(time.last_commit_ts, Some(117_669_040_127_213_569));
    let unknown = MANIFEST_TEXT.replace("117669040127213569", "0");
    let time = read_manifest(unknown.as_bytes(), MadeBy::AnyDecoder).expect("a manifest");
    assert_eq!(time.last_commit_ts, None);
}

#[test]
fn what_the_lists_depend_on_stays_checked() {
    let cases: &[(Tampering, &str)] = &[
        (|t| t.edit(MANIFEST, "{", "["), "MANIFEST.json: "),
        (|t| t.put(MANIFEST, &format!("{MANIFEST_TEXT}{{}}")), "MANIFEST.json: trailing characters"),
        (|t| t.edit(MANIFEST, ": 1,", ": 2,"), "MANIFEST.json: format_version 2 is not 1"),
        // Of another version nothing else is expected.
        (|t| t.put(MANIFEST, "{\"format_version\": 3, \"phase\": 7}"), "MANIFEST.json: format_version 3 is not 1"),
        (|t| t.edit(MANIFEST, "phase0", "phase7"), "MANIFEST.json: phase \"phase7-snapshot-decode\" is not known"),
        (|t| t.edit(MANIFEST, "\"sha256\"", "\"blake3\""), "MANIFEST.json: checksum_algorithm \"blake3\" is not known"),
        (|t| t.edit(MANIFEST, "sha256sum", "bsd"), "MANIFEST.json: checksum_format \"bsd\" is not known"),
        (|t| t.edit(MANIFEST, "rfc3986", "rfc1738"), "MANIFEST.json: encoded_filename_charset \"rfc1738-"),
        (|t| t.edit(MANIFEST, "240", "255"), "MANIFEST.json: key_segment_max_bytes \"255\" is not known"),
        (|t| t.edit(MANIFEST, "05:00Z", "05:00+02:00"), "MANIFEST.json: wall_time_iso \"2026-08-14T09:05:00+02:00\""),
        (
            |t| t.edit(MANIFEST, "\"redis\"", "\"sqs\""),
            "MANIFEST.json: adapters has no \"redis\", so the dump says nothing",
        ),
        (|t| t.edit(MANIFEST, "{}", "[]"), "MANIFEST.json: invalid type: sequence"),
        (|t| t.edit(MANIFEST, "\"wall", "\"wal"), "MANIFEST.json: missing field `wall_time_iso`"),
        (|t| t.put("README", ""), "README: not part of a dump"),
        (|t| t.folders.push("kafka"), "kafka: not part of a dump"),
        (|t| t.put("s3", ""), "s3: a file; expected a folder"),
        (|t| t.folders.push("redis/x"), "redis/x: expected only folders named db_<n>"),
        (|t| t.folders.push("redis/db_0/jsons"), "redis/db_0/jsons: not part of a dump"),
        (|t| t.put("redis/db_0/lists_ttl.jsonl", ""), "redis/db_0/lists_ttl.jsonl: not part of a dump"),
        (
            |t| t.put("redis/db_0/hashes/h.bin", ""),
            "redis/db_0/hashes/h.bin: not part of a dump; expected only <segment>.json",
        ),
        (|t| t.folders.push("redis/db_0/hashes/h.json"), "redis/db_0/hashes/h.json: a folder; expected a file"),
        (|t| t.edit(A, "job-1", "\\u006aob-1"), "redis/db_0/lists/a%20b.json: not in canonical form at byte 43"),
        (|t| t.edit(A, "\n}", "\n}\n"), "redis/db_0/lists/a%20b.json: not in canonical form"),
        (|t| t.rename(A, "redis/db_0/lists/a%2db.json"), "redis/db_0/lists/a%2db.json: the name is not a segment"),
        (|t| t.remove(KEYMAP_PATH), "redis/db_0/lists/261e3e281e06e9789437999358e26046__b64.x.json: a SHA fallback"),
        (
            |t| t.remove(Y),
            "redis/db_0/KEYMAP.jsonl: line 2: no file has the segment \"ccd5964747f520f580971e47b3d95517__",
        ),
        (
            |t| t.put(KEYMAP_PATH, &format!("{OTHER_LINE}\n{KEYMAP_TEXT}")),
            "redis/db_0/KEYMAP.jsonl: line 1: no file has",
        ),
        (|t| t.edit(KEYMAP_PATH, "Lnk", "Lnk="), "redis/db_0/KEYMAP.jsonl: line 2: \"original\" is not unpadded"),
        (|t| t.edit(KEYMAP_PATH, "{", "{ "), "redis/db_0/KEYMAP.jsonl: line 1: the line is not in canonical form"),
        (|t| t.edit(KEYMAP_PATH, "YjY0Lnk", "YQ"), "redis/db_0/KEYMAP.jsonl: line 2: this user key has a reversible"),
        (|t| t.edit(KEYMAP_PATH, "{", "["), "redis/db_0/KEYMAP.jsonl: line 1: "),
        (|t| t.put(KEYMAP_PATH, KEYMAP_TEXT.trim_end()), "redis/db_0/KEYMAP.jsonl: expected a line feed at the end"),
    ];
    for (tamper, expected) in cases {
        let mut tree = Tree::good();
        tamper(&mut tree);
        let finding = finding_of(&tree);
        assert!(finding.starts_with(expected), "expected {expected}\nfound {finding}");
    }
}

#[test]
fn every_file_stands_in_the_checksums() {
    const HASH: &str = "redis/db_0/hashes/h.json";
    const OBJECT: &str = "s3/bucket/a/b\\c";
    let cases: &[(Tampering, &str)] = &[
        (|t| t.edit(HASH, "1", "2"), "redis/db_0/hashes/h.json: SHA-256 is "),
        (|t| t.edit("redis/db_0/strings_ttl.jsonl", "1", "2"), "redis/db_0/strings_ttl.jsonl: SHA-256 is "),
        (|t| t.edit(OBJECT, "1", "2"), "s3/bucket/a/b\\\\c: SHA-256 is "),
        (|t| t.remove(HASH), "CHECKSUMS: line 3: lists \"redis/db_0/hashes/h.json\", which is not there"),
        (|t| t.put("sqs/q", ""), "sqs/q: not listed in CHECKSUMS"),
        (|t| t.put("redis/db_0/hashes/more.json", ""), "redis/db_0/hashes/more.json: not listed in CHECKSUMS"),
        (|t| t.edit(MANIFEST, "240", "240 "), "MANIFEST.json: SHA-256 is "),
        (|t| t.edit(CHECKSUMS, "b\\\\c", "b\\c"), "CHECKSUMS: line 10: expected 64 lower-case hex digits"),
        (|t| t.edit(CHECKSUMS, "\n\\", "\n"), "s3/bucket/a/b\\\\c: not listed in CHECKSUMS"),
    ];
    for (tamper, expected) in cases {
        let mut tree = Tree::good();
        for path in [HASH, "redis/db_0/strings_ttl.jsonl", OBJECT] {
            tree.put(path, "1");
        }
        tree.with_checksums();
        assert!(read(tree.write().path(), MadeBy::AnyDecoder).is_ok());
        tamper(&mut tree);
        let finding = finding_of(&tree);
        assert!(finding.starts_with(expected), "expected {expected}\nfound {finding}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_refused_wherever_they_are() {
    for folder in ["s3/bucket", "redis/db_0/hashes"] {
        let mut tree = Tree::good();
        tree.put(&format!("{folder}/z.json"), "");
        let root = tree.write();
        std::os::unix::fs::symlink("z.json", root.path().join(folder).join("link")).expect("link");
        let error = read(root.path(), MadeBy::AnyDecoder).expect_err("a finding").to_string();
        assert_eq!(error, format!("{folder}/link: a symbolic link; a dump has only files and folders"));
    }
}
