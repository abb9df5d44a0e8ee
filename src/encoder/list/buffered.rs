//! A list whose items come in any order.
//!
//! An item costs its bytes and 16 more: its sequence number, and where its bytes lie in the list's arena, packed into
//! 64 bits. The flush sorts those pairs, O(n log n), and never moves the bytes.

use super::attributes::is_outside;
use super::file::ListFile;
use crate::encoder::EncodeError;
use crate::encoder::catalog::{Attributes, KeyedWarnings};
use crate::encoder::tree::Tree;
use crate::format::{Seq, key_text, list};

/// The items of a list, waiting to be sorted.
#[derive(Debug, Default)]
pub(in crate::encoder) struct BufferedList {
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

/// What gets an item, its seq first.
type Visit<'a> = dyn FnMut(i64, &[u8]) -> Result<(), EncodeError> + 'a;

/// Values that are fetched at once, unless they have more bytes together than the second number.
const FETCHED_VALUES: usize = 64;
const FETCHED_BYTES: usize = 64 << 10;

impl BufferedList {
    /// Takes in an item; `false` when the packing does not allow its value, or so many.
    pub(in crate::encoder) fn push(&mut self, seq: Seq, value: &[u8]) -> bool {
        let Some(entry) = Entry::packed(seq, self.arena.len(), value.len()) else { return false };
        self.entries.push(entry);
        self.arena.extend_from_slice(value);
        true
    }

    /// Sorts the items and writes the list's file.
    pub(in crate::encoder) fn write(
        mut self,
        tree: &mut Tree<'_>,
        user_key: Vec<u8>,
        attributes: Option<&Attributes>,
        warnings: &mut KeyedWarnings,
    ) -> Result<(), EncodeError> {
        self.entries.sort_unstable_by_key(|entry| entry.seq);
        let twice = self.entries.windows(2).find(|pair| pair.first().map(|e| e.seq) == pair.last().map(|e| e.seq));
        if let Some([entry, ..]) = twice {
            let key = list::item_key(&user_key, Seq(entry.seq));
            return Err(EncodeError::Duplicate(key_text::quoted(&key)));
        }
        let window = attributes.and_then(|attributes| attributes.list.window());
        let mut file = ListFile::begin(tree, &user_key);
        self.visit_values(&mut |seq, value| file.item(tree, value, is_outside(window, seq)))?;
        file.finish(tree, user_key, attributes, warnings)
    }

    /// Visits the seqs and values in the order of the entries.
    ///
    /// Where that is not their order in the arena, some are copied together first. Copies do not wait for each other,
    /// while whoever looks into one value after another waits for the memory of each: of a million items in random
    /// order, that was half of the time.
    fn visit_values(&self, visit: &mut Visit<'_>) -> Result<(), EncodeError> {
        let mut fetched = Vec::new();
        for entries in self.entries.chunks(FETCHED_VALUES) {
            let in_a_row = entries.is_sorted_by_key(|entry| entry.place)
                || entries.is_sorted_by_key(|entry| std::cmp::Reverse(entry.place));
            if in_a_row || entries.iter().map(|entry| entry.length()).sum::<usize>() > FETCHED_BYTES {
                entries.iter().try_for_each(|entry| visit(entry.seq, entry.bytes(&self.arena)))?;
                continue;
            }
            fetched.clear();
            entries.iter().for_each(|entry| fetched.extend_from_slice(entry.bytes(&self.arena)));
            let mut rest = fetched.as_slice();
            for entry in entries {
                let (value, after) = rest.split_at_checked(entry.length()).unwrap_or_default();
                visit(entry.seq, value)?;
                rest = after;
            }
        }
        Ok(())
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
