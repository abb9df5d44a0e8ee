//! The rows of a snapshot file, one after the other, with where they are.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::window::Window;
use crate::format::CommitTs;
use crate::format::snapshot::{
    BARE_MAGIC, FOOTER_BYTES, Framing, LENGTH_BYTES, MAGIC_BYTES, NoRow, OUTER_V1_BYTES, OUTER_V1_MAGIC,
    OUTER_V2_LENGTHS, OUTER_V2_MAGIC, RowFault, SST_MAGIC, split_row,
};

/// Whether a snapshot file that is taken can begin so.
pub fn is_beginning(start: &[u8]) -> bool {
    [BARE_MAGIC, OUTER_V1_MAGIC, OUTER_V2_MAGIC].iter().any(|magic| start.starts_with(magic))
}

/// Why a snapshot file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be opened or read.
    #[error("snapshot {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not a snapshot, or a damaged one.
    #[error("snapshot {}: {place}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where: the offset in bytes from 0, and the number of the row from 1.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The snapshot does not reach to the commit that was asked for.
    #[error("snapshot {}: {problem}", path.display())]
    OutOfReach {
        /// The file.
        path: PathBuf,
        /// Why.
        problem: String,
    },
}

/// Where a row is.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPlace {
    /// Of its key length, in bytes from 0.
    pub(super) offset: u64,
    /// From 1; 0 for what is no row.
    pub(super) row: u64,
}

/// A boundary between rows: what was read up to there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// Where it is, in bytes from 0.
    offset: u64,
    /// The rows before it.
    rows: u64,
    /// The checksum of everything before it.
    crc: u32,
}

/// What is wrong with a file that says something else in a later pass.
const CHANGED: &str = "the file has changed since it was checked; take a copy of it that nobody writes to";

/// A cursor over the rows of a file. The key and value of a row stay until the next is read.
pub(super) struct RowReader<'a> {
    path: &'a Path,
    window: Window<'a>,
    framing: Framing,
    last_commit_ts: CommitTs,
    /// The present row's number, from 1.
    row: u64,
    /// Where its key ends, from its start.
    key_end: usize,
    /// All bytes of it; 0 where there is none.
    row_bytes: usize,
    /// The end of a pass over rows that have been read before; the first pass goes to the end of the file.
    end: Option<Mark>,
}

impl<'a> RowReader<'a> {
    /// Begins at the start of the file, and reads its headers.
    pub(super) fn new(path: &'a Path, file: &'a File) -> Result<RowReader<'a>, SnapshotError> {
        let mut reader = RowReader::over(path, Window::new(file, 0, u64::MAX, 0), 0, None);
        reader.read_headers()?;
        Ok(reader)
    }

    /// Reads the rows between two marks of an earlier pass again; what is `held` of the file is not read from it.
    pub(super) fn again(path: &'a Path, file: &'a File, held: Option<&'a [u8]>, from: Mark, to: Mark) -> RowReader<'a> {
        let window = match held {
            Some(held) => Window::held(file, held, from.offset, to.offset),
            None => Window::new(file, from.offset, to.offset, from.crc),
        };
        RowReader::over(path, window, from.rows, Some(to))
    }

    fn over(path: &'a Path, window: Window<'a>, row: u64, end: Option<Mark>) -> RowReader<'a> {
        let (framing, last_commit_ts) = (Framing::Bare, CommitTs(0));
        RowReader { path, window, framing, last_commit_ts, row, key_end: LENGTH_BYTES, row_bytes: 0, end }
    }

    /// How the file is wrapped. That of a legacy file shows at its end.
    pub(super) fn framing(&self) -> Framing {
        self.framing
    }

    pub(super) fn last_commit_ts(&self) -> CommitTs {
        self.last_commit_ts
    }

    /// Where the present row is.
    pub(super) fn place(&self) -> RowPlace {
        RowPlace { offset: self.window.offset(), row: self.row }
    }

    /// The boundary before the present row, or where there is none after the last one.
    pub(super) fn mark(&self) -> Mark {
        Mark { offset: self.window.offset(), rows: self.row.saturating_sub(1), crc: self.window.crc() }
    }

    /// The raw key of the present row.
    #[inline]
    pub(super) fn key(&self) -> &[u8] {
        self.window.rest().get(LENGTH_BYTES..self.key_end).unwrap_or_default()
    }

    /// The raw value of the present row.
    #[inline]
    pub(super) fn value(&self) -> &[u8] {
        self.window.rest().get(self.key_end + LENGTH_BYTES..self.row_bytes).unwrap_or_default()
    }

    /// The whole file, if all of it has been read and it is small.
    pub(super) fn into_held(self) -> Option<Vec<u8>> {
        self.window.into_held()
    }

    fn read_headers(&mut self) -> Result<(), SnapshotError> {
        self.framing = match self.read_header::<MAGIC_BYTES>("its first magic")? {
            BARE_MAGIC => Framing::Bare,
            OUTER_V1_MAGIC => {
                self.read_header::<{ OUTER_V1_BYTES - MAGIC_BYTES }>("the outer header")?;
                Framing::V1
            }
            OUTER_V2_MAGIC => {
                let length = u16::from_be_bytes(self.read_header("the outer header")?);
                if !OUTER_V2_LENGTHS.contains(&length) {
                    let (low, high) = (OUTER_V2_LENGTHS.start(), OUTER_V2_LENGTHS.end());
                    let problem = format!("the outer header names a length of {length}, must be {low} to {high}");
                    return Err(self.malformed_at(MAGIC_BYTES as u64, problem));
                }
                self.require(usize::from(length), "the outer header")?;
                self.window.take(usize::from(length));
                Framing::V2
            }
            SST_MAGIC => {
                let problem =
                    "an SST container (\"EKVSSTI1\"), which is not supported; take a snapshot as a stream of rows";
                return Err(self.malformed_at(0, problem.to_owned()));
            }
            other => {
                let problem = format!("unknown magic {}; a snapshot starts with \"EKVPBBL1\"", shown_magic(&other));
                return Err(self.malformed_at(0, format!("{problem}, \"EKVTHLC1\" or \"EKVTHLC2\"")));
            }
        };
        let start = self.window.offset();
        if self.framing != Framing::Bare {
            let magic = self.read_header::<MAGIC_BYTES>("the stream's magic")?;
            if magic == SST_MAGIC {
                let problem = "an SST container (\"EKVSSTI1\") within, which is not supported";
                return Err(self.malformed_at(start, problem.to_owned()));
            }
            if magic != BARE_MAGIC {
                let problem = format!("unknown magic {} where \"EKVPBBL1\" is expected", shown_magic(&magic));
                return Err(self.malformed_at(start, problem));
            }
        }
        self.last_commit_ts = CommitTs(u64::from_le_bytes(self.read_header("lastCommitTS")?));
        Ok(())
    }

    fn read_header<const BYTES: usize>(&mut self, what: &str) -> Result<[u8; BYTES], SnapshotError> {
        self.require(BYTES, what)?;
        let header = self.window.rest().first_chunk().copied().unwrap_or([0; BYTES]);
        self.window.take(BYTES);
        Ok(header)
    }

    /// Fails where the file ends within the next so many bytes.
    fn require(&mut self, wanted: usize, what: &str) -> Result<(), SnapshotError> {
        loop {
            let read = self.window.rest().len();
            if read >= wanted {
                return Ok(());
            }
            if !self.more((wanted - read) as u64)? {
                let problem = format!("the file ends inside {what} ({read} of {wanted} bytes)");
                return Err(self.malformed_at(self.window.offset(), problem));
            }
        }
    }

    fn more(&mut self, lacking: u64) -> Result<bool, SnapshotError> {
        self.window.more(lacking).map_err(|source| SnapshotError::Io { path: self.path.to_owned(), source })
    }

    /// Reads the next row; `false` at the end, after the checksum has been compared where there is one.
    #[inline]
    pub(super) fn next_row(&mut self) -> Result<bool, SnapshotError> {
        self.window.take(std::mem::take(&mut self.row_bytes));
        self.row += 1;
        loop {
            match split_row(self.window.rest()) {
                Ok((key, value)) => {
                    self.key_end = LENGTH_BYTES + key.len();
                    self.row_bytes = self.key_end + LENGTH_BYTES + value.len();
                    return Ok(true);
                }
                Err(NoRow::Fault(fault)) => return Err(self.fault(fault)),
                Err(NoRow::Short { part, found, wanted }) => {
                    if !self.more(wanted - found)? {
                        self.expect_end(part, found, wanted)?;
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// What follows the last row, where there is only so much of a part of another one: in the first pass nothing, or the
    /// checksum of all before it; in a later one what followed then.
    fn expect_end(&mut self, part: &str, found: u64, wanted: u64) -> Result<(), SnapshotError> {
        let (offset, rest) = (self.window.offset(), self.window.rest());
        if let Some(end) = self.end {
            let is_as_before = offset == end.offset && (self.window.is_held() || self.window.crc() == end.crc);
            return if is_as_before { Ok(()) } else { Err(self.malformed_at(offset, CHANGED.to_owned())) };
        }
        let footer: Result<[u8; FOOTER_BYTES], _> = rest.try_into();
        match (rest, footer, self.framing) {
            ([], _, Framing::Bare) => Ok(()),
            ([], _, _) => {
                let problem = "the file ends without a checksum; it has been cut off";
                Err(self.malformed_at(offset, problem.to_owned()))
            }
            (_, Ok(footer), framing) => {
                let (said, crc) = (u32::from_be_bytes(footer), self.window.crc());
                if said == crc {
                    self.framing = if framing == Framing::Bare { Framing::Legacy } else { framing };
                    return Ok(());
                }
                let damaged = if framing == Framing::Bare { "damaged, or cut off inside a row" } else { "damaged" };
                let problem = format!("the checksum is {crc:08x}, the footer says {said:08x}; the file is {damaged}");
                Err(self.malformed_at(offset, problem))
            }
            (_, Err(_), _) => {
                Err(self.malformed(format!("the file ends inside the row's {part} ({found} of {wanted} bytes)")))
            }
        }
    }

    /// Something wrong with the present row. It was right in the first pass, so in a later one the file has changed.
    pub(super) fn fault(&self, fault: RowFault) -> SnapshotError {
        let is_read_again = self.end.is_some() && !self.window.is_held();
        self.malformed(if is_read_again { CHANGED.to_owned() } else { fault.to_string() })
    }

    pub(super) fn malformed(&self, problem: String) -> SnapshotError {
        self.malformed_row(self.place(), problem)
    }

    /// The error about a row that has been read before.
    pub(super) fn malformed_row(&self, RowPlace { offset, row }: RowPlace, problem: String) -> SnapshotError {
        SnapshotError::Malformed { path: self.path.to_owned(), place: format!("row {row} at offset {offset}"), problem }
    }

    fn malformed_at(&self, offset: u64, problem: String) -> SnapshotError {
        SnapshotError::Malformed { path: self.path.to_owned(), place: format!("offset {offset}"), problem }
    }
}

fn shown_magic(magic: &[u8]) -> String {
    format!("\"{}\"", crate::format::key_text::escaped(magic))
}
