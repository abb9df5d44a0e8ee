//! RDB files: the base of an append-only file after its first rewrite, or the start of a file before commands.
//!
//! ```text
//! "REDIS" || version, 4 digits      Valkey since its version 9: "VALKEY" || 3 digits
//! fe || number                      the database of the keys that follow
//! fc || milliseconds, 8 bytes LE    the expiry of the next key; before version 3 fd || seconds, 4 bytes LE
//! type || key || value              a key
//! code || ...                       what is no key, such as fa, who wrote the file and when
//! ff || CRC-64, 8 bytes LE          of all before it, from version 5 on; 0 where the server makes none
//! ```
//!
//! Lists are read, in every encoding that servers have written ([`list`]); values of other types are passed over by a
//! table of their parts ([`parts`]). Memory grows with what is there, never with what a length claims: one list at a time,
//! and of a compressed string at most 88 times its bytes, which is as far as that compression goes.
//!
//! No library does this well enough. The one on crates.io that knows these encodings, `rdb` 0.4, allocates what a length in
//! the file claims, takes whatever follows the end for the checksum, which it does not check, passes over the keys of
//! streams and modules without a word, tells no offsets, and brings an argument parser along.
//!
//! Redis loads such keys even when their expiry has passed, because the commands that follow may be about them.

mod list;
mod packed;
mod parts;
mod source;

use std::collections::BTreeSet;
use std::io::BufRead;

use self::parts::{Maker, Value};
use self::source::Source;
pub(super) use self::source::Stop;
use crate::format::key_text;

const SELECT_DATABASE: u8 = 0xfe;
const EXPIRE_SECONDS: u8 = 0xfd;
const EXPIRE_MILLISECONDS: u8 = 0xfc;
const END: u8 = 0xff;
/// The first version with a checksum.
const CHECKSUM_SINCE: u32 = 5;
/// What Redis holds for the expiry of a key that has none.
const NO_EXPIRY: i64 = -1;

/// A key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StoredKey {
    /// Where its type and name begin.
    pub(super) offset: u64,
    pub(super) db: u64,
    pub(super) key: Vec<u8>,
    pub(super) expire_at_ms: Option<i64>,
    pub(super) value: StoredValue,
}

/// What a key holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum StoredValue {
    /// Its items, at least one.
    List(Vec<Vec<u8>>),
    /// What it is, in the plural.
    Other(&'static str),
}

/// Reads an RDB file up to its end, and nothing of what follows.
pub(super) struct RdbReader {
    source: Source,
    version: u32,
    maker: Maker,
    db: u64,
    /// The lists so far: a second one of the same name would add to the first.
    lists: BTreeSet<(u64, Vec<u8>)>,
}

impl RdbReader {
    /// Whether a file that starts with this byte may be one.
    pub(super) fn may_begin_with(byte: u8) -> bool {
        matches!(byte, b'R' | b'V')
    }

    /// Starts reading, with the header.
    pub(super) fn new(input: Box<dyn BufRead>) -> Result<RdbReader, Stop> {
        const HEADER: &str = "expected REDIS and 4 digits, or VALKEY and 3, with which an RDB file begins";
        let mut source = Source::new(input);
        let header = source.array::<9>("the header")?;
        let (maker, digits) = match &header {
            [b'R', b'E', b'D', b'I', b'S', digits @ ..] => (Maker::Redis, &digits[..]),
            [b'V', b'A', b'L', b'K', b'E', b'Y', digits @ ..] => (Maker::Valkey, &digits[..]),
            _ => return Err(Stop::at(0, HEADER)),
        };
        let version = super::digits::number(digits).and_then(|number| u32::try_from(number).ok());
        let version = version.ok_or_else(|| Stop::at(0, HEADER))?;
        Ok(RdbReader { source, version, maker, db: 0, lists: BTreeSet::new() })
    }

    /// What follows the end, and where.
    pub(super) fn into_rest(self) -> (Box<dyn BufRead>, u64) {
        self.source.into_rest()
    }

    /// The next key, or `None` at the end.
    pub(super) fn next_key(&mut self) -> Result<Option<StoredKey>, Stop> {
        let mut expire_at_ms = None;
        loop {
            let offset = self.source.offset();
            match self.source.byte("a key, or the end of the RDB part")? {
                SELECT_DATABASE => self.db = self.source.length("the number of a database")?,
                EXPIRE_SECONDS => {
                    let seconds = i32::from_le_bytes(self.source.array("an expiry")?);
                    expire_at_ms = Some(i64::from(seconds) * 1000);
                }
                EXPIRE_MILLISECONDS => expire_at_ms = Some(i64::from_le_bytes(self.source.array("an expiry")?)),
                END => return self.checksum().map(|()| None),
                code => {
                    if let Some(parts) = parts::of_code(self.maker, code) {
                        parts::skip(&mut self.source, parts)?;
                        continue;
                    }
                    let value = parts::of_type(self.maker, code).ok_or_else(|| self.unknown(offset, code))?;
                    let expire_at_ms = expire_at_ms.filter(|at_ms| *at_ms != NO_EXPIRY);
                    return self.key(offset, expire_at_ms, value).map(Some);
                }
            }
        }
    }

    fn key(&mut self, offset: u64, expire_at_ms: Option<i64>, value: Value) -> Result<StoredKey, Stop> {
        let key = self.source.string("a key")?;
        let value = match value {
            Value::List(encoding) => match list::read(&mut self.source, encoding)? {
                // Redis passes over them, too.
                items if items.is_empty() => StoredValue::Other("lists without items"),
                items => StoredValue::List(items),
            },
            Value::Other(kind, parts) => {
                parts::skip(&mut self.source, parts)?;
                StoredValue::Other(kind)
            }
        };
        if matches!(value, StoredValue::List(_)) && !self.lists.insert((self.db, key.clone())) {
            let key = key_text::quoted(&key);
            return Err(Stop::at(offset, format!("the key {key} is there already, and Redis loads no such file")));
        }
        Ok(StoredKey { offset, db: self.db, key, expire_at_ms, value })
    }

    fn checksum(&mut self) -> Result<(), Stop> {
        if self.version < CHECKSUM_SINCE {
            return Ok(());
        }
        let (offset, ours) = (self.source.offset(), self.source.checksum());
        let theirs = u64::from_le_bytes(self.source.array("the checksum")?);
        if theirs != 0 && theirs != ours {
            let problem = format!("the checksum is {theirs:016x}, but of what is there it is {ours:016x}: damaged");
            return Err(Stop::at(offset, problem));
        }
        Ok(())
    }

    fn unknown(&self, offset: u64, code: u8) -> Stop {
        let version = self.version;
        let problem = format!(
            "expected a type or code of RDB as Redis up to 8.6 and Valkey up to 9 write it, not {code} (the file is of \
             version {version}); CONFIG SET aof-use-rdb-preamble no, then BGREWRITEAOF, then take the folder"
        );
        Stop::at(offset, problem)
    }
}

#[cfg(test)]
pub(super) mod tests;
