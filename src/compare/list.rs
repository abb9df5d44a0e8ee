//! What happened to the items of a list, told from the two ends.
//!
//! The classes are tried from the one that says most to the one that says least, and the first that fits is the name:
//!
//! ```text
//! reversed, rotated      the same items, the whole list turned or cut in two and swapped
//! moved, reversed run    the same items; between a common start and a common end, a run has moved or is turned
//! order                  the same items, in no order that has a name
//! encoding               items that differ are encodings of those that should be there, all in one form
//! shifted head           a window on the right items that begins too late or too early, wherever it ends
//! dropped, duplicated    items are gone, or are there twice in a row
//! foreign item           what should not be there is of another list
//! extra                  what should not be there is of no list
//! wrong bytes            as many items, some with other bytes
//! different              nothing that has a name
//! ```
//!
//! Everything is linear in the items: a list may have a million of them.

mod hunk;
mod owners;
mod words;

use std::collections::HashMap;

use super::side::Side;
use crate::format::byte_string::encode_base64;
use crate::format::key_text;

pub use hunk::hunk;
pub(super) use owners::Owners;

/// How the items of a list differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemsDifference {
    /// What happened, by name.
    pub class: ItemsClass,
    /// The first index, from 0, at which the items differ or only one side has one.
    pub first_index: u64,
    /// The left side's item there.
    pub left: Option<Vec<u8>>,
    /// The right side's item there.
    pub right: Option<Vec<u8>>,
    /// The number of items on the left side.
    pub left_len: u64,
    /// The number of items on the right side.
    pub right_len: u64,
    /// Set when one of the two items is an encoding of the other.
    pub encoding: Option<Encoding>,
}

/// The names for what happened to the items on the way from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemsClass {
    /// The same items, each as often, in another order.
    Order(Order),
    /// `count` items are encodings of those on the other side, all in the form of [`ItemsDifference::encoding`].
    Encoding {
        /// The number of items.
        count: u64,
    },
    /// The right side begins `by` items later in the left side's list (earlier, with items before it, when negative), and
    /// ends `tail_by` items later. What both have is at least half of the longer one.
    ShiftedHead {
        /// The number of items; not 0.
        by: i64,
        /// The number of items; may be 0.
        tail_by: i64,
    },
    /// `count` items are gone; the others are as they were.
    Dropped {
        /// The number of items.
        count: u64,
    },
    /// `count` items came in, each next to its equal or all of the list once more; the others are as they were.
    Duplicated {
        /// The number of items.
        count: u64,
    },
    /// Every item that the left side does not have, `count` of them, is an item of one other list of the left side, and of
    /// no third.
    Foreign {
        /// The number of items.
        count: u64,
        /// The key of that list.
        key: Vec<u8>,
    },
    /// `count` items came in between; the others are as they were.
    Extra {
        /// The number of items.
        count: u64,
    },
    /// The lists are equally long, and `count` items have other bytes.
    WrongBytes {
        /// The number of items.
        count: u64,
    },
    /// Nothing that has a name.
    Different,
}

/// How the order differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Back to front.
    Reversed,
    /// The first `by` items of the left side come last on the right side; at least 1 and below the length.
    Rotated {
        /// The number of items.
        by: u64,
    },
    /// `count` items in a row stand at another place.
    Moved {
        /// The number of items.
        count: u64,
        /// The index of the first on the left side.
        from: u64,
        /// The index of the first on the right side.
        to: u64,
    },
    /// `count` items in a row, not all of them and at least 3, are back to front.
    ReversedRun {
        /// The index of the first.
        from: u64,
        /// The number of items.
        count: u64,
    },
    /// In no way that has a name.
    Mixed,
}

/// One item as an encoding of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The name of the encoding.
    pub form: &'static str,
    /// The side whose item is the encoded one.
    pub encoded: Side,
}

impl ItemsClass {
    /// The name, as it is printed and as reports have it.
    pub fn name(&self) -> &'static str {
        match self {
            ItemsClass::Order(Order::Reversed) => "reversed",
            ItemsClass::Order(Order::Rotated { .. }) => "rotated",
            ItemsClass::Order(Order::Moved { .. }) => "moved",
            ItemsClass::Order(Order::ReversedRun { .. }) => "reversed run",
            ItemsClass::Order(Order::Mixed) => "order",
            ItemsClass::Encoding { .. } => "encoding",
            ItemsClass::ShiftedHead { .. } => "shifted head",
            ItemsClass::Dropped { .. } => "dropped",
            ItemsClass::Duplicated { .. } => "duplicated",
            ItemsClass::Foreign { .. } => "foreign item",
            ItemsClass::Extra { .. } => "extra",
            ItemsClass::WrongBytes { .. } => "wrong bytes",
            ItemsClass::Different => "different",
        }
    }
}

impl ItemsDifference {
    /// The difference between two lists of items, or `None` when they are equal. `owners` knows the items of the other lists.
    pub(super) fn between(left: &[Vec<u8>], right: &[Vec<u8>], owners: &Owners<'_>) -> Option<ItemsDifference> {
        let first_index = left.iter().zip(right).take_while(|(left, right)| left == right).count();
        let (left_item, right_item) = (left.get(first_index), right.get(first_index));
        let encoding = match (left_item, right_item) {
            (None, None) => return None,
            (Some(left_item), Some(right_item)) => encoding(left_item, right_item),
            _ => None,
        };
        Some(ItemsDifference {
            class: classify(left, right, encoding, owners),
            first_index: first_index as u64,
            left: left_item.cloned(),
            right: right_item.cloned(),
            left_len: left.len() as u64,
            right_len: right.len() as u64,
            encoding,
        })
    }
}

fn classify(left: &[Vec<u8>], right: &[Vec<u8>], first: Option<Encoding>, owners: &Owners<'_>) -> ItemsClass {
    // Numbers for items: equal items have equal numbers, and comparing is cheap from here on.
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut number = |item| {
        let next = numbers.len();
        *numbers.entry(item).or_insert(next)
    };
    let left_numbers: Vec<usize> = left.iter().map(|item| number(item)).collect();
    let right_numbers: Vec<usize> = right.iter().map(|item| number(item)).collect();
    let of_both = numbers.len();
    let named = order(&left_numbers, &right_numbers, of_both)
        .map(ItemsClass::Order)
        .or_else(|| encoded(left, right, first))
        .or_else(|| duplicated(&left_numbers, &right_numbers))
        .or_else(|| shifted(&left_numbers, &right_numbers))
        .or_else(|| dropped(&left_numbers, &right_numbers))
        .or_else(|| foreign(&left_numbers, right, &right_numbers, of_both, owners))
        .or_else(|| extra(&left_numbers, &right_numbers))
        .or_else(|| wrong_bytes(&left_numbers, &right_numbers));
    named.unwrap_or(ItemsClass::Different)
}

/// The indexes in `long` of what `short` lacks, if `short` is `long` without them.
fn surplus(long: &[usize], short: &[usize]) -> Option<Vec<usize>> {
    let mut expected = short.iter().peekable();
    let surplus =
        long.iter().enumerate().filter(|(_, item)| expected.next_if(|next| next == item).is_none()).map(|(at, _)| at);
    let surplus = surplus.collect();
    expected.next().is_none().then_some(surplus)
}

fn dropped(left: &[usize], right: &[usize]) -> Option<ItemsClass> {
    surplus(left, right).map(|surplus| ItemsClass::Dropped { count: surplus.len() as u64 })
}

fn extra(left: &[usize], right: &[usize]) -> Option<ItemsClass> {
    surplus(right, left).map(|surplus| ItemsClass::Extra { count: surplus.len() as u64 })
}

fn duplicated(left: &[usize], right: &[usize]) -> Option<ItemsClass> {
    let surplus = surplus(right, left)?;
    let is_once_more = right.len() == left.len() * 2 && right.chunks(left.len()).all(|half| half == left);
    let is_copy = is_once_more || surplus.iter().all(|index| is_copy_of_neighbour(right, *index));
    is_copy.then_some(ItemsClass::Duplicated { count: surplus.len() as u64 })
}

fn is_copy_of_neighbour(items: &[usize], index: usize) -> bool {
    let neighbours = [index.checked_sub(1), index.checked_add(1)];
    let item = items.get(index);
    neighbours.into_iter().flatten().filter_map(|neighbour| items.get(neighbour)).any(|other| Some(other) == item)
}

/// The right side as a window that begins elsewhere in the left one's list: the longest end of one that begins the other.
fn shifted(left: &[usize], right: &[usize]) -> Option<ItemsClass> {
    // Where one begins the other, only the end differs, whatever else could be said of equal items.
    if left.iter().zip(right).all(|(left, right)| left == right) {
        return None;
    }
    let (late, early) = (overlap(left, right), overlap(right, left));
    let common = late.max(early);
    if common == 0 || common * 2 < left.len().max(right.len()) {
        return None;
    }
    let difference = |of: usize| i64::try_from(of - common).unwrap_or(i64::MAX);
    let (by, tail_by) = match late >= early {
        true => (difference(left.len()), difference(right.len())),
        false => (-difference(right.len()), -difference(left.len())),
    };
    (by != 0).then_some(ItemsClass::ShiftedHead { by, tail_by })
}

/// The length of the longest start of `pattern` that ends `text`.
fn overlap(text: &[usize], pattern: &[usize]) -> usize {
    let borders = borders(pattern);
    text.iter().fold(0, |matched, next| extend_match(pattern, &borders, matched, next))
}

fn foreign(
    left: &[usize],
    right: &[Vec<u8>],
    right_numbers: &[usize],
    of_both: usize,
    owners: &Owners<'_>,
) -> Option<ItemsClass> {
    let mut is_ours = vec![false; of_both];
    left.iter().filter_map(|number| is_ours.get_mut(*number).map(|ours| *ours = true)).for_each(drop);
    let strangers = || {
        let pairs = right.iter().zip(right_numbers);
        pairs.filter(|(_, number)| !is_ours.get(**number).copied().unwrap_or(false)).map(|(item, _)| item)
    };
    let key = owners.owner(strangers().next()?)?;
    let all = strangers().all(|item| owners.owner(item) == Some(key));
    all.then(|| ItemsClass::Foreign { count: strangers().count() as u64, key: key.to_vec() })
}

/// For lists of one length that agree in some places it makes sense to speak of changed items.
fn wrong_bytes(left: &[usize], right: &[usize]) -> Option<ItemsClass> {
    let count = left.iter().zip(right).filter(|(left, right)| left != right).count();
    let is_change = left.len() == right.len() && (count < left.len() || count == 1);
    is_change.then_some(ItemsClass::WrongBytes { count: count as u64 })
}

/// Whether all that differs is an encoding of what it should be, in the form of the first of them.
fn encoded(left: &[Vec<u8>], right: &[Vec<u8>], first: Option<Encoding>) -> Option<ItemsClass> {
    let first = first.filter(|_| left.len() == right.len())?;
    let differing = || left.iter().zip(right).filter(|(left, right)| left != right);
    let all = differing().all(|(left, right)| is_encoding(left, right, first));
    all.then(|| ItemsClass::Encoding { count: differing().count() as u64 })
}

/// How the order differs, if nothing else does.
fn order(left: &[usize], right: &[usize], of_both: usize) -> Option<Order> {
    if left.len() != right.len() {
        return None;
    }
    if left.iter().eq(right.iter().rev()) {
        return Some(Order::Reversed);
    }
    let mut balance = vec![0_i64; of_both];
    for (numbers, step) in [(left, 1), (right, -1)] {
        for number in numbers {
            if let Some(count) = balance.get_mut(*number) {
                *count += step;
            }
        }
    }
    if balance.iter().any(|count| *count != 0) {
        return None;
    }
    if let Some(by) = rotation(left, right) {
        return Some(Order::Rotated { by: by as u64 });
    }
    let start = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count();
    let run = |side: &'_ [usize]| side.get(start..side.len() - end).unwrap_or_default().to_vec();
    Some(run_order(start, &run(left), &run(right)))
}

/// How the order of a run differs that begins at `start` and whose ends differ.
fn run_order(start: usize, left: &[usize], right: &[usize]) -> Order {
    let at = |offset: usize| (start + offset) as u64;
    match rotation(left, right) {
        // The smaller part is what has moved.
        Some(by) if by <= left.len() / 2 => Order::Moved { count: by as u64, from: at(0), to: at(left.len() - by) },
        Some(by) => Order::Moved { count: (left.len() - by) as u64, from: at(by), to: at(0) },
        None if left.iter().eq(right.iter().rev()) => Order::ReversedRun { from: at(0), count: left.len() as u64 },
        None => Order::Mixed,
    }
}

/// The number of items at the start of `left` that `right` has at its end, if that is all: where `right` is found in
/// `left` written twice (Knuth, Morris and Pratt).
fn rotation(left: &[usize], right: &[usize]) -> Option<usize> {
    let borders = borders(right);
    let mut matched = 0;
    for (index, number) in left.iter().chain(left).enumerate() {
        matched = extend_match(right, &borders, matched, number);
        if matched == right.len() {
            return Some(index + 1 - matched);
        }
    }
    None
}

/// For each start of the pattern, the length of the longest shorter start that also ends it.
fn borders(pattern: &[usize]) -> Vec<usize> {
    let mut borders = vec![0];
    let mut matched = 0;
    for number in pattern.iter().skip(1) {
        matched = extend_match(pattern, &borders, matched, number);
        borders.push(matched);
    }
    borders
}

/// The length of the longest start of `pattern` that ends with `next`, when the one before `next` had length `matched`.
fn extend_match(pattern: &[usize], borders: &[usize], mut matched: usize, next: &usize) -> usize {
    while pattern.get(matched) != Some(next) {
        let Some(last) = matched.checked_sub(1) else { return 0 };
        matched = borders.get(last).copied().unwrap_or_default();
    }
    matched + 1
}

/// A name and an encoding; `None` for what it cannot encode.
type Form = (&'static str, fn(&[u8]) -> Option<String>);

/// The encodings that an item could have got on its way.
const FORMS: [Form; 8] = [
    ("base64url", |item| Some(encode_base64(item))),
    ("base64", |item| Some(standard_base64(item))),
    ("hex", |item| Some(key_text::hex(item).replace(' ', ""))),
    ("percent-encoding", |item| Some(key_text::escaped(item))),
    ("JSON string", |item| json_string(item)),
    ("JSON escapes", |item| Some(json_string(item)?.strip_prefix('"')?.strip_suffix('"')?.to_owned())),
    ("text with replacement characters", |item| Some(String::from_utf8_lossy(item).into_owned())),
    ("Latin-1 read as text", |item| Some(item.iter().map(|byte| char::from(*byte)).collect())),
];

/// Longer items are not tried, in bytes.
const ENCODING_LIMIT_BYTES: usize = 1 << 16;

fn encoding(left: &[u8], right: &[u8]) -> Option<Encoding> {
    let candidates = [Side::Right, Side::Left].into_iter().flat_map(|encoded| FORMS.map(|(form, _)| (form, encoded)));
    candidates.map(|(form, encoded)| Encoding { form, encoded }).find(|form| is_encoding(left, right, *form))
}

fn is_encoding(left: &[u8], right: &[u8], Encoding { form, encoded }: Encoding) -> bool {
    let (plain, other) = match encoded {
        Side::Right => (left, right),
        Side::Left => (right, left),
    };
    // The empty item is its own encoding almost everywhere.
    if plain.is_empty() || plain.len() > ENCODING_LIMIT_BYTES || other.len() < plain.len() {
        return false;
    }
    let encode = FORMS.iter().find(|(name, _)| *name == form).and_then(|(_, encode)| encode(plain));
    encode.is_some_and(|text| text.as_bytes() == other)
}

fn standard_base64(item: &[u8]) -> String {
    let mut text = encode_base64(item).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn json_string(item: &[u8]) -> Option<String> {
    serde_json::to_string(std::str::from_utf8(item).ok()?).ok()
}
