//! The records of a list, read and written by the description alone.
//!
//! ```text
//! !lst|meta|   userKey                                            head i64, tail i64, len u64 [, expireAtMs u64]
//! !lst|itm|    userKey || seq                                     the item
//! !lst|meta|d| u32 length || userKey || commitTS u64 || number u32     headDelta i64, lenDelta i64
//! !lst|claim|  u32 length || userKey || seq                       empty
//! !redis|txn-wide-list| userKey                                   empty; also -hash, -set and -zset
//! !redis|ttl|  userKey                                            expireAtMs u64
//! ```
//!
//! All numbers are big-endian; a seq has its sign bit turned. A key that starts with the delta prefix is a delta if its value
//! has 16 bytes, and a meta if it has 24 or 32. A deletion has no value; then the caller says what was there.

const META: &[u8] = b"!lst|meta|";
const DELTA: &[u8] = b"!lst|meta|d|";
const ITEM: &[u8] = b"!lst|itm|";
const CLAIM: &[u8] = b"!lst|claim|";
/// The list's own is the first.
const FENCES: [&[u8]; 4] =
    [b"!redis|txn-wide-list|", b"!redis|txn-wide-hash|", b"!redis|txn-wide-set|", b"!redis|txn-wide-zset|"];
const TTL: &[u8] = b"!redis|ttl|";

/// The types that have a fence.
pub(super) const FENCE_COUNT: usize = FENCES.len();

/// Which record of a key it is. The order is that in which findings are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Item(i64),
    Claim(i64),
    /// Commit timestamp, and number in the transaction.
    Delta(u64, u32),
    /// Of a type by its place: list, hash, set, sorted set.
    Fence(usize),
    Meta,
    Ttl,
}

/// What a record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Bytes(&'a [u8]),
    Nothing,
    /// Head and length, moved by so much.
    Moved(i64, i64),
    /// Head, tail, length, and in 32 bytes the expiry.
    Window(i64, i64, u64, Option<u64>),
    Ms(u64),
}

/// A row of a batch: the place of its key, and what it says, or `None` for a deletion.
pub(super) type Row<'a> = (usize, Part, Option<Said<'a>>);

/// The user key and the part that a record's key names. `is_delta` decides about a key that can be that of a delta or of
/// a meta.
pub(super) fn named<'a>(key: &'a [u8], is_delta: &mut dyn FnMut(&'a [u8], Part) -> bool) -> Option<(&'a [u8], Part)> {
    if let Some(rest) = key.strip_prefix(ITEM) {
        let (user_key, seq) = rest.split_last_chunk::<8>()?;
        return Some((user_key, Part::Item(seq_of(*seq))));
    }
    if let Some(rest) = key.strip_prefix(META) {
        let delta = key.strip_prefix(DELTA).and_then(delta_of);
        return match delta {
            Some((user_key, part)) if is_delta(user_key, part) => Some((user_key, part)),
            _ => Some((rest, Part::Meta)),
        };
    }
    if let Some(rest) = key.strip_prefix(CLAIM) {
        let (user_key, seq) = prefixed(rest)?;
        return Some((user_key, Part::Claim(seq_of(seq.try_into().ok()?))));
    }
    for (place, prefix) in FENCES.into_iter().enumerate() {
        if let Some(user_key) = key.strip_prefix(prefix) {
            return Some((user_key, Part::Fence(place)));
        }
    }
    key.strip_prefix(TTL).map(|user_key| (user_key, Part::Ttl))
}

/// What a value says in the place of a part; `None` if it has the wrong size.
pub(super) fn said(part: Part, value: &[u8]) -> Option<Said<'_>> {
    let number = |at: usize| value.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes);
    let unsigned = |at: usize| number(at).map(i64::cast_unsigned);
    Some(match (part, value.len()) {
        (Part::Item(_), _) => Said::Bytes(value),
        (Part::Claim(_) | Part::Fence(_), 0) => Said::Nothing,
        (Part::Delta(..), 16) => Said::Moved(number(0)?, number(8)?),
        (Part::Meta, 24) => Said::Window(number(0)?, number(8)?, unsigned(16)?, None),
        (Part::Meta, 32) => Said::Window(number(0)?, number(8)?, unsigned(16)?, Some(unsigned(24)?)),
        (Part::Ttl, 8) => Said::Ms(unsigned(0)?),
        _ => return None,
    })
}

/// The record's key, for a finding.
pub(super) fn key(user_key: &[u8], part: Part) -> Vec<u8> {
    let length = || u32::try_from(user_key.len()).unwrap_or(u32::MAX).to_be_bytes();
    match part {
        Part::Item(seq) => [ITEM, user_key, &seq_bytes(seq)].concat(),
        Part::Claim(seq) => [CLAIM, &length(), user_key, &seq_bytes(seq)].concat(),
        Part::Delta(commit_ts, number) => {
            [DELTA, &length(), user_key, &commit_ts.to_be_bytes(), &number.to_be_bytes()].concat()
        }
        Part::Fence(place) => [FENCES.get(place).copied().unwrap_or_default(), user_key].concat(),
        Part::Meta => [META, user_key].concat(),
        Part::Ttl => [TTL, user_key].concat(),
    }
}

/// The record's value, for a finding.
pub(super) fn value(said: Said<'_>) -> Vec<u8> {
    match said {
        Said::Bytes(bytes) => bytes.to_vec(),
        Said::Nothing => Vec::new(),
        Said::Moved(head, len) => [head.to_be_bytes(), len.to_be_bytes()].concat(),
        Said::Window(head, tail, len, expiry) => {
            let mut bytes = [head.to_be_bytes(), tail.to_be_bytes(), len.to_be_bytes()].concat();
            bytes.extend(expiry.iter().flat_map(|ms| ms.to_be_bytes()));
            bytes
        }
        Said::Ms(ms) => ms.to_be_bytes().to_vec(),
    }
}

fn delta_of(rest: &[u8]) -> Option<(&[u8], Part)> {
    let (user_key, rest) = prefixed(rest)?;
    let (commit_ts, number) = rest.split_first_chunk::<8>()?;
    let part = Part::Delta(u64::from_be_bytes(*commit_ts), u32::from_be_bytes(number.try_into().ok()?));
    Some((user_key, part))
}

/// A user key after its length, and what follows.
fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn seq_of(bytes: [u8; 8]) -> i64 {
    i64::from_be_bytes(bytes).wrapping_sub(i64::MIN)
}

fn seq_bytes(seq: i64) -> [u8; 8] {
    seq.wrapping_add(i64::MIN).to_be_bytes()
}
