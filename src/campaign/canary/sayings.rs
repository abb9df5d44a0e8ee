//! What must be said in certain words, apart from any case: names of things, and what parsers say of malformed texts.
//!
//! Messages are made of these words, and whoever reads one has nothing else to go by. No comparison of a case can tell whether
//! they are right.

use std::fs::File;
use std::io::Cursor;
use std::path::Path;

use super::sight::Blind;
use crate::compare::{DifferenceKind, compare};
use crate::database::{Database, History};
use crate::format::expiry::ttl_key;
use crate::format::list::{claim_key, delta_key, fence_key, item_key, meta_key};
use crate::format::record::classify;
use crate::format::snapshot::Framing;
use crate::format::{CommitTs, ListRecord, Record, Seq};
use crate::snapshot::{Kept, SnapshotFile, SnapshotShape, write_snapshot};
use crate::state::{KeyState, State};

/// What is asked for, the right answer, and how it is asked. There is a folder that may be filled.
type Saying = (&'static str, &'static str, fn(&Path) -> String);

const SAYINGS: &[Saying] = &[
    ("the kinds of records", "meta item delta claim fence ttl other unknown", |_| {
        let seq = Seq(0);
        let records: [(Vec<u8>, &[u8]); 8] = [
            (meta_key(b"k"), &[0; 24]),
            (item_key(b"k", seq), b""),
            (delta_key(b"k", CommitTs(1), 0), &[0; 16]),
            (claim_key(b"k", seq), b""),
            (fence_key(b"k"), b""),
            (ttl_key(b"k"), &[0; 8]),
            (b"!redis|str|k".to_vec(), b""),
            (b"!redis|nothing".to_vec(), b""),
        ];
        let kinds = records.iter().map(|(key, value)| classify(key, value).map_or("malformed", |record| record.kind()));
        kinds.collect::<Vec<_>>().join(" ")
    }),
    ("a delta of a long key", "300 bytes, commit 72623859790382856, number 4027645065", |_| {
        delta(&delta_key(&[b'k'; 300], CommitTs(0x0102_0304_0506_0708), 0xf010_fc89))
    }),
    ("a delta of a key without bytes", "0 bytes, commit 18446744073709551615, number 0", |_| {
        delta(&delta_key(b"", CommitTs(u64::MAX), 0))
    }),
    ("a delta whose length is another one", "malformed", |_| {
        let mut key = delta_key(&[b'k'; 300], CommitTs(1), 0);
        key.push(0);
        delta(&key)
    }),
    ("a meta of a key that looks like a delta's", "meta", |_| {
        let key = delta_key(&[b'k'; 300], CommitTs(1), 0);
        classify(&key, &[0; 24]).map_or("malformed", |record| record.kind()).to_owned()
    }),
    (
        "how items differ",
        "reversed, rotated, moved, reversed run, order, encoding, shifted head, dropped, duplicated, foreign item, extra, \
            wrong bytes, different",
        |_| DIFFERENCES.map(|(left, right)| how_items_differ(left, right)).join(", "),
    ),
    ("the framings of snapshots", "bare legacy v1 v2", |work| {
        Framing::ALL.map(|framing| framing_read(framing, work).unwrap_or_else(|problem| problem)).join(" ")
    }),
    (
        "a malformed line of a state",
        "line 3: unknown field `\\u{1}\\u{2028} at line 7 é\"'`, expected one of `key`, `items`, `expire_at_ms` (column 28)",
        |_| {
            let lines = "\n\n{\"\\u0001\u{2028} at line 7 é\\\"'\":1}\n";
            State::read_json_lines(Cursor::new(lines)).map_or_else(|error| error.to_string(), |_| "nothing".to_owned())
        },
    ),
];

/// Items of a byte each, and what has become of them, in the order of the names.
const DIFFERENCES: [(&str, &str); 13] = [
    ("abc", "cba"),
    ("abcd", "bcda"),
    ("abcde", "acdbe"),
    ("abcde", "adcbe"),
    ("abcdef", "badcfe"),
    ("ab~", "ab-"),
    ("abcd", "bcde"),
    ("abcd", "abd"),
    ("ab", "aab"),
    ("ab", "axb"),
    ("ab", "aqb"),
    ("abc", "aqc"),
    ("abc", "qr"),
];

/// The name of the difference between two lists. `~` stands for the byte ff and `-` for its base64; `x` is the item of another
/// list.
fn how_items_differ(left: &str, right: &str) -> String {
    let item = |letter| match letter {
        b'~' => b"\xff".to_vec(),
        b'-' => b"_w".to_vec(),
        letter => vec![letter],
    };
    let state = |items: &str| {
        let lists = [(b"k".to_vec(), items), (b"other".to_vec(), "x")];
        let lists = lists.map(|(key, items)| (key, KeyState::list(items.bytes().map(item).collect(), None)));
        State { keys: lists.into(), last_ms: None }
    };
    match compare(&state(left), &state(right), 0).chief().map(|chief| &chief.kind) {
        Some(DifferenceKind::Items(items)) => items.class.name().to_owned(),
        _ => "the same".to_owned(),
    }
}

/// The first that is said in other words.
pub(super) fn wrong(work: &Path) -> Option<Blind> {
    let mut answers = SAYINGS.iter().map(|(what, right, ask)| (what, right, ask(work)));
    let (what, right, found) = answers.find(|(_, right, found)| found != *right)?;
    Some(Blind {
        canary: format!("about {what}, which must be said as {right:?},"),
        instead: format!("heard {found:?}"),
    })
}

fn delta(key: &[u8]) -> String {
    match classify(key, &[0; 16]) {
        Ok(Record::List(ListRecord::Delta { user_key, commit_ts, seq_in_txn, .. })) => {
            format!("{} bytes, commit {}, number {seq_in_txn}", user_key.len(), commit_ts.0)
        }
        Ok(record) => record.kind().to_owned(),
        Err(_) => "malformed".to_owned(),
    }
}

/// The framing of a snapshot of no rows, as it is read.
fn framing_read(framing: Framing, work: &Path) -> Result<String, String> {
    let path = work.join("framing.fsm");
    let file = File::create(&path).map_err(|error| error.to_string())?;
    let shape = SnapshotShape { framing, ..SnapshotShape::BARE };
    let database = Database::in_memory(History::Dropped);
    write_snapshot(&database, None, Kept::Latest, shape, file).map_err(|error| error.to_string())?;
    let read = SnapshotFile::open(&path, None).map_err(|error| error.to_string())?;
    Ok(read.framing().name().to_owned())
}
