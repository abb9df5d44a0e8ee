//! Numbers as recordings spell them.

/// Digits and nothing else.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    if digits.iter().all(u8::is_ascii_digit) { std::str::from_utf8(digits).ok()?.parse().ok() } else { None }
}
