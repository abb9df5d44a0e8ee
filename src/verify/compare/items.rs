//! What happened to the items of a list, told from the two ends.
//!
//! Everything is linear in the items: a list may have a million of them.

use std::collections::HashMap;

use super::Side;
use crate::format::byte_string::encode_base64;
use crate::format::key_text;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemsClass {
    /// The same items, each as often, in another order.
    Order(Order),
    /// `count` items are gone; the others are as they were.
    Dropped {
        /// The number of items.
        count: u64,
    },
    /// `count` items came in between; the others are as they were.
    Extra {
        /// The number of items.
        count: u64,
    },
    /// As [`ItemsClass::Extra`], and each item that came in equals one next to it.
    Duplicated {
        /// The number of items.
        count: u64,
    },
    /// The lists are equally long, and `count` items have other bytes.
    ChangedBytes {
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
            ItemsClass::Order(_) => "order",
            ItemsClass::Dropped { .. } => "dropped",
            ItemsClass::Extra { .. } => "extra",
            ItemsClass::Duplicated { .. } => "duplicated",
            ItemsClass::ChangedBytes { .. } => "changed bytes",
            ItemsClass::Different => "different",
        }
    }
}

impl ItemsDifference {
    /// The difference between two lists of items, or `None` when they are equal.
    pub fn between(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<ItemsDifference> {
        let first_index = left.iter().zip(right).take_while(|(left, right)| left == right).count();
        let (left_item, right_item) = (left.get(first_index), right.get(first_index));
        let encoding = match (left_item, right_item) {
            (None, None) => return None,
            (Some(left_item), Some(right_item)) => encoding(left_item, right_item),
            _ => None,
        };
        Some(ItemsDifference {
            class: classify(left, right, encoding.is_some()),
            first_index: first_index as u64,
            left: left_item.cloned(),
            right: right_item.cloned(),
            left_len: left.len() as u64,
            right_len: right.len() as u64,
            encoding,
        })
    }
}

fn classify(left: &[Vec<u8>], right: &[Vec<u8>], encoded: bool) -> ItemsClass {
    if left.len() == right.len() {
        return order(left, right).map_or_else(|| changed(left, right, encoded), ItemsClass::Order);
    }
    if left.len() > right.len() {
        return match surplus(left, right) {
            Some(surplus) => ItemsClass::Dropped { count: surplus.len() as u64 },
            None => ItemsClass::Different,
        };
    }
    match surplus(right, left) {
        Some(surplus) => {
            let count = surplus.len() as u64;
            let copies = surplus.iter().all(|index| is_copy_of_neighbour(right, *index));
            if copies { ItemsClass::Duplicated { count } } else { ItemsClass::Extra { count } }
        }
        None => ItemsClass::Different,
    }
}

/// The indexes in `long` of what `short` lacks, if `short` is `long` without them.
fn surplus(long: &[Vec<u8>], short: &[Vec<u8>]) -> Option<Vec<usize>> {
    let mut expected = short.iter().peekable();
    let surplus =
        long.iter().enumerate().filter(|(_, item)| expected.next_if(|next| next == item).is_none()).map(|(at, _)| at);
    let surplus = surplus.collect();
    expected.next().is_none().then_some(surplus)
}

fn is_copy_of_neighbour(items: &[Vec<u8>], index: usize) -> bool {
    let neighbours = [index.checked_sub(1), index.checked_add(1)];
    let item = items.get(index);
    neighbours.into_iter().flatten().filter_map(|neighbour| items.get(neighbour)).any(|other| Some(other) == item)
}

/// For lists of one length that agree in some places, or whose first items are encodings of one another, it makes sense
/// to speak of changed items.
fn changed(left: &[Vec<u8>], right: &[Vec<u8>], encoded: bool) -> ItemsClass {
    let count = left.iter().zip(right).filter(|(left, right)| left != right).count();
    if count < left.len() || count == 1 || encoded {
        ItemsClass::ChangedBytes { count: count as u64 }
    } else {
        ItemsClass::Different
    }
}

/// How the order differs, if nothing else does, for lists of one length.
fn order(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<Order> {
    if left.iter().eq(right.iter().rev()) {
        return Some(Order::Reversed);
    }
    // Numbers for items: equal items have equal numbers, and comparing is cheap from here on.
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    let mut number = |item| {
        let next = numbers.len();
        *numbers.entry(item).or_insert(next)
    };
    let left: Vec<usize> = left.iter().map(|item| number(item)).collect();
    let right: Vec<usize> = right.iter().map(|item| number(item)).collect();
    let mut balance = vec![0_i64; numbers.len()];
    for (numbers, step) in [(&left, 1), (&right, -1)] {
        for number in numbers {
            if let Some(count) = balance.get_mut(*number) {
                *count += step;
            }
        }
    }
    if balance.iter().any(|count| *count != 0) {
        return None;
    }
    Some(rotation(&left, &right).map_or(Order::Mixed, |by| Order::Rotated { by: by as u64 }))
}

/// The number of items at the start of `left` that `right` has at its end, if that is all: where `right` is found in
/// `left` written twice (Knuth, Morris and Pratt).
fn rotation(left: &[usize], right: &[usize]) -> Option<usize> {
    let mut borders = vec![0];
    let mut matched = 0;
    for number in right.iter().skip(1) {
        matched = extend_match(right, &borders, matched, number);
        borders.push(matched);
    }
    matched = 0;
    for (index, number) in left.iter().chain(left).enumerate() {
        matched = extend_match(right, &borders, matched, number);
        if matched == right.len() {
            return Some(index + 1 - matched);
        }
    }
    None
}

/// The length of the longest start of `pattern` that ends with `next`, when the one before `next` had length `matched`.
/// `borders` has, for each start of the pattern, the length of the longest shorter start that also ends it.
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
    [(left, right, Side::Right), (right, left, Side::Left)].into_iter().find_map(|(plain, other, encoded)| {
        // The empty item is its own encoding almost everywhere.
        if plain.is_empty() || plain.len() > ENCODING_LIMIT_BYTES || other.len() < plain.len() {
            return None;
        }
        let is_form = |(_, encode): &&Form| encode(plain).is_some_and(|text| text.as_bytes() == other);
        FORMS.iter().find(is_form).map(|(form, _)| Encoding { form, encoded })
    })
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
