//! Words in tables of requests that stand for others.

/// A key of the case.
pub(super) const KEY: &str = "{key}";
/// A value that may be there.
pub(super) const VALUE: &str = "{value}";
/// A key that no case has.
pub(super) const NOWHERE: &str = "nowhere";
/// The least number of 64 bits, the greatest, and the one above it.
pub(super) const MIN: &str = "-9223372036854775808";
pub(super) const MAX: &str = "9223372036854775807";
pub(super) const OVER: &str = "9223372036854775808";
