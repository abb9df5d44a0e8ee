//! The two numbers that order records: an item's sequence number and a transaction's commit timestamp.
//!
//! ```text
//! seq, the sortable int64 (8 bytes): the sign bit flipped, then big-endian, so that byte order is numeric order
//!
//!   i64::MIN  00 00 00 00 00 00 00 00
//!         -1  7f ff ff ff ff ff ff ff
//!          0  80 00 00 00 00 00 00 00
//!          1  80 00 00 00 00 00 00 01
//!   i64::MAX  ff ff ff ff ff ff ff ff
//! ```

/// The sequence number of a list item: its place in the list, whatever the list's head is. Any `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub i64);

impl Seq {
    /// The size of an encoded sequence number, in bytes.
    pub const BYTES: usize = 8;

    /// The sortable form.
    pub fn to_bytes(self) -> [u8; Seq::BYTES] {
        (self.0 ^ i64::MIN).to_be_bytes()
    }

    /// The number behind a sortable form; every 8 bytes are one.
    pub fn from_bytes(bytes: [u8; Seq::BYTES]) -> Seq {
        Seq(i64::from_be_bytes(bytes) ^ i64::MIN)
    }
}

/// A commit timestamp of the store's hybrid logical clock: Unix milliseconds in the upper 48 bits, a counter in the
/// lower 16. It only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitTs(pub u64);

impl CommitTs {
    /// The bits of the counter.
    const COUNTER_BITS: u32 = 16;

    /// The latest time that the clock can hold, in Unix milliseconds.
    pub const MAX_MS: u64 = u64::MAX >> CommitTs::COUNTER_BITS;

    /// The first timestamp of a millisecond; later ones than [`CommitTs::MAX_MS`] are held there.
    pub fn at_ms(unix_ms: u64) -> CommitTs {
        CommitTs(unix_ms.min(CommitTs::MAX_MS) << CommitTs::COUNTER_BITS)
    }

    /// The Unix milliseconds of this timestamp.
    pub fn unix_ms(self) -> u64 {
        self.0 >> CommitTs::COUNTER_BITS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_bit_is_flipped() {
        let golden: [(i64, [u8; 8]); 5] = [
            (i64::MIN, [0, 0, 0, 0, 0, 0, 0, 0]),
            (-1, [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            (0, [0x80, 0, 0, 0, 0, 0, 0, 0]),
            (1, [0x80, 0, 0, 0, 0, 0, 0, 1]),
            (i64::MAX, [0xff; 8]),
        ];
        for (number, bytes) in golden {
            assert_eq!(Seq(number).to_bytes(), bytes, "{number}");
            assert_eq!(Seq::from_bytes(bytes), Seq(number), "{number}");
        }
        assert!(golden.is_sorted_by_key(|(_, bytes)| *bytes));
    }

    #[test]
    fn a_commit_timestamp_is_milliseconds_and_a_counter() {
        assert_eq!(CommitTs::at_ms(0x01a2_05e1_4e6d), CommitTs(0x01a2_05e1_4e6d_0000));
        assert_eq!(CommitTs(0x01a2_05e1_4e6d_0001).unix_ms(), 0x01a2_05e1_4e6d);
        assert_eq!(CommitTs::at_ms(0xffff_ffff_ffff), CommitTs(0xffff_ffff_ffff_0000));
        assert_eq!(CommitTs::at_ms(u64::MAX), CommitTs(0xffff_ffff_ffff_0000));
    }
}
