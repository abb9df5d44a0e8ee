//! A window on a file: large positioned reads into one buffer, out of which rows are borrowed.
//!
//! ```text
//! file    ... | taken | rest | not read yet ...
//! buffer      [ taken | rest ]
//! ```
//!
//! When the rest is not enough, it moves to the front and the buffer is filled up behind it: of all rows, only those that
//! lie across the end of a buffer are ever copied. A row that is longer than the buffer makes it grow, but never to more
//! than twice of what has come, so that memory follows what is there and not what a length says. The checksum is kept up
//! a buffer at a time.

use std::borrow::Cow;
use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::FileExt as _;

use crate::bounds::make_room;

/// What is read at once, in bytes. A file that is smaller is held in memory from the first pass on.
const BUFFER_BYTES: usize = 256 << 10;

pub(super) struct Window<'a> {
    file: &'a File,
    /// Borrowed where it is a whole file that is held; then there is nothing to read.
    buffer: Cow<'a, [u8]>,
    /// Where in the file the buffer begins.
    start: u64,
    /// How much of the buffer has been read.
    filled: usize,
    /// How much of it has been taken.
    taken: usize,
    /// How much of it the checksum is of, with everything before it.
    summed: usize,
    crc: u32,
    /// Where in the file reading ends, if the file does not end before.
    end: u64,
}

impl<'a> Window<'a> {
    /// From `start` to `end`; `crc` is the checksum of what is before.
    pub(super) fn new(file: &'a File, start: u64, end: u64, crc: u32) -> Window<'a> {
        let bytes = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX).min(BUFFER_BYTES);
        Window { file, buffer: Cow::Owned(vec![0; bytes]), start, filled: 0, taken: 0, summed: 0, crc, end }
    }

    /// From `start` to `end` of a file that is held.
    pub(super) fn held(file: &'a File, held: &'a [u8], start: u64, end: u64) -> Window<'a> {
        let within = |offset| usize::try_from(offset).unwrap_or(usize::MAX).min(held.len());
        let (taken, filled) = (within(start).min(within(end)), within(end));
        Window { file, buffer: Cow::Borrowed(held), start: 0, filled, taken, summed: taken, crc: 0, end }
    }

    /// The bytes that have been read and not taken.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.taken..self.filled).unwrap_or_default()
    }

    /// Takes so many of them.
    #[inline]
    pub(super) fn take(&mut self, bytes: usize) {
        self.taken = self.taken.saturating_add(bytes).min(self.filled);
    }

    /// Where in the file the rest begins.
    pub(super) fn offset(&self) -> u64 {
        self.start + self.taken as u64
    }

    /// The checksum of everything that has been taken. Of a file that is held there is none.
    pub(super) fn crc(&self) -> u32 {
        crc32c::crc32c_append(self.crc, self.buffer.get(self.summed..self.taken).unwrap_or_default())
    }

    /// Whether the file is held, so that nothing of it can have changed since it was read.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.buffer, Cow::Borrowed(_))
    }

    /// The whole file, if it has been read to its end and is small.
    pub(super) fn into_held(self) -> Option<Vec<u8>> {
        let mut held = self.buffer.into_owned();
        let is_whole = self.start == 0 && self.filled < BUFFER_BYTES;
        held.truncate(self.filled);
        held.shrink_to_fit();
        is_whole.then_some(held)
    }

    /// Reads more, where the rest lacks at least so many bytes; `false` at the end. Not all that lacks need come at once.
    pub(super) fn more(&mut self, lacking: u64) -> Result<bool> {
        let lacking = usize::try_from(lacking).unwrap_or(usize::MAX);
        let is_full = self.buffer.len() - self.filled < lacking;
        let crc = self.crc();
        let Cow::Owned(buffer) = &mut self.buffer else { return Ok(false) };
        if is_full && self.taken > 0 {
            buffer.copy_within(self.taken..self.filled, 0);
            self.start += self.taken as u64;
            (self.filled, self.taken, self.summed, self.crc) = (self.filled - self.taken, 0, 0, crc);
        }
        let at = self.start + self.filled as u64;
        if at >= self.end {
            return Ok(false);
        }
        if is_full {
            let bytes = self.filled + lacking.min(self.filled.max(BUFFER_BYTES));
            make_room(buffer, bytes.max(BUFFER_BYTES))?;
        }
        let most = usize::try_from(self.end - at).unwrap_or(usize::MAX);
        let room = buffer.get_mut(self.filled..).unwrap_or_default();
        let room = if most < room.len() { room.get_mut(..most).unwrap_or_default() } else { room };
        loop {
            match self.file.read_at(room, at) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
