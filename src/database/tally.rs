//! What a database of ours says of itself, so that parts that are gone without a trace in its files are missed.
//!
//! The record `tally` in the column family `clock` is
//!
//! ```text
//! writes u64 LE      batches written since the database was made, the one with this record included
//! records u64 LE     in the default column family, when it was last closed in order
//! versions u64 LE    in the column family `history`, at the same time; 0 without one
//! is_closed u8       1 if nothing was written since then, else 0
//! checksum u32 LE    CRC32C of what comes before
//! ```
//!
//! Every batch has it, as its last change; and before the first one after the database was closed, one with nothing else is
//! written and flushed to a table. RocksDB checks what its files hold, but takes an empty log, or a manifest that ends early,
//! for all that there ever was. Then this record is missing, or says that the database is still being written, or the first
//! batch of the log has another number than the tables lead to.

use crc32c::crc32c;

/// The key of the record.
pub(super) const TALLY_KEY: &[u8] = b"tally";
/// The bytes before the checksum.
const COUNTED_BYTES: usize = 25;
/// The bytes of the record.
pub(super) const TALLY_BYTES: usize = COUNTED_BYTES + 4;

/// How much a database holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Since it was made.
    pub(super) writes: u64,
    /// When it was last closed.
    pub(super) held: Held,
    /// Whether nothing was written since then.
    pub(super) is_closed: bool,
}

/// What can be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) records: u64,
    pub(super) versions: u64,
}

impl Tally {
    /// Of a database that is being written.
    pub(super) fn open(writes: u64) -> Tally {
        Tally { writes, ..Tally::default() }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let Tally { writes, held: Held { records, versions }, is_closed } = self;
        let mut bytes = [writes, records, versions].map(u64::to_le_bytes).concat();
        bytes.push(u8::from(is_closed));
        bytes.extend(crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// The one that a batch ends with, in the form that logs have it in, if it has one.
    pub(super) fn of_batch(batch: &[u8]) -> Option<Tally> {
        let value = batch.get(batch.len().checked_sub(TALLY_BYTES)?..)?;
        let before = batch.get(..batch.len() - TALLY_BYTES)?;
        let is_value_of = [&[TALLY_KEY.len() as u8], TALLY_KEY, &[TALLY_BYTES as u8]].concat();
        Tally::parse(value).filter(|_| before.ends_with(&is_value_of))
    }

    /// `None` if the bytes are not a tally's.
    pub(super) fn parse(bytes: &[u8]) -> Option<Tally> {
        let bytes = <&[u8; TALLY_BYTES]>::try_from(bytes).ok()?;
        let (counted, checksum) = bytes.split_at(COUNTED_BYTES);
        if crc32c(counted).to_le_bytes() != checksum {
            return None;
        }
        let (numbers, is_closed) = counted.split_at(COUNTED_BYTES - 1);
        let is_closed = match is_closed {
            [0] => false,
            [1] => true,
            _ => return None,
        };
        let mut numbers =
            numbers.chunks_exact(8).filter_map(|number| Some(u64::from_le_bytes(number.try_into().ok()?)));
        let writes = numbers.next()?;
        Some(Tally { writes, held: Held { records: numbers.next()?, versions: numbers.next()? }, is_closed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_read_as_it_was_written_and_every_wrong_bit_noticed() {
        let tally = Tally { writes: 3, held: Held { records: 0x0102, versions: 5 }, is_closed: true };
        let bytes = tally.to_bytes();
        let counts = b"\x03\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x01";
        assert_eq!(bytes.get(..COUNTED_BYTES), Some(&counts[..]));
        assert_eq!(Tally::parse(&bytes), Some(tally));
        let open = Tally { is_closed: false, ..tally };
        assert_eq!(Tally::parse(&open.to_bytes()), Some(open));
        for bit in 0..bytes.len() * 8 {
            let mut wrong = bytes.clone();
            *wrong.get_mut(bit / 8).expect("in the record") ^= 1 << (bit % 8);
            assert_eq!(Tally::parse(&wrong), None, "{bit}");
        }
        assert_eq!(Tally::parse(b""), None);
        assert_eq!(Tally::parse(&[&bytes[..], b"\0"].concat()), None);
        let neither = [&counts[..COUNTED_BYTES - 1], b"\x02"].concat();
        let neither = [&neither[..], &crc32c(&neither).to_le_bytes()].concat();
        assert_eq!(Tally::parse(&neither), None);

        let batch = [b"\x05tally\x1d", &bytes[..]].concat();
        assert_eq!(Tally::of_batch(&batch), Some(tally));
        for other in [&bytes[..], &batch[1..], &batch[..batch.len() - 1], &[&batch[..], b"\0"].concat()] {
            assert_eq!(Tally::of_batch(other), None, "{other:?}");
        }
    }
}
