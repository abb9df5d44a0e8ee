//! Keys and values cut at their fields.

use super::cut::{Cut, Field};
use super::list;
use crate::format::Record;

/// The fields of a well-formed record's key.
pub(super) fn of_key<'a>(record: &Record<'a>, key: &'a [u8]) -> Vec<Field<'a>> {
    let cut = Cut::of(key);
    let cut = match record {
        Record::List(record) => list::cut_key(record, cut),
        Record::Fence { user_key, .. } | Record::Ttl { user_key, .. } => {
            cut.prefix(key.len().saturating_sub(user_key.len())).user_key(user_key)
        }
        Record::OtherType { .. } | Record::Unknown => cut,
    };
    cut.finish()
}

/// The fields of a well-formed record's value.
pub(super) fn of_value<'a>(record: &Record<'a>, value: &'a [u8]) -> Vec<Field<'a>> {
    let cut = Cut::of(value);
    let cut = match record {
        Record::List(record) => list::cut_value(record, cut),
        Record::Ttl { expire_at, .. } => cut.words(8, format!("expireAtMs {}", expire_at.0)),
        Record::Fence { .. } | Record::OtherType { .. } | Record::Unknown => cut,
    };
    cut.finish()
}

/// Bytes that nothing is known of.
pub(super) fn uncut(bytes: &[u8]) -> Vec<Field<'_>> {
    Cut::of(bytes).finish()
}
