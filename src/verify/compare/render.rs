//! Comparisons in print, for people and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Absence, Comparison, Difference, DifferenceKind, Encoding, ItemsClass, ItemsDifference, Order, Side};
use crate::format::byte_string::ByteStr;
use crate::format::{ExpireAtMs, key_text};
use crate::verify::report::counted;

/// The most keys whose differences are printed for people.
const SHOWN_KEYS: usize = 20;
/// The most empty lists kept that are printed for people.
const SHOWN_KEPT: usize = 20;
/// Up to this size, in bytes, a key or an item is also shown in hex.
const HEX_BYTES: usize = 32;
/// The bytes of a long item that are shown, and how many of them stand before the first difference.
const SHOWN_BYTES: usize = 80;
const SHOWN_BEFORE_BYTES: usize = 20;
/// Longer items are cut in JSON, in bytes.
const JSON_ITEM_BYTES: usize = 4096;

/// What the two sides are called in print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideNames<'a> {
    /// The left side's name.
    pub left: &'a str,
    /// The right side's name.
    pub right: &'a str,
}

impl<'a> SideNames<'a> {
    fn of(&self, side: Side) -> &'a str {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }
}

impl Side {
    /// The other side.
    pub fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}

impl DifferenceKind {
    /// The name, as it is printed and as reports have it.
    pub fn name(&self) -> &'static str {
        match self {
            DifferenceKind::Missing { .. } => "missing",
            DifferenceKind::Items(_) => "items",
            DifferenceKind::Expiry { .. } => "expiry",
        }
    }
}

impl Comparison {
    /// The number of keys that differ; one key can differ in its items and in its expiry.
    pub fn differing_keys(&self) -> usize {
        self.differences.chunk_by(|one, other| one.key == other.key).count()
    }

    /// Whether a client sees the same on both sides.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }

    /// The differences and the empty lists kept, as lines for people; no text when there are none.
    pub fn render(&self, names: SideNames<'_>) -> String {
        let mut text = String::new();
        let mut keys = self.differences.chunk_by(|one, other| one.key == other.key);
        for difference in keys.by_ref().take(SHOWN_KEYS).flatten() {
            render_difference(difference, names, &mut text);
        }
        match keys.count() {
            0 => {}
            1 => text.push_str("... and 1 more key differs\n"),
            more => push_line(&mut text, format_args!("... and {more} more keys differ")),
        }
        for kept in self.empty_kept.iter().take(SHOWN_KEPT) {
            let (name, key) = (names.of(kept.side), shown_key(&kept.key));
            push_line(&mut text, format_args!("policy: empty list kept by {name}: key {key}"));
        }
        match self.empty_kept.len().saturating_sub(SHOWN_KEPT) {
            0 => {}
            more => push_line(&mut text, format_args!("... and {more} more empty lists kept")),
        }
        text
    }

    /// Everything, for programs.
    pub fn to_json(&self, names: SideNames<'_>) -> Value {
        let policy = |kept: &super::KeptEmpty| {
            let (side, key) = (names.of(kept.side), ByteStr(&kept.key));
            json!({ "policy": "empty list kept", "side": side, "key": key })
        };
        let differences: Vec<Value> =
            self.differences.iter().map(|difference| difference_json(difference, names)).collect();
        json!({
            "equal": self.is_equal(),
            "now_ms": self.now_ms,
            "lists": self.lists,
            "names": { "left": names.left, "right": names.right },
            "differences": differences,
            "policy": self.empty_kept.iter().map(policy).collect::<Vec<_>>(),
        })
    }
}

fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

fn render_difference(difference: &Difference, names: SideNames<'_>, text: &mut String) {
    let (key, kind) = (shown_key(&difference.key), difference.kind.name());
    match &difference.kind {
        DifferenceKind::Missing { side, absence, len, expire_at } => {
            let (absent, present) = (names.of(*side), names.of(side.other()));
            let absence = shown_absence(*absence);
            let (items, expiry) = (counted(*len, "item"), shown_expiry(*expire_at));
            push_line(
                text,
                format_args!("key {key}: {kind} in {absent}{absence}; {present} has {items}, expiry {expiry}"),
            );
        }
        DifferenceKind::Items(items) => {
            let class = items.class.name();
            push_line(text, format_args!("key {key}: {kind}, {class}: {}", items.explain(names)));
            push_line(text, format_args!("  {}", items.first_difference(names)));
            if let Some(encoding) = items.encoding.filter(|_| !matches!(items.class, ItemsClass::Encoding { .. })) {
                let (encoded, plain) = (names.of(encoding.encoded), names.of(encoding.encoded.other()));
                push_line(
                    text,
                    format_args!("  encoding: the item of {encoded} is the {} of {plain}'s", encoding.form),
                );
            }
        }
        DifferenceKind::Expiry { left, right } => {
            let (left, right) = (shown_expiry(*left), shown_expiry(*right));
            push_line(text, format_args!("key {key}: {kind}: {} {left}, {} {right}", names.left, names.right));
        }
    }
}

impl ItemsDifference {
    fn explain(&self, names: SideNames<'_>) -> String {
        let SideNames { left, right } = names;
        let len = counted(self.left_len, "item");
        let here = |count: u64| counted(count, "item");
        match &self.class {
            ItemsClass::Order(Order::Reversed) => format!("the same {len} back to front"),
            ItemsClass::Order(Order::Rotated { by }) if *by <= self.left_len / 2 => {
                format!("by {by}, the first {} of {left} last in {right}", here(*by))
            }
            ItemsClass::Order(Order::Rotated { by }) => {
                format!("by {by}, the last {} of {left} first in {right}", here(self.left_len.saturating_sub(*by)))
            }
            ItemsClass::Order(Order::Moved { count, from, to }) => {
                format!("{} from index {from} in {left} to index {to} in {right}", here(*count))
            }
            ItemsClass::Order(Order::ReversedRun { from, count }) => {
                format!("{} from index {from} on back to front", here(*count))
            }
            ItemsClass::Order(Order::Mixed) => format!("same {len} in another order"),
            ItemsClass::Encoding { count } => match self.encoding {
                Some(Encoding { form, encoded }) => {
                    let (encoded, plain) = (names.of(encoded), names.of(encoded.other()));
                    format!("{count} of {len} of {encoded} {} the {form} of {plain}'s", are(*count))
                }
                None => format!("{count} of {len}"),
            },
            ItemsClass::ShiftedHead { by, tail_by } => {
                let ends = match tail_by {
                    0 => format!("ends where {left} does"),
                    _ => format!("ends {}", shifted(*tail_by)),
                };
                format!("{right} begins {} than {left} and {ends}", shifted(*by))
            }
            ItemsClass::Dropped { count } if self.right.is_none() => {
                format!("{right} lacks the last {count} of the {len} of {left}")
            }
            ItemsClass::Dropped { count } => format!("{right} lacks {count} of the {len} of {left}"),
            ItemsClass::Duplicated { count } => {
                let how = if self.right_len == self.left_len.saturating_mul(2) && self.left.is_none() {
                    "all of them once more"
                } else {
                    "each next to its equal"
                };
                format!("{right} has the {len} of {left} and {} more, {how}", here(*count))
            }
            ItemsClass::Foreign { count, key } => {
                let of = format!("of the list {}", shown_key(key));
                format!("{} of {right} {} not of this list but {of}", here(*count), are(*count))
            }
            ItemsClass::Extra { count } if self.left.is_none() => {
                format!("{right} has the {len} of {left} and {} more after them", here(*count))
            }
            ItemsClass::Extra { count } => format!("{right} has the {len} of {left} and {} more", here(*count)),
            ItemsClass::WrongBytes { count } => format!("{count} of {len} changed"),
            ItemsClass::Different => format!("{left} has {len}, {right} has {}", here(self.right_len)),
        }
    }

    fn first_difference(&self, names: SideNames<'_>) -> String {
        let SideNames { left, right } = names;
        let place = if self.left_len == self.right_len {
            format!("index {} of {}", self.first_index, self.left_len)
        } else {
            format!("index {} ({left} has {}, {right} has {})", self.first_index, self.left_len, self.right_len)
        };
        let byte = self.first_byte().unwrap_or_default();
        let shown = |item: &Option<Vec<u8>>| item.as_ref().map_or("nothing".to_owned(), |item| shown_item(item, byte));
        let is_long = [&self.left, &self.right].into_iter().flatten().any(|item| item.len() > HEX_BYTES);
        let byte = if is_long && self.first_byte().is_some() { format!(", byte {byte}") } else { String::new() };
        format!("first difference at {place}{byte}: {left} {}, {right} {}", shown(&self.left), shown(&self.right))
    }

    /// The first byte at which the two items differ, when both sides have one.
    fn first_byte(&self) -> Option<usize> {
        let (left, right) = (self.left.as_ref()?, self.right.as_ref()?);
        Some(left.iter().zip(right).take_while(|(left, right)| left == right).count())
    }
}

fn are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn shifted(by: i64) -> String {
    format!("{} {}", counted(by.unsigned_abs(), "item"), if by > 0 { "later" } else { "earlier" })
}

pub(super) fn shown_key(key: &[u8]) -> String {
    let quoted = key_text::quoted(key);
    if (1..=HEX_BYTES).contains(&key.len()) { format!("{quoted} (hex {})", key_text::hex(key)) } else { quoted }
}

/// The item in quotes; in hex too when it is short and its text does not already say every byte; of a long one, what is
/// around the byte `around`.
pub(super) fn shown_item(item: &[u8], around: usize) -> String {
    if item.len() <= SHOWN_BYTES {
        let text = key_text::escaped(item);
        let says_all = text.is_ascii() && text.as_bytes() == item;
        let hex =
            if says_all || item.len() > HEX_BYTES { String::new() } else { format!(" (hex {})", key_text::hex(item)) };
        return format!("\"{text}\"{hex}");
    }
    let start = around.saturating_sub(SHOWN_BEFORE_BYTES).min(item.len().saturating_sub(SHOWN_BYTES));
    let end = start.saturating_add(SHOWN_BYTES);
    let dots = |cut: bool| if cut { "..." } else { "" };
    let text = key_text::escaped(item.get(start..end).unwrap_or_default());
    format!("{}\"{text}\"{} ({} bytes)", dots(start > 0), dots(end < item.len()), item.len())
}

fn shown_expiry(expire_at: Option<ExpireAtMs>) -> String {
    expire_at.map_or("none".to_owned(), |expire_at| format!("{} ms", expire_at.0))
}

fn shown_absence(absence: Absence) -> String {
    match absence {
        Absence::NotThere => String::new(),
        Absence::Expired(expire_at) => format!(", where it expired at {} ms", expire_at.0),
        Absence::KeptEmpty => ", which keeps it empty".to_owned(),
    }
}

fn difference_json(difference: &Difference, names: SideNames<'_>) -> Value {
    let (key, kind) = (ByteStr(&difference.key), difference.kind.name());
    let ms = |expire_at: &Option<ExpireAtMs>| expire_at.map(|expire_at| expire_at.0);
    match &difference.kind {
        DifferenceKind::Missing { side, absence, len, expire_at } => {
            let class = match absence {
                Absence::NotThere => "not there",
                Absence::Expired(_) => "expired",
                Absence::KeptEmpty => "kept empty",
            };
            let present = json!({ "len": len, "expire_at_ms": ms(expire_at) });
            let (left, right) = match side {
                Side::Left => (Value::Null, present),
                Side::Right => (present, Value::Null),
            };
            let missing_in = names.of(*side);
            json!({
                "key": key, "kind": kind, "class": class, "missing_in": missing_in, "left": left, "right": right,
            })
        }
        DifferenceKind::Items(items) => {
            let encoding =
                items.encoding.map(|encoding| json!({ "form": encoding.form, "encoded": names.of(encoding.encoded) }));
            json!({
                "key": key,
                "kind": kind,
                "class": items.class.name(),
                "detail": items.explain(names),
                "first_index": items.first_index,
                "left": item_json(items.left.as_deref(), items.left_len),
                "right": item_json(items.right.as_deref(), items.right_len),
                "encoding": encoding,
            })
        }
        DifferenceKind::Expiry { left, right } => json!({
            "key": key,
            "kind": kind,
            "left": { "expire_at_ms": ms(left) },
            "right": { "expire_at_ms": ms(right) },
        }),
    }
}

/// The item, cut when it is very long, with its whole size beside it.
fn item_json(item: Option<&[u8]>, len: u64) -> Value {
    let shown = item.map(|item| ByteStr(item.get(..JSON_ITEM_BYTES).unwrap_or(item)));
    json!({ "len": len, "item": shown, "item_bytes": item.map(<[u8]>::len) })
}
