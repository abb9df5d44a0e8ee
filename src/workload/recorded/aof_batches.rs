//! The files of an append-only file, one after the other, as batches: a command, or all of a transaction.
//!
//! A list in RDB form becomes the commands that the server writes of it when it is told not to use that form.

use std::collections::{BTreeMap, VecDeque};
use std::io::BufRead;

use super::aof::{AofReader, Entry};
use super::batch::{Batch, Recorded};
use super::digits::number;
use super::error::{Place, RecordedError};
use super::follow::ITEMS_PER_PUSH;
use super::rdb::{StoredKey, StoredValue};

/// One file of an append-only file.
pub struct AofPart {
    /// Its name, for messages; `None` when there is only one.
    pub name: Option<String>,
    /// Its bytes.
    pub input: std::io::Result<Box<dyn BufRead>>,
}

/// Reads the files in order.
pub(super) struct AofBatches {
    parts: Box<dyn Iterator<Item = AofPart>>,
    current: Option<AofReader>,
    /// Whether there is another file after the current one.
    next: Option<AofPart>,
    /// Each file begins in database 0.
    db: u64,
    time_ms: Option<u64>,
    /// What makes the list that was read last.
    stored: VecDeque<Recorded>,
    /// Keys in RDB form that are no lists, by what they are.
    pub(super) passed_over: BTreeMap<&'static str, u64>,
    /// What was left out at the end, as a sentence.
    pub(super) cut: Option<String>,
}

impl AofBatches {
    pub(super) fn new(parts: Box<dyn Iterator<Item = AofPart>>) -> Result<AofBatches, RecordedError> {
        let (stored, passed_over) = (VecDeque::new(), BTreeMap::new());
        let mut batches =
            AofBatches { parts, current: None, next: None, db: 0, time_ms: None, stored, passed_over, cut: None };
        batches.next = batches.parts.next();
        batches.open_next()?;
        Ok(batches)
    }

    fn open_next(&mut self) -> Result<(), RecordedError> {
        self.db = 0;
        self.current = match self.next.take() {
            None => None,
            Some(AofPart { name, input: Ok(input) }) => Some(AofReader::new(input, name)?),
            Some(AofPart { name, input: Err(error) }) => {
                return Err(RecordedError::Io { file: name.unwrap_or_else(|| "the file".to_owned()), error });
            }
        };
        self.next = self.parts.next();
        Ok(())
    }

    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, RecordedError> {
        let mut transaction: Option<(u64, Batch)> = None;
        while let Some(reader) = &mut self.current {
            if let Some(recorded) = self.stored.pop_front() {
                let (at_ms, commands) = (self.time_ms, vec![recorded]);
                return Ok(Some(Batch { at_ms, commands, is_transaction: false }));
            }
            let (offset, args) = match reader.next_entry()? {
                Some(Entry::Time(seconds)) => {
                    self.time_ms = Some(seconds.saturating_mul(1000));
                    continue;
                }
                Some(Entry::Key(key)) => {
                    let place = reader.place(key.offset);
                    self.store(place, key);
                    continue;
                }
                Some(Entry::Command { offset, args }) => (offset, args),
                end => {
                    let cut = match end {
                        Some(Entry::Cut { offset }) => Some((offset, "the command")),
                        _ => None,
                    };
                    let cut = transaction.take().map(|(offset, _)| (offset, "the transaction")).or(cut);
                    self.end_of_file(cut)?;
                    continue;
                }
            };
            let name = args.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
            match (name.as_slice(), &mut transaction) {
                (b"SELECT", _) => {
                    let number = args.get(1).filter(|_| args.len() == 2).and_then(|digits| number(digits));
                    let Some(number) = number else { return Err(reader.malformed(offset, "SELECT of no number")) };
                    self.db = number;
                }
                (b"MULTI", None) => {
                    let batch = Batch { at_ms: self.time_ms, commands: Vec::new(), is_transaction: true };
                    transaction = Some((offset, batch));
                }
                (b"MULTI", Some(_)) => return Err(reader.malformed(offset, "MULTI within MULTI")),
                (b"EXEC", Some(_)) => return Ok(transaction.map(|(_, batch)| batch)),
                (b"DISCARD", Some(_)) => transaction = None,
                (b"EXEC" | b"DISCARD", None) => {
                    return Err(reader.malformed(offset, "it ends a transaction that no MULTI began"));
                }
                (_, transaction) => {
                    let (place, db, client) = (reader.place(offset), self.db, Vec::new());
                    let recorded = Recorded { place, db, client, at_ms: None, args, is_of_script: false };
                    match transaction {
                        Some((_, batch)) => batch.commands.push(recorded),
                        None => {
                            let (at_ms, commands) = (self.time_ms, vec![recorded]);
                            return Ok(Some(Batch { at_ms, commands, is_transaction: false }));
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    fn store(&mut self, place: Place, StoredKey { db, key, expire_at_ms, value, .. }: StoredKey) {
        let items = match value {
            StoredValue::List(items) => items,
            StoredValue::Other(kind) => {
                *self.passed_over.entry(kind).or_default() += 1;
                return;
            }
        };
        let command = |words: &[&[u8]], items: &[Vec<u8>]| {
            let args = words.iter().map(|word| word.to_vec()).chain(items.iter().cloned()).collect();
            Recorded { place: place.clone(), db, client: Vec::new(), at_ms: None, args, is_of_script: false }
        };
        self.stored.extend(items.chunks(ITEMS_PER_PUSH).map(|items| command(&[b"RPUSH", &key], items)));
        let expiry = expire_at_ms.map(|at_ms| command(&[b"PEXPIREAT", &key, at_ms.to_string().as_bytes()], &[]));
        self.stored.extend(expiry);
    }

    /// Only of the last file may the end be missing.
    fn end_of_file(&mut self, cut: Option<(u64, &str)>) -> Result<(), RecordedError> {
        if let (Some((offset, what)), Some(reader)) = (cut, &self.current) {
            if self.next.is_some() {
                let problem = format!("{what} is cut short, and there are files after this one");
                return Err(reader.malformed(offset, &problem));
            }
            self.cut = Some(format!("{}: {what} is cut short, and left out as Redis does", reader.place(offset)));
        }
        self.open_next()
    }
}
