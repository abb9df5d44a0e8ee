//! Canaries in what is read a second time, each in one side of one comparison.

use super::row::{Canary, How, shorten};
use super::scene::Scene;
use crate::faults::{Act, Files, Pair, Place, Reread};
use crate::finding::FindingKind;
use crate::format::Seq;
use crate::format::dump_tree::{CHECKSUMS, MANIFEST};
use crate::format::expiry::ttl_key;
use crate::format::list::{ITEM_PREFIX, item_key, meta_key};
use crate::format::snapshot::MIN_RETAINED_KEY;

/// What is wrong, the aspect that tells and in which words, and how it is made.
type Row = (&'static str, &'static str, &'static str, Reread);

const REQUESTS: &[Row] = &[
    ("a request has another name", "requests", "\nrequest ", Reread::Words(Place::Request, other_push)),
    ("the parser gets another name", "requests", "\nparser  ", Reread::Words(Place::Parser, other_push)),
    ("a request prints another name", "requests", "\nprinted ", Reread::Words(Place::Printed, other_push)),
    (
        "the parser gets none of other words",
        "requests",
        "\nparser  no command",
        Reread::Words(Place::ChangedParser, Vec::clear),
    ),
];

const DUMP: &[Row] = &[
    ("a record has another item", "records", "\nreader  ", Reread::Pairs(Place::Store, last_item)),
    (
        "a record is malformed",
        "records",
        "malformed records",
        Reread::Pairs(Place::Store, |records| records.push((meta_key(b"zz"), vec![0; 23]))),
    ),
    ("an expiry has no list", "records", "nothing odd", Reread::Pairs(Place::Store, orphan)),
    (
        "a restored record has another byte",
        "records",
        "restored record",
        Reread::Pairs(Place::Restored, |records| records.iter_mut().for_each(|(_, value)| value.push(0))),
    ),
    ("a file has another name", "names", "\nencoder ", Reread::Files(|files| rename(files, "C%3A", "C%3a"))),
    ("a body ends in a newline", "bodies", "\nencoder ", Reread::Files(|files| append(files, ".json", "/lists/"))),
    (
        "the key map ends in another line",
        "keymap",
        "\nencoder ",
        Reread::Files(|files| append(files, "KEYMAP.jsonl", "")),
    ),
    ("the manifest ends in another line", "manifest", "\nencoder ", Reread::Files(|files| append(files, MANIFEST, ""))),
    (
        "the checksums end in another line",
        "checksums",
        "\nencoder ",
        Reread::Files(|files| append(files, CHECKSUMS, "")),
    ),
    ("a dump is a millisecond later", "manifest", "naive   from", Reread::Number(Place::DumpTime, |ms| *ms += 1)),
];

/// The texts of keys are told apart by their signs: only one of the three has quotes, only the hex of a key has spaces and
/// nothing else.
const TEXTS: &[Row] = &[
    (
        "a quoted key has a letter more",
        "texts",
        "",
        Reread::Text(Place::Shown, |text| {
            if is_quoted(text) {
                text.push('x')
            }
        }),
    ),
    (
        "the hex of a key has a digit more",
        "texts",
        "",
        Reread::Text(Place::Shown, |text| {
            if is_hex(text) {
                text.push('0')
            }
        }),
    ),
    (
        "an escaped key has a letter more",
        "texts",
        "",
        Reread::Text(Place::Shown, |text| {
            if !is_quoted(text) && !is_hex(text) {
                text.push('x')
            }
        }),
    ),
    ("a letter more is typed for a key", "texts", "", Reread::Text(Place::Typed, |text| text.push('x'))),
];

const BORDERS: &[Row] = &[
    ("an item at a border has another byte", "bodies", "\nencoder ", Reread::Pairs(Place::Borders, last_item)),
    (
        "an item at a border has another byte, in any order",
        "bodies",
        "\nencoder ",
        Reread::Pairs(Place::BordersShuffled, last_item),
    ),
    (
        "a list at a border is not counted",
        "records",
        " lists, ",
        Reread::Number(Place::BordersCount, |lists| *lists -= 1),
    ),
    ("an expiry at a border has no list", "records", "\nencoder ", Reread::Pairs(Place::Borders, orphan)),
    (
        "a list at a border is not read",
        "bodies",
        "\nreader  ",
        Reread::State(Place::BordersDump, |state| {
            state.keys.pop_first();
        }),
    ),
    ("a file at a border has a byte more", "rows", "\nwriter  ", Reread::Bytes(Place::BordersFile, more)),
];

const SNAPSHOTS: &[Row] = &[
    (
        "a snapshot is cut in its header",
        "rows",
        "naive   the file ends",
        Reread::Bytes(Place::Snapshot, |file| file.truncate(3)),
    ),
    ("our reader gets a snapshot that is cut", "rows", "\nreader  ", Reread::Bytes(Place::SnapshotFile, shorten)),
    ("a row has another value", "rows", "row ", Reread::Pairs(Place::Rows, last_item)),
    ("the last commit is a later one", "rows", "row ", Reread::Number(Place::LastCommit, |commit| *commit += 1)),
    ("the bytes of a snapshot are another one more", "rows", ", byte ", Reread::Bytes(Place::Frame, more)),
    (
        "a row of the engine is missing",
        "rows",
        "the engine's own rows",
        Reread::Pairs(Place::Beside, |rows| rows.retain(|(key, _)| key != b"_meta_applied_index")),
    ),
    (
        "the engine has another last commit",
        "rows",
        "the engine's own rows",
        Reread::Pairs(Place::Beside, |rows| numbers(rows, b"_meta_last_commit_ts")),
    ),
    (
        "every version is kept from a later commit on",
        "rows",
        "keeps every version from",
        Reread::Pairs(Place::Beside, |rows| numbers(rows, MIN_RETAINED_KEY)),
    ),
    (
        "a snapshot has a row that is nobody's",
        "rows",
        "which the database has not",
        Reread::Pairs(Place::Beside, version),
    ),
    (
        "noise of a type is missing",
        "rows",
        "there is no noise of !redis|str|",
        Reread::Pairs(Place::Beside, |rows| rows.retain(|(key, _)| !key.starts_with(b"!redis|str|"))),
    ),
    ("a record too many is in a snapshot", "versions", "\ndatabase ", Reread::Pairs(Place::Database, record)),
    ("a row is not counted", "counts", "", Reread::Number(Place::RowCount, |rows| *rows -= 1)),
    ("a record too many is there at a commit", "versions", "\nreader ", Reread::Pairs(Place::Snapshot, record)),
    (
        "a commit is out of reach",
        "versions",
        "naive   is out of reach",
        Reread::Number(Place::Commit, |commit| *commit = u64::MAX),
    ),
    (
        "a window begins otherwise",
        "rows",
        "naive   the file ends",
        Reread::Bytes(Place::Window, |file| file.truncate(3)),
    ),
    ("the bytes of a window are another one more", "rows", ", byte ", Reread::Bytes(Place::WindowFrame, more)),
    ("a window has a version too many", "rows", "should not be there", Reread::Pairs(Place::WindowVersions, version)),
    ("a record too many is there in a window", "versions", "\nreader ", Reread::Pairs(Place::Window, record)),
    (
        "a record too many is in a window and not in the whole",
        "versions",
        "\nwindow ",
        Reread::Pairs(Place::WindowRecords, record),
    ),
    (
        "rows in any order are cut off",
        "rows",
        "naive   the file ends",
        Reread::Bytes(Place::AnyOrder, |file| file.truncate(3)),
    ),
    ("a record too many is there in any order", "versions", "\nreader ", Reread::Pairs(Place::AnyOrder, record)),
    (
        "a crowded snapshot is cut in its header",
        "rows",
        "naive   the file ends",
        Reread::Bytes(Place::Crowded, |file| file.truncate(3)),
    ),
    ("a record too many is in a crowded snapshot", "versions", "\nreader ", Reread::Pairs(Place::Crowded, record)),
];

/// Changes that a comparison of another kind reports, with its aspect and words.
const OTHERS: &[(FindingKind, Row)] = &[
    // No command names this list, so the store shows it at the end.
    (
        FindingKind::Restored,
        ("a store runs on with a list that was not restored", "runs-on", "\n  at ", Reread::Pairs(Place::RunsOn, list)),
    ),
    (
        FindingKind::Restored,
        ("a store runs on with other items", "LRANGE", "restored, then", Reread::Pairs(Place::RunsOn, last_item)),
    ),
    (
        FindingKind::Restored,
        ("the dump of a store that has run on is empty", "runs-on", "dump", {
            Reread::State(Place::RunsOnDump, |state| state.keys.clear())
        }),
    ),
    (
        FindingKind::History,
        ("a snapshot says nothing of an earlier commit", "missing-list", "snapshot at commit", {
            Reread::State(Place::Then, |state| state.keys.clear())
        }),
    ),
    (
        FindingKind::Snapshot,
        ("a snapshot that is made for it has another item", "", "", { Reread::Pairs(Place::SnapshotDump, last_item) }),
    ),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let canary = |kind, (name, aspect, says, change): &Row| Canary {
        says,
        scene: Scene::of(FEW),
        how: How::Act(Act::Reread(*change)),
        ..Canary::of(name, kind, aspect)
    };
    let readings = [REQUESTS, DUMP, TEXTS, BORDERS, SNAPSHOTS].into_iter().flatten();
    let others = OTHERS.iter().map(|(kind, row)| canary(*kind, row));
    readings.map(|row| canary(FindingKind::Reading, row)).chain(others).collect()
}

/// Names of every form and a few more, so that some requests mean something with other words.
const FEW: &[&str] = &[
    "RPUSH a# one two three",
    "LPOP a#",
    "RPUSH t# x y",
    "PEXPIRE t# 100000",
    "RPUSH b64.1# x",
    "RPUSH C:# z",
    "COMPACT a#",
    "LRANGE a# 0 -1",
];

#[expect(clippy::ptr_arg, reason = "it stands in a table of changes, others of which add something")]
fn other_push(words: &mut Vec<Vec<u8>>) {
    if let Some(name) = words.first_mut().filter(|name| name.eq_ignore_ascii_case(b"RPUSH")) {
        *name = b"LPUSH".to_vec();
    }
}

/// Adds a byte to the last item of each list, whatever follows its key.
#[expect(clippy::ptr_arg, reason = "it stands in a table of changes, others of which add something")]
fn last_item(records: &mut Vec<Pair>) {
    let items = records.iter_mut().filter(|(key, value)| key.starts_with(ITEM_PREFIX) && value.first() != Some(&1));
    items.for_each(|(_, value)| value.push(b'~'));
}

fn orphan(records: &mut Vec<Pair>) {
    records.push((ttl_key(b"of no list"), vec![0x7f; 8]));
}

fn record(records: &mut Vec<Pair>) {
    records.push((item_key(b"zz", Seq(0)), b"x".to_vec()));
}

/// Adds a list of one item, which a store shows too.
fn list(records: &mut Vec<Pair>) {
    let meta = [0, 1, 1].map(u64::to_be_bytes).concat();
    records.push((meta_key(b"zz"), meta));
    record(records);
}

/// Adds a version of a key that no store has, of the first commit.
fn version(rows: &mut Vec<Pair>) {
    rows.push(([b"zz".as_slice(), &(!1_u64).to_be_bytes()].concat(), vec![0; 9]));
}

/// Makes the number of a row of the engine the greatest.
fn numbers(rows: &mut [Pair], name: &[u8]) {
    rows.iter_mut().filter(|(key, _)| key == name).for_each(|(_, value)| value.fill(0xff));
}

fn more(bytes: &mut Vec<u8>) {
    bytes.push(0);
}

fn is_quoted(text: &str) -> bool {
    text.starts_with('"')
}

fn is_hex(text: &str) -> bool {
    text.contains(' ') && text.chars().all(|character| character == ' ' || character.is_ascii_hexdigit())
}

fn rename(files: &mut Files, from: &str, to: &str) {
    *files = std::mem::take(files).into_iter().map(|(path, bytes)| (path.replace(from, to), bytes)).collect();
}

/// Adds a line feed to the files whose path ends and whose folders are so.
fn append(files: &mut Files, end: &str, folder: &str) {
    let meant = files.iter_mut().filter(|(path, _)| path.ends_with(end) && path.contains(folder));
    meant.for_each(|(_, bytes)| bytes.push(b'\n'));
}
