//! RDB files that hold no key.
//!
//! A server that starts with `appendonly yes` and no data writes such a file as the base of its append-only file. Its
//! bytes are an envelope around nothing:
//!
//! ```text
//! "REDIS" || version, 4 digits
//! fa || name || value           any number: who wrote the file, and when
//! f5 || code                    any number: functions, which are no keys
//! ff || checksum, 8 bytes       from version 5 on
//! ```
//!
//! Anything else between the two ends is or may be a key, and what is in it is not read here.

use std::io::{BufRead, Read};

const AUXILIARY: u8 = 0xfa;
const FUNCTION: u8 = 0xf5;
const END: u8 = 0xff;
/// The first version with a checksum.
const CHECKSUM_SINCE: u32 = 5;
const CHECKSUM_BYTES: u64 = 8;

/// What is at the start of a file that begins as an RDB file does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Preamble {
    /// No key, for sure; it has this many bytes, and they are behind us.
    Empty(u64),
    /// Keys, or something that this tool does not know.
    MayHoldKeys,
    /// It ends too early.
    Cut,
}

/// Reads past an RDB file without keys.
///
/// # Errors
///
/// What `input` says, except that it ended.
pub(super) fn skip_empty(input: &mut dyn BufRead) -> std::io::Result<Preamble> {
    let mut skip = Skip { input, bytes: 0 };
    match skip.take_all() {
        Ok(true) => Ok(Preamble::Empty(skip.bytes)),
        Ok(false) => Ok(Preamble::MayHoldKeys),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(Preamble::Cut),
        Err(error) => Err(error),
    }
}

struct Skip<'a> {
    input: &'a mut dyn BufRead,
    bytes: u64,
}

impl Skip<'_> {
    /// Whether all of it is known to be no key.
    fn take_all(&mut self) -> std::io::Result<bool> {
        if self.array::<5>()? != *b"REDIS" {
            return Ok(false);
        }
        let digits = self.array::<4>()?;
        let Some(version) = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<u32>().ok()) else {
            return Ok(false);
        };
        loop {
            let known = match self.array::<1>()? {
                [AUXILIARY] => self.string()? && self.string()?,
                [FUNCTION] => self.string()?,
                [END] => {
                    self.past(if version < CHECKSUM_SINCE { 0 } else { CHECKSUM_BYTES })?;
                    return Ok(true);
                }
                _ => false,
            };
            if !known {
                return Ok(false);
            }
        }
    }

    fn array<const N: usize>(&mut self) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.bytes = self.bytes.saturating_add(N as u64);
        Ok(bytes)
    }

    fn past(&mut self, count: u64) -> std::io::Result<()> {
        let passed = std::io::copy(&mut (&mut self.input).take(count), &mut std::io::sink())?;
        self.bytes = self.bytes.saturating_add(passed);
        if passed == count { Ok(()) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    }

    /// A string, whichever way it is encoded; `false` when it is none.
    fn string(&mut self) -> std::io::Result<bool> {
        let [first] = self.array()?;
        let length = match first {
            // Small integers, and a compressed string: its length, the length once it is unpacked, the bytes.
            0xc0 => 1,
            0xc1 => 2,
            0xc2 => 4,
            0xc3 => {
                let Some(length) = self.length()? else { return Ok(false) };
                if self.length()?.is_none() {
                    return Ok(false);
                }
                length
            }
            first => match self.length_after(first)? {
                Some(length) => length,
                None => return Ok(false),
            },
        };
        self.past(length)?;
        Ok(true)
    }

    fn length(&mut self) -> std::io::Result<Option<u64>> {
        let [first] = self.array()?;
        self.length_after(first)
    }

    fn length_after(&mut self, first: u8) -> std::io::Result<Option<u64>> {
        Ok(match first {
            0x00..=0x3f => Some(u64::from(first)),
            0x40..=0x7f => {
                let [low] = self.array()?;
                Some(u64::from(first & 0x3f) << 8 | u64::from(low))
            }
            0x80 => Some(u64::from(u32::from_be_bytes(self.array()?))),
            0x81 => Some(u64::from_be_bytes(self.array()?)),
            _ => None,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What redis-server 7.0.15 wrote as the base of a new append-only file.
    pub(in crate::workload::recorded) const FRESH: &str = "52454449533030 3130 fa0972656469732d76657206372e302e3135 \
        fa0a72656469732d62697473c040 fa056374696d65c29442066b fa08757365642d6d656dc2a05f0d00 fa08616f662d62617365c001 \
        ff3c82281ddd11eab6";

    pub(in crate::workload::recorded) fn bytes(hex: &str) -> Vec<u8> {
        hex::decode(hex.replace(' ', "")).expect("hex")
    }

    fn skipped(mut bytes: &[u8]) -> Preamble {
        skip_empty(&mut bytes).expect("memory does not fail")
    }

    #[test]
    fn a_new_servers_base_holds_no_key() {
        let fresh = bytes(FRESH);
        assert_eq!(skipped(&fresh), Preamble::Empty(89));
        assert_eq!(skipped(&[&fresh, &b"*1\r\n"[..]].concat()), Preamble::Empty(89), "what follows stays");
        for end in 0..fresh.len() {
            assert_eq!(skipped(&fresh[..end]), Preamble::Cut, "{end}");
        }
    }

    #[test]
    fn strings_of_every_encoding_are_passed() {
        let versions = ["5245444953 30303034 ff", "5245444953 30303131 ff 0000000000000000"];
        for hex in versions {
            assert_eq!(skipped(&bytes(hex)), Preamble::Empty(bytes(hex).len() as u64), "{hex}");
        }
        for string in ["00", "0141", "4001 41", "80 00000001 41", "81 0000000000000001 41", "c0 01", "c1 0102"] {
            let whole =
                bytes(&format!("5245444953 30303130 f5 {string} fa {string} c3 02 05 aabb ff 0000000000000000"));
            assert_eq!(skipped(&whole), Preamble::Empty(whole.len() as u64), "{string}");
        }
    }

    #[test]
    fn what_is_or_may_be_a_key_is_told() {
        // A database's number; a string key; a module's data; a string that is none; no RDB file; no version.
        for rest in ["fe 00", "00 01 41 01 42", "f7 00", "fa c4 00", "fa 82 00"] {
            let rest = bytes(&format!("5245444953 30303130 {rest} ff 0000000000000000"));
            assert_eq!(skipped(&rest), Preamble::MayHoldKeys, "{rest:?}");
        }
        assert_eq!(skipped(b"REDIX0010\xff"), Preamble::MayHoldKeys);
        assert_eq!(skipped(b"REDISabcd\xff"), Preamble::MayHoldKeys);
    }
}
