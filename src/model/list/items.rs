//! The list operations, on items alone: no keys, no time.

use std::collections::VecDeque;
use std::ops::Range;

use crate::command::{End, Side};

type Items = VecDeque<Vec<u8>>;

/// Adds one item at an end.
pub fn push(items: &mut Items, end: End, item: Vec<u8>) {
    match end {
        End::Left => items.push_front(item),
        End::Right => items.push_back(item),
    }
}

/// Takes one item from an end.
pub fn pop(items: &mut Items, end: End) -> Option<Vec<u8>> {
    match end {
        End::Left => items.pop_front(),
        End::Right => items.pop_back(),
    }
}

/// Takes up to `count` items from an end, the one at the end first.
pub fn pop_many(items: &mut Items, end: End, count: u64) -> Vec<Vec<u8>> {
    let count = clamped(count, items.len());
    match end {
        End::Left => items.drain(..count).collect(),
        End::Right => items.drain(items.len() - count..).rev().collect(),
    }
}

/// The place that an index names in a list of `length` items, if it has one.
pub fn resolve_index(length: usize, index: i64) -> Option<usize> {
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    let index = if index < 0 { length.checked_sub(from_end)? } else { from_end };
    (index < length).then_some(index)
}

/// The places that `start ..= stop` names in a list of `length` items. Ends outside the list are moved to its ends.
fn resolve_range(length: usize, start: i64, stop: i64) -> Range<usize> {
    let wide = |index: i64| i128::from(index) + if index < 0 { length as i128 } else { 0 };
    let inside = |index: i128| usize::try_from(index.clamp(0, length as i128)).unwrap_or(length);
    let (start, end) = (inside(wide(start)), inside(wide(stop) + 1));
    start..end.max(start)
}

/// Copies the items from `start` to `stop`, both included.
pub fn range(items: &Items, start: i64, stop: i64) -> Vec<Vec<u8>> {
    items.range(resolve_range(items.len(), start, stop)).cloned().collect()
}

/// Leaves only the items from `start` to `stop`, both included.
pub fn trim(items: &mut Items, start: i64, stop: i64) {
    let kept = resolve_range(items.len(), start, stop);
    items.truncate(kept.end);
    items.drain(..kept.start);
}

/// Puts `item` beside the first `pivot`; `false` when there is none.
pub fn insert(items: &mut Items, side: Side, pivot: &[u8], item: &[u8]) -> bool {
    let Some(index) = items.iter().position(|item| item == pivot) else {
        return false;
    };
    let index = if side == Side::Before { index } else { index + 1 };
    items.insert(index, item.to_vec());
    true
}

/// Removes items equal to `value` and says how many: the first `count`, the last `-count`, or, for 0, all.
pub fn remove(items: &mut Items, count: i64, value: &[u8]) -> usize {
    let matches = items.iter().filter(|item| *item == value).count();
    let removed = if count == 0 { matches } else { clamped(count.unsigned_abs(), matches) };
    let first_removed = if count < 0 { matches - removed } else { 0 };
    let doomed = first_removed..first_removed + removed;
    let mut seen = 0;
    items.retain(|item| {
        if item != value {
            return true;
        }
        seen += 1;
        !doomed.contains(&(seen - 1))
    });
    removed
}

/// Where `value` is, in the order in which `LPOS` finds it. Without a `count` one place is enough; a `count` or
/// `max_len` of 0 is no limit.
pub fn positions(items: &Items, value: &[u8], rank: i64, count: Option<u64>, max_len: u64) -> Vec<usize> {
    // Redis negates the rank, which i64::MIN survives: every match then outranks it, the first one included, and no
    // count is ever reached.
    let unranked = rank == i64::MIN;
    let skipped = if unranked { 0 } else { clamped(rank.unsigned_abs().saturating_sub(1), usize::MAX) };
    let wanted = match count {
        None => 1,
        Some(count) if count == 0 || unranked => usize::MAX,
        Some(count) => clamped(count, usize::MAX),
    };
    let compared = if max_len == 0 { items.len() } else { clamped(max_len, items.len()) };
    let found = |(index, item): (usize, &Vec<u8>)| (item == value).then_some(index);
    if rank < 0 {
        items.iter().enumerate().rev().take(compared).filter_map(found).skip(skipped).take(wanted).collect()
    } else {
        items.iter().enumerate().take(compared).filter_map(found).skip(skipped).take(wanted).collect()
    }
}

fn clamped(count: u64, limit: usize) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Items {
        text.bytes().map(|byte| vec![byte]).collect()
    }

    fn text<'a>(items: impl IntoIterator<Item = &'a Vec<u8>>) -> String {
        items.into_iter().map(|item| String::from_utf8_lossy(item)).collect()
    }

    #[test]
    fn pops_start_at_their_end() {
        let mut list = items("abcdef");
        assert_eq!(text(&pop_many(&mut list, End::Left, 2)), "ab");
        assert_eq!(text(&pop_many(&mut list, End::Right, 2)), "fe");
        assert_eq!(text(&pop_many(&mut list, End::Right, 0)), "");
        assert_eq!(text(&pop_many(&mut list, End::Right, u64::MAX)), "dc");
        assert_eq!(pop(&mut list, End::Left), None);
    }

    #[test]
    fn indexes_count_from_both_ends() {
        let resolved = [0, 2, 3, i64::MAX, -1, -3, -4, i64::MIN].map(|index| resolve_index(3, index));
        assert_eq!(resolved, [Some(0), Some(2), None, None, Some(2), Some(0), None, None]);
    }

    #[test]
    fn ranges_and_trims_agree_on_what_is_inside() {
        for (start, stop, kept) in [
            (0, -1, "abcde"),
            (1, 3, "bcd"),
            (-2, -1, "de"),
            (-9, 1, "ab"),
            (3, 2, ""),
            (3, 3, "d"),
            (0, -6, ""),
            (0, -5, "a"),
            (5, 9, ""),
            (-9, -9, ""),
            (i64::MIN, i64::MAX, "abcde"),
            (i64::MAX, i64::MIN, ""),
            (i64::MAX, i64::MAX, ""),
        ] {
            let mut list = items("abcde");
            assert_eq!(text(&range(&list, start, stop)), kept, "{start} {stop}");
            trim(&mut list, start, stop);
            assert_eq!(text(&list), kept, "{start} {stop}");
        }
    }

    #[test]
    fn an_insertion_goes_beside_the_first_pivot() {
        let mut list = items("aba");
        assert!(insert(&mut list, Side::Before, b"a", b"1"));
        assert!(insert(&mut list, Side::After, b"a", b"2"));
        assert_eq!(text(&list), "1a2ba");
        assert!(!insert(&mut list, Side::After, b"x", b"3"));
    }

    #[test]
    fn removals_count_from_either_end() {
        for (count, removed, left) in [
            (0, 3, "bc"),
            (1, 1, "bcaa"),
            (2, 2, "bca"),
            (-1, 1, "abca"),
            (-2, 2, "abc"),
            (9, 3, "bc"),
            (i64::MIN, 3, "bc"),
            (i64::MAX, 3, "bc"),
        ] {
            let mut list = items("abcaa");
            assert_eq!(remove(&mut list, count, b"a"), removed, "{count}");
            assert_eq!(text(&list), left, "{count}");
        }
    }

    #[test]
    fn positions_by_rank_count_and_length() {
        let list = items("abaca");
        for (rank, count, max_len, found) in [
            (1, None, 0, vec![0]),
            (2, None, 0, vec![2]),
            (4, None, 0, vec![]),
            (-1, None, 0, vec![4]),
            (-3, Some(0), 0, vec![0]),
            (2, Some(0), 0, vec![2, 4]),
            (1, Some(2), 0, vec![0, 2]),
            (-1, Some(2), 0, vec![4, 2]),
            (1, Some(0), 2, vec![0]),
            (-1, Some(0), 3, vec![4, 2]),
            (2, Some(0), 1, vec![]),
            (1, Some(u64::MAX), u64::MAX, vec![0, 2, 4]),
            (i64::MAX, Some(0), 0, vec![]),
            (i64::MIN + 1, Some(0), 0, vec![]),
            (i64::MIN, None, 0, vec![4]),
            (i64::MIN, Some(1), 0, vec![4, 2, 0]),
            (i64::MIN, Some(1), 3, vec![4, 2]),
        ] {
            assert_eq!(positions(&list, b"a", rank, count, max_len), found, "{rank} {count:?} {max_len}");
        }
    }
}
