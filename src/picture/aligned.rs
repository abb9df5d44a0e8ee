//! Which item of another reader is the one at a sequence number.
//!
//! Items have no names, only bytes, and a list may hold the same bytes many times. So the two sides are laid beside each
//! other as a diff does: as many as possible in the same order, items of the list before those that are not in it. What is
//! left is matched by its bytes, in whatever order.

use sha2::{Digest as _, Sha256};

/// The items of the other reader that are laid beside the cells one by one.
const ALIGNED: usize = 400;

pub(super) type ItemHash = [u8; 32];

pub(super) fn hash(item: &[u8]) -> ItemHash {
    Sha256::digest(item).into()
}

/// The item at a sequence number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    /// `None` where no item is known.
    pub(super) hash: Option<ItemHash>,
    /// The index in the list, of an item that is in it.
    pub(super) index: Option<u64>,
}

/// What is known of the two lists as wholes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    /// The items that both begin with.
    pub(super) same_start: u64,
    /// The items that both end with, and that are not among the first.
    pub(super) same_end: u64,
    /// The items of the list.
    pub(super) items: u64,
    /// Whether every item that the list has or had is among the cells.
    pub(super) is_whole: bool,
}

/// For each of the cells, in seq order, the index at which `found` shows it; and the indexes that are no cell's, which are
/// only known where the cells are everything.
pub(super) fn align(placed: &[Placed], found: &[Vec<u8>], lengths: Lengths) -> (Vec<Option<u64>>, Vec<u64>) {
    let found_count = found.len() as u64;
    let is_small = lengths.is_whole && found.len() <= ALIGNED;
    let (start, end) = if is_small { (0, 0) } else { (lengths.same_start, lengths.same_end) };
    let at_the_ends = |index: u64| {
        if index < start {
            return Some(index);
        }
        let from_end = lengths.items.checked_sub(index)?;
        if from_end <= end { found_count.checked_sub(from_end) } else { None }
    };
    let mut indexes: Vec<Option<u64>> = placed.iter().map(|cell| cell.index.and_then(at_the_ends)).collect();
    let middle: Vec<(u64, ItemHash)> = (0..)
        .zip(found)
        .skip(usize::try_from(start).unwrap_or(usize::MAX))
        .take_while(|(index, _)| *index < found_count.saturating_sub(end))
        .map(|(index, item)| (index, hash(item)))
        .collect();
    let open: Vec<usize> = (0..)
        .zip(&indexes)
        .zip(placed)
        .filter(|((_, index), cell)| index.is_none() && cell.hash.is_some())
        .map(|((at, _), _)| at)
        .collect();
    let cells: Vec<Placed> = open.iter().filter_map(|at| placed.get(*at).copied()).collect();
    let mut taken = vec![false; middle.len()];
    let mut take = |at: Option<&usize>, place: usize| {
        if let (Some(index), Some(taken), Some((shown_at, _))) =
            (at.and_then(|at| indexes.get_mut(*at)), taken.get_mut(place), middle.get(place))
            && index.is_none()
            && !*taken
        {
            (*index, *taken) = (Some(*shown_at), true);
        }
    };
    for (cell, place) in in_order(&cells, middle.get(..ALIGNED).unwrap_or(&middle)) {
        take(open.get(cell), place);
    }
    // What is left: first the items of the list, then those that are not in it.
    for wanted in [true, false] {
        for (cell, at) in cells.iter().zip(&open).filter(|(cell, _)| cell.index.is_some() == wanted) {
            for (place, _) in middle.iter().enumerate().filter(|(_, (_, hash))| Some(*hash) == cell.hash) {
                take(Some(at), place);
            }
        }
    }
    let unplaced = middle.iter().zip(&taken).filter(|(_, taken)| is_small && !**taken).map(|((index, _), _)| *index);
    let unplaced = unplaced.collect();
    (indexes, unplaced)
}

/// Pairs of a cell and a place, both ascending, that weigh most.
fn in_order(cells: &[Placed], middle: &[(u64, ItemHash)]) -> Vec<(usize, usize)> {
    const OF_THE_LIST: u32 = 3;
    const OF_NO_LIST: u32 = 2;
    let weight = |cell: &Placed| if cell.index.is_some() { OF_THE_LIST } else { OF_NO_LIST };
    let is_same = |cell: &Placed, place: usize| middle.get(place).is_some_and(|(_, hash)| Some(*hash) == cell.hash);
    // rows[i][j] is the best that cells from i on and places from j on can weigh.
    let mut rows: Vec<Vec<u32>> = vec![vec![0; middle.len() + 1]];
    for cell in cells.iter().rev() {
        let below = rows.last().cloned().unwrap_or_default();
        let mut row = vec![0; middle.len() + 1];
        for place in (0..middle.len()).rev() {
            let value = |row: &[u32], at: usize| row.get(at).copied().unwrap_or_default();
            let paired = if is_same(cell, place) { value(&below, place + 1) + weight(cell) } else { 0 };
            let best = paired.max(value(&below, place)).max(value(&row, place + 1));
            row.get_mut(place).into_iter().for_each(|entry| *entry = best);
        }
        rows.push(row);
    }
    rows.reverse();
    let best = |cell: usize, place: usize| rows.get(cell).and_then(|row| row.get(place)).copied().unwrap_or_default();
    let (mut pairs, mut place) = (Vec::new(), 0);
    for (at, cell) in cells.iter().enumerate() {
        // The first place where taking this cell loses nothing.
        let here = (place..middle.len()).take_while(|from| best(at, *from) == best(at, place));
        let found = here
            .into_iter()
            .find(|from| is_same(cell, *from) && best(at + 1, *from + 1) + weight(cell) == best(at, place));
        if let Some(found) = found {
            pairs.push((at, found));
            place = found + 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cells` in seq order, a capital for an item that is not in the list.
    fn aligned(cells: &str, found: &str) -> (Vec<Option<u64>>, Vec<u64>) {
        let mut items = 0;
        let placed: Vec<Placed> = cells
            .chars()
            .map(|cell| {
                let hash = Some(hash(cell.to_lowercase().to_string().as_bytes()));
                let index = cell.is_lowercase().then_some(items);
                items += u64::from(cell.is_lowercase());
                Placed { hash, index }
            })
            .collect();
        let found: Vec<Vec<u8>> = found.chars().map(|item| item.to_string().into_bytes()).collect();
        align(&placed, &found, Lengths { same_start: 0, same_end: 0, items, is_whole: true })
    }

    /// Cells, what is found, and what comes of it.
    type Case<'a> = (&'a str, &'a str, &'a [Option<u64>], &'a [u64]);

    #[test]
    fn items_are_laid_side_by_side_as_a_diff_would() {
        let cases: [Case<'_>; 9] = [
            ("abc", "abc", &[Some(0), Some(1), Some(2)], &[]),
            ("abc", "ac", &[Some(0), None, Some(1)], &[]),
            ("Abc", "abc", &[Some(0), Some(1), Some(2)], &[]),
            ("Aab", "ab", &[None, Some(0), Some(1)], &[]),
            ("Aa", "aa", &[Some(0), Some(1)], &[]),
            ("abc", "cab", &[Some(1), Some(2), Some(0)], &[]),
            ("ab", "abb", &[Some(0), Some(1)], &[2]),
            ("ab", "xab", &[Some(1), Some(2)], &[0]),
            ("aB", "", &[None, None], &[]),
        ];
        for (cells, found, indexes, unplaced) in cases {
            assert_eq!(aligned(cells, found), (indexes.to_vec(), unplaced.to_vec()), "{cells} {found}");
        }
    }

    #[test]
    fn of_long_lists_the_ends_are_known_by_their_index() {
        let found: Vec<Vec<u8>> = (0..999_u64).map(|number| number.to_be_bytes().to_vec()).collect();
        let at = |index: u64, item: u64| Placed { hash: Some(hash(&item.to_be_bytes())), index: Some(index) };
        // The list has an item more, at index 500, and goes on.
        let placed = [at(0, 0), at(499, 499), at(500, 1 << 40), at(501, 500), at(999, 998)];
        let lengths = Lengths { same_start: 500, same_end: 499, items: 1000, is_whole: false };
        let (indexes, unplaced) = align(&placed, &found, lengths);
        assert_eq!(indexes, [Some(0), Some(499), None, Some(500), Some(998)]);
        assert!(unplaced.is_empty());
    }
}
