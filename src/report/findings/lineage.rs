//! Where a finding comes from: the line of the dump, the records under it, the steps that wrote them.
//!
//! ```text
//! line of the dump <-- records of the key <-- steps of the trace
//! ```
//!
//! The trace is run once more, on a store that keeps every version; each version has the timestamp of its commit, and each
//! commit is a step's. So which step wrote a record is read off and not guessed, and what was deleted is there too.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::caught;
use crate::case::replay::{model_state, on_model, on_store};
use crate::command::{Request, UserKey};
use crate::database::{Database, History};
use crate::format::CommitTs;
use crate::format::snapshot::{Row, classify_row};
use crate::inspect;
use crate::model::Model;
use crate::state::State;
use crate::store::{Answer, MetaWidth, Store, visible_state};
use crate::workload::{Action, Step};

/// A record that a key has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedRecord {
    /// The logical key.
    pub key: Vec<u8>,
    /// Its last value, also where it has been deleted since.
    pub value: Vec<u8>,
    /// The step that wrote that, from 1.
    pub written_by: u64,
    /// The step that deleted it, if one did.
    pub deleted_by: Option<u64>,
    /// Its older versions: the values that it had before, the oldest first, equal ones too. A deletion is no value. A
    /// [picture](crate::picture::Cell::older_versions) counts the same.
    pub earlier: Vec<EarlierValue>,
}

/// A value that a record had before its last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierValue {
    /// The value.
    pub value: Vec<u8>,
    /// The step that wrote it, from 1.
    pub written_by: u64,
    /// The step that deleted the record then, if one did.
    pub deleted_by: Option<u64>,
    /// The step that wrote the next value.
    pub replaced_by: u64,
}

/// A time in which a record had the same value. A rewrite of the whole list, such as that of LSET, writes most items again as
/// they are, which does not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period<'a> {
    /// The value.
    pub value: &'a [u8],
    /// The step that wrote it first, from 1.
    pub written_by: u64,
    /// The last step that wrote it again, if one did.
    pub written_again_by: Option<u64>,
    /// The step that deleted the record then, if one did.
    pub deleted_by: Option<u64>,
    /// The step that wrote the next value, if one did.
    pub replaced_by: Option<u64>,
}

/// A trace that has been run once more.
pub struct Lineage {
    /// The store that it left.
    pub store: Store,
    /// All records that it has or had, in key order.
    pub records: Vec<TracedRecord>,
    /// The step that made each commit, from 1.
    pub step_of_commit: BTreeMap<CommitTs, u64>,
    /// What the model shows in the end.
    pub expected: State,
    /// What the store shows in the end; `None` if it cannot say.
    pub shown: Option<State>,
}

/// When a version was written, by which step, and what: a value, or `None` for a deletion.
type Version = (CommitTs, u64, Option<Vec<u8>>);

/// Runs a trace, up to a step if the finding is about one, on a new store in memory.
///
/// # Errors
///
/// A sentence that says what the environment withheld.
pub fn trace_back(steps: &[Step], last: Option<u64>, width: MetaWidth) -> Result<Lineage, String> {
    let mut store = Store::over(Database::in_memory(History::Kept), width).map_err(|error| error.to_string())?;
    let mut model = Model::new();
    let mut step_of_commit = BTreeMap::new();
    for (number, step) in (1..).zip(steps).take_while(|(number, _)| last.is_none_or(|last| *number <= last)) {
        // A store that fails here has failed in the case, and what it had written until then is what there is to see.
        let Ok(Ok(ran)) = caught(|| on_store(&mut store, step)) else { break };
        let is_refused = |place| ran.answers.get(place).is_some_and(Answer::is_refused);
        on_model(&mut model, &ran.step, is_refused);
        step_of_commit.entry(store.last_commit()).or_insert(number);
    }
    let expected = model_state(&model);
    let mut versions: BTreeMap<Vec<u8>, Vec<Version>> = BTreeMap::new();
    let mut rows = store.database().history_rows(b"", None);
    while let Some((raw_key, raw_value)) = rows.current().map_err(|error| error.to_string())? {
        if let Ok(Row::Version { key, commit_ts, value }) = classify_row(raw_key, raw_value) {
            let step = step_of_commit.get(&commit_ts).copied().unwrap_or_default();
            let value = value.map(<[u8]>::to_vec);
            versions.entry(key.to_vec()).or_default().push((commit_ts, step, value));
        }
        rows.step();
    }
    drop(rows);
    let shown = caught(|| visible_state(&store.database().snapshot(), expected.last_ms).ok()).unwrap_or_default();
    let records = versions.into_iter().filter_map(|(key, versions)| traced(key, versions)).collect();
    Ok(Lineage { store, records, step_of_commit, expected, shown })
}

fn traced(key: Vec<u8>, mut versions: Vec<Version>) -> Option<TracedRecord> {
    versions.sort_by_key(|(commit_ts, ..)| *commit_ts);
    let mut last: Option<TracedRecord> = None;
    for (_, step, value) in versions {
        last = match (last, value) {
            (None, None) => None,
            (None, Some(value)) => {
                Some(TracedRecord { key: key.clone(), value, written_by: step, deleted_by: None, earlier: Vec::new() })
            }
            (Some(record), None) => Some(TracedRecord { deleted_by: record.deleted_by.or(Some(step)), ..record }),
            (Some(TracedRecord { key, value: before, written_by, deleted_by, mut earlier }), Some(value)) => {
                earlier.push(EarlierValue { value: before, written_by, deleted_by, replaced_by: step });
                Some(TracedRecord { key, value, written_by: step, deleted_by: None, earlier })
            }
        };
    }
    last
}

impl TracedRecord {
    /// The values that it has had, the oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.earlier.iter().map(|earlier| earlier.value.as_slice()).chain([self.value.as_slice()])
    }

    /// What it has had when, the oldest first.
    pub fn periods(&self) -> Vec<Period<'_>> {
        let mut periods: Vec<Period<'_>> = Vec::new();
        for version in self.versions() {
            match periods.last_mut() {
                Some(before) if before.deleted_by.is_none() && before.value == version.value => {
                    let written_again_by = Some(version.written_by);
                    *before = Period { written_by: before.written_by, written_again_by, ..version };
                }
                _ => periods.push(version),
            }
        }
        periods
    }

    /// Each version as a period of its own, the oldest first.
    pub fn versions(&self) -> impl Iterator<Item = Period<'_>> {
        let earlier = self.earlier.iter().map(|earlier| Period {
            value: &earlier.value,
            written_by: earlier.written_by,
            written_again_by: None,
            deleted_by: earlier.deleted_by,
            replaced_by: Some(earlier.replaced_by),
        });
        let TracedRecord { ref value, written_by, deleted_by, .. } = *self;
        earlier.chain([Period { value, written_by, written_again_by: None, deleted_by, replaced_by: None }])
    }
}

impl Period<'_> {
    /// Whether the record has that value no more.
    pub fn is_over(&self) -> bool {
        self.deleted_by.is_some() || self.replaced_by.is_some()
    }

    /// The steps that wrote and deleted it.
    pub fn steps(self) -> impl Iterator<Item = u64> {
        [Some(self.written_by), self.written_again_by, self.deleted_by].into_iter().flatten()
    }
}

impl Lineage {
    /// The records that belong to a user key.
    pub fn records_of(&self, user_key: &[u8]) -> Vec<&TracedRecord> {
        self.records.iter().filter(|record| inspect::names(&record.key, &record.value, user_key)).collect()
    }
}

/// The numbers of the steps that name a key.
pub fn steps_of(steps: &[Step], user_key: &[u8]) -> BTreeSet<u64> {
    (1..).zip(steps).filter(|(_, step)| names(step, user_key)).map(|(number, _)| number).collect()
}

fn names(step: &Step, user_key: &[u8]) -> bool {
    match &step.action {
        Action::Compact(UserKey(key))
        | Action::CompactRead(UserKey(key))
        | Action::CompactCommit(UserKey(key))
        | Action::Seed { key: UserKey(key), .. } => key == user_key,
        Action::Upgrade | Action::Commit { .. } => false,
        Action::Command(_) | Action::Transaction(_) | Action::Begin { .. } => {
            let requests = step.action.requests();
            requests.iter().map(Request::args).any(|words| words.iter().skip(1).any(|word| word == user_key))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::list;
    use crate::workload::Trace;

    /// The record of an item of the list `k`, after a trace.
    fn item_of(trace: &str, seq: i64) -> TracedRecord {
        let steps = Trace::read(trace.as_bytes()).expect("a trace").steps;
        let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
        let key = list::item_key(b"k", crate::format::Seq(seq));
        lineage.records.into_iter().find(|record| record.key == key).expect("an item")
    }

    #[test]
    fn each_record_is_traced_to_the_step_that_wrote_it() {
        let trace = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1000,"cmd":["LLEN","k"]}
{"at_ms":1001,"cmd":["RPUSH","other","x"]}
{"at_ms":1002,"cmd":["LPOP","k"]}
{"at_ms":1003,"cmd":["PEXPIRE","k","5000"]}
{"at_ms":1004,"cmd":["PEXPIRE","k","6000"]}
"#;
        let steps = Trace::read(trace.as_bytes()).expect("a trace").steps;
        let lineage = trace_back(&steps, None, MetaWidth::Short).expect("a store");
        let of = |key: Vec<u8>| lineage.records.iter().find(|record| record.key == key).cloned().expect("a record");
        let item = |seq| of(list::item_key(b"k", crate::format::Seq(seq)));
        assert_eq!((item(0).written_by, item(0).deleted_by, item(0).value.as_slice()), (1, Some(4), &b"a"[..]));
        assert_eq!((item(1).written_by, item(1).deleted_by), (1, None));
        assert_eq!(of(list::claim_key(b"k", crate::format::Seq(0))).written_by, 4);
        let ttl = of(b"!redis|ttl|k".to_vec());
        assert_eq!((ttl.written_by, ttl.earlier.len()), (6, 1));
        assert!(lineage.records_of(b"k").iter().all(|record| !record.key.ends_with(b"other")));
        assert_eq!(Some(&lineage.expected.keys), lineage.shown.as_ref().map(|state| &state.keys));
        assert_eq!(steps_of(&steps, b"k").into_iter().collect::<Vec<_>>(), [1, 2, 4, 5, 6]);

        let again = r#"{"at_ms":1000,"cmd":["RPUSH","k","a"]}
{"at_ms":1001,"cmd":["RPOP","k"]}
{"at_ms":1002,"cmd":["RPUSH","k","b"]}
"#;
        let item = item_of(again, 0);
        assert_eq!((item.value.as_slice(), item.written_by, item.deleted_by), (&b"b"[..], 3, None));
        let first = EarlierValue { value: b"a".to_vec(), written_by: 1, deleted_by: Some(2), replaced_by: 3 };
        assert_eq!(item.earlier, [first]);

        let until = trace_back(&steps, Some(1), MetaWidth::Short).expect("a store");
        assert!(until.records.iter().all(|record| record.written_by == 1));
    }

    #[test]
    fn a_value_that_is_written_again_as_it_is_does_not_end() {
        let trace = r#"{"at_ms":1000,"cmd":["RPUSH","k","a","b"]}
{"at_ms":1001,"cmd":["LSET","k","0","x"]}
{"at_ms":1002,"cmd":["LSET","k","0","y"]}
{"at_ms":1003,"cmd":["RPOP","k"]}
{"at_ms":1004,"cmd":["RPUSH","k","b"]}
"#;
        let record = item_of(trace, 1);
        let value = &b"b"[..];
        let first =
            Period { value, written_by: 1, written_again_by: Some(3), deleted_by: Some(4), replaced_by: Some(5) };
        let second = Period { value, written_by: 5, written_again_by: None, deleted_by: None, replaced_by: None };
        assert_eq!(record.periods(), [first, second], "a deletion is an end");
        assert_eq!((first.is_over(), second.is_over(), record.earlier.len()), (true, false, 3));
        assert_eq!(first.steps().collect::<Vec<_>>(), [1, 3, 4]);
    }
}
