//! Comparisons in print, for people and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::difference::{Absence, Comparison, Difference, DifferenceKind, ExpiryTolerance, KeptEmpty};
use super::side::{Side, SideNames};
use super::text::{shown_absence, shown_expiry, shown_key};
use crate::format::byte_string::ByteStr;
use crate::format::{ExpireAtMs, counted};

/// The most keys whose differences are printed for people.
const SHOWN_KEYS: usize = 20;
/// The most empty lists kept that are printed for people.
const SHOWN_KEPT: usize = 20;

impl Comparison {
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

    /// How expiries were compared where not to the millisecond, and how many keys that leaves open; else no text.
    pub fn tolerance_words(&self) -> String {
        let mut text = match self.expiry_tolerance {
            ExpiryTolerance::EXACT => return String::new(),
            ExpiryTolerance::Within(ms) => format!(", expiries within {ms} ms"),
            ExpiryTolerance::Ignored => ", expiries not compared".to_owned(),
        };
        if self.about_to_expire > 0 {
            text.push_str(&format!(", {} about to expire not compared", counted(self.about_to_expire, "list")));
        }
        text
    }

    /// Everything, for programs.
    pub fn to_json(&self, names: SideNames<'_>) -> Value {
        let policy = |kept: &KeptEmpty| {
            let (side, key) = (names.of(kept.side), ByteStr(&kept.key));
            json!({ "policy": "empty list kept", "side": side, "key": key })
        };
        let differences: Vec<Value> =
            self.differences.iter().map(|difference| difference_json(difference, names)).collect();
        let tolerance_ms = match self.expiry_tolerance {
            ExpiryTolerance::Within(ms) => Some(ms),
            ExpiryTolerance::Ignored => None,
        };
        json!({
            "equal": self.is_equal(),
            "now_ms": self.now_ms,
            "ttl_tolerance_ms": tolerance_ms,
            "about_to_expire": self.about_to_expire,
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
            push_line(text, format_args!("key {key}: {kind}, {}", items.headline(names)));
            items.details(names).iter().for_each(|line| push_line(text, format_args!("  {line}")));
        }
        DifferenceKind::Expiry { left, right } => {
            let (left, right) = (shown_expiry(*left), shown_expiry(*right));
            push_line(text, format_args!("key {key}: {kind}: {} {left}, {} {right}", names.left, names.right));
        }
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
            let mut members = json!({ "key": key, "kind": kind });
            if let (Value::Object(members), Value::Object(of_items)) = (&mut members, items.to_json(names)) {
                members.extend(of_items);
            }
            members
        }
        DifferenceKind::Expiry { left, right } => json!({
            "key": key,
            "kind": kind,
            "left": { "expire_at_ms": ms(left) },
            "right": { "expire_at_ms": ms(right) },
        }),
    }
}
