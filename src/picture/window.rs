//! The resolved window: base meta plus deltas.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::format::record::classify;
use crate::format::{ListRecord, Record, counted, key_text};

/// The sequence numbers from head up to, but not including, tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The seq of the first item.
    pub head: i64,
    /// The number of sequence numbers, 0 or more.
    pub len: i64,
    /// The seq after the last item, `head + len`.
    pub tail: i64,
}

impl Window {
    /// Whether it has a sequence number.
    pub fn holds(&self, seq: i64) -> bool {
        (self.head..self.tail).contains(&seq)
    }
}

/// A base meta and deltas, as they come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    head: i128,
    len: i128,
    has_base: bool,
    deltas: u64,
}

impl Sum {
    pub(super) fn add(&mut self, record: &ListRecord<'_>) {
        match record {
            ListRecord::Meta { meta, .. } => {
                self.has_base = true;
                self.head += i128::from(meta.head);
                self.len += i128::from(meta.len);
            }
            ListRecord::Delta { delta, .. } => {
                self.deltas += 1;
                self.head += i128::from(delta.head_delta);
                self.len += i128::from(delta.len_delta);
            }
            ListRecord::Item { .. } | ListRecord::Claim { .. } => {}
        }
    }

    /// The window; `None` where it leaves the range of sequence numbers. A length below 0 is taken for 0.
    pub(super) fn resolve(&self) -> Option<Window> {
        let (head, len) = (i64::try_from(self.head).ok()?, i64::try_from(self.len.max(0)).ok()?);
        Some(Window { head, len, tail: head.checked_add(len)? })
    }

    fn words(&self) -> String {
        let base = if self.has_base { "the base meta" } else { "no base meta" };
        let made_of = format!("from {base} and {}", counted(self.deltas, "delta"));
        match self.resolve() {
            Some(Window { head, len, tail }) if self.len < 0 => {
                format!("head {head}  len {len} (they add up to {})  tail {tail}  {made_of}", self.len)
            }
            Some(Window { head, len, tail }) => format!("head {head}  len {len}  tail {tail}  {made_of}"),
            None => format!("head {}  len {}: outside the range of sequence numbers  {made_of}", self.head, self.len),
        }
    }
}

/// The resolved windows of many lists. Memory: a few numbers for each.
#[derive(Clone, Debug, Default)]
pub struct Windows {
    sums: BTreeMap<Vec<u8>, Sum>,
    /// The list of the record before, whose items come in a row.
    last: Vec<u8>,
}

impl Windows {
    /// Takes in a record, whatever it is.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        let Ok(Record::List(record)) = classify(key, value) else { return };
        let user_key = record.user_key();
        let is_item = matches!(record, ListRecord::Item { .. } | ListRecord::Claim { .. });
        if is_item && self.last == user_key && self.sums.contains_key(user_key) {
            return;
        }
        self.last.clear();
        self.last.extend_from_slice(user_key);
        self.sums.entry(user_key.to_vec()).or_default().add(&record);
    }

    /// The user keys of the lists that have or had records, ascending.
    pub fn user_keys(&self) -> impl Iterator<Item = &[u8]> {
        self.sums.keys().map(Vec::as_slice)
    }

    /// The number of these lists.
    pub fn count(&self) -> usize {
        self.sums.len()
    }

    /// Writes a line for each list: `list   "jobs"  head 1  len 2  tail 3  from the base meta and 2 deltas`.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.sums.iter().try_for_each(|(user_key, sum)| {
            writeln!(out, "list   {}  resolved: {}", key_text::quoted(user_key), sum.words())
        })
    }
}
