//! The pass that checks a snapshot file, and what later passes need not find again.
//!
//! In a file that is in order, the rows whose raw keys start with one prefix lie together. So the pass notes for each prefix
//! of a [`Namespace`] where they are, a piece for each prefix at most, and a scan reads the pieces that it is about and
//! nothing else. It also notes the checksum at both ends of a piece: whoever reads it again can tell that it still is what was
//! checked.

use std::collections::BTreeMap;

use super::intents::{Intents, Settled};
use super::rows::{Mark, RowReader, SnapshotError};
use crate::format::snapshot::{MIN_RETAINED_KEY, OTHER_PREFIX, Row, classify_row, prefix_of};
use crate::format::{CommitTs, key_text};
use crate::records::{Namespace, Newest, OrderFault};

/// What rows a snapshot file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// All rows.
    pub rows: u64,
    /// Tombstones among them.
    pub tombstones: u64,
    /// Rows by prefix, as [`prefix_of`] tells it.
    pub by_prefix: BTreeMap<String, u64>,
}

/// Neighbouring rows of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// What their raw keys start with.
    pub(super) prefix: &'static [u8],
    pub(super) from: Mark,
    pub(super) to: Mark,
    /// Whether each row is the state of its key, so that nobody need find out again which are.
    pub(super) is_all_state: bool,
}

/// What the pass finds.
pub(super) struct Checked {
    pub(super) counts: RowCounts,
    pub(super) min_retained: Option<CommitTs>,
    /// All rows.
    pub(super) all: Piece,
    /// The rows of each prefix, in the order of the file; `None` where they are not in the order of their keys.
    pub(super) pieces: Option<Vec<Piece>>,
    /// What intents add.
    pub(super) settled: Settled,
}

/// Reads every row. Which of them are the state of their keys is asked as of `at`.
pub(super) fn check(reader: &mut RowReader<'_>, at: CommitTs) -> Result<Checked, SnapshotError> {
    let start = reader.mark();
    let (mut counts, mut run, mut pieces) = (RowCounts::default(), Run::default(), Pieces::default());
    let (mut min_retained, mut is_sorted) = (None, true);
    let (mut newest, mut intents) = (Newest::at(at), Intents::at(at));
    while reader.next_row()? {
        let raw_key = reader.key();
        let row = classify_row(raw_key, reader.value()).map_err(|fault| reader.fault(fault))?;
        // What a key shares with the greatest so far says of the row before only as long as the rows are in order.
        let shared = match newest.advance_to(raw_key) {
            Ok(shared) if is_sorted => shared,
            Ok(_) => 0,
            Err(OrderFault::Repeated) => return Err(repeated(reader)),
            Err(OrderFault::Descends) => {
                is_sorted = false;
                0
            }
        };
        let (key, is_state) = match row {
            Row::Version { key, commit_ts, value } => {
                counts.tombstones += u64::from(value.is_none());
                intents.take(key, commit_ts, value, reader.place());
                (key, is_sorted && newest.decide(key.len(), commit_ts) && value.is_some())
            }
            Row::Raw { number } => {
                if raw_key == MIN_RETAINED_KEY {
                    min_retained = number.map(CommitTs);
                }
                (raw_key, false)
            }
        };
        counts.rows += 1;
        run.count(key, shared, &mut counts.by_prefix);
        if is_sorted {
            pieces.add(reader, shared, is_state);
        }
    }
    run.end(&mut counts.by_prefix);
    let end = reader.mark();
    let all = Piece { prefix: b"", from: start, to: end, is_all_state: false };
    let pieces = is_sorted.then(|| pieces.end(end));
    let settled = intents.settle().map_err(|(place, fault)| reader.malformed_row(place, fault.to_string()))?;
    Ok(Checked { counts, min_retained, all, pieces, settled })
}

/// The error about a raw key that came before.
pub(super) fn repeated(reader: &RowReader<'_>) -> SnapshotError {
    let key = key_text::quoted(reader.key());
    reader.malformed(format!("the raw key {key} came before; a key has one version at a commit"))
}

/// The pieces of a file up to the present row.
#[derive(Default)]
struct Pieces {
    ended: Vec<Piece>,
    /// The piece of the row before, which the present row may end.
    open: Option<Piece>,
}

impl Pieces {
    /// Takes the present row, whose raw key begins like the one before for `shared` bytes.
    #[inline]
    fn add(&mut self, reader: &RowReader<'_>, shared: usize, is_state: bool) {
        match &mut self.open {
            Some(piece) if shared >= piece.prefix.len() => piece.is_all_state &= is_state,
            _ => self.begin(reader, is_state),
        }
    }

    fn begin(&mut self, reader: &RowReader<'_>, is_state: bool) {
        let parts = [Namespace::Elements, Namespace::Attributes];
        let prefix = parts.into_iter().find_map(|part| part.prefix_of(reader.key()));
        if prefix.is_none() && self.open.is_none() {
            return;
        }
        let mark = reader.mark();
        self.close(mark);
        self.open = prefix.map(|prefix| Piece { prefix, from: mark, to: mark, is_all_state: is_state });
    }

    fn close(&mut self, to: Mark) {
        self.ended.extend(self.open.take().map(|piece| Piece { to, ..piece }));
    }

    fn end(mut self, to: Mark) -> Vec<Piece> {
        self.close(to);
        self.ended
    }
}

/// Rows in a row that are counted under one prefix.
#[derive(Default)]
struct Run {
    prefix: String,
    /// How many bytes of a key tell that it is one of them; a prefix of less than two parts tells it of none.
    told_by: Option<usize>,
    rows: u64,
}

impl Run {
    /// Counts a row; its raw key begins like the one before for `shared` bytes.
    #[inline]
    fn count(&mut self, key: &[u8], shared: usize, by_prefix: &mut BTreeMap<String, u64>) {
        let is_another = self.told_by.is_none_or(|bytes| {
            let is_like_the_last = shared >= bytes && key.len() >= bytes;
            !is_like_the_last && !key.starts_with(self.prefix.as_bytes())
        });
        if is_another {
            self.end(by_prefix);
            self.prefix = prefix_of(key);
            let has_two_parts = self.prefix.ends_with('|') && self.prefix.matches('|').count() == 2;
            self.told_by = has_two_parts.then_some(self.prefix.len());
        }
        self.rows += 1;
    }

    /// Adds the rows so far to the others.
    fn end(&mut self, by_prefix: &mut BTreeMap<String, u64>) {
        /// Prefixes that are counted by themselves; a file of garbage can have any number.
        const COUNTED_PREFIXES: usize = 100;

        let (prefix, rows) = (std::mem::take(&mut self.prefix), std::mem::take(&mut self.rows));
        let has_room = by_prefix.len() < COUNTED_PREFIXES || by_prefix.contains_key(&prefix);
        if rows > 0 {
            *by_prefix.entry(if has_room { prefix } else { OTHER_PREFIX.to_owned() }).or_default() += rows;
        }
    }
}
