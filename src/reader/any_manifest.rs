//! The manifest of any decoder: members in any order and layout, those of other adapters and of newer writers too. What the
//! lists depend on must be right; the rest is not looked at.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::manifest::{DumpTime, Said, expect_utc_time};
use crate::format::dump_tree::{LIVE_PHASE, MANIFEST_VERSION, Manifest, REDIS_DIR};
use crate::format::json_fault;

/// Read first and by itself: in another version the rest may have another form.
#[derive(Deserialize)]
struct Version {
    format_version: u64,
}

#[derive(Deserialize)]
struct Members {
    phase: String,
    last_commit_ts: Option<u64>,
    live: Option<Live>,
    wall_time_iso: String,
    adapters: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
    checksum_algorithm: String,
    checksum_format: String,
    encoded_filename_charset: String,
    key_segment_max_bytes: u64,
}

/// What a live backup was pinned to.
#[derive(Deserialize)]
struct Live {
    read_ts: Option<u64>,
}

/// Reads the manifest; a sentence, if it is wrong.
pub(super) fn parse(bytes: &[u8]) -> Result<Said, String> {
    let Version { format_version } = serde_json::from_slice(bytes).map_err(|error| json_fault::sentence(&error))?;
    if format_version != u64::from(MANIFEST_VERSION) {
        return Err(format!("format_version {format_version} is not {MANIFEST_VERSION}"));
    }
    let members: Members = serde_json::from_slice(bytes).map_err(|error| json_fault::sentence(&error))?;
    let ours = Manifest::new(String::new());
    let is_live = members.phase == LIVE_PHASE;
    if !is_live && members.phase != ours.phase {
        return Err(format!("phase {:?} is not known; known are {:?} and {LIVE_PHASE:?}", members.phase, ours.phase));
    }
    let segment_limit = (members.key_segment_max_bytes.to_string(), ours.key_segment_max_bytes.to_string());
    let fixed = [
        ("checksum_algorithm", &members.checksum_algorithm, &ours.checksum_algorithm),
        ("checksum_format", &members.checksum_format, &ours.checksum_format),
        ("encoded_filename_charset", &members.encoded_filename_charset, &ours.encoded_filename_charset),
        ("key_segment_max_bytes", &segment_limit.0, &segment_limit.1),
    ];
    if let Some((member, found, known)) = fixed.into_iter().find(|(_, found, known)| found != known) {
        return Err(format!("{member} {found:?} is not known; known is {known:?}"));
    }
    expect_utc_time(&members.wall_time_iso)?;
    if !members.adapters.contains_key(REDIS_DIR) {
        return Err(format!("adapters has no {REDIS_DIR:?}, so the dump says nothing of lists"));
    }
    let pinned_to = members.live.filter(|_| is_live).and_then(|live| live.read_ts);
    // 0 is what a writer has that does not know.
    let last_commit_ts = members.last_commit_ts.or(pinned_to).filter(|commit_ts| *commit_ts != 0);
    let time = DumpTime { last_commit_ts, wall_time_iso: members.wall_time_iso };
    Ok(Said { time, adapters: members.adapters.into_keys().collect() })
}
