//! The classifier: what a logical key and its value are.
//!
//! ```text
//! starts with                             value length   is
//! a prefix of a family                    see there      a record of a value of that family, in the order of the table
//! !redis|ttl|                             8              expiry of a key of any type
//! !redis|txn-wide-(list hash set zset)|   any            write fence
//! what names a key of an unread type      any            a sign that such a key exists
//! ```
//!
//! [`super::family`] has the tables, and the module of each family its layouts.

use super::expiry::{self, ExpireAtMs};
use super::family::{FAMILIES, Family, UNREAD_TYPES};
use super::key_text;
use super::list::{self, ListFault, ListRecord};

/// A record, its parts borrowed from the key and value that were classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are described with the variants")]
pub enum Record<'a> {
    /// A record of a list.
    List(ListRecord<'a>),
    /// A write fence of the collection type `family` (`list`, `hash`, `set`, `zset`). It carries no data.
    Fence { family: &'static str, user_key: &'a [u8] },
    /// The expiry record of a key of any type, its value not yet clamped.
    Ttl { user_key: &'a [u8], expire_at: ExpireAtMs },
    /// A record that shows that a key of another type exists.
    OtherType { family: &'static str, user_key: &'a [u8] },
    /// Anything else: no record of a family, and it names no key that we could read.
    Unknown,
}

impl<'a> Record<'a> {
    /// The user key that the record belongs to, if it names one.
    pub fn user_key(&self) -> Option<&'a [u8]> {
        match self {
            Record::List(record) => Some(record.user_key()),
            Record::Fence { user_key, .. } | Record::Ttl { user_key, .. } | Record::OtherType { user_key, .. } => {
                Some(user_key)
            }
            Record::Unknown => None,
        }
    }

    /// The word for the kind of record.
    pub fn kind(&self) -> &'static str {
        match self {
            Record::List(record) => record.kind(),
            Record::Fence { .. } => "fence",
            Record::Ttl { .. } => "ttl",
            Record::OtherType { .. } => "other",
            Record::Unknown => "unknown",
        }
    }
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFault {
    /// A record of a list.
    List(ListFault),
    /// An expiry record of this many bytes.
    TtlBytes(usize),
}

impl std::fmt::Display for RecordFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordFault::List(fault) => write!(f, "{fault}"),
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

/// Says what a record is.
///
/// # Errors
///
/// The faults of [`RecordFault`], and no others: whatever is not ours to judge is [`Record::Unknown`].
#[inline]
pub fn classify<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, RecordError<'a>> {
    classify_parts(key, value).map_err(|fault| RecordError { key, fault })
}

#[inline]
fn classify_parts<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, RecordFault> {
    for row in FAMILIES {
        let record = match row.family {
            Family::List => {
                list::classify(key, value).map(|record| record.map(Record::List).map_err(RecordFault::List))
            }
        };
        if let Some(record) = record {
            return record;
        }
    }
    classify_others(key, value)
}

/// The records of no family.
fn classify_others<'a>(key: &'a [u8], value: &'a [u8]) -> Result<Record<'a>, RecordFault> {
    if let Some(user_key) = key.strip_prefix(expiry::TTL_PREFIX) {
        let value = value.try_into().map_err(|_| RecordFault::TtlBytes(value.len()))?;
        return Ok(Record::Ttl { user_key, expire_at: ExpireAtMs(u64::from_be_bytes(value)) });
    }
    let of_families = FAMILIES.iter().map(|row| (row.name, row.fence_prefix));
    let of_others = UNREAD_TYPES.iter().map(|unread| (unread.name, unread.fence_prefix));
    for (family, prefix) in of_families.chain(of_others).filter_map(|(name, prefix)| Some((name, prefix?))) {
        if let Some(user_key) = key.strip_prefix(prefix) {
            return Ok(Record::Fence { family, user_key });
        }
    }
    for unread in UNREAD_TYPES {
        let Some(rest) = key.strip_prefix(unread.key_prefix) else { continue };
        let user_key = if unread.has_length { leading_user_key(rest) } else { Some(rest) };
        let family = unread.name;
        return Ok(user_key.map_or(Record::Unknown, |user_key| Record::OtherType { family, user_key }));
    }
    Ok(Record::Unknown)
}

/// The user key of `len u32 BE, user key, ...`.
fn leading_user_key(bytes: &[u8]) -> Option<&[u8]> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::list::{
        META_PREFIX, claim_key, delta_after_prefix, delta_key, delta_prefix, fence_key, item_key, meta_key,
    };
    use crate::format::{CommitTs, ListDelta, ListMeta, Seq};

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
            Ok(Record::List(ListRecord::Delta {
                user_key: b"L",
                commit_ts: CommitTs(0x01a2_05e1_4e6d_0001),
                seq_in_txn: 7,
                delta: ListDelta { head_delta: -2, len_delta: 2 },
            }))
        );
        assert_eq!(
            classify(b"!lst|itm|L\x7f\xff\xff\xff\xff\xff\xff\xff", b"v"),
            Ok(Record::List(ListRecord::Item { user_key: b"L", seq: Seq(-1), value: b"v" }))
        );
        assert_eq!(
            classify(b"!lst|claim|\0\0\0\x01L\x80\0\0\0\0\0\0\x01", b""),
            Ok(Record::List(ListRecord::Claim { user_key: b"L", seq: Seq(1) }))
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
    fn a_record_names_its_kind_and_its_user_key() {
        let (seq, delta) = (Seq(0), delta_key(b"L", CommitTs(1), 0));
        let rows: [(Vec<u8>, &[u8], &str); 8] = [
            (meta_key(b"L"), META, "meta"),
            (item_key(b"L", seq), b"", "item"),
            (delta, DELTA, "delta"),
            (claim_key(b"L", seq), b"", "claim"),
            (fence_key(b"L"), b"", "fence"),
            (expiry::ttl_key(b"L"), &[0; 8], "ttl"),
            (b"!redis|str|L".to_vec(), b"", "other"),
            (b"!redis|nothing|L".to_vec(), b"", "unknown"),
        ];
        for (key, value, kind) in rows {
            let record = classify(&key, value).expect("well-formed");
            assert_eq!(record.kind(), kind);
            assert_eq!(record.user_key(), (kind != "unknown").then_some(&b"L"[..]), "{kind}");
        }
    }

    #[test]
    fn the_builders_and_the_classifier_agree() {
        let seqs = [i64::MIN, -1, 0, 1, i64::MAX];
        let user_keys: [&[u8]; 6] = [b"", b"L", b"d|", b"d|\0\0\0\x01L123456789012", b"\xff\0", b"a\x80\0\0\0\0\0\0\0"];
        for user_key in user_keys {
            for seq in seqs.map(Seq) {
                let item = item_key(user_key, seq);
                assert_eq!(classify(&item, b"v"), Ok(Record::List(ListRecord::Item { user_key, seq, value: b"v" })));
                assert_eq!(
                    classify(&claim_key(user_key, seq), b""),
                    Ok(Record::List(ListRecord::Claim { user_key, seq }))
                );
            }
            let meta = ListMeta { head: -1, tail: 2, len: 3, expiry_field: Some(9) };
            let value = meta.to_bytes();
            assert_eq!(classify(&meta_key(user_key), &value), Ok(Record::List(ListRecord::Meta { user_key, meta })));
            let (commit_ts, seq_in_txn) = (CommitTs(u64::MAX - 1), u32::MAX);
            let delta = ListDelta { head_delta: i64::MIN, len_delta: i64::MAX };
            let key = delta_key(user_key, commit_ts, seq_in_txn);
            let expected = Record::List(ListRecord::Delta { user_key, commit_ts, seq_in_txn, delta });
            assert_eq!(classify(&key, &delta.to_bytes()), Ok(expected));
            let suffix = key.strip_prefix(delta_prefix(user_key).as_slice()).expect("a delta's key");
            assert_eq!(delta_after_prefix(suffix, &delta.to_bytes()), Some((commit_ts, seq_in_txn, delta)));
            // The meta of a key that imitates a delta, a delta that is cut, and one of a longer key.
            assert_eq!(delta_after_prefix(suffix, &value), None);
            assert_eq!(delta_after_prefix(suffix, &value[..15]), None);
            assert_eq!(delta_after_prefix(&[b"x", suffix].concat(), &delta.to_bytes()), None);
            assert_eq!(classify(&fence_key(user_key), b""), Ok(Record::Fence { family: "list", user_key }));
        }
    }

    /// The keys that a prefix test alone takes for deltas.
    #[test]
    fn a_meta_in_the_delta_namespace_is_a_meta() {
        let imitation = delta_key(b"jobs", CommitTs(1), 0);
        let user_key = imitation.strip_prefix(META_PREFIX).expect("a meta key");
        assert!(
            matches!(classify(&imitation, META), Ok(Record::List(ListRecord::Meta { user_key: found, .. })) if found == user_key)
        );
        assert!(matches!(classify(&imitation, DELTA), Ok(Record::List(ListRecord::Delta { user_key: b"jobs", .. }))));
        assert!(matches!(
            classify(b"!lst|meta|d|jobs", META),
            Ok(Record::List(ListRecord::Meta { user_key: b"d|jobs", .. }))
        ));
    }

    #[test]
    fn each_malformed_record_says_what_is_wrong() {
        let delta = delta_key(b"k", CommitTs(1), 0);
        assert_eq!(fault(b"!lst|meta|k", &[0; 23]), RecordFault::List(ListFault::MetaBytes(23)));
        assert_eq!(fault(b"!lst|meta|k", DELTA), RecordFault::List(ListFault::MetaBytes(16)));
        assert_eq!(fault(b"!lst|meta|k", b""), RecordFault::List(ListFault::MetaBytes(0)));
        assert_eq!(fault(b"!lst|meta|k", &[0xff; 24]), RecordFault::List(ListFault::MetaLen(u64::MAX)));
        assert_eq!(fault(&delta, &[0; 15]), RecordFault::List(ListFault::DeltaBytes(15)));
        assert_eq!(fault(b"!lst|meta|d|k", &[0; 15]), RecordFault::List(ListFault::MetaBytes(15)));
        assert_eq!(fault(b"!lst|meta|d|k", DELTA), RecordFault::List(ListFault::LengthPrefix("delta")));
        assert_eq!(fault(&[&delta[..], b"x"].concat(), DELTA), RecordFault::List(ListFault::LengthPrefix("delta")));
        assert_eq!(fault(b"!lst|itm|1234567", b"v"), RecordFault::List(ListFault::ItemKeyBytes(7)));
        assert_eq!(fault(b"!lst|claim|\0\0\0\x01", b""), RecordFault::List(ListFault::LengthPrefix("claim")));
        assert_eq!(
            fault(b"!lst|claim|\xff\xff\xff\xffk12345678", b""),
            RecordFault::List(ListFault::LengthPrefix("claim"))
        );
        assert_eq!(fault(b"!redis|ttl|k", b"1234567"), RecordFault::TtlBytes(7));
    }

    #[test]
    fn an_error_names_the_record_in_one_line() {
        let error = classify(b"!lst|meta|\xff\n", b"").expect_err("malformed");
        assert_eq!(error.to_string(), "record \"!lst|meta|%FF%0A\": meta value has 0 bytes, must have 24 or 32");
    }
}
