//! The bytes of an RDB file, with their offset and checksum; lengths and strings.
//!
//! ```text
//! 00xxxxxx                              a length below 64
//! 01xxxxxx || byte                      below 16384
//! 80 || 4 bytes BE,  81 || 8 bytes BE   any
//! c0 || 1, c1 || 2, c2 || 4 bytes LE    instead of a length: the string is this integer in decimal
//! c3 || length || length || bytes       compressed with LZF: the bytes that are there, those that come of them
//! ```

use std::borrow::Cow;
use std::io::{BufRead, Read as _};

use crc::{CRC_64_REDIS, Crc, Digest, Table};

use crate::bounds::read_exactly;

/// Sixteen bytes at a time: a base may have gigabytes.
static CRC_64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_REDIS);

/// Redis's own limit of a string, unless it is configured otherwise.
const STRING_LIMIT_BYTES: u64 = 512 << 20;
/// A reference of three bytes repeats at most this many.
const LZF_REFERENCE: (u64, u64) = (3, 264);

/// Why reading stops.
#[derive(Debug)]
pub(in crate::workload::recorded) enum Stop {
    /// What is there is not what was expected.
    Malformed {
        offset: u64,
        problem: Cow<'static, str>,
    },
    Io(std::io::Error),
}

impl Stop {
    pub(super) fn at(offset: u64, problem: impl Into<Cow<'static, str>>) -> Stop {
        Stop::Malformed { offset, problem: problem.into() }
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Io(error)
    }
}

pub(super) struct Source {
    input: Box<dyn BufRead>,
    offset: u64,
    digest: Digest<'static, u64, Table<16>>,
}

enum Length {
    Of(u64),
    Integer(i64),
    Compressed { bytes: u64, unpacked: u64 },
}

impl Source {
    pub(super) fn new(input: Box<dyn BufRead>) -> Source {
        Source { input, offset: 0, digest: CRC_64.digest() }
    }

    pub(super) fn into_rest(self) -> (Box<dyn BufRead>, u64) {
        (self.input, self.offset)
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Of all bytes so far.
    pub(super) fn checksum(&self) -> u64 {
        self.digest.clone().finalize()
    }

    fn ended(&self, what: &str) -> Stop {
        Stop::at(self.offset, format!("the RDB part is cut short: expected {what}"))
    }

    pub(super) fn byte(&mut self, what: &str) -> Result<u8, Stop> {
        self.array(what).map(|[byte]| byte)
    }

    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Stop> {
        let mut bytes = [0; N];
        match self.input.read_exact(&mut bytes) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Err(self.ended(what)),
            read => read?,
        }
        self.passed(&bytes);
        Ok(bytes)
    }

    fn passed(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.offset = self.offset.saturating_add(bytes.len() as u64);
    }

    fn bytes(&mut self, count: u64, what: &str) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        read_exactly(&mut self.input, count, &mut bytes)?;
        if (bytes.len() as u64) < count {
            return Err(self.ended(what));
        }
        self.passed(&bytes);
        Ok(bytes)
    }

    pub(super) fn skip(&mut self, count: u64, what: &str) -> Result<(), Stop> {
        const CHUNK_BYTES: u64 = 1 << 16;
        let start = self.offset;
        let mut left = count;
        while left > 0 {
            let chunk = self.bytes(left.min(CHUNK_BYTES), what).map_err(|stop| match stop {
                Stop::Malformed { problem, .. } => Stop::Malformed { offset: start, problem },
                stop => stop,
            })?;
            left = left.saturating_sub(chunk.len() as u64);
        }
        Ok(())
    }

    /// A length that is none of a string.
    pub(super) fn length(&mut self, what: &str) -> Result<u64, Stop> {
        let offset = self.offset;
        let first = self.byte(what)?;
        self.length_after(offset, first, what)
    }

    fn length_after(&mut self, offset: u64, first: u8, what: &str) -> Result<u64, Stop> {
        Ok(match first {
            0x00..=0x3f => u64::from(first),
            0x40..=0x7f => u64::from(first & 0x3f) << 8 | u64::from(self.byte(what)?),
            0x80 => u64::from(u32::from_be_bytes(self.array(what)?)),
            0x81 => u64::from_be_bytes(self.array(what)?),
            _ => return Err(Stop::at(offset, format!("expected {what}, which begins with a length"))),
        })
    }

    fn string_length(&mut self, what: &str) -> Result<Length, Stop> {
        let offset = self.offset;
        Ok(match self.byte(what)? {
            0xc0 => Length::Integer(i64::from(i8::from_le_bytes(self.array(what)?))),
            0xc1 => Length::Integer(i64::from(i16::from_le_bytes(self.array(what)?))),
            0xc2 => Length::Integer(i64::from(i32::from_le_bytes(self.array(what)?))),
            0xc3 => Length::Compressed { bytes: self.length(what)?, unpacked: self.length(what)? },
            first => Length::Of(self.length_after(offset, first, what)?),
        })
    }

    pub(super) fn string(&mut self, what: &str) -> Result<Vec<u8>, Stop> {
        let offset = self.offset;
        let (bytes, unpacked) = match self.string_length(what)? {
            Length::Of(length) => {
                within_limit(offset, length, what)?;
                return self.bytes(length, what);
            }
            Length::Integer(integer) => return Ok(integer.to_string().into_bytes()),
            Length::Compressed { bytes, unpacked } => (bytes, unpacked),
        };
        within_limit(offset, bytes.max(unpacked), what)?;
        let (of, at_most) = LZF_REFERENCE;
        let most = bytes.saturating_mul(at_most) / of;
        let length = usize::try_from(unpacked).ok().filter(|_| unpacked <= most);
        let packed = self.bytes(bytes, what)?;
        length
            .and_then(|length| lzf::decompress(&packed, length).ok().filter(|string| string.len() == length))
            .ok_or_else(|| {
                let problem = format!("expected {what}: {bytes} bytes of LZF that become {unpacked}, but they do not");
                Stop::at(offset, problem)
            })
    }

    pub(super) fn skip_string(&mut self, what: &str) -> Result<(), Stop> {
        match self.string_length(what)? {
            Length::Of(bytes) | Length::Compressed { bytes, .. } => self.skip(bytes, what),
            Length::Integer(_) => Ok(()),
        }
    }
}

fn within_limit(offset: u64, bytes: u64, what: &str) -> Result<(), Stop> {
    if bytes > STRING_LIMIT_BYTES {
        return Err(Stop::at(offset, format!("expected {what}: a string has at most 512 MiB, not {bytes} bytes")));
    }
    Ok(())
}
