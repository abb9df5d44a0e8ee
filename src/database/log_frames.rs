//! The frames of RocksDB's logs: its MANIFEST, which names the files of each version, and its write-ahead logs.
//!
//! RocksDB takes a frame that runs past the end of the file for what a crash has left, and stops there without a word; so a
//! file that was cut, or one wrong bit in a length, shows an older state, or none at all. Here the frames are walked before
//! RocksDB sees them: what cannot be a crash's tail is refused, and of a tail it is said what is lost.
//!
//! After a loss of power the last record of a write-ahead log may have its length on the disk and its bytes in part: zeros stand
//! for the rest, even in its middle. So there a record with a wrong frame is a tail if no other record begins behind it. In a
//! manifest it is damage, because RocksDB does not open one that ends so.
//!
//! A log consists of blocks of 32 KiB. A frame never crosses the end of a block; where fewer than 7 bytes are left in one,
//! they are zero. A frame is
//!
//! ```text
//! checksum u32 LE    CRC32C of what follows the length, masked: rotated right by 15 bits, plus a282ead8
//! length u16 LE      of the payload
//! type u8            1 a whole record, 2 the first part of one, 3 a middle part, 4 the last; the same plus 4 in a file
//!                    that is used again, where the log's number, u32 LE, follows; others are not records
//! payload
//! ```
//!
//! A header of zeros is room that was set aside: nothing follows in its block. Source: RocksDB's `db/log_format.h`.

use std::io::Read;

use crc32c::crc32c;

const BLOCK_BYTES: usize = 32 << 10;
const HEADER_BYTES: usize = 7;
const LOG_NUMBER_BYTES: usize = 4;

/// What of a log is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Walked {
    /// All of it.
    Whole,
    /// What comes before this offset. The file ends within a record, as a crash leaves it, or a cut.
    Until(u64),
}

/// What no crash leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// Where, in bytes from the start of the file.
    pub(super) offset: u64,
    /// A clause.
    pub(super) problem: &'static str,
    /// Whether bytes that did not reach the disk look so, if nothing follows.
    may_be_tail: bool,
}

impl Damage {
    fn new(offset: u64, problem: &'static str) -> Damage {
        Damage { offset, problem, may_be_tail: false }
    }

    fn or_tail(offset: u64, problem: &'static str) -> Damage {
        Damage { offset, problem, may_be_tail: true }
    }
}

/// Why a walk ends.
#[derive(Debug)]
pub(super) enum WalkError {
    Io(std::io::Error),
    Damage(Damage),
}

/// What a log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    Manifest,
    WriteAhead,
}

/// Walks a log.
pub(super) fn walk(log: &mut impl Read, of: Log) -> Result<Walked, WalkError> {
    let mut walk = Walk { record: None, is_reused: None };
    let mut offset = 0;
    loop {
        let mut block = Vec::new();
        log.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block).map_err(WalkError::Io)?;
        let is_last = block.len() < BLOCK_BYTES;
        match walk.block(&block, offset, is_last) {
            Ok(Some(end)) => return Ok(Walked::Until(end)),
            Ok(None) => {}
            Err(damage) if of == Log::WriteAhead && damage.may_be_tail => {
                let from = usize::try_from(damage.offset - offset).unwrap_or_default();
                let begins = block.get(from..).is_some_and(has_beginning) || rest_has_beginning(log)?;
                return match begins {
                    true => Err(WalkError::Damage(damage)),
                    false => Ok(Walked::Until(walk.record.unwrap_or(damage.offset))),
                };
            }
            Err(damage) => return Err(WalkError::Damage(damage)),
        }
        offset += block.len() as u64;
        if is_last {
            return Ok(walk.record.map_or(Walked::Whole, Walked::Until));
        }
    }
}

/// Whether a record begins anywhere in these bytes of one block.
fn has_beginning(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|from| {
        let part = match bytes.get(from..).map(frame) {
            Some(Frame::Whole { part, .. }) => part,
            _ => return false,
        };
        matches!(part, Part::Only | Part::First)
    })
}

fn rest_has_beginning(log: &mut impl Read) -> Result<bool, WalkError> {
    loop {
        let mut block = Vec::new();
        log.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block).map_err(WalkError::Io)?;
        if block.is_empty() || has_beginning(&block) {
            return Ok(!block.is_empty());
        }
    }
}

/// The first record of a log that is not damaged.
pub(super) fn first_record(log: &mut impl Read) -> Result<Option<Vec<u8>>, std::io::Error> {
    let mut record = Vec::new();
    loop {
        let mut block = Vec::new();
        log.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
        let mut rest = block.as_slice();
        while let Frame::Whole { bytes, part, is_reused } = frame(rest) {
            let header = HEADER_BYTES + if is_reused == Some(true) { LOG_NUMBER_BYTES } else { 0 };
            if !matches!(part, Part::None) {
                record.extend_from_slice(rest.get(header..bytes).unwrap_or_default());
            }
            if matches!(part, Part::Only | Part::Last) {
                return Ok(Some(record));
            }
            rest = rest.get(bytes..).unwrap_or_default();
        }
        if block.len() < BLOCK_BYTES {
            return Ok(None);
        }
    }
}

/// How far a walk has come.
struct Walk {
    /// Where the record began whose last part has not come yet.
    record: Option<u64>,
    /// Whether the log's frames have a log number; unknown before the first one.
    is_reused: Option<bool>,
}

impl Walk {
    /// Walks a block, which begins at `start` of the file. Gives where the file's whole part ends, if it ends in this block
    /// within a frame.
    fn block(&mut self, block: &[u8], start: u64, is_last: bool) -> Result<Option<u64>, Damage> {
        let mut place = 0;
        while BLOCK_BYTES - place >= HEADER_BYTES {
            let rest = block.get(place..).unwrap_or_default();
            let offset = start + place as u64;
            match frame(rest) {
                Frame::End => break,
                Frame::Zeros if rest.iter().all(|byte| *byte == 0) => break,
                Frame::Zeros => return Err(Damage::or_tail(offset, "bytes follow where zeros say that none do")),
                Frame::Wrong => return Err(Damage::or_tail(offset, "the checksum of a frame does not match")),
                Frame::Cut { end, is_reused } if place + end <= BLOCK_BYTES && is_last => {
                    // Frames about the log come first. RocksDB waits for ever on a type that does not belong here.
                    if is_reused.is_some_and(|is_reused| is_reused != self.is_reused.unwrap_or(is_reused)) {
                        return Err(Damage::new(offset, "the type of a frame is wrong"));
                    }
                    if (1..rest.len()).any(|from| matches!(rest.get(from..).map(frame), Some(Frame::Whole { .. }))) {
                        return Err(Damage::or_tail(offset, "the length of a frame is wrong: another frame follows"));
                    }
                    return Ok(Some(self.record.unwrap_or(offset)));
                }
                Frame::Cut { .. } => {
                    return Err(Damage::or_tail(offset, "a frame runs past the end of its block"));
                }
                Frame::Whole { bytes, part, is_reused } => {
                    self.is_reused = self.is_reused.or(is_reused);
                    self.part(part, offset)?;
                    place += bytes;
                }
            }
        }
        Ok(None)
    }

    fn part(&mut self, part: Part, offset: u64) -> Result<(), Damage> {
        self.record = match (part, self.record) {
            (Part::None, record) => record,
            (Part::Only, None) => None,
            (Part::First, None) => Some(offset),
            (Part::Middle, Some(record)) => Some(record),
            (Part::Last, Some(_)) => None,
            (Part::Only | Part::First, Some(_)) => {
                return Err(Damage::new(offset, "a record begins within another"));
            }
            (Part::Middle | Part::Last, None) => {
                return Err(Damage::new(offset, "a record goes on that has not begun"));
            }
        };
        Ok(())
    }
}

/// Which part of a record a frame is.
#[derive(Clone, Copy, Debug)]
enum Part {
    Only,
    First,
    Middle,
    Last,
    /// It is about the log.
    None,
}

/// What stands at a place.
enum Frame {
    /// Nothing: the file ends here.
    End,
    /// A header of zeros.
    Zeros,
    /// A frame whose checksum is right. Whether it has a log number, if it is of a record.
    Whole { bytes: usize, part: Part, is_reused: Option<bool> },
    /// A frame whose checksum is wrong.
    Wrong,
    /// A frame that would end `end` bytes from here, where the file no longer is. Its header, if it is whole, is one with
    /// or without a log number.
    Cut { end: usize, is_reused: Option<bool> },
}

fn frame(rest: &[u8]) -> Frame {
    if rest.is_empty() {
        return Frame::End;
    }
    let Some((header, after)) = rest.split_at_checked(HEADER_BYTES) else {
        return Frame::Cut { end: HEADER_BYTES, is_reused: None };
    };
    let &[c0, c1, c2, c3, low, high, kind] = header else { return Frame::Wrong };
    if header.iter().all(|byte| *byte == 0) {
        return Frame::Zeros;
    }
    let has_log_number = matches!(kind, 5..=8 | 11 | 130);
    let bytes = usize::from(u16::from_le_bytes([low, high])) + if has_log_number { LOG_NUMBER_BYTES } else { 0 };
    let Some(payload) = after.get(..bytes) else {
        return Frame::Cut { end: HEADER_BYTES + bytes, is_reused: Some(!matches!(kind, 1..=4)) };
    };
    let crc = crc32c::crc32c_append(crc32c(&[kind]), payload);
    if crc.rotate_right(15).wrapping_add(0xa282_ead8) != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Frame::Wrong;
    }
    let is_reused = (1..=8).contains(&kind).then_some(has_log_number);
    let part = match kind {
        1 | 5 => Part::Only,
        2 | 6 => Part::First,
        3 | 7 => Part::Middle,
        4 | 8 => Part::Last,
        _ => Part::None,
    };
    Frame::Whole { bytes: HEADER_BYTES + bytes, part, is_reused }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
        let crc = crc32c(&[&[kind], payload].concat()).rotate_right(15).wrapping_add(0xa282_ead8);
        let length = u16::try_from(payload.len()).expect("a short payload").to_le_bytes();
        [crc.to_le_bytes().as_slice(), &length, &[kind], payload].concat()
    }

    fn walked(log: &[u8]) -> Result<Walked, Damage> {
        walked_as(log, Log::Manifest)
    }

    fn walked_as(log: &[u8], of: Log) -> Result<Walked, Damage> {
        walk(&mut &*log, of).map_err(|error| match error {
            WalkError::Damage(damage) => damage,
            WalkError::Io(error) => panic!("{error}"),
        })
    }

    /// A frame about the log, which comes before all others, and three records; the second is in two blocks, with seven bytes
    /// left in the first one and six in the other. With the places where they begin.
    fn log() -> (Vec<u8>, Vec<usize>) {
        let about = framed(9, b"about the log");
        let first = framed(1, &vec![7; BLOCK_BYTES - about.len() - 2 * HEADER_BYTES]);
        let second = [framed(2, b""), framed(4, &vec![8; BLOCK_BYTES - HEADER_BYTES - 6]), vec![0; 6]].concat();
        let third = framed(1, b"third");
        let starts = vec![0, about.len(), about.len() + first.len(), 2 * BLOCK_BYTES];
        ([about, first, second, third].concat(), starts)
    }

    #[test]
    fn a_whole_log_is_whole_with_or_without_room_behind_it() {
        let (log, _) = log();
        assert_eq!(walked(&log), Ok(Walked::Whole));
        assert_eq!(walked(b""), Ok(Walked::Whole));
        assert_eq!(walked(&[log.clone(), vec![0; 100]].concat()), Ok(Walked::Whole));
        assert_eq!(walked(&[log, vec![0; 3 * BLOCK_BYTES]].concat()), Ok(Walked::Whole));
    }

    #[test]
    fn a_log_that_is_cut_ends_with_its_last_whole_record() {
        let (log, starts) = log();
        for length in (0..log.len()).filter(|length| length % 97 == 0 || *length < 60 || log.len() - length < 30) {
            let start = starts.iter().rfind(|start| **start <= length).copied().expect("0 is one");
            // Of the six bytes that are left in a block none need be there.
            let is_between = starts.contains(&length) || (2 * BLOCK_BYTES - 6..2 * BLOCK_BYTES).contains(&length);
            let expected = if is_between { Walked::Whole } else { Walked::Until(start as u64) };
            assert_eq!(walked(log.get(..length).expect("in the log")), Ok(expected), "{length} of {}", log.len());
        }
    }

    #[test]
    fn the_first_record_is_put_together() {
        let first = |log: &[u8]| first_record(&mut &*log).expect("readable");
        let (log, starts) = log();
        assert_eq!(first(&log).map(|record| record.len()), Some(BLOCK_BYTES - starts[1] - 2 * HEADER_BYTES));
        let long =
            [framed(9, b"about the log"), framed(2, &vec![1; BLOCK_BYTES - 20 - HEADER_BYTES]), framed(4, b"end")];
        let expected = [&vec![1; BLOCK_BYTES - 20 - HEADER_BYTES][..], b"end"].concat();
        assert_eq!(first(&long.concat()), Some(expected));
        assert_eq!(first(&long[..2].concat()), None);
        let numbered = framed(5, b"\x09\0\0\0again");
        let again = [&numbered[..4], &5_u16.to_le_bytes(), &numbered[6..]].concat();
        assert_eq!(first(&again), Some(b"again".to_vec()));
        assert_eq!(first(b""), None);
    }

    #[test]
    fn every_wrong_bit_is_noticed() {
        let log = [framed(1, b"first"), framed(2, b"sec"), framed(4, b"ond"), framed(1, b"third")].concat();
        let third = log.len() - framed(1, b"third").len();
        for bit in 0..log.len() * 8 {
            let mut wrong = log.clone();
            *wrong.get_mut(bit / 8).expect("in the log") ^= 1 << (bit % 8);
            match walked(&wrong) {
                // The length of the last frame: what follows cannot be told from a tail, and is said to be lost.
                Ok(Walked::Until(end)) => assert_eq!((end, bit / 8 - third < 6), (third as u64, true)),
                Ok(Walked::Whole) => panic!("bit {bit} is not noticed"),
                Err(damage) => assert!(damage.offset <= bit as u64 / 8, "{bit}: {damage:?}"),
            }
        }
    }

    #[test]
    fn a_record_whose_bytes_are_missing_is_a_tail_unless_another_begins_behind_it() {
        let (before, after) = (framed(1, b"before"), framed(1, b"after"));
        let parts = [framed(2, &vec![5; BLOCK_BYTES - before.len() - HEADER_BYTES]), framed(4, &[6; 900])].concat();
        let whole = [before.clone(), parts].concat();
        let start = before.len();
        for missing in [
            start..whole.len(),
            start + 50..start + 4096,
            start..start + 4096,
            BLOCK_BYTES..whole.len(),
            whole.len() - 9..whole.len(),
        ] {
            let mut torn = whole.clone();
            torn.get_mut(missing.clone()).expect("in the log").fill(0);
            let is_all_zeros = missing == (start..whole.len());
            let expected = if is_all_zeros { Walked::Whole } else { Walked::Until(start as u64) };
            assert_eq!(walked_as(&torn, Log::WriteAhead), Ok(expected), "{missing:?}");
            if !is_all_zeros {
                let followed = [torn.clone(), after.clone()].concat();
                let damage = walked_as(&followed, Log::WriteAhead).map_err(|damage| damage.offset >= start as u64);
                assert_eq!(damage, Err(true), "{missing:?}, and another record");
                assert!(missing.start == BLOCK_BYTES || walked(&torn).is_err(), "{missing:?}, in a manifest");
            }
        }
    }

    #[test]
    fn what_no_crash_leaves_is_damage() {
        let one = framed(1, b"one");
        let at = one.len() as u64;
        for (log, offset, problem) in [
            (framed(3, b"middle"), 0, "a record goes on that has not begun"),
            ([framed(2, b"first"), one.clone()].concat(), 12, "a record begins within another"),
            ([one.clone(), vec![0; 7], one.clone()].concat(), at, "bytes follow where zeros say that none do"),
            ([one.clone(), vec![0, 0, 0, 0, 200, 0, 1], one.clone()].concat(), at, "another frame follows"),
            ([one.clone(), vec![0, 0, 0, 0, 0xff, 0xff, 1]].concat(), at, "a frame runs past the end of its block"),
            ([one, vec![1; 7], vec![2; 0x101]].concat(), at, "the checksum of a frame does not match"),
        ] {
            let damage = walked(&log).expect_err(problem);
            assert_eq!(damage.offset, offset, "{problem}");
            assert!(damage.problem.ends_with(problem), "{damage:?}");
        }
    }
}
