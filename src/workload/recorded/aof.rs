//! One file of an append-only file: commands as RESP arrays, with annotations of time between them.
//!
//! ```text
//! #TS:1700000000\r\n                              Unix seconds, when aof-timestamp-enabled was on
//! *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n               every argument a bulk string
//! *3\r\n$5\r\nRPUSH\r\n$1\r\nk\r\n$1\r\nv\r\n
//! ```
//!
//! The file may begin in RDB form ([`super::rdb`]), and is all of it where it is the base of several files.
//!
//! A server that is killed leaves a last command that is cut short; it starts again without that command, and so does
//! this reader ([`Entry::Cut`]). Everything else that is not as above is an error with its offset. Memory grows with what
//! is there, never with the lengths that the file claims.

use std::io::BufRead;

use super::digits::number;
use super::error::{Place, Position, RecordedError};
use super::rdb::{RdbReader, Stop as RdbStop, StoredKey};
use crate::bounds::{read_exactly, read_line};

/// Redis's own limit of an argument, unless it is configured otherwise.
const ARGUMENT_LIMIT_BYTES: u64 = 512 << 20;
/// Longer than any count or length, and shorter than any annotation that would matter.
const LINE_LIMIT_BYTES: u64 = 128;
/// A command is held whole. One with ten of the longest arguments is longer than any that Redis takes by default.
const COMMAND_LIMIT_BYTES: u64 = 10 * ARGUMENT_LIMIT_BYTES;

/// What follows in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A command, which begins at this offset.
    Command { offset: u64, args: Vec<Vec<u8>> },
    /// A key that was there when the file was begun.
    Key(StoredKey),
    /// What follows was written at this time, in Unix seconds, or later.
    Time(u64),
    /// The file ends in the middle of an entry that begins at this offset.
    Cut { offset: u64 },
}

/// Reads one file.
pub(super) struct AofReader {
    input: Box<dyn BufRead>,
    /// Has the input while what is in RDB form is read.
    rdb: Option<Box<RdbReader>>,
    /// The file's name, where there are several.
    file: Option<String>,
    offset: u64,
}

/// Why an entry is not read.
enum Stop {
    Cut,
    Malformed(&'static str),
    Io(std::io::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Stop {
        Stop::Io(error)
    }
}

impl AofReader {
    /// Starts reading.
    ///
    /// # Errors
    ///
    /// What the input says; a header that is none of RDB.
    pub(super) fn new(input: Box<dyn BufRead>, file: Option<String>) -> Result<AofReader, RecordedError> {
        let mut reader = AofReader { input, rdb: None, file, offset: 0 };
        let first = reader.input.fill_buf().map(|buffer| buffer.first().copied());
        if first.map_err(|error| reader.io(error))?.is_some_and(RdbReader::may_begin_with) {
            let input = std::mem::replace(&mut reader.input, Box::new(std::io::empty()));
            let rdb = RdbReader::new(input).map_err(|stop| reader.rdb_error(stop))?;
            reader.rdb = Some(Box::new(rdb));
        }
        Ok(reader)
    }

    fn rdb_error(&self, stop: RdbStop) -> RecordedError {
        match stop {
            RdbStop::Malformed { offset, problem } => self.malformed(offset, &problem),
            RdbStop::Io(error) => self.io(error),
        }
    }

    /// The next key in RDB form.
    fn next_key(&mut self) -> Result<Option<StoredKey>, RecordedError> {
        let Some(rdb) = &mut self.rdb else { return Ok(None) };
        let key = rdb.next_key().map_err(|stop| self.rdb_error(stop))?;
        if key.is_none()
            && let Some(rdb) = self.rdb.take()
        {
            (self.input, self.offset) = rdb.into_rest();
        }
        Ok(key)
    }

    pub(super) fn place(&self, offset: u64) -> Place {
        Place { file: self.file.clone(), position: Position::Byte(offset) }
    }

    pub(super) fn malformed(&self, offset: u64, problem: &str) -> RecordedError {
        RecordedError::Malformed { place: self.place(offset), problem: problem.to_owned() }
    }

    fn io(&self, error: std::io::Error) -> RecordedError {
        RecordedError::Io { file: self.file.clone().unwrap_or_else(|| "the file".to_owned()), error }
    }

    /// The next entry, or `None` at the end.
    ///
    /// # Errors
    ///
    /// What is malformed, with its offset, or what the input says.
    pub(super) fn next_entry(&mut self) -> Result<Option<Entry>, RecordedError> {
        if let Some(key) = self.next_key()? {
            return Ok(Some(Entry::Key(key)));
        }
        loop {
            let start = self.offset;
            let parsed = match self.input.fill_buf().map(|buffer| buffer.first().copied()) {
                Err(error) => Err(Stop::Io(error)),
                Ok(None) => return Ok(None),
                Ok(Some(b'#')) => self.annotation(),
                Ok(Some(b'*')) => self.command().map(|args| Some(Entry::Command { offset: start, args })),
                Ok(Some(_)) => Err(Stop::Malformed("expected '*', which begins a command, or '#'")),
            };
            match parsed {
                Ok(Some(entry)) => return Ok(Some(entry)),
                Ok(None) => {}
                Err(Stop::Cut) => return Ok(Some(Entry::Cut { offset: start })),
                Err(Stop::Malformed(problem)) => return Err(self.malformed(self.offset, problem)),
                Err(Stop::Io(error)) => return Err(self.io(error)),
            }
        }
    }

    /// Annotations that are not of time mean nothing to Redis either.
    fn annotation(&mut self) -> Result<Option<Entry>, Stop> {
        let line = self.line("an annotation is too long")?;
        let Some(seconds) = line.strip_prefix(b"#TS:") else { return Ok(None) };
        number(seconds).map(|seconds| Some(Entry::Time(seconds))).ok_or(Stop::Malformed("expected #TS:<Unix seconds>"))
    }

    fn command(&mut self) -> Result<Vec<Vec<u8>>, Stop> {
        const COUNT: &str = "expected *<number of arguments>, at least 1, and CR LF";
        let start = self.offset;
        let line = self.line(COUNT)?;
        let count = line.strip_prefix(b"*").and_then(number).filter(|count| *count > 0);
        let Some(count) = count else {
            self.offset = start;
            return Err(Stop::Malformed(COUNT));
        };
        let mut args = Vec::new();
        for _ in 0..count {
            args.push(self.argument()?);
            if self.offset - start > COMMAND_LIMIT_BYTES {
                self.offset = start;
                return Err(Stop::Malformed("a command has at most 5 GiB"));
            }
        }
        Ok(args)
    }

    fn argument(&mut self) -> Result<Vec<u8>, Stop> {
        const LENGTH: &str = "expected $<length of the argument>, at most 512 MiB, and CR LF";
        let start = self.offset;
        let line = self.line(LENGTH)?;
        let length = line.strip_prefix(b"$").and_then(number).filter(|length| *length <= ARGUMENT_LIMIT_BYTES);
        let Some(length) = length else {
            self.offset = start;
            return Err(Stop::Malformed(LENGTH));
        };
        let mut bytes = Vec::new();
        let end = length + 2;
        let got = read_exactly(&mut self.input, end, &mut bytes)?;
        if got < end {
            return Err(Stop::Cut);
        }
        if !bytes.ends_with(b"\r\n") {
            self.offset += length;
            return Err(Stop::Malformed("expected CR LF after the argument"));
        }
        self.offset += end;
        bytes.truncate(bytes.len() - 2);
        Ok(bytes)
    }

    /// A line without its CR LF.
    fn line(&mut self, too_long: &'static str) -> Result<Vec<u8>, Stop> {
        let mut line = Vec::new();
        read_line(&mut self.input, LINE_LIMIT_BYTES, &mut line)?;
        if line.ends_with(b"\n") {
            self.offset += line.len() as u64;
            line.pop();
            if line.pop_if(|byte| *byte == b'\r').is_none() {
                return Err(Stop::Malformed("expected CR before LF"));
            }
            return Ok(line);
        }
        Err(if line.len() as u64 == LINE_LIMIT_BYTES { Stop::Malformed(too_long) } else { Stop::Cut })
    }
}

#[cfg(test)]
mod tests {
    use super::super::rdb::StoredValue;
    use super::super::rdb::tests::{FRESH, bytes};
    use super::*;

    fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
        let mut reader =
            AofReader::new(Box::new(std::io::Cursor::new(bytes.to_vec())), None).map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        while let Some(entry) = reader.next_entry().map_err(|error| error.to_string())? {
            let is_last = matches!(entry, Entry::Cut { .. });
            entries.push(entry);
            if is_last {
                break;
            }
        }
        Ok(entries)
    }

    fn command(offset: u64, words: &[&[u8]]) -> Entry {
        Entry::Command { offset, args: words.iter().map(|word| word.to_vec()).collect() }
    }

    const GOLDEN: &[u8] = b"#TS:1700000000\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n#other\r\n\
                            *3\r\n$5\r\nRPUSH\r\n$0\r\n\r\n$4\r\n\r\n*1\r\n";

    fn golden() -> Vec<Entry> {
        let (select, push) = (command(16, &[b"SELECT", b"0"]), command(47, &[b"RPUSH", b"", b"\r\n*1"]));
        vec![Entry::Time(1_700_000_000), select, push]
    }

    #[test]
    fn commands_and_times() {
        assert_eq!(entries(GOLDEN), Ok(golden()));
        assert_eq!(entries(b""), Ok(Vec::new()));
        let after_preamble = entries(&[&bytes(FRESH)[..], b"*1\r\n$4\r\nPING\r\n"].concat());
        assert_eq!(after_preamble, Ok(vec![command(89, &[b"PING"])]));
    }

    /// What is whole is read, and the rest is told by where it begins: the same for every place of the cut.
    #[test]
    fn a_cut_at_any_byte_costs_the_last_entry_alone() {
        for end in 0..GOLDEN.len() {
            let (whole, cut): (usize, Option<u64>) = match end {
                0 => (0, None),
                1..16 => (0, Some(0)),
                16 => (1, None),
                17..39 => (1, Some(16)),
                39 => (2, None),
                40..47 => (2, Some(39)),
                47 => (2, None),
                _ => (2, Some(47)),
            };
            let mut expected: Vec<Entry> = golden().into_iter().take(whole).collect();
            expected.extend(cut.map(|offset| Entry::Cut { offset }));
            assert_eq!(entries(&GOLDEN[..end]), Ok(expected), "{end}");
        }
    }

    #[test]
    fn what_is_malformed_is_told_by_offset() {
        for (bytes, error) in [
            (&b"x"[..], "byte 14: expected '*'"),
            (b"*0\r\n", "byte 14: expected *<number"),
            (b"*-1\r\n", "byte 14: expected *<number"),
            (b"*1\n", "expected CR before LF"),
            (b"*1\r\n+OK\r\n", "byte 18: expected $<length"),
            (b"*1\r\n$536870913\r\n", "byte 18: expected $<length"),
            (b"*1\r\n$-1\r\n", "byte 18: expected $<length"),
            (b"*1\r\n$1\r\nabc", "byte 23: expected CR LF after the argument"),
            (b"#TS:x\r\n", "expected #TS:<Unix seconds>"),
        ] {
            let message = entries(&[b"*1\r\n$4\r\nPING\r\n", bytes].concat()).expect_err("malformed");
            assert!(message.contains(error), "{message}: {error}");
        }
        let long = [b"*1\r\n$".as_slice(), &[b'1'; 200]].concat();
        assert!(entries(&long).expect_err("long").contains("byte 4: expected $<length"));
    }

    #[test]
    fn keys_in_rdb_form_come_before_commands() {
        let stored = bytes("5245444953 30303034 00 0173 0176 01 016b 02 0161 c0ff ff");
        let read = entries(&[&stored[..], b"*1\r\n$4\r\nPING\r\n"].concat()).expect("RDB, and a command");
        let [Entry::Key(string), Entry::Key(list), last] = &read[..] else { panic!("{read:?}") };
        assert_eq!((string.offset, &string.value), (9, &StoredValue::Other("strings")));
        assert_eq!((list.offset, &list.value), (14, &StoredValue::List(vec![b"a".to_vec(), b"-1".to_vec()])));
        assert_eq!(*last, command(23, &[b"PING"]));
        for (end, problem) in [(5, "byte 0: the RDB part is cut short"), (21, "byte 21: the RDB part is cut short")] {
            let error = entries(&stored[..end]).expect_err("cut");
            assert!(error.starts_with(problem), "{error}");
        }
    }

    #[test]
    fn a_length_that_lies_costs_no_memory() {
        assert_eq!(entries(b"*1000000000\r\n$536870912\r\nab"), Ok(vec![Entry::Cut { offset: 0 }]));
    }
}
