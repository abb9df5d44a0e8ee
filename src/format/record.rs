//! The classifier: what a logical key and its value are.
//!
//! A prefix alone does not tell. The meta key of a user key that begins with `d|` lies in the delta namespace
//! (`!lst|meta|d|`), and a user key `d|` + length + other key + 12 bytes has a meta key that is, byte for byte, a delta
//! key of that other list. The *value's length* decides: 16 bytes are a delta, 24 or 32 a meta. Items of user keys that
//! extend one another interleave, but their keys are split from the right, so each names exactly one list.
//!
//! ```text
//! starts with     value length   is
//! !lst|meta|d|    16             delta; its key must then be len u32, user key, 12 bytes
//! !lst|meta|      24, 32         meta of everything after the prefix
//! !lst|itm|       any            item; at least 8 bytes after the prefix
//! !lst|claim|     any            claim; len u32, user key, 8 bytes
//! !redis|txn-wide-(list hash set zset)|   write fence
//! !redis|ttl|     8              expiry of a key of any type
//! ```

use super::{CommitTs, ExpireAtMs, ListDelta, ListMeta, Seq};
use super::{expiry, key_text, list_keys};

/// A record, its parts borrowed from the key and value that were classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described with the variants")]
pub enum Record<'a> {
    /// The base meta of a list.
    ListMeta { user_key: &'a [u8], meta: ListMeta },
    /// An item of a list.
    ListItem { user_key: &'a [u8], seq: Seq, value: &'a [u8] },
    /// What one push or pop did to a list's window; `seq_in_txn` tells the deltas of one transaction apart.
    ListDelta { user_key: &'a [u8], commit_ts: CommitTs, seq_in_txn: u32, delta: ListDelta },
    /// The trace of a pop at `seq`. It never hides an item: a seq can be used again under its old claim.
    ListClaim { user_key: &'a [u8], seq: Seq },
    /// A write fence of the collection type `family` (`list`, `hash`, `set`, `zset`). It carries no data.
    Fence { family: &'static str, user_key: &'a [u8] },
    /// The expiry record of a key of any type, its value not yet clamped.
    Ttl { user_key: &'a [u8], expire_at: ExpireAtMs },
    /// A record that shows that a key of another type exists.
    OtherType { family: &'static str, user_key: &'a [u8] },
    /// Anything else: no list record, and it names no key that we could read.
    Unknown,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// A meta value of this many bytes.
    MetaBytes(usize),
    /// A meta whose length field is above `i64::MAX`.
    MetaLen(u64),
    /// The value of a delta-shaped key has this many bytes.
    DeltaBytes(usize),
    /// An item key with this many bytes after the prefix.
    ItemKeyBytes(usize),
    /// A delta or claim key whose length prefix does not fit what follows; the field is the kind of record.
    LengthPrefix(&'static str),
    /// An expiry record of this many bytes.
    TtlBytes(usize),
}

impl std::fmt::Display for RecordFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordFault::MetaBytes(bytes) => write!(f, "meta value has {bytes} bytes, must have 24 or 32"),
            RecordFault::MetaLen(len) => write!(f, "meta length {len} is above {}", i64::MAX),
            RecordFault::DeltaBytes(bytes) => write!(f, "delta value has {bytes} bytes, must have 16"),
            RecordFault::ItemKeyBytes(bytes) => {
                write!(f, "item key has {bytes} bytes after its prefix, must have 8 or more")
            }
            RecordFault::LengthPrefix(kind) => {
                write!(f, "malformed length prefix: the {kind} key's length field does not fit what follows it")
            }
            RecordFault::TtlBytes(bytes) => write!(f, "TTL value has {bytes} bytes, must have 8"),
        }
    }
}

/// A malformed record: which one, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordError<'a> {
    /// The record's logical key.
    pub key: &'a [u8],
    /// What is wrong.
    pub fault: RecordFault,
}

impl std::fmt::Display for RecordError<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record {}: {}", key_text::quoted(self.key), self.fault)
    }
}

impl std::error::Error for RecordError<'_> {}

const FENCES: &[(&[u8], &str)] = &[
    (list_keys::FENCE_PREFIX, "list"),
    (b"!redis|txn-wide-hash|", "hash"),
    (b"!redis|txn-wide-set|", "set"),
    (b"!redis|txn-wide-zset|", "zset"),
];

/// Records of other types that name their user key: all of the rest of the key, or so many bytes as a u32 BE says.
const OTHER_TYPES: &[(&[u8], &str, bool)] = &[
    (b"!redis|str|", "string", false),
    (b"!redis|hll|", "hyperloglog", false),
    (b"!hs|meta|", "hash", true),
    (b"!st|meta|", "set", true),
    (b"!zs|meta|", "zset", true),
    (b"!stream|meta|", "stream", true),
];

/// Says what a record is.
///
/// # Errors
///
/// The faults of [`RecordFault`], and no others: whatever is not ours to judge is [`Record::Unknown`].
pub fn classify<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, RecordError<'a>> {
    classify_parts(key, value).map_err(|fault| RecordError { key, fault })
}

fn classify_parts<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, RecordFault> {
    if let Some(rest) = key.strip_prefix(list_keys::ITEM_PREFIX) {
        let (user_key, seq) = rest.split_last_chunk::<{ Seq::BYTES }>().ok_or(RecordFault::ItemKeyBytes(rest.len()))?;
        return Ok(Record::ListItem { user_key, seq: Seq::from_bytes(*seq), value });
    }
    if let Some(rest) = key.strip_prefix(list_keys::META_PREFIX) {
        return meta_or_delta(rest, key.strip_prefix(list_keys::DELTA_PREFIX), value);
    }
    if let Some(rest) = key.strip_prefix(list_keys::CLAIM_PREFIX) {
        let (user_key, seq) = length_prefixed::<{ Seq::BYTES }>(rest).ok_or(RecordFault::LengthPrefix("claim"))?;
        return Ok(Record::ListClaim { user_key, seq: Seq::from_bytes(seq) });
    }
    if let Some(user_key) = key.strip_prefix(expiry::TTL_PREFIX) {
        let value = value.try_into().map_err(|_| RecordFault::TtlBytes(value.len()))?;
        return Ok(Record::Ttl { user_key, expire_at: ExpireAtMs(u64::from_be_bytes(value)) });
    }
    for (prefix, family) in FENCES {
        if let Some(user_key) = key.strip_prefix(*prefix) {
            return Ok(Record::Fence { family, user_key });
        }
    }
    for (prefix, family, has_length) in OTHER_TYPES {
        let Some(rest) = key.strip_prefix(*prefix) else { continue };
        let user_key = if *has_length { leading_user_key(rest) } else { Some(rest) };
        return Ok(user_key.map_or(Record::Unknown, |user_key| Record::OtherType { family, user_key }));
    }
    Ok(Record::Unknown)
}

/// `user_key` is what follows the meta prefix; `delta` what follows the delta prefix, if the key has that.
fn meta_or_delta<'a>(user_key: &'a [u8], delta: Option<&'a [u8]>, value: &'a [u8]) -> Result<Record<'a>, RecordFault> {
    if let Some(meta) = ListMeta::from_bytes(value) {
        return Ok(Record::ListMeta { user_key, meta: meta.map_err(RecordFault::MetaLen)? });
    }
    let Some(delta) = delta else {
        return Err(RecordFault::MetaBytes(value.len()));
    };
    let parts = length_prefixed::<{ list_keys::DELTA_SUFFIX_BYTES }>(delta);
    match (<[u8; ListDelta::BYTES]>::try_from(value), parts) {
        (Ok(value), Some((user_key, suffix))) => {
            let both = suffix.iter().fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
            Ok(Record::ListDelta {
                user_key,
                commit_ts: CommitTs((both >> 32) as u64),
                seq_in_txn: both as u32,
                delta: ListDelta::from_bytes(value),
            })
        }
        (Ok(_), None) => Err(RecordFault::LengthPrefix("delta")),
        (Err(_), Some(_)) => Err(RecordFault::DeltaBytes(value.len())),
        (Err(_), None) => Err(RecordFault::MetaBytes(value.len())),
    }
}

/// Splits `len u32 BE, user key, suffix`, where nothing may be left over.
fn length_prefixed<const SUFFIX: usize>(bytes: &[u8]) -> Option<(&[u8], [u8; SUFFIX])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (user_key, suffix) = rest.split_last_chunk::<SUFFIX>()?;
    (user_key.len() == usize::try_from(u32::from_be_bytes(*len)).ok()?).then_some((user_key, *suffix))
}

/// The user key of `len u32 BE, user key, ...`.
fn leading_user_key(bytes: &[u8]) -> Option<&[u8]> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::list_keys::{claim_key, delta_key, fence_key, item_key, meta_key};

    const DELTA: &[u8] = &[0; 16];
    const META: &[u8] = &[0; 24];

    fn fault(key: &[u8], value: &[u8]) -> RecordFault {
        let error = classify(key, value).expect_err("malformed");
        assert_eq!(error.key, key);
        error.fault
    }

    #[test]
    fn every_record_kind_is_told_by_its_bytes() {
        let value = b"\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\0\0\0\0\x02";
        assert_eq!(
            classify(b"!lst|meta|d|\0\0\0\x01L\x01\xa2\x05\xe1\x4e\x6d\0\x01\0\0\0\x07", value),
            Ok(Record::ListDelta {
                user_key: b"L",
                commit_ts: CommitTs(0x01a2_05e1_4e6d_0001),
                seq_in_txn: 7,
                delta: ListDelta { head_delta: -2, len_delta: 2 },
            })
        );
        assert_eq!(
            classify(b"!lst|itm|L\x7f\xff\xff\xff\xff\xff\xff\xff", b"v"),
            Ok(Record::ListItem { user_key: b"L", seq: Seq(-1), value: b"v" })
        );
        assert_eq!(
            classify(b"!lst|claim|\0\0\0\x01L\x80\0\0\0\0\0\0\x01", b""),
            Ok(Record::ListClaim { user_key: b"L", seq: Seq(1) })
        );
        assert_eq!(
            classify(b"!redis|ttl|L", b"\0\0\x03\xbb\x2c\xc3\xd8\0"),
            Ok(Record::Ttl { user_key: b"L", expire_at: ExpireAtMs(4_102_444_800_000) })
        );
        assert_eq!(classify(b"!redis|txn-wide-list|L", b""), Ok(Record::Fence { family: "list", user_key: b"L" }));
        assert_eq!(classify(b"!redis|str|s", b"x"), Ok(Record::OtherType { family: "string", user_key: b"s" }));
        assert_eq!(
            classify(b"!zs|meta|\0\0\0\x02zz-and-more", b"x"),
            Ok(Record::OtherType { family: "zset", user_key: b"zz" })
        );
        assert_eq!(classify(b"!zs|meta|\0\0\0\x09zz", b"x"), Ok(Record::Unknown));
        assert_eq!(classify(b"", b""), Ok(Record::Unknown));
    }

    #[test]
    fn the_builders_and_the_classifier_agree() {
        let seqs = [i64::MIN, -1, 0, 1, i64::MAX];
        let user_keys: [&[u8]; 6] = [b"", b"L", b"d|", b"d|\0\0\0\x01L123456789012", b"\xff\0", b"a\x80\0\0\0\0\0\0\0"];
        for user_key in user_keys {
            for seq in seqs.map(Seq) {
                let item = item_key(user_key, seq);
                assert_eq!(classify(&item, b"v"), Ok(Record::ListItem { user_key, seq, value: b"v" }));
                assert_eq!(classify(&claim_key(user_key, seq), b""), Ok(Record::ListClaim { user_key, seq }));
            }
            let meta = ListMeta { head: -1, tail: 2, len: 3, expiry_field: Some(9) };
            let value = meta.to_bytes();
            assert_eq!(classify(&meta_key(user_key), &value), Ok(Record::ListMeta { user_key, meta }));
            let (commit_ts, seq_in_txn) = (CommitTs(u64::MAX - 1), u32::MAX);
            let delta = ListDelta { head_delta: i64::MIN, len_delta: i64::MAX };
            let key = delta_key(user_key, commit_ts, seq_in_txn);
            let expected = Record::ListDelta { user_key, commit_ts, seq_in_txn, delta };
            assert_eq!(classify(&key, &delta.to_bytes()), Ok(expected));
            assert_eq!(classify(&fence_key(user_key), b""), Ok(Record::Fence { family: "list", user_key }));
        }
    }

    /// The keys that a prefix test alone takes for deltas.
    #[test]
    fn a_meta_in_the_delta_namespace_is_a_meta() {
        let imitation = delta_key(b"jobs", CommitTs(1), 0);
        let user_key = imitation.strip_prefix(list_keys::META_PREFIX).expect("a meta key");
        assert!(
            matches!(classify(&imitation, META), Ok(Record::ListMeta { user_key: found, .. }) if found == user_key)
        );
        assert!(matches!(classify(&imitation, DELTA), Ok(Record::ListDelta { user_key: b"jobs", .. })));
        assert!(matches!(classify(b"!lst|meta|d|jobs", META), Ok(Record::ListMeta { user_key: b"d|jobs", .. })));
    }

    #[test]
    fn each_malformed_record_says_what_is_wrong() {
        let delta = delta_key(b"k", CommitTs(1), 0);
        assert_eq!(fault(b"!lst|meta|k", &[0; 23]), RecordFault::MetaBytes(23));
        assert_eq!(fault(b"!lst|meta|k", DELTA), RecordFault::MetaBytes(16));
        assert_eq!(fault(b"!lst|meta|k", b""), RecordFault::MetaBytes(0));
        assert_eq!(fault(b"!lst|meta|k", &[0xff; 24]), RecordFault::MetaLen(u64::MAX));
        assert_eq!(fault(&delta, &[0; 15]), RecordFault::DeltaBytes(15));
        assert_eq!(fault(b"!lst|meta|d|k", &[0; 15]), RecordFault::MetaBytes(15));
        assert_eq!(fault(b"!lst|meta|d|k", DELTA), RecordFault::LengthPrefix("delta"));
        assert_eq!(fault(&[&delta[..], b"x"].concat(), DELTA), RecordFault::LengthPrefix("delta"));
        assert_eq!(fault(b"!lst|itm|1234567", b"v"), RecordFault::ItemKeyBytes(7));
        assert_eq!(fault(b"!lst|claim|\0\0\0\x01", b""), RecordFault::LengthPrefix("claim"));
        assert_eq!(fault(b"!lst|claim|\xff\xff\xff\xffk12345678", b""), RecordFault::LengthPrefix("claim"));
        assert_eq!(fault(b"!redis|ttl|k", b"1234567"), RecordFault::TtlBytes(7));
    }

    #[test]
    fn an_error_names_the_record_in_one_line() {
        let error = classify(b"!lst|meta|\xff\n", b"").expect_err("malformed");
        assert_eq!(error.to_string(), "record \"!lst|meta|%FF%0A\": meta value has 0 bytes, must have 24 or 32");
    }
}
