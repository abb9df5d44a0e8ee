//! The files of a dump tree other than the bodies: where they are and what their lines are.
//!
//! ```text
//! <root>/redis/db_<n>/lists/<segment>.json   one body a list; no redis/ when there is none
//! <root>/redis/db_<n>/KEYMAP.jsonl           a line for each segment that is not reversible; absent without one
//! <root>/MANIFEST.json                       what the dump is and how it was made
//! <root>/CHECKSUMS                           "<sha256, lower hex>  <relative path>\n" for each file but itself,
//!                                            sorted by path bytes
//! ```
//!
//! A key map line is `{"encoded":"<segment>","original":"<base64url, unpadded>","kind":"sha-fallback"}`, and a line
//! feed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::byte_string::{decode_base64, encode_base64};
use super::json_fault;

/// The manifest's file name.
pub const MANIFEST: &str = "MANIFEST.json";
/// The checksum file's name.
pub const CHECKSUMS: &str = "CHECKSUMS";
/// The folder of the Redis adapter.
pub const REDIS_DIR: &str = "redis";
/// The folders of other adapters, which may lie beside it.
pub const OTHER_ADAPTERS: [&str; 3] = ["dynamodb", "s3", "sqs"];
/// The key map's file name within a database's folder.
pub const KEYMAP: &str = "KEYMAP.jsonl";

/// The name of a database's folder.
pub fn database_dir(db_index: u32) -> String {
    format!("db_{db_index}")
}

/// The database index behind a folder's name, in its one spelling.
pub fn parse_database_dir(name: &str) -> Option<u32> {
    let index: u32 = name.strip_prefix("db_")?.parse().ok()?;
    (database_dir(index) == name).then_some(index)
}

/// A line of the key map: the user key behind a SHA fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeymapLine {
    /// The segment.
    pub segment: String,
    /// The user key.
    pub user_key: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeymapJson {
    encoded: String,
    original: String,
    kind: String,
}

const SHA_FALLBACK: &str = "sha-fallback";

impl KeymapLine {
    /// The line, its line feed included. A segment holds no character that JSON would escape.
    pub fn to_line(&self) -> String {
        let original = encode_base64(&self.user_key);
        format!("{{\"encoded\":\"{}\",\"original\":\"{original}\",\"kind\":\"{SHA_FALLBACK}\"}}\n", self.segment)
    }

    /// Reads a line without its line feed, in its one canonical form.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong.
    pub fn parse(line: &str) -> Result<KeymapLine, String> {
        let json: KeymapJson = serde_json::from_str(line).map_err(|error| json_fault::sentence(&error))?;
        let user_key = decode_base64(&json.original).ok_or("\"original\" is not unpadded base64url")?;
        let parsed = KeymapLine { segment: json.encoded, user_key };
        if json.kind != SHA_FALLBACK {
            return Err(format!("kind {:?} is not known; known is {SHA_FALLBACK:?}", json.kind));
        }
        if parsed.to_line().strip_suffix('\n') != Some(line) {
            return Err("the line is not in canonical form".to_owned());
        }
        Ok(parsed)
    }
}

/// A line of the checksum file, its line feed included. `path` is relative to the root, without `./`.
pub fn checksum_line(sha256_hex: &str, path: &str) -> String {
    format!("{sha256_hex}  {path}\n")
}

/// Reads a checksum line without its line feed into the digest and the path.
pub fn parse_checksum_line(line: &str) -> Option<(&str, &str)> {
    let (digest, path) = line.split_once("  ")?;
    let lower_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    (digest.len() == 64 && digest.as_bytes().iter().all(lower_hex) && !path.is_empty()).then_some((digest, path))
}

/// `MANIFEST.json`. The members stand in this order; the optional ones are left out when there is nothing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are named as in the file; those that vary are described")]
pub struct Manifest {
    pub format_version: u32,
    pub phase: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elastickv_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// The log index of the snapshot that was decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_index: Option<u64>,
    /// The commit timestamp that the dump is the state at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_commit_ts: Option<u64>,
    /// When the dump was made: UTC, RFC 3339.
    pub wall_time_iso: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ManifestSource>,
    /// The adapters whose data the dump holds; each is an object without members.
    pub adapters: BTreeMap<String, BTreeMap<String, ()>>,
    pub exclusions: ManifestExclusions,
    pub checksum_algorithm: String,
    pub checksum_format: String,
    pub encoded_filename_charset: String,
    pub key_segment_max_bytes: u32,
    pub s3_meta_suffix: String,
    pub s3_collision_strategy: String,
    pub dynamodb_layout: String,
}

/// Where a dump came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestSource {
    /// The snapshot file that was decoded.
    pub fsm_path: String,
}

/// What a dump may leave out; lists have nothing to leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are named as in the file and concern other adapters")]
pub struct ManifestExclusions {
    pub include_incomplete_uploads: bool,
    pub include_orphans: bool,
    pub preserve_sqs_visibility: bool,
    pub include_sqs_side_records: bool,
}

/// The manifest version that is written and read.
pub const MANIFEST_VERSION: u32 = 1;

/// The phase of a live backup's manifest.
pub const LIVE_PHASE: &str = "phase1-live-pinned";

impl Manifest {
    /// The manifest of a dump of Redis data made at `wall_time_iso`.
    pub fn new(wall_time_iso: String) -> Manifest {
        Manifest {
            format_version: MANIFEST_VERSION,
            phase: "phase0-snapshot-decode".to_owned(),
            elastickv_version: None,
            cluster_id: None,
            snapshot_index: None,
            last_commit_ts: None,
            wall_time_iso,
            source: None,
            adapters: BTreeMap::from([("redis".to_owned(), BTreeMap::new())]),
            exclusions: ManifestExclusions::default(),
            checksum_algorithm: "sha256".to_owned(),
            checksum_format: "sha256sum".to_owned(),
            encoded_filename_charset: "rfc3986-unreserved-plus-percent".to_owned(),
            key_segment_max_bytes: super::segment::SEGMENT_LIMIT_BYTES as u32,
            s3_meta_suffix: ".elastickv-meta.json".to_owned(),
            s3_collision_strategy: "leaf-data-suffix".to_owned(),
            dynamodb_layout: "per-item".to_owned(),
        }
    }

    /// The file's bytes: two-space indent and a line feed at the end.
    pub fn to_json(&self) -> String {
        // Strings, numbers and string-keyed maps always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// A sentence: not JSON, a member missing or unknown, or another version.
    pub fn parse(json: &[u8]) -> Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_slice(json).map_err(|error| json_fault::sentence(&error))?;
        if manifest.format_version != MANIFEST_VERSION {
            return Err(format!("format_version {} is not {MANIFEST_VERSION}", manifest.format_version));
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_to_the_byte() {
        let golden = r#"{
  "format_version": 1,
  "phase": "phase0-snapshot-decode",
  "last_commit_ts": 7,
  "wall_time_iso": "2100-01-01T00:00:00Z",
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
        let mut manifest = Manifest::new("2100-01-01T00:00:00Z".to_owned());
        manifest.last_commit_ts = Some(7);
        assert_eq!(manifest.to_json(), golden);
        assert_eq!(Manifest::parse(golden.as_bytes()), Ok(manifest));
        for bad in ["", "{}", &golden.replace("_version\": 1", "_version\": 2"), &golden.replace("phase\"", "face\"")] {
            assert!(Manifest::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_map_line_has_one_form() {
        let line = KeymapLine { segment: "00__%FF".to_owned(), user_key: b"\xff\xfe".to_vec() };
        let golden = r#"{"encoded":"00__%FF","original":"__4","kind":"sha-fallback"}"#;
        assert_eq!(line.to_line(), format!("{golden}\n"));
        assert_eq!(KeymapLine::parse(golden), Ok(line));
        for bad in
            [golden.replace("__4", "__4="), golden.replace(':', ": "), golden.replace("sha-", "md5-"), String::new()]
        {
            assert!(KeymapLine::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn checksum_lines_and_database_folders() {
        let digest = "0123456789abcdef".repeat(4);
        let line = checksum_line(&digest, "redis/db_0/lists/a.json");
        assert_eq!(line, format!("{digest}  redis/db_0/lists/a.json\n"));
        assert_eq!(parse_checksum_line(line.trim_end()), Some((digest.as_str(), "redis/db_0/lists/a.json")));
        assert_eq!(parse_checksum_line(&line.trim_end().to_uppercase()), None);
        for bad in [
            format!("{digest} *x"),
            format!("{digest}  "),
            digest.replace('f', "g") + "  x",
            digest[1..].to_owned() + "  x",
        ] {
            assert_eq!(parse_checksum_line(&bad), None, "{bad}");
        }
        assert_eq!(parse_database_dir("db_12"), Some(12));
        assert_eq!(parse_database_dir("db_012"), None);
    }
}
