//! The expiry record that every type shares.
//!
//! ```text
//! key    "!redis|ttl|" user key
//! value  expireAtMs u64 BE, Unix milliseconds (8 bytes)
//! ```

/// A point in time, in Unix milliseconds, after which a key is gone. A list that shows no expiry has no value of this
/// type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExpireAtMs(pub u64);

impl ExpireAtMs {
    /// The latest expiry that an expiry *record* can mean; readers clamp it. An expiry inside a list meta is not
    /// clamped.
    pub const RECORD_MAX: ExpireAtMs = ExpireAtMs(i64::MAX as u64);

    /// What readers take an expiry record for.
    pub fn clamped(self) -> ExpireAtMs {
        self.min(ExpireAtMs::RECORD_MAX)
    }

    /// Whether a key with this expiry is gone at `now_ms`: a key still lives in the millisecond that its expiry names.
    pub fn is_past(self, now_ms: u64) -> bool {
        now_ms > self.0
    }

    /// The value of the expiry record.
    pub fn to_record_value(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// When a key goes: what its value's own records say, if they own the expiry (`owned`, where `Some(None)` is "never"),
/// and otherwise what the expiry record says, clamped.
pub fn resolve(owned: Option<Option<ExpireAtMs>>, ttl: Option<ExpireAtMs>) -> Option<ExpireAtMs> {
    owned.unwrap_or_else(|| ttl.map(ExpireAtMs::clamped))
}

/// Where expiry records live.
pub const TTL_PREFIX: &[u8] = b"!redis|ttl|";

/// The key of a user key's expiry record.
pub fn ttl_key(user_key: &[u8]) -> Vec<u8> {
    [TTL_PREFIX, user_key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_lives_through_the_millisecond_of_its_expiry() {
        assert!(!ExpireAtMs(5).is_past(5));
        assert!(ExpireAtMs(5).is_past(6));
        assert_eq!(ExpireAtMs(u64::MAX).clamped().0, 0x7fff_ffff_ffff_ffff);
    }

    #[test]
    fn an_expiry_that_is_owned_hides_the_record() {
        assert_eq!(resolve(None, None), None);
        assert_eq!(resolve(None, Some(ExpireAtMs(u64::MAX))), Some(ExpireAtMs::RECORD_MAX));
        assert_eq!(resolve(Some(None), Some(ExpireAtMs(5))), None);
        assert_eq!(resolve(Some(Some(ExpireAtMs(u64::MAX))), Some(ExpireAtMs(5))), Some(ExpireAtMs(u64::MAX)));
    }

    #[test]
    fn the_record_is_a_prefix_the_user_key_and_eight_bytes() {
        assert_eq!(ttl_key(b"L"), b"!redis|ttl|L");
        assert_eq!(ExpireAtMs(4_102_444_800_000).to_record_value(), *b"\0\0\x03\xbb\x2c\xc3\xd8\0");
    }
}
