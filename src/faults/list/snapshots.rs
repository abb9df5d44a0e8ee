//! Faults in the versions of a list's records.

use std::collections::BTreeMap;

use crate::faults::changed::Pair;
use crate::faults::fault::kinds::SNAPSHOT;
use crate::faults::fault::{Act, Fault};
use crate::format::list::ITEM_PREFIX;
use crate::format::record::classify;
use crate::format::snapshot::{Row, classify_row, mvcc_key, mvcc_value, split_mvcc_key};
use crate::format::{CommitTs, ListRecord, Record, Seq, list};

pub(in crate::faults) const FAULTS: &[Fault] =
    &[DELTA_BEFORE_BASE_DROPPED, OTHER_ROW_AS_ITEM, ITEMS_OF_LAST_COMMIT_MISSING];

const ITEMS_OF_LAST_COMMIT_MISSING: Fault = Fault {
    name: "snapshot-file-amid-a-commit",
    breaks: "a snapshot file is written while a commit is applied: it has the commit's other records, and not yet its items",
    rule: "whole-commits",
    act: Act::Rows(|rows| {
        let commit_of_item = |(raw_key, _): &Pair| {
            split_mvcc_key(raw_key).filter(|(key, _)| key.starts_with(ITEM_PREFIX)).map(|(_, commit_ts)| commit_ts)
        };
        let last = rows.iter().filter_map(commit_of_item).max();
        rows.retain(|row| last.is_none() || commit_of_item(row) != last);
    }),
    reported: &[SNAPSHOT],
};

const OTHER_ROW_AS_ITEM: Fault = Fault {
    name: "other-row-as-item",
    breaks: "a row of another type is taken for an item of a list",
    rule: "other-rows",
    act: Act::Rows(|rows| {
        let first = rows.iter().find_map(|(raw_key, _)| split_mvcc_key(raw_key).map(|(_, commit_ts)| commit_ts));
        if let Some(commit_ts) = first {
            let key = list::item_key(b"ekv-roundtrip: a hash", Seq(0));
            rows.push((mvcc_key(&key, commit_ts), mvcc_value(Some(b"a field"))));
        }
    }),
    reported: &[SNAPSHOT],
};

const DELTA_BEFORE_BASE_DROPPED: Fault = Fault {
    name: "delta-before-base-dropped",
    breaks: "a base meta is taken to have folded every delta that was committed before it",
    rule: "compaction",
    act: Act::Rows(|rows| {
        let mut based: BTreeMap<Vec<u8>, CommitTs> = BTreeMap::new();
        for (raw_key, raw_value) in rows.iter() {
            if let Ok(Row::Version { key, commit_ts, value: Some(value) }) = classify_row(raw_key, raw_value)
                && let Ok(Record::List(ListRecord::Meta { user_key, .. })) = classify(key, value)
            {
                based.entry(user_key.to_vec()).or_insert(commit_ts);
            }
        }
        rows.retain(|(raw_key, raw_value)| match classify_row(raw_key, raw_value) {
            Ok(Row::Version { key, commit_ts, value: Some(value) }) => match classify(key, value) {
                Ok(Record::List(ListRecord::Delta { user_key, .. })) => {
                    based.get(user_key).is_none_or(|base| commit_ts > *base)
                }
                _ => true,
            },
            _ => true,
        });
    }),
    reported: &[SNAPSHOT],
};
