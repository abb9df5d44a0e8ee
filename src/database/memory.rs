//! A database in memory: sorted maps, shared between its views until one of them writes.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use super::batch::{Changes, Row, Visit};
use super::choice::History;
use crate::format::CommitTs;
use crate::format::snapshot::{mvcc_key, mvcc_value};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// The records of a database in memory.
pub(super) struct Memory(RwLock<Contents>);

#[derive(Clone)]
struct Contents {
    rows: Arc<Map>,
    /// Every version, where they are kept.
    history: Option<Arc<Map>>,
    clock: Option<CommitTs>,
    progress: Option<Vec<u8>>,
}

impl Memory {
    pub(super) fn new(history: History) -> Memory {
        let history = (history == History::Kept).then(Arc::default);
        Memory(RwLock::new(Contents { rows: Arc::default(), history, clock: None, progress: None }))
    }

    /// As much as a view, which costs nothing until one of the two writes.
    pub(super) fn fork(&self) -> Memory {
        Memory(RwLock::new(self.contents()))
    }

    fn contents(&self) -> Contents {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keeps_history(&self) -> bool {
        self.contents().history.is_some()
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).rows.get(key).cloned()
    }

    fn map(&self) -> Arc<Map> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).rows)
    }

    pub(super) fn rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Cursor {
        Cursor::over(self.map(), lower, upper)
    }

    pub(super) fn visit(&self, lower: &[u8], upper: Option<&[u8]>, visit: &mut Visit<'_>) {
        let bounds = (Bound::Included(lower), upper.map_or(Bound::Unbounded, Bound::Excluded));
        if upper.is_some_and(|upper| upper <= lower) {
            return;
        }
        for (key, value) in self.map().range::<[u8], _>(bounds) {
            if visit((key, value)).is_break() {
                return;
            }
        }
    }

    pub(super) fn history_rows(&self, lower: &[u8], upper: Option<&[u8]>) -> Cursor {
        Cursor::over(self.contents().history.unwrap_or_default(), lower, upper)
    }

    pub(super) fn commit(
        &self,
        changes: &mut Changes<'_, '_>,
        (commit_ts, clock): (CommitTs, CommitTs),
        progress: Option<&[u8]>,
    ) {
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Contents { rows, history, clock: last, progress: last_progress } = &mut *contents;
        let rows = Arc::make_mut(rows);
        let mut history = history.as_mut().map(Arc::make_mut);
        for (key, value) in changes {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
            if let Some(history) = &mut history {
                history.insert(mvcc_key(key, commit_ts), mvcc_value(value));
            }
        }
        *last = Some(clock);
        if let Some(progress) = progress {
            *last_progress = Some(progress.to_vec());
        }
    }

    pub(super) fn progress(&self) -> Option<Vec<u8>> {
        self.contents().progress
    }

    pub(super) fn clock(&self) -> Option<CommitTs> {
        self.contents().clock
    }
}

/// A cursor over rows in memory. It takes some of them at once, as each place in the map has to be looked for.
pub struct Cursor {
    rows: Arc<Map>,
    /// Where the rows to be taken begin.
    lower: Bound<Vec<u8>>,
    upper: Option<Vec<u8>>,
    /// The row under the cursor, and those that were taken with it.
    taken: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// How many rows are taken next: few at first, since many a cursor is asked for one row.
    next_count: usize,
}

/// The most rows that are taken at once.
const MOST_TAKEN: usize = 64;

impl Cursor {
    fn over(rows: Arc<Map>, lower: &[u8], upper: Option<&[u8]>) -> Cursor {
        let (lower, upper) = (Bound::Included(lower.to_vec()), upper.map(<[u8]>::to_vec));
        let mut cursor = Cursor { rows, lower, upper, taken: VecDeque::new(), next_count: 1 };
        cursor.take();
        cursor
    }

    fn take(&mut self) {
        let lower = self.lower.as_ref().map(Vec::as_slice);
        let is_inside = |key: &[u8]| self.upper.as_ref().is_none_or(|upper| key < upper.as_slice());
        let rows = self.rows.range::<[u8], _>((lower, Bound::Unbounded)).take_while(|(key, _)| is_inside(key));
        self.taken.extend(rows.take(self.next_count).map(|(key, value)| (key.clone(), value.clone())));
        self.next_count = (self.next_count * 4).min(MOST_TAKEN);
    }

    pub(super) fn current(&self) -> Option<Row<'_>> {
        self.taken.front().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    pub(super) fn step(&mut self) {
        let Some((key, _)) = self.taken.pop_front() else { return };
        if self.taken.is_empty() {
            self.lower = Bound::Excluded(key);
            self.take();
        }
    }
}
