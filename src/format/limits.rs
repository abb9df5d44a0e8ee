//! The limits of records, whatever they are of.

/// The limit of a whole logical key, in bytes: 1 MiB.
pub const KEY_LIMIT_BYTES: usize = 1 << 20;

/// The limit of a value, in bytes: 256 MiB.
pub const VALUE_LIMIT_BYTES: usize = 256 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_mebibyte_at_most_and_a_value_256() {
        assert_eq!(KEY_LIMIT_BYTES, 1_048_576);
        assert_eq!(VALUE_LIMIT_BYTES, 268_435_456);
    }
}
