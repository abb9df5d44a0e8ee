//! Replies, read from the wire within limits: RESP2, and no more of it than can be right.
//!
//! ```text
//! +OK\r\n   -ERR text\r\n   :1\r\n   $3\r\nabc\r\n   $-1\r\n   *2\r\n<reply><reply>   *-1\r\n
//! ```
//!
//! All memory is asked for in a way that can be refused, and only for what has come. The null array is told from the null
//! bulk string no more than most clients do: both are [`Reply::Null`].

use std::borrow::Cow;

use super::wire::{Wire, WireError};
use crate::bounds::quotation;
use crate::command::Reply;

/// Redis's own limit of a string, unless it is configured otherwise; a value of ours has half of it at most.
const BULK_LIMIT_BYTES: u64 = 512 << 20;
/// What is held at once of replies to commands that are sent together, in bytes of memory.
const HELD_LIMIT_BYTES: u64 = 4 << 30;
/// Statuses, errors, numbers and lengths. Redis quotes some hundred bytes of a command in an error.
const LINE_LIMIT_BYTES: usize = 64 << 10;
/// An `EXEC` of an `LMPOP` has three.
const DEPTH_LIMIT: usize = 8;
/// What is read of a bulk string at a time.
const PIECE_BYTES: usize = 64 << 10;

/// Reads replies, as long as what is held of them all is within the limit.
pub(super) struct Replies<'a> {
    wire: &'a mut Wire,
    /// How many bytes of memory may still be taken.
    left: u64,
    /// The line that is being read.
    line: Vec<u8>,
}

/// What a reply begins with.
enum Head {
    Whole(Reply),
    Bulk(u64),
    Array(u64),
}

impl Replies<'_> {
    pub(super) fn of(wire: &mut Wire) -> Replies<'_> {
        Replies { wire, left: HELD_LIMIT_BYTES, line: Vec::new() }
    }

    /// The wire, to send the commands.
    pub(super) fn wire(&mut self) -> &mut Wire {
        self.wire
    }

    /// The next reply.
    pub(super) fn next(&mut self) -> Result<Reply, WireError> {
        let reply = self.reply(0)?;
        self.wire.has_come();
        Ok(reply)
    }

    fn reply(&mut self, depth: usize) -> Result<Reply, WireError> {
        self.hold(size_of::<Reply>() as u64)?;
        Ok(match self.head()? {
            Head::Whole(reply) => reply,
            Head::Bulk(length) => Reply::Bulk(self.bulk(length)?),
            Head::Array(length) => Reply::Array(self.array(length, depth + 1)?),
        })
    }

    fn head(&mut self) -> Result<Head, WireError> {
        self.read_line()?;
        self.hold(self.line.len() as u64)?;
        let (kind, rest) = self.line.split_at_checked(1).unwrap_or_default();
        Ok(match kind {
            b"+" if rest == b"OK" => Head::Whole(Reply::OK),
            b"+" => Head::Whole(Reply::Status(Cow::Owned(text(rest)?))),
            b"-" => Head::Whole(Reply::Error(text(rest)?)),
            b":" => Head::Whole(Reply::Integer(number(rest)?)),
            b"$" | b"*" if rest == b"-1" => Head::Whole(Reply::Null),
            b"$" => Head::Bulk(length(rest)?),
            b"*" => Head::Array(length(rest)?),
            _ => return Err(malformed("a reply begins with +, -, :, $ or *, not as in", &self.line)),
        })
    }

    /// Takes so much memory out of what is left.
    fn hold(&mut self, bytes: u64) -> Result<(), WireError> {
        self.left = self.left.checked_sub(bytes).ok_or(WireError::TooMuch("more than 4 GiB at once"))?;
        Ok(())
    }

    /// Reads a line without its CR LF.
    fn read_line(&mut self) -> Result<(), WireError> {
        self.line.clear();
        loop {
            let ahead = self.wire.ahead()?;
            let end = ahead.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let taken = ahead.get(..end.unwrap_or(ahead.len())).unwrap_or_default();
            if self.line.len() + taken.len() > LINE_LIMIT_BYTES {
                return Err(WireError::TooMuch("a status, an error or a number of more than 64 KiB"));
            }
            self.line.extend_from_slice(taken);
            let count = taken.len();
            self.wire.take(count);
            if end.is_some() {
                self.line.pop();
                return match self.line.pop_if(|byte| *byte == b'\r') {
                    Some(_) => Ok(()),
                    None => Err(malformed("a line ends in CR LF, not in LF alone as in", &self.line)),
                };
            }
        }
    }

    fn bulk(&mut self, length: u64) -> Result<Vec<u8>, WireError> {
        if length > BULK_LIMIT_BYTES {
            return Err(WireError::TooMuch("a string of more than 512 MiB"));
        }
        self.hold(length)?;
        let (mut bytes, mut left) = (Vec::new(), usize::try_from(length).unwrap_or(usize::MAX));
        while left > 0 {
            let ahead = self.wire.ahead()?;
            let piece = ahead.get(..left.min(PIECE_BYTES)).unwrap_or(ahead);
            bytes.try_reserve(piece.len()).map_err(|_| NO_MEMORY)?;
            bytes.extend_from_slice(piece);
            let count = piece.len();
            self.wire.take(count);
            left -= count;
        }
        match self.two()? {
            [b'\r', b'\n'] => Ok(bytes),
            other => Err(malformed("a string ends in CR LF, not in", &other)),
        }
    }

    /// Reads two bytes.
    fn two(&mut self) -> Result<[u8; 2], WireError> {
        let mut two = [0; 2];
        for byte in &mut two {
            *byte = self.wire.ahead()?.first().copied().unwrap_or_default();
            self.wire.take(1);
        }
        Ok(two)
    }

    fn array(&mut self, length: u64, depth: usize) -> Result<Vec<Reply>, WireError> {
        if depth > DEPTH_LIMIT {
            return Err(WireError::TooMuch("arrays within arrays, more than 8 deep"));
        }
        if length.saturating_mul(size_of::<Reply>() as u64) > self.left {
            return Err(WireError::TooMuch("an array of more elements than fit into 4 GiB"));
        }
        let mut replies = Vec::new();
        for _ in 0..length {
            replies.try_reserve(1).map_err(|_| NO_MEMORY)?;
            replies.push(self.reply(depth)?);
        }
        Ok(replies)
    }
}

const NO_MEMORY: WireError = WireError::TooMuch("more than there is memory for");

/// Errors quote arguments, which are no texts.
fn text(line: &[u8]) -> Result<String, WireError> {
    let found = String::from_utf8_lossy(line);
    let mut text = String::new();
    text.try_reserve_exact(found.len()).map_err(|_| NO_MEMORY)?;
    text.push_str(&found);
    Ok(text)
}

fn length(line: &[u8]) -> Result<u64, WireError> {
    u64::try_from(number(line)?).map_err(|_| malformed("a length is -1 or not negative, not", line))
}

fn number(line: &[u8]) -> Result<i64, WireError> {
    let number = std::str::from_utf8(line).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| malformed("a number of 64 bits is expected, not", line))
}

fn malformed(expected: &str, found: &[u8]) -> WireError {
    WireError::Malformed(format!("{expected} \"{}\"", quotation(&String::from_utf8_lossy(found))))
}
