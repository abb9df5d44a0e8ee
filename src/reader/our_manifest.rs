//! The manifest of our encoder, byte for byte.

use super::manifest::{DumpTime, Said, expect_utc_time};
use crate::format::dump_tree::Manifest;

/// Reads the manifest: its free members are taken from it, and everything else must be as in a new one. A sentence, if it
/// is not.
pub(super) fn parse(bytes: &[u8]) -> Result<Said, String> {
    let manifest = Manifest::parse(bytes)?;
    expect_utc_time(&manifest.wall_time_iso)?;
    if let Some(member) = empty_member(&manifest) {
        return Err(format!("{member} is empty; an empty one is left out"));
    }
    let expected = Manifest {
        elastickv_version: manifest.elastickv_version.clone(),
        cluster_id: manifest.cluster_id.clone(),
        snapshot_index: manifest.snapshot_index,
        last_commit_ts: manifest.last_commit_ts,
        source: manifest.source.clone(),
        ..Manifest::new(manifest.wall_time_iso.clone())
    };
    expect_bytes(&expected.to_json(), bytes)?;
    Ok(Said {
        time: DumpTime { last_commit_ts: manifest.last_commit_ts, wall_time_iso: manifest.wall_time_iso },
        adapters: manifest.adapters.into_keys().collect(),
    })
}

/// Each free member, and whether it is there with nothing to say.
fn empty_member(manifest: &Manifest) -> Option<&'static str> {
    let empty_text = |text: &Option<String>| text.as_deref() == Some("");
    let members = [
        ("elastickv_version", empty_text(&manifest.elastickv_version)),
        ("cluster_id", empty_text(&manifest.cluster_id)),
        ("snapshot_index", manifest.snapshot_index == Some(0)),
        ("last_commit_ts", manifest.last_commit_ts == Some(0)),
    ];
    members.iter().find(|(_, is_empty)| *is_empty).map(|(name, _)| *name)
}

fn expect_bytes(expected: &str, found: &[u8]) -> Result<(), String> {
    if expected.as_bytes() == found {
        return Ok(());
    }
    // The bytes differ, so some line does, at the latest the one that only one of the two has.
    let expected = expected.as_bytes();
    let alike = lines(expected).zip(lines(found)).take_while(|(expected, found)| expected == found).count();
    let (expected, found) = (shown_line(lines(expected).nth(alike)), shown_line(lines(found).nth(alike)));
    Err(format!("line {}: expected {expected}, found {found}", alike + 1))
}

/// The lines, each with its line feed.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn shown_line(line: Option<&[u8]>) -> String {
    line.map_or("the end of the file".to_owned(), |line| format!("{:?}", String::from_utf8_lossy(line)))
}
