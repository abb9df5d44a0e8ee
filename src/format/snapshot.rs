//! Snapshot files (`.fsm`): their framings, their rows, and what a row says (pure bytes; the files are read and written
//! by [`crate::snapshot`]).
//!
//! ```text
//! bare stream    "EKVPBBL1"  lastCommitTS u64 LE  rows*                 ends where the file does, at the border of a row
//! row            keyLen u64 LE  key  valLen u64 LE  value
//!
//! framed file    outer header  bare stream  footer
//!   header v1    "EKVTHLC1"  ceilingMs u64 BE                                                          16 bytes
//!   header v2    "EKVTHLC2"  len u16 BE (16 .. 1024)  ceilingMs u64 BE  cutover u64 BE  rest           10 + len bytes
//!   footer       CRC32C (Castagnoli) u32 BE over every byte before it, the outer header included
//! legacy file    bare stream  footer
//!
//! MVCC row       key    logical key  NOT commitTS u64 BE       so the newest version of a key sorts first
//!                value  flags u8  expireAt u64 LE  body        bit 0: tombstone, the body is empty
//!                                                              bits 1-2: 0 clear, 1 encrypted, 2 and 3 reserved
//!                                                              bits 3-7: zero
//! raw row        key    one of [`RAW_U64_KEYS`], value u64 LE; or "!encryption|writers|" and 7 bytes, value 12 bytes
//! ```
//!
//! Rows ascend by the bytes of the raw key. That is not the order of the logical keys: the inverted timestamp takes part,
//! so `f10` comes before `f1`, and a key that extends another can fall between the other's versions. A value header's
//! expireAt is the engine's and not the list's; it is read over.

use super::{CommitTs, key_text};

/// What a bare stream starts with.
pub const BARE_MAGIC: [u8; 8] = *b"EKVPBBL1";
/// What an outer header of version 1 starts with.
pub const OUTER_V1_MAGIC: [u8; 8] = *b"EKVTHLC1";
/// What an outer header of version 2 starts with.
pub const OUTER_V2_MAGIC: [u8; 8] = *b"EKVTHLC2";
/// What an SST container starts with, another kind of snapshot, which is not read.
pub const SST_MAGIC: [u8; 8] = *b"EKVSSTI1";

/// The bytes of a magic.
pub const MAGIC_BYTES: usize = 8;
/// The bytes of an outer header of version 1, and of the fixed part of one of version 2.
pub const OUTER_V1_BYTES: usize = 16;
/// The bytes of the fixed part of an outer header of version 2, its magic and length field.
pub const OUTER_V2_FIXED_BYTES: usize = 10;
/// The lengths that an outer header of version 2 may name, in bytes after its length field.
pub const OUTER_V2_LENGTHS: std::ops::RangeInclusive<u16> = 16..=1024;
/// The bytes of a bare stream's header: magic and lastCommitTS.
pub const BARE_HEADER_BYTES: usize = 16;
/// The bytes of a footer.
pub const FOOTER_BYTES: usize = 4;

/// The bytes of the length before a key or a value.
pub const LENGTH_BYTES: usize = 8;
/// The bytes of an inverted commit timestamp at the end of an MVCC key.
pub const VERSION_BYTES: usize = 8;
/// The bytes of an MVCC value before its body.
pub const VALUE_HEADER_BYTES: usize = 9;
/// The limit of a row's key: a logical key and a timestamp, in bytes.
pub const ROW_KEY_LIMIT_BYTES: u64 = (1 << 20) + VERSION_BYTES as u64;
/// The limit of a row's value, in bytes.
pub const ROW_VALUE_LIMIT_BYTES: u64 = (256 << 20) + 43;

/// The keys of the engine's own rows, whose values are one u64 LE.
pub const RAW_U64_KEYS: [&[u8]; 4] =
    [b"_meta_applied_index", b"_meta_last_commit_ts", b"_meta_min_retained_ts", b"_meta_pending_min_retained_ts"];
/// The raw key that says up to which commit versions may have been thrown away.
pub const MIN_RETAINED_KEY: &[u8] = b"_meta_min_retained_ts";
/// What the keys of the engine's registry of writers start with; 7 bytes follow.
pub const WRITERS_PREFIX: &[u8] = b"!encryption|writers|";
const WRITERS_SUFFIX_BYTES: usize = 7;
const WRITERS_VALUE_BYTES: usize = 12;

const TOMBSTONE_BIT: u8 = 0b0000_0001;
const ENCRYPTION_BITS: u8 = 0b0000_0110;
const ENCRYPTED: u8 = 0b0000_0010;

/// How a stream of rows is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing around it, no checksum.
    Bare,
    /// A footer and no outer header, as old engines wrote it.
    Legacy,
    /// An outer header of version 1, and a footer.
    V1,
    /// An outer header of version 2, and a footer.
    V2,
}

impl Framing {
    /// Every framing.
    pub const ALL: [Framing; 4] = [Framing::Bare, Framing::Legacy, Framing::V1, Framing::V2];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Framing::Bare => "bare",
            Framing::Legacy => "legacy",
            Framing::V1 => "v1",
            Framing::V2 => "v2",
        }
    }

    /// Whether a checksum ends the file.
    pub fn has_footer(self) -> bool {
        self != Framing::Bare
    }

    /// The outer header of a new file; empty where there is none. `cutover` is a commit timestamp, of version 2 alone.
    pub fn outer_header(self, ceiling_ms: u64, cutover: u64) -> Vec<u8> {
        match self {
            Framing::Bare | Framing::Legacy => Vec::new(),
            Framing::V1 => [OUTER_V1_MAGIC, ceiling_ms.to_be_bytes()].concat(),
            Framing::V2 => {
                let mut header = OUTER_V2_MAGIC.to_vec();
                header.extend_from_slice(&OUTER_V2_LENGTHS.start().to_be_bytes());
                header.extend_from_slice(&ceiling_ms.to_be_bytes());
                header.extend_from_slice(&cutover.to_be_bytes());
                header
            }
        }
    }
}

/// The header of a bare stream.
pub fn bare_header(last_commit_ts: CommitTs) -> [u8; BARE_HEADER_BYTES] {
    let mut header = [0; BARE_HEADER_BYTES];
    let (magic, timestamp) = header.split_at_mut(MAGIC_BYTES);
    magic.copy_from_slice(&BARE_MAGIC);
    timestamp.copy_from_slice(&last_commit_ts.0.to_le_bytes());
    header
}

/// Appends a row: both lengths, key and value.
pub fn write_row(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    for part in [key, value] {
        out.extend_from_slice(&(part.len() as u64).to_le_bytes());
        out.extend_from_slice(part);
    }
}

/// Why bytes do not begin with a whole row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRow {
    /// A length is over its limit.
    Fault(RowFault),
    /// They end inside a part of it.
    Short {
        /// The part.
        part: &'static str,
        /// How many bytes of the part are there.
        found: u64,
        /// How many it has.
        wanted: u64,
    },
}

/// The key and the value of the row that `bytes` begin with.
///
/// # Errors
///
/// A length over its limit, or a row that is not whole.
#[inline]
pub fn split_row(bytes: &[u8]) -> Result<(&[u8], &[u8]), NoRow> {
    let (key, rest) = split_part(bytes, ["key length", "key"], ROW_KEY_LIMIT_BYTES, RowFault::KeyTooLong)?;
    let (value, _) = split_part(rest, ["value length", "value"], ROW_VALUE_LIMIT_BYTES, RowFault::ValueTooLong)?;
    Ok((key, value))
}

#[inline]
fn split_part<'a>(
    bytes: &'a [u8],
    [length_name, name]: [&'static str; 2],
    limit: u64,
    too_long: fn(u64) -> RowFault,
) -> Result<(&'a [u8], &'a [u8]), NoRow> {
    let short = |part, found: &[u8], wanted| NoRow::Short { part, found: found.len() as u64, wanted };
    let (length, rest) =
        bytes.split_first_chunk::<LENGTH_BYTES>().ok_or_else(|| short(length_name, bytes, LENGTH_BYTES as u64))?;
    let length = u64::from_le_bytes(*length);
    if length > limit {
        return Err(NoRow::Fault(too_long(length)));
    }
    rest.split_at_checked(length as usize).ok_or_else(|| short(name, rest, length))
}

/// The raw key of a version.
pub fn mvcc_key(logical_key: &[u8], commit_ts: CommitTs) -> Vec<u8> {
    [logical_key, &(!commit_ts.0).to_be_bytes()].concat()
}

/// The raw value of a version; `None` is a tombstone.
pub fn mvcc_value(value: Option<&[u8]>) -> Vec<u8> {
    let flags = if value.is_some() { 0 } else { TOMBSTONE_BIT };
    let expire_at = [0; VALUE_HEADER_BYTES - 1];
    [&[flags], expire_at.as_slice(), value.unwrap_or_default()].concat()
}

/// What a row is, its parts borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// A version of a logical key; a value of `None` is a tombstone.
    Version {
        /// The logical key.
        key: &'a [u8],
        /// The commit that wrote it.
        commit_ts: CommitTs,
        /// What it wrote.
        value: Option<&'a [u8]>,
    },
    /// A row of the engine's own, without versions; where the value is a number, that.
    Raw {
        /// The number in the value, except of a writer's row.
        number: Option<u64>,
    },
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is about")]
pub enum RowFault {
    #[error("key length {0} is over the limit of {ROW_KEY_LIMIT_BYTES} bytes")]
    KeyTooLong(u64),
    #[error("value length {0} is over the limit of {ROW_VALUE_LIMIT_BYTES} bytes")]
    ValueTooLong(u64),
    #[error("the key has {0} bytes, an MVCC key has at least {VERSION_BYTES}")]
    KeyBytes(usize),
    #[error("the value has {0} bytes, an MVCC value has at least {VALUE_HEADER_BYTES}")]
    ValueBytes(usize),
    #[error("the value's flags are {0:#04x}, and reserved bits are set")]
    ReservedBits(u8),
    #[error(
        "the value is encrypted (flags {0:#04x}), which is not supported; take the snapshot of a store that is not"
    )]
    Encrypted(u8),
    #[error("a tombstone with a body of {0} bytes, must be empty")]
    TombstoneBody(usize),
    #[error("the value of a row of the engine's own has {found} bytes, must have {expected}")]
    RawValueBytes { found: usize, expected: usize },
}

/// Says what a row is, whatever the length of its parts.
///
/// # Errors
///
/// The faults of [`RowFault`] but those of the length fields, which are found before there are a key and a value.
#[inline]
pub fn classify_row<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Row<'a>, RowFault> {
    if let Some(raw) = classify_raw(key, value) {
        return raw;
    }
    let (logical_key, commit_ts) = split_mvcc_key(key).ok_or(RowFault::KeyBytes(key.len()))?;
    let (header, body) = value.split_first_chunk::<VALUE_HEADER_BYTES>().ok_or(RowFault::ValueBytes(value.len()))?;
    let [flags, ..] = *header;
    if flags & ENCRYPTION_BITS == ENCRYPTED {
        return Err(RowFault::Encrypted(flags));
    }
    if flags & !TOMBSTONE_BIT != 0 {
        return Err(RowFault::ReservedBits(flags));
    }
    let is_tombstone = flags & TOMBSTONE_BIT != 0;
    if is_tombstone && !body.is_empty() {
        return Err(RowFault::TombstoneBody(body.len()));
    }
    Ok(Row::Version { key: logical_key, commit_ts, value: (!is_tombstone).then_some(body) })
}

#[inline]
fn classify_raw<'a>(key: &[u8], value: &[u8]) -> Option<Result<Row<'a>, RowFault>> {
    let wrong = |expected| Some(Err(RowFault::RawValueBytes { found: value.len(), expected }));
    // A byte and a length tell nearly every key from these, without a comparison.
    if key.first() == Some(&b'_') && RAW_U64_KEYS.contains(&key) {
        return match value.try_into() {
            Ok(number) => Some(Ok(Row::Raw { number: Some(u64::from_le_bytes(number)) })),
            Err(_) => wrong(8),
        };
    }
    let is_writer = key.len() == WRITERS_PREFIX.len() + WRITERS_SUFFIX_BYTES && key.starts_with(WRITERS_PREFIX);
    match (is_writer, value.len()) {
        (false, _) => None,
        (true, WRITERS_VALUE_BYTES) => Some(Ok(Row::Raw { number: None })),
        (true, _) => wrong(WRITERS_VALUE_BYTES),
    }
}

/// The logical key and the commit timestamp of an MVCC key; `None` when it has under 8 bytes.
pub fn split_mvcc_key(raw_key: &[u8]) -> Option<(&[u8], CommitTs)> {
    let (logical_key, inverted) = raw_key.split_last_chunk::<VERSION_BYTES>()?;
    Some((logical_key, CommitTs(!u64::from_be_bytes(*inverted))))
}

/// The longest name within a key that [`prefix_of`] takes for a part of a prefix, in bytes.
const PREFIX_PART_BYTES: usize = 24;

/// What rows are counted under that have no prefix.
pub const OTHER_PREFIX: &str = "(other)";

/// What rows are counted under: the name of a raw row, and of a logical key its first two parts that end in `|`, such as
/// `!lst|meta|`; `(other)` for a key without any.
pub fn prefix_of(key: &[u8]) -> String {
    let mut end = 0;
    for _ in 0..2 {
        let rest = key.get(end..).unwrap_or_default();
        let Some(bar) = rest.iter().take(PREFIX_PART_BYTES + 1).position(|byte| *byte == b'|') else { break };
        let is_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!_-".contains(byte);
        if bar == 0 || !rest.iter().take(bar).all(is_name) {
            break;
        }
        end += bar + 1;
    }
    match key.get(..end) {
        Some(prefix) if end > 0 => key_text::escaped(prefix),
        _ if RAW_U64_KEYS.contains(&key) => key_text::escaped(key),
        _ => OTHER_PREFIX.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `RPUSH L a bc; RPOP L` as a real engine wrote it: the tombstone of `bc`, and the item below it.
    const TOMBSTONE: (&[u8], &[u8]) =
        (b"!lst|itm|L\x80\0\0\0\0\0\0\x01\xfe\x5d\xfa\x1e\xb1\x92\xff\xff", b"\x01\0\0\0\0\0\0\0\0");
    const ITEM: (&[u8], &[u8]) =
        (b"!lst|itm|L\x80\0\0\0\0\0\0\x01\xfe\x5d\xfa\x1e\xb5\x7b\xff\xff", b"\0\0\0\0\0\0\0\0\0bc");

    #[test]
    fn a_version_is_a_logical_key_and_an_inverted_timestamp() {
        let key = b"!lst|itm|L\x80\0\0\0\0\0\0\x01";
        for ((raw_key, raw_value), commit_ts, value) in [
            (TOMBSTONE, CommitTs(0x01a2_05e1_4e6d_0000), None),
            (ITEM, CommitTs(0x01a2_05e1_4a84_0000), Some(&b"bc"[..])),
        ] {
            assert_eq!(classify_row(raw_key, raw_value), Ok(Row::Version { key, commit_ts, value }));
            assert_eq!(mvcc_key(key, commit_ts), raw_key);
            assert_eq!(mvcc_value(value), raw_value);
        }
        assert!(TOMBSTONE.0 < ITEM.0, "the newest version comes first");
        assert_eq!(mvcc_value(Some(b"")), [0; 9]);
    }

    #[test]
    fn raw_rows_have_no_version() {
        let number = classify_row(b"_meta_applied_index", b"\x09\0\0\0\0\0\0\0");
        assert_eq!(number, Ok(Row::Raw { number: Some(9) }));
        assert_eq!(classify_row(b"!encryption|writers|1234567", &[0; 12]), Ok(Row::Raw { number: None }));
        let fault = |expected| Err(RowFault::RawValueBytes { found: 9, expected });
        assert_eq!(classify_row(b"_meta_last_commit_ts", &[0; 9]), fault(8));
        assert_eq!(classify_row(b"!encryption|writers|1234567", &[0; 9]), fault(12));
        // Eight bytes more are a version of that key.
        assert!(matches!(classify_row(b"_meta_applied_index12345678", &[0; 9]), Ok(Row::Version { .. })));
    }

    #[test]
    fn each_malformed_row_says_what_is_wrong() {
        let key = ITEM.0;
        for (key, value, fault) in [
            (&b"1234567"[..], &[0; 9][..], RowFault::KeyBytes(7)),
            (b"", &[0; 9], RowFault::KeyBytes(0)),
            (key, &[0; 8], RowFault::ValueBytes(8)),
            (key, &[2, 0, 0, 0, 0, 0, 0, 0, 0], RowFault::Encrypted(2)),
            (key, &[3, 0, 0, 0, 0, 0, 0, 0, 0], RowFault::Encrypted(3)),
            (key, &[4, 0, 0, 0, 0, 0, 0, 0, 0], RowFault::ReservedBits(4)),
            (key, &[6, 0, 0, 0, 0, 0, 0, 0, 0], RowFault::ReservedBits(6)),
            (key, &[8, 0, 0, 0, 0, 0, 0, 0, 0], RowFault::ReservedBits(8)),
            (key, &[0x81, 0, 0, 0, 0, 0, 0, 0, 0], RowFault::ReservedBits(0x81)),
            (key, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 7], RowFault::TombstoneBody(1)),
        ] {
            assert_eq!(classify_row(key, value), Err(fault));
        }
        // The engine's own expiry is read over.
        assert!(classify_row(key, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).is_ok());
    }

    #[test]
    fn a_row_is_split_only_where_it_is_whole() {
        let mut bytes = Vec::new();
        write_row(b"key", b"value", &mut bytes);
        bytes.push(7);
        assert_eq!(split_row(&bytes), Ok((&b"key"[..], &b"value"[..])));
        for (length, part, found, wanted) in [
            (0, "key length", 0, 8),
            (7, "key length", 7, 8),
            (8, "key", 0, 3),
            (11, "value length", 0, 8),
            (19, "value", 0, 5),
            (23, "value", 4, 5),
        ] {
            assert_eq!(split_row(&bytes[..length]), Err(NoRow::Short { part, found, wanted }), "{length}");
        }
        let over = |length: u64| [&1_u64.to_le_bytes()[..], b"k", &length.to_le_bytes()].concat();
        let limit = ROW_VALUE_LIMIT_BYTES;
        assert_eq!(split_row(&over(limit)), Err(NoRow::Short { part: "value", found: 0, wanted: limit }));
        assert_eq!(split_row(&over(limit + 1)), Err(NoRow::Fault(RowFault::ValueTooLong(limit + 1))));
        let limit = ROW_KEY_LIMIT_BYTES;
        let key_over = (limit + 1).to_le_bytes();
        assert_eq!(split_row(&key_over), Err(NoRow::Fault(RowFault::KeyTooLong(limit + 1))));
    }

    #[test]
    fn every_framing_but_the_bare_one_ends_in_a_checksum() {
        let named = Framing::ALL.map(|framing| (framing.name(), framing.has_footer()));
        assert_eq!(named, [("bare", false), ("legacy", true), ("v1", true), ("v2", true)]);
    }

    #[test]
    fn rows_have_the_limits_of_records_and_what_is_put_around_them() {
        assert_eq!(ROW_KEY_LIMIT_BYTES, 1_048_576 + 8);
        assert_eq!(ROW_VALUE_LIMIT_BYTES, 268_435_456 + 43);
    }

    #[test]
    fn headers_to_the_byte() {
        assert_eq!(bare_header(CommitTs(0x0102)), *b"EKVPBBL1\x02\x01\0\0\0\0\0\0");
        assert_eq!(Framing::V1.outer_header(0x0102, 7), b"EKVTHLC1\0\0\0\0\0\0\x01\x02");
        assert_eq!(Framing::V2.outer_header(0x0102, 7), b"EKVTHLC2\0\x10\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\x07");
        assert_eq!(Framing::Legacy.outer_header(1, 1), b"");
        let mut row = Vec::new();
        write_row(b"k", b"", &mut row);
        assert_eq!(row, b"\x01\0\0\0\0\0\0\0k\0\0\0\0\0\0\0\0");
    }

    #[test]
    fn rows_are_counted_under_their_first_two_parts() {
        for (key, prefix) in [
            (&b"!lst|meta|d|x"[..], "!lst|meta|"),
            (b"!redis|txn-wide-list|k", "!redis|txn-wide-list|"),
            (b"!dist|catalog", "!dist|"),
            (b"!st|\xff|", "!st|"),
            (b"_meta_applied_index", "_meta_applied_index"),
            (b"plain", "(other)"),
            (b"", "(other)"),
            (b"|x|", "(other)"),
            (b"!a1_b-|x", "!a1_b-|"),
            (b"!A|x", "(other)"),
            (b"!twenty-four-bytes-long-|x", "!twenty-four-bytes-long-|"),
            (b"!twenty-five--bytes-long-|x", "(other)"),
        ] {
            assert_eq!(prefix_of(key), prefix);
        }
    }
}
