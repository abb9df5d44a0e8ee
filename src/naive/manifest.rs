//! `MANIFEST.json`, member by member, and the time in it.

/// The file of a dump of Redis data: the commit that it is from, if there is one, and when it was made.
pub fn write(last_commit_ts: Option<u64>, wall_time: &str) -> String {
    let commit = match last_commit_ts {
        None | Some(0) => String::new(),
        Some(commit) => format!("  \"last_commit_ts\": {commit},\n"),
    };
    [
        "{\n  \"format_version\": 1,\n  \"phase\": \"phase0-snapshot-decode\",\n",
        &commit,
        &format!("  \"wall_time_iso\": \"{wall_time}\",\n"),
        "  \"adapters\": {\n    \"redis\": {}\n  },\n",
        "  \"exclusions\": {\n",
        "    \"include_incomplete_uploads\": false,\n",
        "    \"include_orphans\": false,\n",
        "    \"preserve_sqs_visibility\": false,\n",
        "    \"include_sqs_side_records\": false\n  },\n",
        "  \"checksum_algorithm\": \"sha256\",\n",
        "  \"checksum_format\": \"sha256sum\",\n",
        "  \"encoded_filename_charset\": \"rfc3986-unreserved-plus-percent\",\n",
        "  \"key_segment_max_bytes\": 240,\n",
        "  \"s3_meta_suffix\": \".elastickv-meta.json\",\n",
        "  \"s3_collision_strategy\": \"leaf-data-suffix\",\n",
        "  \"dynamodb_layout\": \"per-item\"\n}\n",
    ]
    .concat()
}

/// The end of the calendar: what is after it is written as this.
const LAST: (u64, &str) = (253_402_207_200_999, "9999-12-30T22:00:00Z");

/// Unix milliseconds as an RFC 3339 time in UTC, with as many digits of a fraction as it takes.
pub fn wall_time(unix_ms: u64) -> String {
    if unix_ms > LAST.0 {
        return LAST.1.to_owned();
    }
    let (second, ms) = (unix_ms / 1000, unix_ms % 1000);
    let (mut days, mut year) = (second / 86_400, 1970);
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let february = if days_of(year) == 366 { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
    let fraction = format!(".{ms:03}");
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z", days + 1)
}

fn days_of(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_102_444_800_500, "2100-01-01T00:00:00.5Z"),
            (4_107_542_400_010, "2100-03-01T00:00:00.01Z"),
            (1_000_000_000_000, "2001-09-09T01:46:40Z"),
            (253_402_207_200_000, "9999-12-30T22:00:00Z"),
            (253_402_207_200_999, "9999-12-30T22:00:00.999Z"),
            (253_402_207_201_000, "9999-12-30T22:00:00Z"),
            (u64::MAX, "9999-12-30T22:00:00Z"),
        ] {
            assert_eq!(wall_time(ms), text);
        }
    }

    #[test]
    fn what_there_is_nothing_to_say_of_is_left_out() {
        let with = write(Some(7), "T");
        assert!(with.starts_with(
            "{\n  \"format_version\": 1,\n  \"phase\": \"phase0-snapshot-decode\",\n  \"last_commit_ts\": 7,\n"
        ));
        assert_eq!(write(None, "T"), with.replace("  \"last_commit_ts\": 7,\n", ""));
        let json: serde_json::Value = serde_json::from_str(&with).expect("JSON");
        assert_eq!(json["exclusions"].as_object().map(serde_json::Map::len), Some(4));
    }
}
