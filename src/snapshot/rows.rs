//! The rows of a snapshot file, one after the other, with where they are.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::bounds::read_exactly;
use crate::format::CommitTs;
use crate::format::snapshot::{
    BARE_HEADER_BYTES, BARE_MAGIC, FOOTER_BYTES, Framing, MAGIC_BYTES, OUTER_V1_BYTES, OUTER_V1_MAGIC,
    OUTER_V2_FIXED_BYTES, OUTER_V2_LENGTHS, OUTER_V2_MAGIC, ROW_KEY_LIMIT_BYTES, ROW_VALUE_LIMIT_BYTES, RowFault,
    SST_MAGIC,
};

/// What is read at once, in bytes.
const BUFFER_BYTES: usize = 256 << 10;

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

/// A cursor over the rows of a file. The key and value of a row stay until the next is read.
pub(super) struct RowReader<'a> {
    path: &'a Path,
    input: BufReader<&'a File>,
    framing: Framing,
    last_commit_ts: CommitTs,
    /// The bytes read so far.
    offset: u64,
    crc: u32,
    /// Whether the checksum is kept up; a later pass over a file that has been checked skips what it does not need.
    checks: bool,
    place: RowPlace,
    key: Vec<u8>,
    value: Vec<u8>,
    /// The value's bytes that have not been read.
    value_left: u64,
    ended: bool,
}

impl<'a> RowReader<'a> {
    /// Begins at the start of the file, and reads its headers.
    pub(super) fn new(path: &'a Path, file: &'a File, checks: bool) -> Result<RowReader<'a>, SnapshotError> {
        let mut input = BufReader::with_capacity(BUFFER_BYTES, file);
        input.seek(SeekFrom::Start(0)).map_err(|source| SnapshotError::Io { path: path.to_owned(), source })?;
        let mut reader = RowReader {
            path,
            input,
            framing: Framing::Bare,
            last_commit_ts: CommitTs(0),
            offset: 0,
            crc: 0,
            checks,
            place: RowPlace { offset: 0, row: 0 },
            key: Vec::new(),
            value: Vec::new(),
            value_left: 0,
            ended: false,
        };
        reader.read_headers()?;
        Ok(reader)
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
        self.place
    }

    /// The raw key of the present row.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The raw value of the present row; empty before [`RowReader::read_value`].
    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    fn read_headers(&mut self) -> Result<(), SnapshotError> {
        let mut magic = [0; MAGIC_BYTES];
        self.read_header(&mut magic, "its first magic")?;
        self.framing = match magic {
            BARE_MAGIC => Framing::Bare,
            OUTER_V1_MAGIC => {
                self.read_header(&mut [0; OUTER_V1_BYTES - MAGIC_BYTES], "the outer header")?;
                Framing::V1
            }
            OUTER_V2_MAGIC => {
                let mut length = [0; OUTER_V2_FIXED_BYTES - MAGIC_BYTES];
                self.read_header(&mut length, "the outer header")?;
                let length = u16::from_be_bytes(length);
                if !OUTER_V2_LENGTHS.contains(&length) {
                    let (low, high) = (OUTER_V2_LENGTHS.start(), OUTER_V2_LENGTHS.end());
                    let problem = format!("the outer header names a length of {length}, must be {low} to {high}");
                    return Err(self.malformed_at(MAGIC_BYTES as u64, problem));
                }
                self.read_header(&mut vec![0; usize::from(length)], "the outer header")?;
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
        let start = self.offset;
        if self.framing != Framing::Bare {
            self.read_header(&mut magic, "the stream's magic")?;
            if magic == SST_MAGIC {
                let problem = "an SST container (\"EKVSSTI1\") within, which is not supported";
                return Err(self.malformed_at(start, problem.to_owned()));
            }
            if magic != BARE_MAGIC {
                let problem = format!("unknown magic {} where \"EKVPBBL1\" is expected", shown_magic(&magic));
                return Err(self.malformed_at(start, problem));
            }
        }
        let mut timestamp = [0; BARE_HEADER_BYTES - MAGIC_BYTES];
        self.read_header(&mut timestamp, "lastCommitTS")?;
        self.last_commit_ts = CommitTs(u64::from_le_bytes(timestamp));
        Ok(())
    }

    fn read_header(&mut self, into: &mut [u8], what: &str) -> Result<(), SnapshotError> {
        let (start, wanted) = (self.offset, into.len());
        let read = self.fill(into)?;
        if read < wanted {
            return Err(self.malformed_at(start, format!("the file ends inside {what} ({read} of {wanted} bytes)")));
        }
        Ok(())
    }

    /// Reads the next row's key; `false` at the end, after the checksum has been compared where there is one. A value
    /// that has not been read is passed over.
    pub(super) fn next_key(&mut self) -> Result<bool, SnapshotError> {
        if self.ended {
            return Ok(false);
        }
        self.skip_value()?;
        self.place = RowPlace { offset: self.offset, row: self.place.row + 1 };
        let crc_before = self.crc;
        let mut length = [0; 8];
        let read = self.fill(&mut length)?;
        if read < length.len() {
            self.ended = true;
            self.expect_end(length.get(..read).unwrap_or_default(), crc_before)?;
            return Ok(false);
        }
        let length = u64::from_le_bytes(length);
        if length > ROW_KEY_LIMIT_BYTES {
            return Err(self.fault(RowFault::KeyTooLong(length)));
        }
        let mut key = std::mem::take(&mut self.key);
        self.read_part(&mut key, length, "key")?;
        self.key = key;
        let mut length = [0; 8];
        let read = self.fill(&mut length)?;
        if read < length.len() {
            return Err(self.cut_off("value length", read as u64, length.len() as u64));
        }
        self.value_left = u64::from_le_bytes(length);
        if self.value_left > ROW_VALUE_LIMIT_BYTES {
            return Err(self.fault(RowFault::ValueTooLong(self.value_left)));
        }
        self.value.clear();
        Ok(true)
    }

    /// Reads the present row's value.
    pub(super) fn read_value(&mut self) -> Result<(), SnapshotError> {
        let (length, mut value) = (std::mem::take(&mut self.value_left), std::mem::take(&mut self.value));
        self.read_part(&mut value, length, "value")?;
        self.value = value;
        Ok(())
    }

    fn skip_value(&mut self) -> Result<(), SnapshotError> {
        let left = std::mem::take(&mut self.value_left);
        let Ok(distance) = i64::try_from(left) else { return Ok(()) };
        // A file that was cut since it was checked shows at the next row.
        self.input.seek_relative(distance).map_err(|source| self.io(source))?;
        self.offset += left;
        Ok(())
    }

    /// Reads `length` bytes. Memory grows with what is there, not with what a length field says.
    fn read_part(&mut self, into: &mut Vec<u8>, length: u64, what: &str) -> Result<(), SnapshotError> {
        into.clear();
        let read = read_exactly(&mut self.input, length, into).map_err(|source| self.io(source))?;
        self.advance(into);
        if read < length {
            return Err(self.cut_off(what, read, length));
        }
        Ok(())
    }

    /// What follows the last row: nothing, or the checksum of all before it, which is `crc`.
    fn expect_end(&mut self, rest: &[u8], crc: u32) -> Result<(), SnapshotError> {
        let footer: Result<[u8; FOOTER_BYTES], _> = rest.try_into();
        match (rest, footer, self.framing) {
            ([], _, Framing::Bare) => Ok(()),
            ([], _, _) => {
                let problem = "the file ends without a checksum; it has been cut off";
                Err(self.malformed_at(self.offset, problem.to_owned()))
            }
            (_, Ok(footer), _) if u32::from_be_bytes(footer) == crc || !self.checks => {
                if self.framing == Framing::Bare {
                    self.framing = Framing::Legacy;
                }
                Ok(())
            }
            (_, Ok(footer), framing) => {
                let said = u32::from_be_bytes(footer);
                let damaged = if framing == Framing::Bare { "damaged, or cut off inside a row" } else { "damaged" };
                let problem = format!("the checksum is {crc:08x}, the footer says {said:08x}; the file is {damaged}");
                Err(self.malformed_at(self.place.offset, problem))
            }
            (rest, Err(_), _) => Err(self.cut_off("key length", rest.len() as u64, 8)),
        }
    }

    /// Reads until `into` is full or the file ends.
    fn fill(&mut self, into: &mut [u8]) -> Result<usize, SnapshotError> {
        let mut read = 0;
        while let Some(rest) = into.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(bytes) => read += bytes,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(self.io(source)),
            }
        }
        self.advance(into.get(..read).unwrap_or_default());
        Ok(read)
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        if self.checks {
            self.crc = crc32c::crc32c_append(self.crc, bytes);
        }
    }

    fn io(&self, source: std::io::Error) -> SnapshotError {
        SnapshotError::Io { path: self.path.to_owned(), source }
    }

    fn cut_off(&self, what: &str, read: u64, wanted: u64) -> SnapshotError {
        self.malformed(format!("the file ends inside the row's {what} ({read} of {wanted} bytes)"))
    }

    /// Something wrong with the present row.
    pub(super) fn fault(&self, fault: RowFault) -> SnapshotError {
        self.malformed(fault.to_string())
    }

    pub(super) fn malformed(&self, problem: String) -> SnapshotError {
        let RowPlace { offset, row } = self.place;
        SnapshotError::Malformed { path: self.path.to_owned(), place: format!("row {row} at offset {offset}"), problem }
    }

    fn malformed_at(&self, offset: u64, problem: String) -> SnapshotError {
        SnapshotError::Malformed { path: self.path.to_owned(), place: format!("offset {offset}"), problem }
    }
}

fn shown_magic(magic: &[u8]) -> String {
    format!("\"{}\"", crate::format::key_text::escaped(magic))
}
