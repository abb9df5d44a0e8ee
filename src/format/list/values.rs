//! The values of list records.
//!
//! ```text
//! meta    0        8        16       24          32
//!         | head   | tail   | len    | expireAtMs |      head, tail i64 BE; len, expireAtMs u64 BE
//!                                    '-- newer stores only; 0 = no expiry
//! delta   0            8           16
//!         | headDelta  | lenDelta  |                      i64 BE each
//! item    the item's bytes as they are
//! claim, fence   empty
//! ```
//!
//! A meta's invariant is `tail = head + len` with `len <= i64::MAX` and no overflow. A value that breaks the equation
//! is read all the same ([`ListMeta::invariant_holds`] tells); a `len` above `i64::MAX` is refused.

use crate::format::expiry::ExpireAtMs;

/// The value of a list's base meta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListMeta {
    /// The seq of the first item.
    pub head: i64,
    /// The seq after the last item.
    pub tail: i64,
    /// The number of items, 0 or more.
    pub len: i64,
    /// The expiry field of a 32-byte meta as it stands (0 = no expiry), `None` in a 24-byte one.
    pub expiry_field: Option<u64>,
}

impl ListMeta {
    /// The size of a meta without an expiry field, in bytes.
    pub const SHORT_BYTES: usize = 24;
    /// The size of a meta with an expiry field, in bytes.
    pub const LONG_BYTES: usize = 32;

    /// The value's bytes, 24 or 32 of them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ListMeta::LONG_BYTES);
        bytes.extend_from_slice(&self.head.to_be_bytes());
        bytes.extend_from_slice(&self.tail.to_be_bytes());
        bytes.extend_from_slice(&self.len.to_be_bytes());
        if let Some(expiry) = self.expiry_field {
            bytes.extend_from_slice(&expiry.to_be_bytes());
        }
        bytes
    }

    /// Reads a value of 24 or 32 bytes; `Err` holds the `len` field when it is above `i64::MAX`, and `None` means that
    /// the value has another size.
    pub fn from_bytes(value: &[u8]) -> Option<Result<ListMeta, u64>> {
        let (fixed, rest) = value.split_first_chunk::<{ ListMeta::SHORT_BYTES }>()?;
        let expiry_field = match rest.len() {
            0 => None,
            8 => Some(u64::from_be_bytes(rest.try_into().ok()?)),
            _ => return None,
        };
        let (head, rest) = fixed.split_first_chunk::<8>()?;
        let (tail, len) = rest.split_first_chunk::<8>()?;
        let raw_len = u64::from_be_bytes(len.try_into().ok()?);
        let Ok(len) = i64::try_from(raw_len) else {
            return Some(Err(raw_len));
        };
        Some(Ok(ListMeta { head: i64::from_be_bytes(*head), tail: i64::from_be_bytes(*tail), len, expiry_field }))
    }

    /// Whether `tail = head + len`, without overflow.
    pub fn invariant_holds(&self) -> bool {
        self.head.checked_add(self.len) == Some(self.tail)
    }

    /// The expiry that this meta owns. The outer `None` means that it owns none and the expiry record decides.
    pub fn owned_expiry(&self) -> Option<Option<ExpireAtMs>> {
        self.expiry_field.map(|field| (field != 0).then_some(ExpireAtMs(field)))
    }
}

/// The value of a delta: what one push or pop did to a list's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListDelta {
    /// Added to the head: negative after a push on the left, positive after a pop on the left.
    pub head_delta: i64,
    /// Added to the length.
    pub len_delta: i64,
}

impl ListDelta {
    /// The size of a delta value, in bytes.
    pub const BYTES: usize = 16;

    /// The value's bytes.
    pub fn to_bytes(&self) -> [u8; ListDelta::BYTES] {
        (((self.head_delta as u64 as u128) << 64) | self.len_delta as u64 as u128).to_be_bytes()
    }

    /// Reads a value; every 16 bytes are one.
    pub fn from_bytes(value: [u8; ListDelta::BYTES]) -> ListDelta {
        let both = u128::from_be_bytes(value);
        ListDelta { head_delta: (both >> 64) as u64 as i64, len_delta: both as u64 as i64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meta_has_24_or_32_bytes() {
        let short = ListMeta { head: -2, tail: 1, len: 3, expiry_field: None };
        let golden = b"\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x03";
        assert_eq!(short.to_bytes(), golden);
        assert_eq!(ListMeta::from_bytes(golden), Some(Ok(short)));

        let long = ListMeta { expiry_field: Some(0x0102), ..short };
        let golden = [golden.as_slice(), b"\0\0\0\0\0\0\x01\x02"].concat();
        assert_eq!(long.to_bytes(), golden);
        assert_eq!(ListMeta::from_bytes(&golden), Some(Ok(long)));

        for bytes in (0..40).filter(|bytes| ![24, 32].contains(bytes)) {
            assert_eq!(ListMeta::from_bytes(&vec![0; bytes]), None, "{bytes} bytes");
        }
    }

    #[test]
    fn a_len_above_the_signed_range_is_told() {
        let mut value = [0; 24];
        value[16] = 0x80;
        assert_eq!(ListMeta::from_bytes(&value), Some(Err(1 << 63)));
    }

    #[test]
    fn the_invariant_minds_overflow() {
        let meta = |head, tail, len| ListMeta { head, tail, len, expiry_field: None };
        assert!(meta(-5, -2, 3).invariant_holds());
        assert!(!meta(-5, -1, 3).invariant_holds());
        assert!(meta(i64::MAX - 1, i64::MAX, 1).invariant_holds());
        assert!(!meta(i64::MAX, i64::MIN, 1).invariant_holds());
    }

    #[test]
    fn only_a_long_meta_owns_an_expiry() {
        let meta = |expiry_field| ListMeta { head: 0, tail: 0, len: 0, expiry_field };
        assert_eq!(meta(None).owned_expiry(), None);
        assert_eq!(meta(Some(0)).owned_expiry(), Some(None));
        assert_eq!(meta(Some(u64::MAX)).owned_expiry(), Some(Some(ExpireAtMs(u64::MAX))));
    }

    #[test]
    fn a_delta_is_two_signed_numbers() {
        let delta = ListDelta { head_delta: -3, len_delta: 3 };
        let golden = *b"\xff\xff\xff\xff\xff\xff\xff\xfd\0\0\0\0\0\0\0\x03";
        assert_eq!(delta.to_bytes(), golden);
        assert_eq!(ListDelta::from_bytes(golden), delta);
    }
}
