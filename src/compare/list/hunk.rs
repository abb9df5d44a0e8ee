//! Two lists of items as a diff: what differs with a few items around it, and the rest as a number.
//!
//! ```text
//! --- Redis, 6 items
//! +++ dump, 5 items
//!   ... 2 equal items
//!        2      2  "c"
//! -      3         "d"
//!        4      3  "e"
//! ```
//!
//! The numbers are indexes, from 0, on the left side and on the right one.

use std::fmt::Write as _;

use crate::compare::side::SideNames;
use crate::compare::text::shown_item;
use crate::format::counted;

/// Equal items shown before and after what differs.
const CONTEXT: usize = 2;
/// Differing items shown; of the rest only the number is told.
const SHOWN_DIFFERING: usize = 24;
/// Runs whose lengths multiply to more are not aligned, but held side by side.
const ALIGNED: usize = 250_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Equal(usize, usize),
    Left(usize),
    Right(usize),
}

/// The difference between two lists of items, as lines; no text when they are equal.
pub fn hunk(left: &[Vec<u8>], right: &[Vec<u8>], names: SideNames<'_>) -> String {
    let mut text = String::new();
    if left == right {
        return text;
    }
    for (mark, name, items) in [("---", names.left, left), ("+++", names.right, right)] {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{mark} {name}, {}", counted(items.len() as u64, "item"));
    }
    let rows = aligned(left, right);
    let mut differing = 0;
    let mut chunks = rows.chunk_by(|one, other| is_equal(one) == is_equal(other)).peekable();
    let mut is_first = true;
    while let Some(chunk) = chunks.next() {
        if chunk.first().is_some_and(is_equal) {
            let before = if is_first { 0 } else { CONTEXT };
            let after = if chunks.peek().is_some() { CONTEXT } else { 0 };
            write_equal(chunk, before, after, left, &mut text);
        } else {
            let shown = chunk.len().min(SHOWN_DIFFERING.saturating_sub(differing));
            differing += shown;
            let lines = chunk.get(..shown).unwrap_or_default();
            lines.iter().for_each(|row| write_differing(*row, left, right, &mut text));
            if shown < chunk.len() {
                let all = chunk.len() - shown + chunks.flatten().filter(|row| !is_equal(row)).count();
                let _ = writeln!(text, "  ... and {all} more that differ");
                break;
            }
        }
        is_first = false;
    }
    text
}

fn is_equal(row: &Row) -> bool {
    matches!(row, Row::Equal(..))
}

/// The first `before` and the last `after` of rows that are equal on both sides.
fn write_equal(rows: &[Row], before: usize, after: usize, left: &[Vec<u8>], text: &mut String) {
    let hidden = rows.len().saturating_sub(before + after);
    // A line that says that one is left out is as long as that one.
    let hidden = if hidden > 1 { hidden } else { 0 };
    for (at, row) in rows.iter().enumerate() {
        let is_shown = hidden == 0 || at < before || at >= before + hidden;
        match row {
            Row::Equal(on_left, on_right) if is_shown => {
                let item = left.get(*on_left).map_or_else(String::new, |item| shown_item(item, 0));
                let _ = writeln!(text, "  {on_left:>6} {on_right:>6}  {item}");
            }
            _ if at == before && !is_shown => {
                let _ = writeln!(text, "  ... {}", counted(hidden as u64, "equal item"));
            }
            _ => {}
        }
    }
}

fn write_differing(row: Row, left: &[Vec<u8>], right: &[Vec<u8>], text: &mut String) {
    let shown = |items: &[Vec<u8>], others: &[Vec<u8>], at: usize| {
        let item = items.get(at).map_or(&[][..], Vec::as_slice);
        // Long items that stand at one place often differ in a few bytes.
        let other = others.get(at).map_or(&[][..], Vec::as_slice);
        shown_item(item, item.iter().zip(other).take_while(|(one, other)| one == other).count())
    };
    let _ = match row {
        Row::Left(at) => writeln!(text, "- {at:>6} {:>6}  {}", "", shown(left, right, at)),
        Row::Right(at) => writeln!(text, "+ {:>6} {at:>6}  {}", "", shown(right, left, at)),
        Row::Equal(..) => Ok(()),
    };
}

/// Common start, what differs, common end.
fn aligned(left: &[Vec<u8>], right: &[Vec<u8>]) -> Vec<Row> {
    let start = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let rest = |items: &'_ [Vec<u8>]| items.len() - start;
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count();
    let end = end.min(rest(left)).min(rest(right));
    let (left_end, right_end) = (left.len() - end, right.len() - end);
    let mut rows: Vec<Row> = (0..start).map(|at| Row::Equal(at, at)).collect();
    let (left_run, right_run) = (left.get(start..left_end), right.get(start..right_end));
    let (left_run, right_run) = (left_run.unwrap_or_default(), right_run.unwrap_or_default());
    if left_run.len().saturating_mul(right_run.len()) <= ALIGNED {
        align(left_run, right_run, start, &mut rows);
    } else {
        let longer = left_end.max(right_end);
        let side_by_side = (start..longer).flat_map(|at| {
            let (left, right) = ((at < left_end).then_some(Row::Left(at)), (at < right_end).then_some(Row::Right(at)));
            [left, right].into_iter().flatten()
        });
        rows.extend(side_by_side);
    }
    rows.extend((0..end).map(|at| Row::Equal(left_end + at, right_end + at)));
    rows
}

/// Rows of a longest common subsequence, by a table of the lengths for all ends.
fn align(left: &[Vec<u8>], right: &[Vec<u8>], start: usize, rows: &mut Vec<Row>) {
    let width = right.len() + 1;
    let mut table = vec![0_u32; (left.len() + 1) * width];
    let cell = |table: &[u32], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or_default();
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            let length = match left.get(i) == right.get(j) {
                true => cell(&table, i + 1, j + 1) + 1,
                false => cell(&table, i + 1, j).max(cell(&table, i, j + 1)),
            };
            if let Some(slot) = table.get_mut(i * width + j) {
                *slot = length;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < left.len() || j < right.len() {
        if i < left.len() && j < right.len() && left.get(i) == right.get(j) {
            rows.push(Row::Equal(start + i, start + j));
            (i, j) = (i + 1, j + 1);
        } else if i < left.len() && (j == right.len() || cell(&table, i + 1, j) >= cell(&table, i, j + 1)) {
            rows.push(Row::Left(start + i));
            i += 1;
        } else {
            rows.push(Row::Right(start + j));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: SideNames<'static> = SideNames { left: "Redis", right: "dump" };

    fn numbers(range: std::ops::Range<u32>) -> Vec<Vec<u8>> {
        range.map(|number| number.to_string().into_bytes()).collect()
    }

    #[test]
    fn what_differs_stands_among_a_few_equal_items() {
        let left = numbers(10..22);
        let mut right = left.clone();
        right.remove(5);
        right.insert(8, b"x\xff".to_vec());
        let golden = "--- Redis, 12 items\n+++ dump, 12 items\n  ... 3 equal items\n\
                      \x20      3      3  \"13\"\n       4      4  \"14\"\n\
                      -      5         \"15\"\n       6      5  \"16\"\n       7      6  \"17\"\n       8      7  \"18\"\n\
                      +             8  \"x%FF\" (hex 78 ff)\n       9      9  \"19\"\n\
                      \x20     10     10  \"20\"\n      11     11  \"21\"\n";
        assert_eq!(hunk(&left, &right, NAMES), golden);
        assert_eq!(hunk(&left, &left, NAMES), "");
    }

    #[test]
    fn very_long_lists_are_a_few_lines() {
        let (left, right) = (numbers(0..100_000), numbers(7..100_000));
        let text = hunk(&left, &right, NAMES);
        assert!(text.lines().count() < 13 && text.contains("  ... 99991 equal items\n"), "{text}");
        let all = hunk(&left, &numbers(200_000..300_000), NAMES);
        assert_eq!(all.lines().count(), 3 + SHOWN_DIFFERING);
        assert!(all.ends_with("  ... and 199976 more that differ\n"), "{all}");
    }

    fn letters(text: &str) -> Vec<Vec<u8>> {
        text.bytes().map(|byte| vec![byte]).collect()
    }

    #[test]
    fn equal_items_between_differences_are_left_out_but_for_a_few() {
        let golden = "--- Redis, 11 items\n+++ dump, 9 items\n\
                      -      0         \"x\"\n       1      0  \"a\"\n       2      1  \"b\"\n\
                      \x20 ... 5 equal items\n\
                      \x20      8      7  \"h\"\n       9      8  \"i\"\n-     10         \"y\"\n";
        assert_eq!(hunk(&letters("xabcdefghiy"), &letters("abcdefghi"), NAMES), golden);
    }

    #[test]
    fn one_more_of_equal_items_is_one_row() {
        let golden = "--- Redis, 2 items\n+++ dump, 3 items\n\
                      \x20      0      0  \"a\"\n       1      1  \"a\"\n+             2  \"a\"\n";
        assert_eq!(hunk(&letters("aa"), &letters("aaa"), NAMES), golden);
    }

    #[test]
    fn of_many_differences_the_first_are_shown_and_the_rest_counted() {
        // One row, then 29 pairs: 24 rows are shown, among them one of a pair.
        let left = numbers(0..300);
        let mut right = left.clone();
        for at in (10..300).step_by(10) {
            right[at] = b"x".to_vec();
        }
        right.remove(0);
        let text = hunk(&left, &right, NAMES);
        let shown = text.lines().filter(|line| line.starts_with(['-', '+'])).count();
        assert_eq!(shown, 2 + SHOWN_DIFFERING, "{text}");
        assert!(text.ends_with("  ... and 35 more that differ\n"), "{text}");
        // Too long to be aligned, and either side may be the longer one.
        for (left, right) in [(0..600, 1000..1500), (0..500, 1000..1600)] {
            let text = hunk(&numbers(left), &numbers(right), NAMES);
            assert!(text.ends_with("  ... and 1076 more that differ\n"), "{text}");
        }
    }

    #[test]
    fn long_items_at_one_place_are_shown_where_they_differ() {
        let (mut left, mut right) = (vec![b'a'; 300], vec![b'a'; 300]);
        (left[200], right[200]) = (b'l', b'r');
        let text = hunk(&[left], &[right], NAMES);
        let around = |byte| format!("...\"{}{byte}{}\"... (300 bytes)\n", "a".repeat(20), "a".repeat(59));
        assert!(text.contains(&around('l')) && text.contains(&around('r')), "{text}");
    }

    /// The length of a longest common subsequence, from its definition.
    fn longest(left: &[Vec<u8>], right: &[Vec<u8>]) -> usize {
        match (left, right) {
            ([one, left_rest @ ..], [other, right_rest @ ..]) if one == other => 1 + longest(left_rest, right_rest),
            ([_, left_rest @ ..], [_, right_rest @ ..]) => longest(left_rest, right).max(longest(left, right_rest)),
            _ => 0,
        }
    }

    #[test]
    fn as_much_as_can_be_is_equal() {
        use rand::{RngExt as _, SeedableRng as _};
        let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for _ in 0..500 {
            let mut list = || -> Vec<Vec<u8>> {
                (0..dice.random_range(0..8)).map(|_| vec![b"abc"[dice.random_range(0..3)]]).collect()
            };
            let (left, right) = (list(), list());
            let rows = aligned(&left, &right);
            let (mut on_left, mut on_right) = (0, 0);
            for row in &rows {
                let (of_left, of_right) = match row {
                    Row::Equal(one, other) => (Some(*one), Some(*other)),
                    Row::Left(at) => (Some(*at), None),
                    Row::Right(at) => (None, Some(*at)),
                };
                assert!(of_left.is_none_or(|at| at == on_left) && of_right.is_none_or(|at| at == on_right), "{rows:?}");
                if let (Some(one), Some(other)) = (of_left, of_right) {
                    assert_eq!(left[one], right[other], "{rows:?}");
                }
                on_left += usize::from(of_left.is_some());
                on_right += usize::from(of_right.is_some());
            }
            assert_eq!((on_left, on_right), (left.len(), right.len()), "{rows:?}");
            assert_eq!(rows.iter().filter(|row| is_equal(row)).count(), longest(&left, &right), "{left:?} {right:?}");
        }
    }
}
