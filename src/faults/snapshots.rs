//! Faults in a snapshot file and in the versions that it holds.

use std::collections::BTreeMap;

use super::changed::Pair;
use super::fault::kinds::SNAPSHOT;
use super::fault::{Act, Fault};
use crate::format::FAMILIES;
use crate::format::snapshot::{
    BARE_HEADER_BYTES, FOOTER_BYTES, OUTER_V1_BYTES, Row, VALUE_HEADER_BYTES, VERSION_BYTES, classify_row, mvcc_value,
    split_mvcc_key,
};

/// Tombstones and timestamps.
pub(super) const COMMITS: &[Fault] = &[
    Fault {
        name: "tombstone-ignored",
        breaks: "deleted records come back, because tombstones are skipped",
        rule: "tombstone",
        act: Act::Rows(|rows| {
            rows.retain(|row| !is_tombstone(row));
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "tombstone-as-empty-value",
        breaks: "a tombstone is taken for an empty value",
        rule: "tombstone",
        act: Act::Rows(|rows| {
            for (_, value) in rows.iter_mut().filter(|row| is_tombstone(row)) {
                *value = mvcc_value(Some(b""));
            }
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "timestamp-not-inverted",
        breaks: "commit timestamps are read as they stand, so that all of them are later than the last commit",
        rule: "commit-order",
        act: Act::Rows(|rows| {
            for (key, _) in rows.iter_mut() {
                let start = key.len().saturating_sub(VERSION_BYTES);
                key.iter_mut().skip(start).for_each(|byte| *byte = !*byte);
            }
        }),
        reported: &[SNAPSHOT],
    },
];

/// Rows among others, and the file around them.
pub(super) const ROWS_AND_FILES: &[Fault] = &[
    Fault {
        name: "last-row-wins",
        breaks: "of the versions of a key the last row counts, which is the oldest",
        rule: "newest-version",
        act: Act::Rows(|rows| {
            let mut oldest: BTreeMap<Vec<u8>, Pair> = BTreeMap::new();
            for row in std::mem::take(rows) {
                oldest.insert(logical_key(&row), row);
            }
            rows.extend(oldest.into_values());
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "versions-of-neighbours",
        breaks: "the newest version is looked for among neighbours alone, and a version apart counts again",
        rule: "versions-apart",
        act: Act::Rows(|rows| {
            // The newest of the last run of neighbours is what such a reader ends with.
            let (mut ends_with, mut last): (BTreeMap<Vec<u8>, Pair>, Option<Vec<u8>>) = (BTreeMap::new(), None);
            for row in std::mem::take(rows) {
                let key = logical_key(&row);
                if last.as_ref() != Some(&key) {
                    ends_with.insert(key.clone(), row);
                }
                last = Some(key);
            }
            rows.extend(ends_with.into_values());
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "timestamp-left-in-the-key",
        breaks: "the commit timestamp is taken for a part of the logical key",
        rule: "mvcc-row",
        act: Act::Rows(|rows| {
            for (key, _) in rows.iter_mut() {
                let suffix = key.len().checked_sub(VERSION_BYTES).and_then(|at| key.get(at..)).map(<[u8]>::to_vec);
                key.extend(suffix.unwrap_or_default());
            }
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "value-header-left-in",
        breaks: "the header of an MVCC value is taken for a part of the value",
        rule: "mvcc-row",
        act: Act::Rows(|rows| {
            for (_, value) in rows.iter_mut() {
                let header = value.get(..VALUE_HEADER_BYTES).map(<[u8]>::to_vec).unwrap_or_default();
                value.splice(..0, header);
            }
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "first-row-skipped",
        breaks: "the row after the header is skipped",
        rule: "snapshot-rows",
        act: Act::Rows(|rows| {
            if let Some(at) = rows.iter().position(|(key, _)| is_element(key)) {
                let key = rows.get(at).map(logical_key);
                rows.retain(|row| Some(logical_key(row)) != key);
            }
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "file-truncated",
        breaks: "the file ends before it should",
        rule: "snapshot-file",
        act: Act::File(|bytes| bytes.truncate(bytes.len().saturating_sub(FOOTER_BYTES + 1))),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "bit-flipped",
        breaks: "one bit in the middle of the file is another one",
        rule: "snapshot-checksum",
        act: Act::File(|bytes| {
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 1;
            }
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "footer-little-endian",
        breaks: "the checksum is written in little-endian order",
        rule: "snapshot-checksum",
        act: Act::File(|bytes| {
            let start = bytes.len().saturating_sub(FOOTER_BYTES);
            bytes.get_mut(start..).unwrap_or_default().reverse();
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "row-length-big-endian",
        breaks: "the length of a row's key is written in big-endian order",
        rule: "snapshot-rows",
        act: Act::File(|bytes| {
            let start = OUTER_V1_BYTES + BARE_HEADER_BYTES;
            bytes.get_mut(start..start + size_of::<u64>()).unwrap_or_default().reverse();
        }),
        reported: &[SNAPSHOT],
    },
    Fault {
        name: "outer-header-unknown",
        breaks: "the outer header names a version that there is not",
        rule: "snapshot-file",
        act: Act::File(|bytes| {
            if let Some(version) = bytes.get_mut(7) {
                *version = b'9';
            }
        }),
        reported: &[SNAPSHOT],
    },
];

fn is_tombstone((key, value): &Pair) -> bool {
    matches!(classify_row(key, value), Ok(Row::Version { value: None, .. }))
}

/// The key without its timestamp.
fn logical_key((key, _): &Pair) -> Vec<u8> {
    split_mvcc_key(key).map(|(logical_key, _)| logical_key.to_vec()).unwrap_or_default()
}

fn is_element(key: &[u8]) -> bool {
    FAMILIES.iter().flat_map(|row| row.element_prefixes).any(|prefix| key.starts_with(prefix))
}
