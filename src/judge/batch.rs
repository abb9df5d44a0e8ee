//! A batch as it was committed, copied for the judge.

use std::ops::Range;

/// What one step committed. It is filled anew for each step, and keeps its memory.
#[derive(Debug, Default)]
pub struct Batch {
    commit_ts: Option<u64>,
    bytes: Vec<u8>,
    rows: Vec<(Range<usize>, Option<Range<usize>>)>,
}

impl Batch {
    /// Takes in what a commit wrote: keys with their values, or `None` for what was deleted.
    pub fn commit<'a>(&mut self, commit_ts: u64, rows: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>) {
        self.commit_ts = Some(commit_ts);
        for (key, value) in rows {
            let key = self.copied(key);
            let value = value.map(|value| self.copied(value));
            self.rows.push((key, value));
        }
    }

    fn copied(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// Forgets the step.
    pub fn clear(&mut self) {
        self.commit_ts = None;
        self.bytes.clear();
        self.rows.clear();
    }

    /// The commit, if there was one.
    pub(super) fn commit_ts(&self) -> Option<u64> {
        self.commit_ts
    }

    /// The rows in the order in which they came.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let at = |range: &Range<usize>| self.bytes.get(range.clone()).unwrap_or_default();
        self.rows.iter().map(move |(key, value)| (at(key), value.as_ref().map(at)))
    }
}
