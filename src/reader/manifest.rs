//! What a manifest says that matters here.

use std::collections::BTreeSet;

use crate::format::CommitTs;

/// When a dump was made, and the state at which commit it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpTime {
    /// The commit timestamp that the dump is the state at.
    pub last_commit_ts: Option<u64>,
    /// When the dump was made: UTC, RFC 3339.
    pub wall_time_iso: String,
}

impl DumpTime {
    /// The time of the last commit in Unix milliseconds.
    pub(super) fn last_ms(&self) -> Option<u64> {
        self.last_commit_ts.map(|commit_ts| CommitTs(commit_ts).unix_ms())
    }
}

/// What a manifest says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) time: DumpTime,
    /// The adapters whose data the dump holds.
    pub(super) adapters: BTreeSet<String>,
}

/// The fields of a time before its fraction: what stands before each, its digits, and the range of its value.
const TIME_FIELDS: [(&str, usize, u32, u32); 6] =
    [("", 4, 0, 9999), ("-", 2, 1, 12), ("-", 2, 1, 31), ("T", 2, 0, 23), (":", 2, 0, 59), (":", 2, 0, 60)];

/// The time that a dump is from must have the form of an RFC 3339 time in UTC. A sentence, if it has not.
pub(super) fn expect_utc_time(wall_time_iso: &str) -> Result<(), String> {
    if is_utc_time(wall_time_iso) {
        return Ok(());
    }
    Err(format!("wall_time_iso {wall_time_iso:?} is not YYYY-MM-DDTHH:MM:SS[.fraction]Z"))
}

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
