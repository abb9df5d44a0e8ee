//! `MANIFEST.json`, byte for byte.

use super::error::ReadError;
use crate::format::dump_tree::{MANIFEST, Manifest};

/// Reads the manifest: its free members are taken from it, and everything else must be as in a new one.
pub(super) fn parse(bytes: &[u8]) -> Result<Manifest, ReadError> {
    let manifest = Manifest::parse(bytes).map_err(malformed)?;
    if !is_utc_time(&manifest.wall_time_iso) {
        let problem = format!("wall_time_iso {:?} is not YYYY-MM-DDTHH:MM:SS[.fraction]Z", manifest.wall_time_iso);
        return Err(malformed(problem));
    }
    if let Some(member) = empty_member(&manifest) {
        return Err(malformed(format!("{member} is empty; an empty one is left out")));
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
    Ok(manifest)
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

fn expect_bytes(expected: &str, found: &[u8]) -> Result<(), ReadError> {
    if expected.as_bytes() == found {
        return Ok(());
    }
    // The bytes differ, so some line does, at the latest the one that only one of the two has.
    let expected = expected.as_bytes();
    let alike = lines(expected).zip(lines(found)).take_while(|(expected, found)| expected == found).count();
    let (expected, found) = (shown_line(lines(expected).nth(alike)), shown_line(lines(found).nth(alike)));
    Err(malformed(format!("line {}: expected {expected}, found {found}", alike + 1)))
}

/// The lines, each with its line feed.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn shown_line(line: Option<&[u8]>) -> String {
    line.map_or("the end of the file".to_owned(), |line| format!("{:?}", String::from_utf8_lossy(line)))
}

fn malformed(problem: String) -> ReadError {
    ReadError::Malformed { path: MANIFEST.to_owned(), problem }
}

/// The fields of a time before its fraction: what stands before each, its digits, and the range of its value.
const TIME_FIELDS: [(&str, usize, u32, u32); 6] =
    [("", 4, 0, 9999), ("-", 2, 1, 12), ("-", 2, 1, 31), ("T", 2, 0, 23), (":", 2, 0, 59), (":", 2, 0, 60)];

/// Whether `text` has the form of an RFC 3339 time in UTC.
fn is_utc_time(text: &str) -> bool {
    let Some(mut rest) = text.strip_suffix('Z') else { return false };
    for (before, digits, min, max) in TIME_FIELDS {
        let Some(field) = rest.strip_prefix(before) else { return false };
        let Some((field, after)) = field.split_at_checked(digits) else { return false };
        let in_range = all_digits(field) && field.parse::<u32>().is_ok_and(|value| (min..=max).contains(&value));
        if !in_range {
            return false;
        }
        rest = after;
    }
    rest.is_empty() || rest.strip_prefix('.').is_some_and(all_digits)
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_utc_times_pass() {
        for good in ["2026-08-14T09:05:00Z", "2024-02-29T23:59:60Z", "2026-08-14T09:05:00.123456789Z"] {
            assert!(is_utc_time(good), "{good}");
        }
        let bad = [
            "",
            "Z",
            "2026-08-14",
            "2026-08-14T09:05:00",
            "2026-08-14T09:05:00+00:00",
            "2026-08-14 09:05:00Z",
            "2026-13-14T09:05:00Z",
            "2026-08-00T09:05:00Z",
            "2026-08-14T24:05:00Z",
            "2026-08-14T09:05:00.Z",
            "2026-08-14T09:05:00,5Z",
            "2026-08-14T09:+5:00Z",
            "2026-08-14T09:05:0éZ",
        ];
        for text in bad {
            assert!(!is_utc_time(text), "{text}");
        }
    }
}
