//! Tiny snapshots, part by part, so that a report can say what each byte is there for.

use crate::format::snapshot::{BARE_MAGIC, Framing, Row, bare_header, classify_row, mvcc_key, mvcc_value, write_row};
use crate::format::{CommitTs, key_text};

/// A snapshot file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Its parts, in order: headers, rows, the footer.
    pub parts: Vec<Part>,
}

/// Some bytes of a snapshot that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What they are.
    pub caption: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Snapshot {
    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|part| part.bytes.iter().copied()).collect()
    }

    /// One more part.
    pub(super) fn with(mut self, caption: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Snapshot {
        self.parts.push(Part { caption: caption.into(), bytes: bytes.into() });
        self
    }

    /// The footer that everything before it is due, its last bit changed where `fault` says so.
    pub(super) fn with_footer(self, fault: bool) -> Snapshot {
        let checksum = crc32c::crc32c(&self.bytes()) ^ u32::from(fault);
        let caption = if fault { "footer, wrong in its last bit" } else { "footer" };
        self.with(caption, checksum.to_be_bytes())
    }
}

/// The commit timestamp number `n` of all the snapshots; 9 is their last one unless they say otherwise.
pub(super) fn commit(n: u64) -> CommitTs {
    CommitTs::at_ms(0x01a2_05e1_4a84 + n)
}

/// What each snapshot says of its last commit unless it is about that.
pub(super) const LAST_COMMIT: u64 = 9;

/// The rows of a snapshot that is being put together. They end in the order of their raw keys, as in a real file.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    last_commit_ts: CommitTs,
    rows: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Rows {
    pub(super) fn new() -> Rows {
        Rows { last_commit_ts: commit(LAST_COMMIT), rows: Vec::new() }
    }

    pub(super) fn last_commit_ts(self, last_commit_ts: CommitTs) -> Rows {
        Rows { last_commit_ts, ..self }
    }

    /// A row as it is.
    pub(super) fn raw(mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Rows {
        self.rows.push((key.into(), value.into()));
        self
    }

    /// A version that commit number `n` wrote.
    pub(super) fn put_at(self, n: u64, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Rows {
        self.raw(mvcc_key(key.as_ref(), commit(n)), mvcc_value(Some(value.as_ref())))
    }

    /// A version that the first commit wrote.
    pub(super) fn put(self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Rows {
        self.put_at(1, key, value)
    }

    /// A tombstone that commit number `n` left.
    pub(super) fn delete_at(self, n: u64, key: impl AsRef<[u8]>) -> Rows {
        self.raw(mvcc_key(key.as_ref(), commit(n)), mvcc_value(None))
    }

    /// A bare stream.
    pub(super) fn bare(mut self) -> Snapshot {
        self.rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.in_given_order()
    }

    /// A bare stream whose rows stand as they were given.
    pub(super) fn in_given_order(self) -> Snapshot {
        let header = format!("{:?}, lastCommitTS {:#x}", String::from_utf8_lossy(&BARE_MAGIC), self.last_commit_ts.0);
        let mut snapshot = Snapshot::default().with(header, bare_header(self.last_commit_ts));
        for (index, (key, value)) in self.rows.iter().enumerate() {
            let mut row = Vec::new();
            write_row(key, value, &mut row);
            snapshot = snapshot.with(format!("row {}: {}", index + 1, shown_row(key, value)), row);
        }
        snapshot
    }

    /// A file with this outer header, which may be empty, and a footer that is wrong where `fault` says so.
    pub(super) fn in_header(self, outer_header: Vec<u8>, fault: bool) -> Snapshot {
        self.after(outer_header).with_footer(fault)
    }

    /// A file with this outer header and without a footer.
    pub(super) fn after(self, outer_header: Vec<u8>) -> Snapshot {
        let mut snapshot = self.bare();
        if !outer_header.is_empty() {
            snapshot.parts.insert(0, Part { caption: "outer header".to_owned(), bytes: outer_header });
        }
        snapshot
    }

    /// A file as a live engine or an old one writes it.
    pub(super) fn framed(self, framing: Framing) -> Snapshot {
        let header = outer_header(framing);
        if framing.has_footer() { self.in_header(header, false) } else { self.after(header) }
    }
}

/// The outer header of the snapshots that have one.
pub(super) fn outer_header(framing: Framing) -> Vec<u8> {
    framing.outer_header(commit(LAST_COMMIT).unix_ms(), commit(1).0)
}

/// An outer header of version 2 with `rest_bytes` beyond what this version means.
pub(super) fn longer_outer_header(rest_bytes: u16) -> Vec<u8> {
    let mut header = outer_header(Framing::V2);
    let length = rest_bytes + 16;
    for (place, byte) in header.iter_mut().skip(8).zip(length.to_be_bytes()) {
        *place = byte;
    }
    header.resize(header.len() + usize::from(rest_bytes), 0x5a);
    header
}

fn shown_row(key: &[u8], value: &[u8]) -> String {
    let shown_bytes = if value.len() == 1 { "1 byte".to_owned() } else { format!("{} bytes", value.len()) };
    match classify_row(key, value) {
        Ok(Row::Version { key, commit_ts, value: Some(body) }) => {
            let bytes = body.len();
            let noun = if bytes == 1 { "byte" } else { "bytes" };
            format!("{}, commit {:#x}, {bytes} {noun}", key_text::quoted(key), commit_ts.0)
        }
        Ok(Row::Version { key, commit_ts, value: None }) => {
            format!("{}, commit {:#x}, tombstone", key_text::quoted(key), commit_ts.0)
        }
        Ok(Row::Raw { .. }) => format!("raw {}, value of {shown_bytes}", key_text::quoted(key)),
        Err(fault) => format!("{}: {fault}", key_text::quoted(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_to_the_byte() {
        let snapshot = Rows::new().delete_at(2, "k").put_at(1, "k", "v").framed(Framing::V1);
        let golden = b"EKVTHLC1\0\0\x01\xa2\x05\xe1\x4a\x8d\
            EKVPBBL1\0\0\x8d\x4a\xe1\x05\xa2\x01\
            \x09\0\0\0\0\0\0\0k\xfe\x5d\xfa\x1e\xb5\x79\xff\xff\x09\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\
            \x09\0\0\0\0\0\0\0k\xfe\x5d\xfa\x1e\xb5\x7a\xff\xff\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0v";
        let footer = crc32c::crc32c(golden).to_be_bytes();
        assert_eq!(snapshot.bytes(), [&golden[..], &footer].concat());
        let captions: Vec<&str> = snapshot.parts.iter().map(|part| part.caption.as_str()).collect();
        assert_eq!(captions[2], "row 1: \"k\", commit 0x1a205e14a860000, tombstone");
        assert_eq!(captions[3], "row 2: \"k\", commit 0x1a205e14a850000, 1 byte");
        assert_eq!(longer_outer_header(8)[8..10], [0, 24]);
        assert_eq!(longer_outer_header(8).len(), 34);
    }
}
