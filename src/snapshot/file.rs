//! A snapshot file as a source of records.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use super::rows::{RowPlace, RowReader, SnapshotError};
use crate::bounds::open_file;
use crate::format::snapshot::{Framing, MIN_RETAINED_KEY, OTHER_PREFIX, Row, classify_row, prefix_of, split_mvcc_key};
use crate::format::{CommitTs, key_text};
use crate::records::{
    Namespace, Newest, OrderFault, RecordSource, SourceError, StoredRecord, StoredVersion, VersionSource, Visit,
};

/// What rows a snapshot file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// All rows.
    pub rows: u64,
    /// Tombstones among them.
    pub tombstones: u64,
    /// Rows by prefix, as [`prefix_of`] tells it.
    pub by_prefix: BTreeMap<String, u64>,
}

/// A snapshot file that has been read from end to end and found in order, as the records at one commit.
#[derive(Debug)]
pub struct SnapshotFile {
    path: PathBuf,
    file: File,
    framing: Framing,
    last_commit_ts: CommitTs,
    at: CommitTs,
    min_retained: Option<CommitTs>,
    counts: RowCounts,
    /// The records, where the rows are not in the order of their keys.
    unsorted: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
}

/// A row of a file, and where it is.
#[derive(Clone, Copy, Debug)]
pub struct FileRow<'a> {
    /// Where its key length stands, in bytes from 0.
    pub offset: u64,
    /// Its number, from 1.
    pub number: u64,
    /// Its key as it stands in the file.
    pub raw_key: &'a [u8],
    /// What it is.
    pub row: Row<'a>,
}

/// What the pass that checks a file finds.
#[derive(Default)]
struct Checked {
    counts: RowCounts,
    is_unsorted: bool,
    min_retained: Option<CommitTs>,
}

/// The last commit and every raw row of a file, in the order in which they stand there.
///
/// # Errors
///
/// Whatever is wrong with the file, with offset and row.
pub fn raw_rows(path: &Path) -> Result<(CommitTs, RawRows), SnapshotError> {
    let file = open_file(path).map_err(|source| SnapshotError::Io { path: path.to_owned(), source })?;
    let mut reader = RowReader::new(path, &file, true)?;
    let mut rows = Vec::new();
    while reader.next_key()? {
        reader.read_value()?;
        rows.push((reader.key().to_vec(), reader.value().to_vec()));
    }
    Ok((reader.last_commit_ts(), rows))
}

/// Raw keys and raw values.
pub type RawRows = Vec<(Vec<u8>, Vec<u8>)>;

impl SnapshotFile {
    /// Opens and checks a file. Its records will be those at `at`, or at its last commit.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the file, with offset and row; or `at` is after its last commit, or before the first one
    /// that it still has all versions of, as far as it says.
    pub fn open(path: &Path, at: Option<CommitTs>) -> Result<SnapshotFile, SnapshotError> {
        SnapshotFile::open_as(path, path, at)
    }

    /// As [`SnapshotFile::open`], a file that the user calls by another name.
    ///
    /// # Errors
    ///
    /// As [`SnapshotFile::open`].
    pub fn open_as(file: &Path, path: &Path, at: Option<CommitTs>) -> Result<SnapshotFile, SnapshotError> {
        let io = |source| SnapshotError::Io { path: path.to_owned(), source };
        let file = open_file(file).map_err(io)?;
        let mut reader = RowReader::new(path, &file, true)?;
        let checked = check(&mut reader)?;
        let (framing, last_commit_ts) = (reader.framing(), reader.last_commit_ts());
        drop(reader);
        let at = within_reach(path, at, last_commit_ts, checked.min_retained)?;
        let unsorted = if checked.is_unsorted { Some(load_unsorted(path, &file, at)?) } else { None };
        let path = path.to_owned();
        let Checked { counts, min_retained, .. } = checked;
        Ok(SnapshotFile { path, file, framing, last_commit_ts, at, min_retained, counts, unsorted })
    }

    /// How the file is wrapped.
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// The last commit that the file holds.
    pub fn last_commit_ts(&self) -> CommitTs {
        self.last_commit_ts
    }

    /// The commit that the records are the state at.
    pub fn at(&self) -> CommitTs {
        self.at
    }

    /// The commit from which on it says to keep every version; `None` if it does not say.
    pub fn min_retained(&self) -> Option<CommitTs> {
        self.min_retained
    }

    /// What rows it holds.
    pub fn counts(&self) -> &RowCounts {
        &self.counts
    }

    /// Whether the rows are in the order of their keys. Where they are not, the records are held in memory.
    pub fn is_sorted(&self) -> bool {
        self.unsorted.is_none()
    }

    /// The log index that the file's name says: 16 lower-case hex digits and `.fsm`, and not 0.
    pub fn log_index(&self) -> Option<u64> {
        let digits = self.path.file_name()?.to_str()?.strip_suffix(".fsm")?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let index = u64::from_str_radix(digits, 16).ok()?;
        (digits.len() == 16 && digits.bytes().all(is_hex) && index != 0).then_some(index)
    }

    /// Visits every row in the order of the file, with a closure that may fail, which ends the pass. Versions of later
    /// commits than [`SnapshotFile::at`] are passed over.
    ///
    /// # Errors
    ///
    /// What `visit` says, or the file.
    pub fn visit_rows<E: From<SourceError>>(
        &self,
        mut visit: impl FnMut(FileRow<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error: SnapshotError| SourceError(error.to_string());
        let mut reader = RowReader::new(&self.path, &self.file, false).map_err(failed)?;
        while reader.next_key().map_err(failed)? {
            reader.read_value().map_err(failed)?;
            let row = classify_row(reader.key(), reader.value()).map_err(|fault| failed(reader.fault(fault)))?;
            if matches!(row, Row::Version { commit_ts, .. } if commit_ts > self.at) {
                continue;
            }
            let RowPlace { offset, row: number } = reader.place();
            visit(FileRow { offset, number, raw_key: reader.key(), row })?;
        }
        Ok(())
    }

    fn scan_sorted(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SnapshotError> {
        let mut reader = RowReader::new(&self.path, &self.file, false)?;
        let mut newest = Newest::at(self.at);
        while reader.next_key()? {
            // The order and the rows have been checked; what is asked here is whether this is the state of a key.
            let Some((key, commit_ts)) = split_mvcc_key(reader.key()) else { continue };
            let key_bytes = key.len();
            if !namespace.holds(key) || !matches!(newest.is_state(reader.key(), key_bytes, commit_ts), Ok(true)) {
                continue;
            }
            reader.read_value()?;
            let row = classify_row(reader.key(), reader.value()).map_err(|fault| reader.fault(fault))?;
            if let Row::Version { key, value: Some(value), .. } = row
                && visit(StoredRecord { key, stored_key: reader.key(), value }).is_break()
            {
                break;
            }
        }
        Ok(())
    }
}

impl RecordSource for SnapshotFile {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        match &self.unsorted {
            Some(records) => records.scan(namespace, visit),
            None => self.scan_sorted(namespace, visit).map_err(|error| SourceError(error.to_string())),
        }
    }
}

impl VersionSource for SnapshotFile {
    fn scan_versions(&self, visit: &mut dyn FnMut(StoredVersion<'_>)) -> Result<(), SourceError> {
        self.visit_rows(|row| {
            if let Row::Version { key, commit_ts, value } = row.row {
                visit(StoredVersion { key, commit_ts, value });
            }
            Ok(())
        })
    }
}

/// Reads every row.
fn check(reader: &mut RowReader<'_>) -> Result<Checked, SnapshotError> {
    let mut checked = Checked::default();
    let mut order = Newest::at(reader.last_commit_ts());
    // Most rows have the prefix of the row before.
    let (mut prefix, mut prefix_rows) = (String::new(), 0);
    while reader.next_key()? {
        reader.read_value()?;
        let row = classify_row(reader.key(), reader.value()).map_err(|fault| reader.fault(fault))?;
        let key = match row {
            Row::Version { key, value, .. } => {
                checked.counts.tombstones += u64::from(value.is_none());
                key
            }
            Row::Raw { number } => {
                if reader.key() == MIN_RETAINED_KEY {
                    checked.min_retained = number.map(CommitTs);
                }
                reader.key()
            }
        };
        checked.counts.rows += 1;
        if prefix_rows == 0 || !starts_like(key, &prefix) {
            add_rows(&mut checked.counts.by_prefix, std::mem::take(&mut prefix), std::mem::take(&mut prefix_rows));
            prefix = prefix_of(key);
        }
        prefix_rows += 1;
        match order.advance_to(reader.key()) {
            Ok(()) => {}
            Err(OrderFault::Descends) => checked.is_unsorted = true,
            Err(OrderFault::Repeated) => return Err(repeated(reader)),
        }
    }
    add_rows(&mut checked.counts.by_prefix, prefix, prefix_rows);
    Ok(checked)
}

/// Whether a key surely has the prefix that the key before it had: one of two parts.
fn starts_like(key: &[u8], prefix: &str) -> bool {
    prefix.ends_with('|') && prefix.matches('|').count() == 2 && key.starts_with(prefix.as_bytes())
}

/// Prefixes that are counted by themselves; a file of garbage can have any number.
const COUNTED_PREFIXES: usize = 100;

fn add_rows(by_prefix: &mut BTreeMap<String, u64>, prefix: String, rows: u64) {
    let has_room = by_prefix.len() < COUNTED_PREFIXES || by_prefix.contains_key(&prefix);
    if rows > 0 {
        *by_prefix.entry(if has_room { prefix } else { OTHER_PREFIX.to_owned() }).or_default() += rows;
    }
}

fn repeated(reader: &RowReader<'_>) -> SnapshotError {
    let key = key_text::quoted(reader.key());
    reader.malformed(format!("the raw key {key} came before; a key has one version at a commit"))
}

fn within_reach(
    path: &Path,
    at: Option<CommitTs>,
    last_commit_ts: CommitTs,
    min_retained: Option<CommitTs>,
) -> Result<CommitTs, SnapshotError> {
    let out_of_reach = |problem| Err(SnapshotError::OutOfReach { path: path.to_owned(), problem });
    match (at, min_retained) {
        (None, _) => Ok(last_commit_ts),
        (Some(at), _) if at > last_commit_ts => {
            out_of_reach(format!("commit {} is after its last one, {}; name an earlier one", at.0, last_commit_ts.0))
        }
        (Some(at), Some(min)) if at < min => {
            let problem = format!("commit {} is before {}, from which on it keeps every version", at.0, min.0);
            out_of_reach(format!("{problem}; name a later one"))
        }
        (Some(at), _) => Ok(at),
    }
}

/// The records at `at`, whatever the order of the rows.
fn load_unsorted(path: &Path, file: &File, at: CommitTs) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, SnapshotError> {
    let mut newest: BTreeMap<Vec<u8>, (CommitTs, Option<Vec<u8>>)> = BTreeMap::new();
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut reader = RowReader::new(path, file, false)?;
    while reader.next_key()? {
        reader.read_value()?;
        let row = classify_row(reader.key(), reader.value()).map_err(|fault| reader.fault(fault))?;
        if !seen.insert(reader.key().to_vec()) {
            return Err(repeated(&reader));
        }
        let Row::Version { key, commit_ts, value } = row else { continue };
        match newest.get(key) {
            _ if commit_ts > at => {}
            Some((found, _)) if *found > commit_ts => {}
            _ => drop(newest.insert(key.to_vec(), (commit_ts, value.map(<[u8]>::to_vec)))),
        }
    }
    Ok(newest.into_iter().filter_map(|(key, (_, value))| value.map(|value| (key, value))).collect())
}
