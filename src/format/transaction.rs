//! Records of transactions over several groups of keys, which commit in two phases.
//!
//! ```text
//! lock       "!txn|lock|" key                 01  startTS u64  expiry u64  flags u8  len u64  primary    flags: bit 0 primary
//! intent     "!txn|int|" key                  01  startTS u64  op u8  len u64  value                     op: 0 put, 1 delete
//! commit     "!txn|cmt|" primary startTS u64  01  commitTS u64
//! rollback   "!txn|rb|" primary startTS u64   01
//! ```
//!
//! Every number is big-endian, and every value begins with the format, 01. A transaction first writes a lock and an intent for
//! each of its keys, then the commit record under its primary key, then the values; the tombstones of locks and intents come
//! with those. The primary is the smallest of its keys, and may be in another group, and so in no file that holds the intent.

use super::CommitTs;

const PREFIX: &[u8] = b"!txn|";

/// What errors call them.
const LOCK: &str = "a lock";
const INTENT: &str = "an intent";
const COMMIT: &str = "a commit record";
const ROLLBACK: &str = "a rollback record";

const FORMAT: u8 = 1;
const PRIMARY_FLAG: u8 = 1;
const PUT: u8 = 0;
const DELETE: u8 = 1;

/// A record of a transaction, its parts borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionRecord<'a> {
    /// A key is locked.
    Lock {
        /// The key.
        key: &'a [u8],
        /// The commit that the transaction has read, which tells it from others.
        start_ts: CommitTs,
        /// The key under which its commit or rollback is recorded.
        primary: &'a [u8],
    },
    /// What a key will hold when the transaction commits.
    Intent {
        /// The key.
        key: &'a [u8],
        /// As of a lock.
        start_ts: CommitTs,
        /// The value; `None` is a deletion.
        value: Option<&'a [u8]>,
    },
    /// The transaction was committed.
    Commit {
        /// Its primary key.
        primary: &'a [u8],
        /// As of a lock.
        start_ts: CommitTs,
        /// The commit of its values.
        commit_ts: CommitTs,
    },
    /// The transaction was rolled back.
    Rollback {
        /// Its primary key.
        primary: &'a [u8],
        /// As of a lock.
        start_ts: CommitTs,
    },
}

/// What is wrong with a record of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is about")]
pub enum TransactionFault {
    #[error("the key of {name} has {found} bytes after its prefix, must have a startTS of 8 at its end")]
    KeyBytes { name: &'static str, found: usize },
    #[error("the value of {name} has {found} bytes, must have {expected}")]
    ValueBytes { name: &'static str, found: usize, expected: u64 },
    #[error("the value of {name} begins with the format {found:#04x}, must be 0x01")]
    Format { name: &'static str, found: u8 },
    #[error("the flags of a lock are {0:#04x}, must be 0x00 or 0x01")]
    Flags(u8),
    #[error("the operation of an intent is {0:#04x}, must be 0x00 (put) or 0x01 (delete)")]
    Operation(u8),
    #[error("an intent to delete has a value of {0} bytes, must have none")]
    DeletedValue(usize),
}

/// The record with this key and value; `None` if it is none of these.
///
/// # Errors
///
/// It is malformed.
pub fn classify_transaction<'a>(
    key: &'a [u8],
    value: &'a [u8],
) -> Result<Option<TransactionRecord<'a>>, TransactionFault> {
    let Some((name, key)) = named(key) else { return Ok(None) };
    let mut fields = Fields { name, value, rest: value };
    Ok(Some(match name {
        LOCK => {
            let (start_ts, _expiry, flags) = (fields.start()?, fields.number()?, fields.byte()?);
            if flags & !PRIMARY_FLAG != 0 {
                return Err(TransactionFault::Flags(flags));
            }
            TransactionRecord::Lock { key, start_ts, primary: fields.counted()? }
        }
        INTENT => {
            let (start_ts, operation, value) = (fields.start()?, fields.byte()?, fields.counted()?);
            match operation {
                PUT => TransactionRecord::Intent { key, start_ts, value: Some(value) },
                DELETE if value.is_empty() => TransactionRecord::Intent { key, start_ts, value: None },
                DELETE => return Err(TransactionFault::DeletedValue(value.len())),
                other => return Err(TransactionFault::Operation(other)),
            }
        }
        _ => {
            let (primary, start_ts) = ended(name, key)?;
            let commit_ts = if name == COMMIT { Some(fields.start()?) } else { None };
            fields.end()?;
            match commit_ts {
                Some(commit_ts) => TransactionRecord::Commit { primary, start_ts, commit_ts },
                None => TransactionRecord::Rollback { primary, start_ts },
            }
        }
    }))
}

/// Whether a record with this key is one of these.
#[inline]
pub fn is_transaction_key(key: &[u8]) -> bool {
    named(key).is_some()
}

/// What a record with this key is called, and what follows its prefix.
#[inline]
fn named(key: &[u8]) -> Option<(&'static str, &[u8])> {
    // Nearly every key is none of these.
    let rest = key.strip_prefix(PREFIX)?;
    let kinds: [(&[u8], &str); 4] = [(b"lock|", LOCK), (b"int|", INTENT), (b"cmt|", COMMIT), (b"rb|", ROLLBACK)];
    kinds.into_iter().find_map(|(kind, name)| Some((name, rest.strip_prefix(kind)?)))
}

/// A primary key and the startTS that ends it.
fn ended<'a>(name: &'static str, key: &'a [u8]) -> Result<(&'a [u8], CommitTs), TransactionFault> {
    let fault = TransactionFault::KeyBytes { name, found: key.len() };
    let (primary, start_ts) = key.split_last_chunk().ok_or(fault)?;
    Ok((primary, CommitTs(u64::from_be_bytes(*start_ts))))
}

/// The fields of a value.
struct Fields<'a> {
    name: &'static str,
    value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// The format, and the timestamp after it.
    fn start(&mut self) -> Result<CommitTs, TransactionFault> {
        self.format()?;
        self.number().map(CommitTs)
    }

    fn format(&mut self) -> Result<(), TransactionFault> {
        match self.byte()? {
            FORMAT => Ok(()),
            found => Err(TransactionFault::Format { name: self.name, found }),
        }
    }

    fn byte(&mut self) -> Result<u8, TransactionFault> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, TransactionFault> {
        self.array().map(u64::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TransactionFault> {
        let (array, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.must_have(N as u64))?;
        self.rest = rest;
        Ok(*array)
    }

    /// The bytes after their length, which end the value.
    fn counted(&mut self) -> Result<&'a [u8], TransactionFault> {
        let length = self.number()?;
        if length == self.rest.len() as u64 { Ok(self.rest) } else { Err(self.must_have(length)) }
    }

    /// The end of a record that has nothing but its format, or a number after it.
    fn end(&mut self) -> Result<(), TransactionFault> {
        if self.rest.len() == self.value.len() {
            self.format()?;
        }
        if self.rest.is_empty() { Ok(()) } else { Err(self.must_have(0)) }
    }

    /// So many bytes must follow.
    fn must_have(&self, bytes: u64) -> TransactionFault {
        let (found, read) = (self.value.len(), (self.value.len() - self.rest.len()) as u64);
        TransactionFault::ValueBytes { name: self.name, found, expected: read.saturating_add(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKED: &[u8] = b"\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x09\x01\0\0\0\0\0\0\0\x01p";
    const PUT_V: &[u8] = b"\x01\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\x01v";
    const DELETED: &[u8] = b"\x01\0\0\0\0\0\0\0\x05\x01\0\0\0\0\0\0\0\0";

    #[test]
    fn the_bytes_of_each_record() {
        let start_ts = CommitTs(5);
        let of = |key: &'static [u8], value: &'static [u8]| classify_transaction(key, value);
        let lock = TransactionRecord::Lock { key: b"k", start_ts, primary: b"p" };
        assert_eq!(of(b"!txn|lock|k", LOCKED), Ok(Some(lock)));
        let intent = |value| TransactionRecord::Intent { key: b"k", start_ts, value };
        assert_eq!(of(b"!txn|int|k", PUT_V), Ok(Some(intent(Some(b"v")))));
        assert_eq!(of(b"!txn|int|k", DELETED), Ok(Some(intent(None))));
        let commit = TransactionRecord::Commit { primary: b"p", start_ts, commit_ts: CommitTs(0x0102_0304_0506_0708) };
        assert_eq!(of(b"!txn|cmt|p\0\0\0\0\0\0\0\x05", b"\x01\x01\x02\x03\x04\x05\x06\x07\x08"), Ok(Some(commit)));
        let rollback = TransactionRecord::Rollback { primary: b"", start_ts };
        assert_eq!(of(b"!txn|rb|\0\0\0\0\0\0\0\x05", b"\x01"), Ok(Some(rollback)));
        for key in [&b"!txn|meta|k"[..], b"!txn|", b"!txn|lock", b"!lst|meta|k", b""] {
            assert_eq!(of(key, b"any"), Ok(None));
            assert!(!is_transaction_key(key));
        }
    }

    #[test]
    fn a_value_has_just_its_bytes() {
        for (key, value) in [
            (&b"!txn|lock|k"[..], LOCKED),
            (b"!txn|int|k", PUT_V),
            (b"!txn|int|k", DELETED),
            (b"!txn|cmt|\0\0\0\0\0\0\0\x05", b"\x01\0\0\0\0\0\0\0\x09"),
            (b"!txn|rb|\0\0\0\0\0\0\0\x05", b"\x01"),
        ] {
            assert!(classify_transaction(key, value).is_ok());
            for bytes in 0..value.len() {
                let error = classify_transaction(key, &value[..bytes]).expect_err("cut").to_string();
                assert!(
                    error.starts_with("the value of a") && error.contains(&format!("has {bytes} bytes")),
                    "{error}"
                );
            }
            let longer = [value, b"\0"].concat();
            let (found, expected) = (longer.len(), value.len() as u64);
            let error = classify_transaction(key, &longer).expect_err("longer");
            assert!(
                matches!(error, TransactionFault::ValueBytes { found: is, expected: must, .. } if (is, must) == (found, expected))
            );
            let other = [b"\x02", &value[1..]].concat();
            let error = classify_transaction(key, &other).expect_err("another format").to_string();
            assert!(error.ends_with("begins with the format 0x02, must be 0x01"), "{error}");
        }
    }

    #[test]
    fn whatever_is_not_said_is_refused() {
        let changed = |value: &[u8], at: usize, to: u8| {
            let mut value = value.to_vec();
            value[at] = to;
            value
        };
        let said = |key: &[u8], value: &[u8]| classify_transaction(key, value).expect_err("refused").to_string();
        let flags = said(b"!txn|lock|k", &changed(LOCKED, 17, 2));
        assert_eq!(flags, "the flags of a lock are 0x02, must be 0x00 or 0x01");
        let operation = said(b"!txn|int|k", &changed(PUT_V, 9, 2));
        assert_eq!(operation, "the operation of an intent is 0x02, must be 0x00 (put) or 0x01 (delete)");
        let deleted = said(b"!txn|int|k", &changed(PUT_V, 9, 1));
        assert_eq!(deleted, "an intent to delete has a value of 1 bytes, must have none");
        let huge = said(b"!txn|int|k", &[&PUT_V[..10], &[0xff; 8], b"v"].concat());
        assert_eq!(huge, "the value of an intent has 19 bytes, must have 18446744073709551615");
        let key = said(b"!txn|cmt|1234567", b"\x01\0\0\0\0\0\0\0\x09");
        assert_eq!(key, "the key of a commit record has 7 bytes after its prefix, must have a startTS of 8 at its end");
        assert!(is_transaction_key(b"!txn|rb|1234567"));
    }
}
