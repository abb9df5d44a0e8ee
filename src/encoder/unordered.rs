//! From records in any order: each list is buffered, sorted when everything has come, and flushed.
//!
//! An item costs its bytes and 16 more: its sequence number, and where its bytes lie in the list's arena, packed into
//! 64 bits. The flush sorts those pairs, O(n log n), and never moves the bytes.

use std::collections::{BTreeMap, HashMap};

use cap_std::fs::Dir;

use super::attributes::{Catalog, KeyedWarnings, is_outside};
use super::ordered::conclude;
use super::tree::Tree;
use super::{DumpOptions, EncodeError, Summary};
use crate::format::record::classify;
use crate::format::{ListRecord, Record, Seq, key_text, list};

/// Records that came in any order, waiting to be dumped.
#[derive(Debug, Default)]
pub struct Unordered {
    lists: HashMap<Vec<u8>, BufferedList>,
    catalog: Catalog,
}

#[derive(Debug, Default)]
struct BufferedList {
    entries: Vec<Entry>,
    arena: Vec<u8>,
}

/// An item: its seq, and its bytes as `start << 29 | length` in the arena.
#[derive(Clone, Copy, Debug)]
struct Entry {
    seq: i64,
    place: u64,
}

/// Enough for the store's limit of a value, 256 MiB.
const LENGTH_BITS: u32 = 29;

impl Entry {
    /// `None` when the arena or the value is larger than the packing allows: 32 GiB and 512 MiB.
    fn packed(seq: Seq, start: usize, length: usize) -> Option<Entry> {
        let (start, length) = (u64::try_from(start).ok()?, u64::try_from(length).ok()?);
        let fits = length >> LENGTH_BITS == 0 && start >> (u64::BITS - LENGTH_BITS) == 0;
        fits.then_some(Entry { seq: seq.0, place: start << LENGTH_BITS | length })
    }

    fn length(self) -> usize {
        (self.place & ((1 << LENGTH_BITS) - 1)) as usize
    }

    fn bytes(self, arena: &[u8]) -> &[u8] {
        let start = (self.place >> LENGTH_BITS) as usize;
        arena.get(start..start + self.length()).unwrap_or_default()
    }
}

/// Values that are fetched at once, unless they have more bytes together than the second number.
const FETCHED_VALUES: usize = 64;
const FETCHED_BYTES: usize = 64 << 10;

impl BufferedList {
    /// Visits the values in the order of the entries.
    ///
    /// Where that is not their order in the arena, some are copied together first. Copies do not wait for each other,
    /// while whoever looks into one value after another waits for the memory of each: of a million items in random
    /// order, that was half of the time.
    fn visit_values(&self, visit: &mut dyn FnMut(&[u8]) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        let mut fetched = Vec::new();
        for entries in self.entries.chunks(FETCHED_VALUES) {
            let in_a_row = entries.is_sorted_by_key(|entry| entry.place)
                || entries.is_sorted_by_key(|entry| std::cmp::Reverse(entry.place));
            if in_a_row || entries.iter().map(|entry| entry.length()).sum::<usize>() > FETCHED_BYTES {
                entries.iter().try_for_each(|entry| visit(entry.bytes(&self.arena)))?;
                continue;
            }
            fetched.clear();
            entries.iter().for_each(|entry| fetched.extend_from_slice(entry.bytes(&self.arena)));
            let mut rest = fetched.as_slice();
            for entry in entries {
                let (value, after) = rest.split_at_checked(entry.length()).unwrap_or_default();
                visit(value)?;
                rest = after;
            }
        }
        Ok(())
    }
}

impl Unordered {
    /// Nothing yet.
    pub fn new() -> Unordered {
        Unordered::default()
    }

    /// Takes in a record.
    ///
    /// # Errors
    ///
    /// A malformed record, or a meta or TTL record that came before.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), EncodeError> {
        let record = classify(key, value).map_err(|error| EncodeError::Record(error.to_string()))?;
        let Record::List(ListRecord::Item { user_key, seq, value }) = record else {
            return self.catalog.add(key, value);
        };
        let list = match self.lists.get_mut(user_key) {
            Some(list) => list,
            None => self.lists.entry(user_key.to_vec()).or_default(),
        };
        let Some(entry) = Entry::packed(seq, list.arena.len(), value.len()) else {
            let problem = "the value has 512 MiB or more, or the list 32 GiB";
            return Err(EncodeError::Record(format!("record {}: {problem}", key_text::quoted(key))));
        };
        list.entries.push(entry);
        list.arena.extend_from_slice(value);
        Ok(())
    }

    /// Sorts and dumps everything into the empty folder `root`.
    ///
    /// # Errors
    ///
    /// An item that came twice, a file that cannot be written; `root` then holds an unfinished tree.
    pub fn flush(self, root: &Dir, options: &DumpOptions) -> Result<Summary, EncodeError> {
        let mut tree = Tree::new(root, options);
        let mut warnings = KeyedWarnings::new();
        let lists: BTreeMap<Vec<u8>, BufferedList> = self.lists.into_iter().collect();
        for (user_key, mut list) in lists {
            list.entries.sort_unstable_by_key(|entry| entry.seq);
            let twice = list.entries.windows(2).find(|pair| pair.first().map(|e| e.seq) == pair.last().map(|e| e.seq));
            if let Some([entry, ..]) = twice {
                let key = list::item_key(&user_key, Seq(entry.seq));
                return Err(EncodeError::Duplicate(key_text::quoted(&key)));
            }
            let attributes = self.catalog.get(&user_key);
            let window = attributes.and_then(|attributes| attributes.window());
            let outside = list.entries.iter().filter(|entry| is_outside(window, entry.seq)).count() as u64;
            let mut file = tree.begin(&user_key);
            list.visit_values(&mut |value| tree.item(&mut file, value))?;
            if let Some(attributes) = attributes {
                attributes.warn(&user_key, file.item_count(), outside, &mut warnings);
            }
            tree.finish(&user_key, file, attributes.and_then(|attributes| attributes.expire_at()))?;
        }
        conclude(tree, &self.catalog, warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_and_its_list_are_as_large_as_the_packing_allows() {
        let (length, start) = ((512 << 20) - 1, (32 << 30) - 1);
        assert!(length > crate::format::VALUE_LIMIT_BYTES);
        let entry = Entry::packed(Seq(-1), start, length).expect("the largest");
        assert_eq!((entry.seq, entry.length(), (entry.place >> LENGTH_BITS) as usize), (-1, length, start));
        assert!(Entry::packed(Seq(0), 0, length + 1).is_none());
        assert!(Entry::packed(Seq(0), start + 1, 0).is_none());
        let entry = Entry::packed(Seq(0), 2, 3).expect("a small one");
        assert_eq!((entry.length(), entry.bytes(b"01234567")), (3, &b"234"[..]));
    }
}
