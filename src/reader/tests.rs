//! Trees are written here byte by byte, so that no encoder has a say in what is right.

mod any_decoder;

use std::fs;

use sha2::{Digest as _, Sha256};

use super::*;
use crate::format::ExpireAtMs;
use crate::state::KeyState;

const MANIFEST_TEXT: &str = r#"{
  "format_version": 1,
  "phase": "phase0-snapshot-decode",
  "last_commit_ts": 117669040127213569,
  "wall_time_iso": "2026-08-14T09:05:00Z",
  "adapters": {
    "redis": {}
  },
  "exclusions": {
    "include_incomplete_uploads": false,
    "include_orphans": false,
    "preserve_sqs_visibility": false,
    "include_sqs_side_records": false
  },
  "checksum_algorithm": "sha256",
  "checksum_format": "sha256sum",
  "encoded_filename_charset": "rfc3986-unreserved-plus-percent",
  "key_segment_max_bytes": 240,
  "s3_meta_suffix": ".elastickv-meta.json",
  "s3_collision_strategy": "leaf-data-suffix",
  "dynamodb_layout": "per-item"
}
"#;
const BODY: &str = "{\n  \"format_version\": 1,\n  \"items\": [\n    \"job-1\",\n    {\n      \"base64\": \"_w\"\n    \
                    }\n  ],\n  \"expire_at_ms\": 7\n}";
const EMPTY_BODY: &str = "{\n  \"format_version\": 1,\n  \"items\": [],\n  \"expire_at_ms\": null\n}";
/// The user keys b64.x and b64.y, which have no reversible segment.
const KEYMAP_TEXT: &str = concat!(
    r#"{"encoded":"261e3e281e06e9789437999358e26046__b64.x","original":"YjY0Lng","kind":"sha-fallback"}"#,
    "\n",
    r#"{"encoded":"ccd5964747f520f580971e47b3d95517__b64.y","original":"YjY0Lnk","kind":"sha-fallback"}"#,
    "\n",
);
const X: &str = "redis/db_0/lists/261e3e281e06e9789437999358e26046__b64.x.json";
const Y: &str = "redis/db_0/lists/ccd5964747f520f580971e47b3d95517__b64.y.json";
const A: &str = "redis/db_0/lists/a%20b.json";
const KEYMAP_PATH: &str = "redis/db_0/KEYMAP.jsonl";

/// What is written to disk: the files, the empty folders, and the checksums of the files unless they are among them.
struct Tree {
    files: BTreeMap<String, String>,
    folders: Vec<&'static str>,
}

impl Tree {
    fn of(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Tree { files, folders: Vec::new() }
    }

    fn good() -> Tree {
        let files = [
            (MANIFEST, MANIFEST_TEXT),
            (KEYMAP_PATH, KEYMAP_TEXT),
            (X, EMPTY_BODY),
            (Y, BODY),
            (A, BODY),
            ("redis/db_0/lists/.json", BODY),
            ("redis/db_12/lists/a%20b.json", BODY),
        ];
        Tree::of(&files)
    }

    fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = self.files.get_mut(path).expect("a file of the tree");
        assert!(text.contains(from), "{path} holds {from:?}");
        *text = text.replacen(from, to, 1);
    }

    fn put(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.to_owned());
    }

    fn remove(&mut self, path: &str) {
        self.files.remove(path).expect("a file of the tree");
    }

    fn rename(&mut self, from: &str, to: &str) {
        let text = self.files.remove(from).expect("a file of the tree");
        self.put(to, &text);
    }

    fn checksums(&self) -> String {
        let line = |(path, text): (&String, &String)| {
            let digest: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
            // As sha256sum does.
            let escaped = path.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
            let mark = if escaped == *path { "" } else { "\\" };
            format!("{mark}{digest}  {escaped}\n")
        };
        self.files.iter().map(line).collect()
    }

    /// Gives the tree checksums that a case then edits.
    fn with_checksums(&mut self) {
        let text = self.checksums();
        self.put(CHECKSUMS, &text);
    }

    fn write(&self) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder for the tree");
        for folder in &self.folders {
            fs::create_dir_all(root.path().join(folder)).expect("folder");
        }
        for (path, text) in &self.files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
            fs::write(path, text).expect("file");
        }
        if !self.files.contains_key(CHECKSUMS) {
            fs::write(root.path().join(CHECKSUMS), self.checksums()).expect("file");
        }
        root
    }

    fn finding(&self) -> String {
        let root = self.write();
        let error = read(root.path(), MadeBy::OurEncoder).expect_err("a finding");
        assert!(error.is_finding(), "{error}");
        error.to_string()
    }
}

fn list(items: &[&[u8]], expire_at: Option<ExpireAtMs>) -> KeyState {
    KeyState::list(items.iter().map(|item| item.to_vec()).collect(), expire_at)
}

#[test]
fn a_dump_is_read_whole() {
    let root = Tree::good().write();
    let dump = read(root.path(), MadeBy::OurEncoder).expect("a good dump");
    let full = list(&[b"job-1", b"\xff"], Some(ExpireAtMs(7)));
    let keys: [(&[u8], KeyState); 4] =
        [(b"", full.clone()), (b"a b", full.clone()), (b"b64.x", list(&[], None)), (b"b64.y", full.clone())];
    let keys = keys.into_iter().map(|(key, list)| (key.to_vec(), list)).collect();
    let last_ms = Some(117_669_040_127_213_569 >> 16);
    assert_eq!(dump.databases.keys().copied().collect::<Vec<_>>(), [0, 12]);
    assert_eq!(dump.databases[&0], State { keys, last_ms });
    assert_eq!(dump.clone().into_state(1), State { keys: BTreeMap::new(), last_ms });
    assert_eq!(dump.into_state(12), State { keys: [(b"a b".to_vec(), full)].into(), last_ms });
}

#[test]
fn a_dump_without_lists_is_two_files() {
    let root = Tree::of(&[(MANIFEST, MANIFEST_TEXT)]).write();
    assert_eq!(read(root.path(), MadeBy::OurEncoder).expect("a good dump").databases, BTreeMap::new());
}

#[test]
fn what_the_environment_withholds_is_no_finding() {
    let root = Tree::good().write();
    for path in ["not-there", MANIFEST] {
        let path = root.path().join(path);
        let error = read(&path, MadeBy::OurEncoder).expect_err("no folder");
        assert!(!error.is_finding());
        assert!(error.to_string().starts_with(&format!("{}: ", path.display())), "{error}");
    }
}

type Tampering = fn(&mut Tree);

#[test]
fn each_rule_of_the_manifest() {
    let cases: &[(Tampering, &str)] = &[
        (|t| t.remove(MANIFEST), "MANIFEST.json: missing; every dump has one"),
        (|t| t.edit(MANIFEST, "{", "["), "MANIFEST.json: invalid type: string"),
        (|t| t.edit(MANIFEST, ": 1,", ": 2,"), "MANIFEST.json: format_version 2 is not 1"),
        (|t| t.edit(MANIFEST, "phase0", "phase1"), "MANIFEST.json: line 3: expected \"  \\\"phase\\\": \\\"phase0"),
        (|t| t.edit(MANIFEST, "false", "true"), "MANIFEST.json: line 10: expected \"    \\\"include_incomplete"),
        (|t| t.edit(MANIFEST, "  ", "    "), "MANIFEST.json: line 2: expected"),
        (|t| t.edit(MANIFEST, "\n}\n", "\n}"), "MANIFEST.json: line 22: expected \"}\\n\", found \"}\""),
        (
            |t| t.edit(MANIFEST, "\n}\n", "\n}\n\n"),
            "MANIFEST.json: line 23: expected the end of the file, found \"\\n\"",
        ),
        (|t| t.edit(MANIFEST, "05:00Z", "05:00+02:00"), "MANIFEST.json: wall_time_iso \"2026-08-14T09:05:00+02:00\""),
        (|t| t.edit(MANIFEST, "117669040127213569", "0"), "MANIFEST.json: last_commit_ts is empty"),
    ];
    for (tamper, expected) in cases {
        let mut tree = Tree::good();
        tamper(&mut tree);
        let finding = tree.finding();
        assert!(finding.starts_with(expected), "expected {expected}\nfound {finding}");
    }
}

/// The members that a dump of lists need not have, each in its place.
const FREE_MEMBERS: &str = r#"
  "elastickv_version": "1.2.3",
  "cluster_id": "c",
  "snapshot_index": 9,
  "last_commit_ts": 117669040127213569,
  "wall_time_iso": "2026-08-14T09:05:00.5Z",
  "source": {
    "fsm_path": "0000000000000009.fsm"
  },
"#;

#[test]
fn a_manifest_may_have_its_free_members() {
    let (before, rest) = MANIFEST_TEXT.split_once("\n  \"last_commit_ts\"").expect("a free member");
    let (_, after) = rest.split_once("05:00Z\",\n").expect("the time");
    let text = [before, FREE_MEMBERS, after].concat();
    let time = read_manifest(text.as_bytes(), MadeBy::OurEncoder).expect("a good manifest");
    let expected = (Some(117_669_040_127_213_569), "2026-08-14T09:05:00.5Z");
    assert_eq!((time.last_commit_ts, time.wall_time_iso.as_str()), expected);
    for (full, empty, member) in [
        (r#""1.2.3""#, r#""""#, "elastickv_version"),
        (r#""c""#, r#""""#, "cluster_id"),
        (": 9,", ": 0,", "snapshot_index"),
        (": 117669040127213569,", ": 0,", "last_commit_ts"),
    ] {
        assert!(text.contains(full), "{full}");
        let text = text.replacen(full, empty, 1);
        let error = read_manifest(text.as_bytes(), MadeBy::OurEncoder).expect_err(member);
        assert_eq!(error.to_string(), format!("MANIFEST.json: {member} is empty; an empty one is left out"));
    }
    let without = MANIFEST_TEXT.replacen("  \"last_commit_ts\": 117669040127213569,\n", "", 1);
    let tree = Tree::of(&[(MANIFEST, &without)]).write();
    let dump = read(tree.path(), MadeBy::OurEncoder).expect("a dump of unknown time");
    assert_eq!(dump.into_state(0), State::default());
}

#[test]
fn each_rule_of_the_checksums() {
    let cases: &[(Tampering, &str)] = &[
        (|t| t.put(CHECKSUMS, ""), "CHECKSUMS: empty; expected at least one line"),
        (|t| t.edit(CHECKSUMS, "  MANIFEST", " *MANIFEST"), "CHECKSUMS: line 1: expected 64 lower-case hex digits"),
        (|t| t.edit(CHECKSUMS, "\n", "\n\n"), "CHECKSUMS: line 2: expected 64 lower-case hex digits"),
        (
            |t| t.edit(CHECKSUMS, "db_12/lists/a%20b.json\n", "db_12/lists/a%20b.json"),
            "CHECKSUMS: expected a line feed",
        ),
        (|t| t.edit(CHECKSUMS, "MANIFEST", "./MANIFEST"), "CHECKSUMS: line 1: the path begins with ./"),
        (|t| t.edit(CHECKSUMS, "\n", "\r\n"), "CHECKSUMS: line 1: ends in CR LF; expected LF alone"),
        (|t| t.edit(CHECKSUMS, "MANIFEST", "z"), "CHECKSUMS: line 2: expected paths in ascending byte order"),
        (|t| t.edit(CHECKSUMS, "MANIFEST.json", CHECKSUMS), "CHECKSUMS: line 1: lists the checksum file itself"),
        (|t| t.edit(A, "job-1", "job-2"), "redis/db_0/lists/a%20b.json: SHA-256 is "),
        (|t| t.put("redis/db_12/lists/z.json", BODY), "redis/db_12/lists/z.json: not listed in CHECKSUMS"),
        (|t| t.remove(A), "CHECKSUMS: line 5: lists \"redis/db_0/lists/a%20b.json\", which is not there"),
    ];
    for (tamper, expected) in cases {
        let mut tree = Tree::good();
        tree.with_checksums();
        tamper(&mut tree);
        let finding = tree.finding();
        assert!(finding.starts_with(expected), "expected {expected}\nfound {finding}");
    }
    let root = Tree::good().write();
    fs::remove_file(root.path().join(CHECKSUMS)).expect("was there");
    assert_eq!(
        read(root.path(), MadeBy::OurEncoder).expect_err("a finding").to_string(),
        "CHECKSUMS: missing; every dump has one"
    );
}

#[test]
fn each_rule_of_the_folders() {
    let cases: &[(Tampering, &str)] = &[
        (|t| t.put("README", ""), "README: not part of a dump"),
        (|t| t.folders.push("s3"), "s3: not part of a dump"),
        (|t| t.put("redis/db_00/lists/a.json", BODY), "redis/db_00: expected only folders named db_<n>"),
        (|t| t.put("redis/db_1", ""), "redis/db_1: a file; expected a folder"),
        (|t| t.folders.push("redis/db_1"), "redis/db_1: an empty folder; a dump has none"),
        (|t| t.folders.push("redis/db_1/lists"), "redis/db_1/lists: an empty folder; a dump has none"),
        (|t| t.folders.push("redis/db_0/hashes"), "redis/db_0/hashes: not part of a dump"),
        (|t| t.put("redis/db_1/KEYMAP.jsonl", KEYMAP_TEXT), "redis/db_1/lists: missing; a database without lists"),
        (|t| t.folders.push("redis/db_0/lists/z.json"), "redis/db_0/lists/z.json: a folder; expected a file"),
        (|t| t.put("redis/db_0/lists/z.tmp", ""), "redis/db_0/lists/z.tmp: not part of a dump"),
        (|t| t.put("a\ttab", ""), "a\\ttab: not part of a dump"),
    ];
    for (tamper, expected) in cases {
        let mut tree = Tree::good();
        tamper(&mut tree);
        let finding = tree.finding();
        assert!(finding.starts_with(expected), "expected {expected}\nfound {finding}");
    }
    let mut tree = Tree::of(&[(MANIFEST, MANIFEST_TEXT)]);
    tree.folders.push("redis");
    assert_eq!(tree.finding(), "redis: an empty folder; a dump has none");
}

#[test]
fn each_rule_of_segments_and_the_key_map() {
    let cases: &[(Tampering, &str)] = &[
        (|t| t.rename(A, "redis/db_0/lists/a%2db.json"), "redis/db_0/lists/a%2db.json: the name is not a segment"),
        (|t| t.rename(A, "redis/db_0/lists/a b.json"), "redis/db_0/lists/a b.json: the name is not a segment"),
        (|t| t.rename(X, "redis/db_0/lists/b64.x.json"), "redis/db_0/lists/b64.x.json: the name is not a segment"),
        (|t| t.remove(KEYMAP_PATH), "redis/db_0/lists/261e3e281e06e9789437999358e26046__b64.x.json: a SHA fallback"),
        (
            |t| t.remove(Y),
            "redis/db_0/KEYMAP.jsonl: line 2: there is no lists/ccd5964747f520f580971e47b3d95517__b64.y.json",
        ),
        (|t| t.put(KEYMAP_PATH, ""), "redis/db_0/KEYMAP.jsonl: empty; expected at least one line"),
        (|t| t.edit(KEYMAP_PATH, "\"}\n{", "\"}\n\n{"), "redis/db_0/KEYMAP.jsonl: line 2: "),
        (|t| t.edit(KEYMAP_PATH, "Lnk", "Lnk="), "redis/db_0/KEYMAP.jsonl: line 2: \"original\" is not unpadded"),
        (|t| t.edit(KEYMAP_PATH, "YjY0Lnk", "YQ"), "redis/db_0/KEYMAP.jsonl: line 2: this user key has a reversible"),
        (
            |t| t.edit(KEYMAP_PATH, "__b64.y", "__b64.z"),
            "redis/db_0/KEYMAP.jsonl: line 2: the segment of this user key",
        ),
        (
            |t| {
                let swapped: String = KEYMAP_TEXT.lines().rev().map(|line| format!("{line}\n")).collect();
                t.put(KEYMAP_PATH, &swapped);
            },
            "redis/db_0/KEYMAP.jsonl: line 2: expected user keys in ascending byte order",
        ),
        (
            |t| {
                let (_, last_line) = KEYMAP_TEXT.split_once('\n').expect("two lines");
                t.put(KEYMAP_PATH, &last_line.repeat(2));
            },
            "redis/db_0/KEYMAP.jsonl: line 2: expected user keys in ascending byte order, each once",
        ),
        (|t| t.put(KEYMAP_PATH, KEYMAP_TEXT.trim_end()), "redis/db_0/KEYMAP.jsonl: expected a line feed at the end"),
    ];
    for (tamper, expected) in cases {
        let mut tree = Tree::good();
        tamper(&mut tree);
        let finding = tree.finding();
        assert!(finding.starts_with(expected), "expected {expected}\nfound {finding}");
    }
}

#[test]
fn a_body_that_is_not_canonical_is_told_with_its_byte() {
    let mut tree = Tree::good();
    tree.edit(A, "job-1", "\\u006aob-1");
    let expected = "redis/db_0/lists/a%20b.json: not in canonical form at byte 43: not an escape of the canonical form";
    assert_eq!(tree.finding(), expected);
}

#[cfg(unix)]
#[test]
fn links_and_names_from_outside_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let cases: [(&[u8], &str); 2] = [
        (b"redis/db_0/lists/z.json", "redis/db_0/lists/z.json: a symbolic link; a dump has only files and folders"),
        (b"redis/\xff", "redis/\u{fffd}: a name that is not UTF-8; names in a dump are ASCII"),
    ];
    for (name, expected) in cases {
        let root = Tree::good().write();
        std::os::unix::fs::symlink("a%20b.json", root.path().join(OsStr::from_bytes(name))).expect("link");
        assert_eq!(read(root.path(), MadeBy::OurEncoder).expect_err("a finding").to_string(), expected);
    }
}
