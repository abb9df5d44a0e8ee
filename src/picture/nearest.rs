//! The sequence numbers nearest to some points, out of a stream of any length.

use std::collections::BTreeMap;

use super::CELLS;

/// At most [`CELLS`] sequence numbers with what is known of each. One that has been left out once is left out for good.
pub(super) struct Nearest<T> {
    anchors: Vec<i64>,
    kept: BTreeMap<i64, T>,
    /// The first and the last sequence number that came.
    pub(super) extent: Option<(i64, i64)>,
    is_whole: bool,
}

impl<T: Default> Nearest<T> {
    pub(super) fn to(anchors: Vec<i64>) -> Nearest<T> {
        Nearest { anchors, kept: BTreeMap::new(), extent: None, is_whole: true }
    }

    fn distance(&self, seq: i64) -> u64 {
        self.anchors.iter().map(|anchor| anchor.abs_diff(seq)).min().unwrap_or_default()
    }

    /// What is known of a sequence number; `None` if it is too far away.
    pub(super) fn at(&mut self, seq: i64) -> Option<&mut T> {
        let (first, last) = self.extent.unwrap_or((seq, seq));
        self.extent = Some((first.min(seq), last.max(seq)));
        if !self.kept.contains_key(&seq) && self.kept.len() >= CELLS {
            self.is_whole = false;
            let farthest = self.kept.keys().map(|seq| (self.distance(*seq), *seq)).max();
            let (distance, farthest) = farthest?;
            if self.distance(seq) >= distance {
                return None;
            }
            self.kept.remove(&farthest);
        }
        Some(self.kept.entry(seq).or_default())
    }

    /// Whether nothing was left out.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn into_kept(self) -> BTreeMap<i64, T> {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_does_not_depend_on_the_order() {
        let (up, down): (Vec<i64>, Vec<i64>) = ((0..1000).collect(), (0..1000).rev().collect());
        let kept = |seqs: &[i64]| {
            let mut nearest: Nearest<u64> = Nearest::to(vec![100, 500]);
            for seq in seqs.iter().chain(seqs) {
                nearest.at(*seq).into_iter().for_each(|count| *count += 1);
            }
            assert!(!nearest.is_whole());
            assert_eq!(nearest.extent, Some((0, 999)));
            nearest.into_kept()
        };
        for kept in [kept(&up), kept(&down)] {
            assert_eq!(kept.len(), CELLS);
            assert!(kept.values().all(|count| *count == 2), "{kept:?}");
            assert!((91..=109).chain(491..=509).all(|seq| kept.contains_key(&seq)), "{kept:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_are_far_apart() {
        let mut nearest: Nearest<()> = Nearest::to(vec![i64::MIN, i64::MAX]);
        for seq in [i64::MIN, -1, 0, i64::MAX] {
            assert!(nearest.at(seq).is_some());
        }
        assert_eq!((nearest.extent, nearest.is_whole()), (Some((i64::MIN, i64::MAX)), true));
    }
}
