//! What happened to the items of a list, in words.

use serde_json::{Value, json};

use super::{Encoding, ItemsClass, ItemsDifference, Order};
use crate::compare::side::SideNames;
use crate::compare::text::{HEX_BYTES, shown_item, shown_key};
use crate::format::byte_string::ByteStr;
use crate::format::counted;

/// Longer items are cut in JSON, in bytes.
const JSON_ITEM_BYTES: usize = 4096;

impl ItemsDifference {
    /// The class, and what happened.
    pub(in crate::compare) fn headline(&self, names: SideNames<'_>) -> String {
        format!("{}: {}", self.class.name(), self.explain(names))
    }

    /// What can be said besides, a line each.
    pub(in crate::compare) fn details(&self, names: SideNames<'_>) -> Vec<String> {
        let mut lines = vec![self.first_difference(names)];
        if let Some(encoding) = self.encoding.filter(|_| !matches!(self.class, ItemsClass::Encoding { .. })) {
            let (encoded, plain) = (names.of(encoding.encoded), names.of(encoding.encoded.other()));
            lines.push(format!("encoding: the item of {encoded} is the {} of {plain}'s", encoding.form));
        }
        lines
    }

    /// The same for programs.
    pub(in crate::compare) fn to_json(&self, names: SideNames<'_>) -> Value {
        let encoding =
            self.encoding.map(|encoding| json!({ "form": encoding.form, "encoded": names.of(encoding.encoded) }));
        json!({
            "class": self.class.name(),
            "detail": self.explain(names),
            "first_index": self.first_index,
            "left": item_json(self.left.as_deref(), self.left_len),
            "right": item_json(self.right.as_deref(), self.right_len),
            "encoding": encoding,
        })
    }

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

/// The item, cut when it is very long, with its whole size beside it.
fn item_json(item: Option<&[u8]>, len: u64) -> Value {
    let shown = item.map(|item| ByteStr(item.get(..JSON_ITEM_BYTES).unwrap_or(item)));
    json!({ "len": len, "item": shown, "item_bytes": item.map(<[u8]>::len) })
}
