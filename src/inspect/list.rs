//! The records of lists.

use serde::ser::SerializeMap;

use super::cut::Cut;
use super::streamed::{Shown, StreamedBytes};
use super::words::{counted_bytes, not_empty, shown_commit, shown_expiry, shown_value, utc};
use crate::format::list::{CLAIM_PREFIX, DELTA_PREFIX, ITEM_PREFIX, META_PREFIX};
use crate::format::record::classify;
use crate::format::{CommitTs, ExpireAtMs, ListDelta, ListMeta, ListRecord, Record, Seq, key_text};

pub(super) fn cut_key<'a>(record: &ListRecord<'a>, cut: Cut<'a>) -> Cut<'a> {
    match record {
        ListRecord::Meta { user_key, .. } => cut.prefix(META_PREFIX.len()).user_key(user_key),
        ListRecord::Item { user_key, seq, .. } => {
            cut.prefix(ITEM_PREFIX.len()).user_key(user_key).words(Seq::BYTES, format!("seq {}", seq.0))
        }
        ListRecord::Delta { user_key, commit_ts: CommitTs(commit_ts), seq_in_txn, .. } => cut
            .prefix(DELTA_PREFIX.len())
            .user_key_length(user_key)
            .user_key(user_key)
            .words(8, format!("commitTS {commit_ts}"))
            .words(4, format!("seqInTxn {seq_in_txn}")),
        ListRecord::Claim { user_key, seq } => cut
            .prefix(CLAIM_PREFIX.len())
            .user_key_length(user_key)
            .user_key(user_key)
            .words(Seq::BYTES, format!("seq {}", seq.0)),
    }
}

pub(super) fn cut_value<'a>(record: &ListRecord<'a>, cut: Cut<'a>) -> Cut<'a> {
    match record {
        ListRecord::Meta { meta: ListMeta { head, tail, len, expiry_field }, .. } => {
            let cut =
                cut.words(8, format!("head {head}")).words(8, format!("tail {tail}")).words(8, format!("len {len}"));
            match expiry_field {
                Some(expiry) => cut.words(8, format!("expireAtMs {expiry}")),
                None => cut,
            }
        }
        ListRecord::Delta { delta: ListDelta { head_delta, len_delta }, .. } => {
            cut.words(8, format!("headDelta {head_delta:+}")).words(8, format!("lenDelta {len_delta:+}"))
        }
        ListRecord::Item { .. } | ListRecord::Claim { .. } => cut,
    }
}

/// The record in words, its user key aside.
pub(super) fn words(record: &ListRecord<'_>) -> String {
    match record {
        ListRecord::Meta { meta: ListMeta { head, tail, len, expiry_field }, .. } => {
            let expiry = match expiry_field {
                None => "no expiry field".to_owned(),
                Some(0) => "expiry none".to_owned(),
                Some(expiry) => shown_expiry(ExpireAtMs(*expiry)),
            };
            format!("head {head}  tail {tail}  len {len}  {expiry}")
        }
        ListRecord::Item { seq, value, .. } => format!("seq {}  {}", seq.0, shown_value(value)),
        ListRecord::Delta { commit_ts, seq_in_txn, delta: ListDelta { head_delta, len_delta }, .. } => {
            let commit = shown_commit(*commit_ts);
            format!("head {head_delta:+}  len {len_delta:+}  {commit}  seqInTxn {seq_in_txn}")
        }
        ListRecord::Claim { seq, .. } => format!("seq {}", seq.0),
    }
}

/// What a reader should know about a record that is no error.
pub(super) fn notes(record: &ListRecord<'_>, key: &[u8], value: &[u8], notes: &mut Vec<String>) {
    match record {
        ListRecord::Meta { meta, .. } => {
            if !meta.invariant_holds() {
                notes.push("tail is not head + len".to_owned());
            }
            if key.starts_with(DELTA_PREFIX) {
                let bytes = counted_bytes(value.len());
                notes.push(format!("in the delta namespace; a meta because its value has {bytes}"));
            }
            if let Some(other) = delta_key_of(key) {
                notes.push(format!("with 16 bytes it would be a delta of {}", key_text::quoted(other)));
            }
        }
        ListRecord::Claim { .. } => notes.extend(not_empty(value)),
        ListRecord::Item { .. } | ListRecord::Delta { .. } => {}
    }
}

/// The user key that a key would name if its value were a delta's.
fn delta_key_of(key: &[u8]) -> Option<&[u8]> {
    match classify(key, &[0; ListDelta::BYTES]) {
        Ok(Record::List(ListRecord::Delta { user_key, .. })) => Some(user_key),
        _ => None,
    }
}

/// The JSON members that only this kind of record has.
pub(super) fn members<M: SerializeMap>(
    record: &ListRecord<'_>,
    key: &[u8],
    value: &[u8],
    map: &mut M,
) -> Result<(), M::Error> {
    match record {
        ListRecord::Meta { meta, .. } => {
            map.serialize_entry("head", &meta.head)?;
            map.serialize_entry("tail", &meta.tail)?;
            map.serialize_entry("len", &meta.len)?;
            map.serialize_entry("expire_at_ms", &meta.expiry_field)?;
            map.serialize_entry("value_bytes", &value.len())?;
            map.serialize_entry("invariant_holds", &meta.invariant_holds())?;
            map.serialize_entry("in_delta_namespace", &key.starts_with(DELTA_PREFIX))
        }
        ListRecord::Item { seq, value, .. } => {
            map.serialize_entry("seq", &seq.0)?;
            map.serialize_entry("value", &StreamedBytes(value))
        }
        ListRecord::Delta { commit_ts, seq_in_txn, delta, .. } => {
            map.serialize_entry("commit_ts", &commit_ts.0)?;
            map.serialize_entry("commit_time", &utc(commit_ts.unix_ms()).map(Shown))?;
            map.serialize_entry("seq_in_txn", seq_in_txn)?;
            map.serialize_entry("head_delta", &delta.head_delta)?;
            map.serialize_entry("len_delta", &delta.len_delta)
        }
        ListRecord::Claim { seq, .. } => map.serialize_entry("seq", &seq.0),
    }
}
