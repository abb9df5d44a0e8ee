//! Snapshot files of a case, read again: their rows, and the state at every commit that is looked at.
//!
//! A case that writes no snapshot gets one here, of any shape; where history is kept also one of a window, whose cut is at
//! some commit of the case. And the same rows in any order, in any frame.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;

use super::changes;
use super::dump::all_records;
use super::ended::Ended;
use super::share::is_read;
use super::told::{differs, require_same_bytes};
use crate::case::equal::require_equal;
use crate::case::snapshots::{opened, require_same_dump_of};
use crate::case::stop::{Stop, environment, guarded, plain, unwritten};
use crate::compare::SideNames;
use crate::database::Database;
use crate::faults::{Place, Reread};
use crate::finding::FindingKind;
use crate::format::CommitTs;
use crate::format::snapshot::Framing;
use crate::naive::records::Records;
use crate::naive::snapshot::{Counts, Frame, NaiveSnapshot, write};
use crate::records::{Namespace, RecordSource};
use crate::snapshot::{Kept, RowCounts, SnapshotFile, SnapshotShape, WriteError, raw_rows, write_snapshot};

/// Reads the case's snapshot again, or one that is made for it.
pub(super) fn require_same(ended: &Ended<'_>, change: Option<Reread>, dice: &mut ChaCha8Rng) -> Result<(), Stop> {
    let drawn = SnapshotShape {
        framing: Framing::ALL.choose(dice).copied().unwrap_or(Framing::Bare),
        raw_rows: is_read(2, change, dice),
        noise: is_read(2, change, dice),
    };
    let kept = if ended.database.keeps_history() { Kept::All } else { Kept::Latest };
    let (path, shape) = match ended.snapshot {
        Some((path, shape)) => (path.to_owned(), shape),
        None => (made(ended, kept, drawn, "second.fsm")?, drawn),
    };
    let bytes = std::fs::read(&path).map_err(environment)?;
    let whole = require_same_rows(&path, &bytes, (change, Place::Snapshot))?;
    require_frame(&bytes, &whole, shape, (change, Place::Frame))?;
    let stored = Stored::of(ended.database)?;
    let beside = changes::snapshot(change, Place::Beside, &whole)?;
    require_extras(&stored, &beside, shape)?;
    require_state_of(&stored, &whole, change)?;
    if ended.snapshot.is_none() {
        if let Cow::Owned(changed) = changes::snapshot(change, Place::SnapshotDump, &whole)? {
            std::fs::write(&path, write(changed.frame, changed.last, &changed.rows)).map_err(unwritten(&path))?;
        }
        require_same_dump_of(&path, "second-whole", ended.dumps, ended.sorted, ended.expected)?.remove()?;
    }
    let commits: Vec<u64> = ended.moments.iter().map(|moment| moment.at.0).collect();
    let commits: Vec<u64> = commits.sample(dice, COMMITS).copied().collect();
    require_same_states(&path, &whole, &commits, (change, Place::Snapshot))?;
    require_moments(ended, &path, change)?;
    if kept == Kept::All {
        require_window(ended, &stored.past, &whole, SnapshotShape { noise: false, ..drawn }, (change, dice))?;
    }
    // Every pass over a file takes about as long as the case.
    if is_read(ANY_ORDER_ONE_IN, change, dice) {
        require_any_order(ended, &whole, commits.get(..1).unwrap_or_default(), (change, dice))?;
    }
    Ok(())
}

/// How many earlier commits a file is read at.
const COMMITS: usize = 2;
/// The rows are also read in any order in one of so many cases that are read again.
const ANY_ORDER_ONE_IN: u32 = 2;

fn made(ended: &Ended<'_>, kept: Kept, shape: SnapshotShape, name: &str) -> Result<PathBuf, Stop> {
    let path = ended.dumps.folder.join(name);
    let file = File::create(&path).map_err(unwritten(&path))?;
    match guarded(None, || write_snapshot(ended.database, None, kept, shape, file))? {
        Ok(_) => Ok(path),
        Err(WriteError::Corrupt { problem, .. }) => Err(plain(FindingKind::StoreRecords, problem)),
        Err(WriteError::Output(error)) => Err(unwritten(&path)(error)),
        Err(error) => Err(environment(error)),
    }
}

/// The rows of a file, which has these bytes, are those that our reader finds.
pub(super) fn require_same_rows(
    path: &Path,
    bytes: &[u8],
    (change, at): (Option<Reread>, Place),
) -> Result<NaiveSnapshot, Stop> {
    if let Cow::Owned(bytes) = changes::bytes(change, Place::SnapshotFile, bytes) {
        std::fs::write(path, bytes).map_err(unwritten(path))?;
    }
    let bytes = changes::bytes(change, at, bytes);
    let naive = NaiveSnapshot::read(&bytes).map_err(|problem| differs("rows", format!("naive   {problem}")))?;
    let (last, rows) = guarded(None, || raw_rows(path))?
        .map_err(|error| differs("rows", format!("naive   a file in order\nreader  {error}")))?;
    let read = changes::snapshot(change, Place::Rows, &naive)?;
    let naive_last = changes::number(change, Place::LastCommit, read.last);
    if (naive_last, &read.rows) != (last.0, &rows) {
        let place = read.rows.iter().zip(&rows).take_while(|(one, other)| one == other).count();
        let shown = |last: u64, rows: &[(Vec<u8>, Vec<u8>)]| match rows.get(place) {
            Some((key, value)) => format!("last commit {last}, {} = {}", hex::encode(key), hex::encode(value)),
            None => format!("last commit {last}, {} rows", rows.len()),
        };
        let (ours, theirs) = (shown(naive_last, &read.rows), shown(last.0, &rows));
        return Err(differs("rows", format!("row {}\nnaive   {ours}\nreader  {theirs}", place + 1)));
    }
    Ok(naive)
}

/// The file is what a naive writer makes of its rows, to the byte, in the frame that was asked for.
fn require_frame(
    found: &[u8],
    naive: &NaiveSnapshot,
    shape: SnapshotShape,
    (change, at): (Option<Reread>, Place),
) -> Result<(), Stop> {
    let frame = match shape.framing {
        Framing::Bare => Frame::Bare,
        Framing::Legacy => Frame::Legacy,
        Framing::V1 => Frame::V1,
        Framing::V2 => Frame::V2(16),
    };
    let expected = write(frame, naive.last, &naive.rows);
    let expected = changes::bytes(change, at, &expected);
    require_same_bytes(frame, &expected, found)
}

/// What a file has beside the records of the database is what its shape says.
fn require_extras(stored: &Stored, naive: &NaiveSnapshot, shape: SnapshotShape) -> Result<(), Stop> {
    let wrong = |problem: String| Err(differs("rows", problem));
    let engines = naive.engine_rows();
    let last_commit = engines.get(b"_meta_last_commit_ts".as_slice()).copied().flatten();
    let last_commit_is_right = last_commit == shape.raw_rows.then_some(naive.last);
    // Four numbers and two writers.
    if engines.len() != if shape.raw_rows { 6 } else { 0 } || !last_commit_is_right {
        return wrong(format!("the engine's own rows are {engines:?}, and the last commit is {}", naive.last));
    }
    // Of a store without commits, the first one to come is kept.
    if naive.min_retained.is_some_and(|min| min > naive.last.max(1)) {
        return wrong(format!("the file keeps every version from {:?} on, after its last commit", naive.min_retained));
    }
    let noise = naive.of_keys(|key| !stored.knows(key));
    let is_marked = |key: &[u8]| key.windows(NOISE.len()).any(|part| part == NOISE);
    if let Some((key, ..)) = noise.iter().find(|(key, ..)| !shape.noise || !is_marked(key)) {
        return wrong(format!("the file has {}, which the database has not", crate::format::key_text::quoted(key)));
    }
    let of = |prefix: &'static str| noise.iter().filter(move |(key, ..)| key.starts_with(prefix.as_bytes()));
    let is_lacking = |prefix: &&&'static str| {
        let has_versions = naive.last == 0 || of(prefix).any(|(_, commit, _)| *commit != naive.last);
        !has_versions || !of(prefix).any(|(.., is_live)| *is_live) || of(prefix).all(|(.., is_live)| *is_live)
    };
    match OTHERS.iter().filter(|_| shape.noise).find(is_lacking) {
        Some(prefix) => wrong(format!("there is no noise of {prefix} that is live, deleted and in two versions")),
        None => Ok(()),
    }
}

/// What the keys of noise are marked with.
const NOISE: &[u8] = b"ekv-roundtrip:noise:";

/// The records that noise is of.
const OTHERS: &[&str] = &[
    "!redis|str|",
    "!redis|hll|",
    "!redis|ttl|",
    "!redis|txn-wide-list|",
    "!redis|txn-wide-hash|",
    "!redis|txn-wide-set|",
    "!redis|txn-wide-zset|",
    "!hs|meta|",
    "!hs|fld|",
    "!st|meta|",
    "!st|mem|",
    "!zs|meta|",
    "!zs|mem|",
    "!stream|meta|",
    "!txn|cmt|",
    "!txn|int|",
    "!txn|lock|",
    "!txn|rb|",
    "!dist|route|",
];

/// What our reader counts, and what it says of the file.
fn require_same_counts(
    file: &SnapshotFile,
    path: &Path,
    naive: &NaiveSnapshot,
    (at, counts): (u64, &Counts),
) -> Result<(), Stop> {
    let RowCounts { rows, tombstones, by_prefix } = file.counts().clone();
    let ours = Counts { rows, tombstones, by_prefix, is_sorted: file.is_sorted() };
    let frame = match naive.frame {
        Frame::Bare => "bare",
        Frame::Legacy => "legacy",
        Frame::V1 => "v1",
        Frame::V2(_) => "v2",
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let naive = format!(
        "{frame}, at {at} of {}, {:?} kept, {counts:?}, intents {:?}, log index {:?}",
        naive.last,
        naive.min_retained,
        naive.intents(at),
        log_index(&name)
    );
    let ours = format!(
        "{}, at {} of {}, {:?} kept, {ours:?}, intents {:?}, log index {:?}",
        file.framing().name(),
        file.at().0,
        file.last_commit_ts().0,
        file.min_retained().map(|min| min.0),
        [file.committed_intents(), file.intents_in_flight()],
        file.log_index()
    );
    if naive == ours { Ok(()) } else { Err(differs("counts", format!("naive   {naive}\nreader  {ours}"))) }
}

/// What the name of a file says: sixteen digits before `.fsm`, which are not all 0.
fn log_index(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".fsm").filter(|digits| digits.len() == 16)?;
    let digit = |index: Option<u64>, character: char| {
        let digit = "0123456789abcdef".find(character)? as u64;
        index.map(|index| index * 16 + digit)
    };
    digits.chars().fold(Some(0), digit).filter(|index| *index != 0)
}

/// At the last commit and at others, a file has the records that our reader finds, or is refused by both.
pub(super) fn require_same_states(
    path: &Path,
    naive: &NaiveSnapshot,
    commits: &[u64],
    (change, place): (Option<Reread>, Place),
) -> Result<(), Stop> {
    let mut opened_at = Vec::new();
    for at in std::iter::once(None).chain(commits.iter().copied().map(Some)) {
        let name = at.map_or("the last commit".to_owned(), |at| format!("commit {at}"));
        let opened = guarded(None, || SnapshotFile::open(path, at.map(CommitTs)))?;
        let records = guarded(None, || opened.as_ref().ok().map(|file| scanned(file)))?;
        let state = naive.state(at.map(|at| changes::number(change, Place::Commit, at)));
        match (state, (opened, records)) {
            (Some(state), (Ok(file), Some(Ok(ours)))) => {
                let state = changes::records(change, place, state);
                require_same_records(&state, &ours, &name, "reader ")?;
                opened_at.push((at.unwrap_or(naive.last), file));
            }
            (None, (Err(_), _)) => {}
            (state, ours) => {
                let naive = if state.is_some() { "is within reach" } else { "is out of reach" };
                let ours = match ours {
                    (Err(error), _) => error.to_string(),
                    (Ok(_), Some(Err(problem))) => problem,
                    (Ok(_), _) => "is within reach".to_owned(),
                };
                return Err(differs("versions", format!("{name}\nnaive   {naive}\nreader  {ours}")));
            }
        }
    }
    // Where records are others, so are their numbers, which say less.
    let mut counts = naive.counts();
    counts.rows = changes::number(change, Place::RowCount, counts.rows);
    opened_at.iter().try_for_each(|(at, file)| require_same_counts(file, path, naive, (*at, &counts)))
}

fn scanned(source: &dyn RecordSource) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, String> {
    let mut records = BTreeMap::new();
    let scan = source.scan(Namespace::All, &mut |record| {
        records.insert(record.key.to_vec(), record.value.to_vec());
        std::ops::ControlFlow::Continue(())
    });
    scan.map(|()| records).map_err(|error| error.to_string())
}

fn require_same_records(
    naive: &BTreeMap<Vec<u8>, Vec<u8>>,
    ours: &BTreeMap<Vec<u8>, Vec<u8>>,
    at: &str,
    name: &str,
) -> Result<(), Stop> {
    if naive == ours {
        return Ok(());
    }
    let keys: BTreeSet<&Vec<u8>> = naive.keys().chain(ours.keys()).collect();
    let key = keys.into_iter().find(|key| naive.get(*key) != ours.get(*key)).cloned().unwrap_or_default();
    let shown = |value: Option<&Vec<u8>>| value.map_or("no record".to_owned(), hex::encode);
    let (one, other) = (shown(naive.get(&key)), shown(ours.get(&key)));
    let key = crate::format::key_text::quoted(&key);
    Err(differs("versions", format!("record {key} at {at}\nnaive   {one}\n{name} {other}")))
}

/// What a database has, and had.
struct Stored {
    records: Records,
    /// The logical keys of its history.
    past: BTreeSet<Vec<u8>>,
}

impl Stored {
    fn of(database: &Database) -> Result<Stored, Stop> {
        let (mut past, mut rows) = (BTreeSet::new(), database.history_rows(b"", None));
        while let Some((raw_key, _)) = rows.current().map_err(environment)? {
            past.extend(raw_key.split_last_chunk::<8>().map(|(key, _)| key.to_vec()));
            rows.step();
        }
        Ok(Stored { records: all_records(database)?, past })
    }

    /// Whether a logical key is or was there.
    fn knows(&self, key: &[u8]) -> bool {
        self.records.contains_key(key) || self.past.contains(key)
    }
}

/// The file has the records of the database, and none but those and other types'.
fn require_state_of(stored: &Stored, naive: &NaiveSnapshot, change: Option<Reread>) -> Result<(), Stop> {
    let mut state = naive.state(None).unwrap_or_default();
    state.retain(|key, _| stored.knows(key));
    let state = changes::records(change, Place::Database, state);
    require_same_records(&state, &stored.records, "the last commit", "database")
}

/// At an earlier commit the file has what Redis showed then.
fn require_moments(ended: &Ended<'_>, path: &Path, change: Option<Reread>) -> Result<(), Stop> {
    for moment in ended.moments.iter().filter(|moment| moment.at.0 != 0) {
        let snapshot = opened(path, Some(moment.at))?;
        let made = ended.dumps.make("second-then", &snapshot, FindingKind::Snapshot, &moment.expected)?;
        let found = changes::state(change, Place::Then, made.read()?);
        let name = format!("snapshot at commit {}", moment.at.0);
        let names = SideNames { left: "Redis", right: &name };
        require_equal(&moment.expected, &found, names, FindingKind::History)?;
        made.remove()?;
    }
    Ok(())
}

/// A file of a window holds the versions after its cut and the state at the cut, and says the same as the whole file of
/// every commit from there on.
fn require_window(
    ended: &Ended<'_>,
    known: &BTreeSet<Vec<u8>>,
    whole: &NaiveSnapshot,
    shape: SnapshotShape,
    (change, dice): (Option<Reread>, &mut ChaCha8Rng),
) -> Result<(), Stop> {
    let commits: Vec<u64> =
        whole.versions().into_iter().filter(|(key, _)| known.contains(key)).map(|(_, commit)| commit).collect();
    let Some(commit) = commits.choose(dice).copied() else { return Ok(()) };
    let (window_ms, cut) = ((whole.last >> 16) - (commit >> 16), (commit >> 16) << 16);
    let path = made(ended, Kept::WindowMs(window_ms), shape, "second-window.fsm")?;
    let bytes = std::fs::read(&path).map_err(environment)?;
    let naive = require_same_rows(&path, &bytes, (change, Place::Window))?;
    require_frame(&bytes, &naive, shape, (change, Place::WindowFrame))?;
    let mut expected = whole.window(cut);
    expected.retain(|(key, _)| known.contains(key));
    let versions = changes::snapshot(change, Place::WindowVersions, &naive)?.versions();
    if let Some((key, commit)) = expected.symmetric_difference(&versions).next() {
        let problem = if versions.contains(&(key.clone(), *commit)) { "should not be there" } else { "is missing" };
        let key = crate::format::key_text::quoted(key);
        let detail = format!("window of {window_ms} ms, cut at commit {cut}: version {commit} of {key} {problem}");
        return Err(differs("rows", detail));
    }
    let later = commits.iter().copied().filter(|later| *later >= cut).collect::<Vec<_>>();
    let later = later.choose(dice).copied().unwrap_or(cut);
    require_same_states(&path, &naive, &[cut, cut.saturating_sub(1), later], (change, Place::Window))?;
    for at in [cut, later] {
        let of = |file: &NaiveSnapshot| {
            let mut state = file.state(Some(at)).unwrap_or_default();
            state.retain(|key, _| known.contains(key));
            state
        };
        let records = changes::records(change, Place::WindowRecords, of(&naive));
        require_same_records(&of(whole), &records, &format!("commit {at}"), "window ")?;
    }
    std::fs::remove_file(path).map_err(environment)
}

/// Names of files, some of which say a log index.
const NAMES: &[&str] = &[
    "00000000000000ff.fsm",
    "0000000000000000.fsm",
    "00000000000000FF.fsm",
    "000000000000000ff.fsm",
    "0123456789abcdef.fsm",
    "ffffffffffffffff.fsm",
    "0000000000000+ff.fsm",
    "00000000000000ff",
];

/// Rows in any order are the same state.
fn require_any_order(
    ended: &Ended<'_>,
    whole: &NaiveSnapshot,
    commits: &[u64],
    (change, dice): (Option<Reread>, &mut ChaCha8Rng),
) -> Result<(), Stop> {
    let frames = [Frame::Bare, Frame::Legacy, Frame::V1, Frame::V2(dice.random_range(16..=1024))];
    let frame = frames.choose(dice).copied().unwrap_or(Frame::Bare);
    let mut rows = whole.rows.clone();
    rows.shuffle(dice);
    let path = ended.dumps.folder.join(NAMES.choose(dice).unwrap_or(&"second-unsorted.fsm"));
    let bytes = write(frame, whole.last, &rows);
    std::fs::write(&path, &bytes).map_err(unwritten(&path))?;
    let naive = require_same_rows(&path, &bytes, (change, Place::AnyOrder))?;
    require_same_states(&path, &naive, commits, (change, Place::AnyOrder))?;
    std::fs::remove_file(path).map_err(environment)
}

#[cfg(test)]
mod tests;
