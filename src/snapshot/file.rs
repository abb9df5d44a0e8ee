//! A snapshot file as a source of records.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::check::{Checked, Piece, RowCounts, check, repeated};
use super::intents::{Settled, StoredIntent};
use super::rows::{RowPlace, RowReader, SnapshotError};
use crate::bounds::open_file;
use crate::format::CommitTs;
use crate::format::snapshot::{Framing, Row, classify_row};
use crate::records::{Namespace, Newest, RecordSource, SourceError, StoredRecord, StoredVersion, VersionSource, Visit};

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
    /// The whole file, where it is small.
    held: Option<Vec<u8>>,
    /// All rows.
    all: Piece,
    records: Records,
    /// What the intents of transactions add to the rows.
    settled: Settled,
}

/// Where the records at one commit are.
#[derive(Debug)]
enum Records {
    /// In the file, whose rows are in the order of their keys: those of each prefix that there is.
    Sorted(Vec<Piece>),
    /// Here.
    Unsorted(BTreeMap<Vec<u8>, Vec<u8>>),
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

/// The last commit and every raw row of a file, in the order in which they stand there.
///
/// # Errors
///
/// Whatever is wrong with the file, with offset and row.
pub fn raw_rows(path: &Path) -> Result<(CommitTs, RawRows), SnapshotError> {
    let file = open_file(path).map_err(|source| SnapshotError::Io { path: path.to_owned(), source })?;
    let mut reader = RowReader::new(path, &file)?;
    let mut rows = Vec::new();
    while reader.next_row()? {
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
        let mut reader = RowReader::new(path, &file)?;
        let last_commit_ts = reader.last_commit_ts();
        let Checked { counts, min_retained, all, pieces, settled } = check(&mut reader, at.unwrap_or(last_commit_ts))?;
        let (framing, held) = (reader.framing(), reader.into_held());
        let (path, at) = (path.to_owned(), within_reach(path, at, last_commit_ts, min_retained)?);
        let (is_sorted, records) = (pieces.is_some(), Records::Sorted(pieces.unwrap_or_default()));
        let mut snapshot =
            SnapshotFile { path, file, framing, last_commit_ts, at, min_retained, counts, held, all, records, settled };
        if !is_sorted {
            snapshot.records = Records::Unsorted(snapshot.load_unsorted()?);
        }
        Ok(snapshot)
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

    /// How many keys have their value from a transaction's intent, as the file has the record of its commit.
    pub fn committed_intents(&self) -> u64 {
        self.settled.versions.len() as u64
    }

    /// How many keys have the intent of a transaction of which the file says neither that it was committed nor that it was
    /// rolled back. Their values are taken as not there.
    pub fn intents_in_flight(&self) -> u64 {
        self.settled.in_flight
    }

    /// Whether the rows are in the order of their keys. Where they are not, the records are held in memory.
    pub fn is_sorted(&self) -> bool {
        matches!(self.records, Records::Sorted(_))
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
        let mut reader = self.reader(&self.all);
        while reader.next_row().map_err(failed)? {
            let row = classify_row(reader.key(), reader.value()).map_err(|fault| failed(reader.fault(fault)))?;
            if matches!(row, Row::Version { commit_ts, .. } if commit_ts > self.at) {
                continue;
            }
            let RowPlace { offset, row: number } = reader.place();
            visit(FileRow { offset, number, raw_key: reader.key(), row })?;
        }
        Ok(())
    }

    /// Begins to read a piece again.
    fn reader(&self, piece: &Piece) -> RowReader<'_> {
        RowReader::again(&self.path, &self.file, self.held.as_deref(), piece.from, piece.to)
    }

    /// Visits the state of the rows of a piece, if there are any with its prefix, and of the intents that stand among them.
    fn scan_piece(
        &self,
        piece: Option<&Piece>,
        prefix: &[u8],
        visit: &mut Visit<'_>,
    ) -> Result<ControlFlow<()>, SnapshotError> {
        let mut intents = self.settled.of(prefix).peekable();
        let is_all_state = piece.is_some_and(|piece| piece.is_all_state) && intents.peek().is_none();
        let mut newest = Newest::at(self.at);
        // The order has been checked; what is asked here is whether this is the state of a key.
        let mut take = |stored_key: &[u8], key: &[u8], commit_ts, value: Option<&[u8]>| {
            let is_state = is_all_state || newest.is_state(stored_key, key.len(), commit_ts) == Ok(true);
            // All raw keys of a piece start with its prefix; but a logical key can have only a part of that.
            match value.filter(|_| is_state && key.len() >= prefix.len()) {
                Some(value) => visit(StoredRecord { key, stored_key, value }),
                None => ControlFlow::Continue(()),
            }
        };
        let mut reader = piece.map(|piece| self.reader(piece));
        while let Some(reader) = reader.as_mut()
            && reader.next_row()?
        {
            let stored_key = reader.key();
            let row = classify_row(stored_key, reader.value()).map_err(|fault| reader.fault(fault))?;
            while let Some(intent) = intents.next_if(|intent| intent.stored_key <= stored_key) {
                // A version that is there already is the same.
                if intent.stored_key < stored_key
                    && take(intent.stored_key, intent.key, intent.commit_ts, intent.value).is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
            let Row::Version { key, commit_ts, value } = row else { continue };
            if take(stored_key, key, commit_ts, value).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        for intent in intents {
            if take(intent.stored_key, intent.key, intent.commit_ts, intent.value).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn scan_sorted(&self, pieces: &[Piece], namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SnapshotError> {
        if namespace == Namespace::All {
            return self.scan_piece(Some(&self.all), b"", visit).map(|_| ());
        }
        for prefix in namespace.prefixes() {
            let piece = pieces.iter().find(|piece| piece.prefix == *prefix);
            if self.scan_piece(piece, prefix, visit)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The records, whatever the order of the rows.
    fn load_unsorted(&self) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, SnapshotError> {
        let mut newest: BTreeMap<Vec<u8>, (CommitTs, Option<Vec<u8>>)> = BTreeMap::new();
        let mut seen: HashSet<Vec<u8>> = HashSet::new();
        let mut reader = self.reader(&self.all);
        while reader.next_row()? {
            let row = classify_row(reader.key(), reader.value()).map_err(|fault| reader.fault(fault))?;
            if !seen.insert(reader.key().to_vec()) {
                return Err(repeated(&reader));
            }
            let Row::Version { key, commit_ts, value } = row else { continue };
            match newest.get(key) {
                _ if commit_ts > self.at => {}
                Some((found, _)) if *found > commit_ts => {}
                _ => drop(newest.insert(key.to_vec(), (commit_ts, value.map(<[u8]>::to_vec)))),
            }
        }
        for StoredIntent { key, commit_ts, value, .. } in self.settled.of(b"") {
            if newest.get(key).is_none_or(|(found, _)| *found < commit_ts) {
                newest.insert(key.to_vec(), (commit_ts, value.map(<[u8]>::to_vec)));
            }
        }
        Ok(newest.into_iter().filter_map(|(key, (_, value))| value.map(|value| (key, value))).collect())
    }
}

impl RecordSource for SnapshotFile {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        match &self.records {
            Records::Unsorted(records) => records.scan(namespace, visit),
            Records::Sorted(pieces) => {
                self.scan_sorted(pieces, namespace, visit).map_err(|error| SourceError(error.to_string()))
            }
        }
    }
}

impl VersionSource for SnapshotFile {
    fn scan_versions(&self, visit: &mut dyn FnMut(StoredVersion<'_>)) -> Result<(), SourceError> {
        self.visit_rows(|row| {
            if let Row::Version { key, commit_ts, value } = row.row
                && !self.settled.has(row.raw_key)
            {
                visit(StoredVersion { key, commit_ts, value });
            }
            Ok::<(), SourceError>(())
        })?;
        for StoredIntent { key, commit_ts, value, .. } in self.settled.of(b"") {
            visit(StoredVersion { key, commit_ts, value });
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::FileExt as _;

    use super::*;
    use crate::format::list::{item_key, meta_key};
    use crate::format::snapshot::{mvcc_key, mvcc_value};
    use crate::format::{ListMeta, Seq};
    use crate::records::visit_records;
    use crate::snapshot::SnapshotWriter;

    const AT: CommitTs = CommitTs(9 << 16);
    /// Lengths of values around what is read at once.
    const LENGTHS: [usize; 12] = [0, 1, 15, 300, 65_536, 262_100, 262_144, 262_145, 7, 300_000, 1_000_000, 3];

    /// A snapshot of a list of items of these lengths, with a tombstone, an older version, a meta and other rows.
    fn written(path: &Path, framing: Framing, lengths: &[usize]) -> RawRows {
        let mut rows = vec![(b"!dist|catalog".to_vec(), vec![0; 9])];
        for (seq, length) in (0..).zip(lengths) {
            let key = item_key(b"k", Seq(seq));
            let value = vec![b'a'; *length];
            rows.push((mvcc_key(&key, AT), mvcc_value((seq != 2).then_some(value.as_slice()))));
            rows.push((mvcc_key(&key, CommitTs(7)), mvcc_value(Some(b"older"))));
        }
        let len = lengths.len() as i64;
        let meta = ListMeta { head: 0, tail: len, len, expiry_field: None }.to_bytes();
        rows.push((mvcc_key(&meta_key(b"k"), AT), mvcc_value(Some(&meta))));
        rows.push((mvcc_key(b"!redis|txn-wide-list|k", AT), mvcc_value(Some(b""))));
        rows.push((b"_meta_applied_index".to_vec(), vec![0; 8]));
        let mut writer = SnapshotWriter::new(File::create(path).expect("a file"), framing, AT);
        rows.iter().for_each(|(key, value)| writer.row(key, value).expect("a row"));
        writer.finish().expect("a snapshot");
        rows
    }

    fn scanned(snapshot: &SnapshotFile, namespace: Namespace) -> Result<RawRows, SourceError> {
        let mut records = Vec::new();
        visit_records(snapshot, namespace, |record| {
            records.push((record.key.to_vec(), record.value.to_vec()));
            Ok::<(), SourceError>(())
        })?;
        Ok(records)
    }

    /// The records among rows as of a commit.
    fn expected(rows: &RawRows, namespace: Namespace, at: CommitTs) -> RawRows {
        let mut newest = BTreeMap::new();
        for (raw_key, raw_value) in rows.iter().rev() {
            match classify_row(raw_key, raw_value).expect("a row") {
                Row::Version { key, commit_ts, value } if commit_ts <= at && namespace.holds(key) => {
                    newest.insert(key.to_vec(), value.map(<[u8]>::to_vec));
                }
                _ => {}
            }
        }
        newest.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    #[test]
    fn rows_of_any_length_are_read_wherever_a_buffer_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.fsm");
        for (framing, lengths) in [
            (Framing::V1, &LENGTHS[..]),
            (Framing::V2, &LENGTHS[..5]),
            (Framing::Legacy, &LENGTHS[3..10]),
            (Framing::Bare, &[20_000; 40]),
            (Framing::V1, &[31; 20_000]),
            (Framing::Bare, &[3]),
        ] {
            let rows = written(&path, framing, lengths);
            assert_eq!(raw_rows(&path).expect("a snapshot"), (AT, rows.clone()));
            for at in [None, Some(CommitTs(8))] {
                let snapshot = SnapshotFile::open(&path, at).expect("a snapshot");
                assert_eq!((snapshot.framing(), snapshot.counts().rows), (framing, rows.len() as u64));
                assert!(snapshot.is_sorted());
                for namespace in [Namespace::Elements, Namespace::Attributes, Namespace::All] {
                    let records = scanned(&snapshot, namespace).expect("records");
                    assert_eq!(records.len(), expected(&rows, namespace, snapshot.at()).len(), "{namespace:?}");
                    assert!(records == expected(&rows, namespace, snapshot.at()), "{framing:?} {namespace:?} {at:?}");
                }
                let header_bytes = framing.outer_header(0, 0).len() as u64 + 16;
                let (mut offset, mut number) = (header_bytes, 0);
                let mut places: BTreeMap<Vec<u8>, (u64, u64)> = BTreeMap::new();
                for (key, value) in &rows {
                    number += 1;
                    places.insert(key.clone(), (offset, number));
                    offset += 16 + (key.len() + value.len()) as u64;
                }
                let visited = snapshot.visit_rows(|row| {
                    assert_eq!(places.get(row.raw_key), Some(&(row.offset, row.number)));
                    Ok::<(), SourceError>(())
                });
                assert_eq!(visited, Ok(()));
            }
        }
    }

    #[test]
    fn what_changes_after_the_check_is_an_error_or_not_seen() {
        const CHANGED: &str = "the file has changed since it was checked";
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.fsm");
        let every = [Namespace::Elements, Namespace::All];
        for framing in Framing::ALL {
            let rows = written(&path, framing, &[20_000; 40]);
            let whole = fs::read(&path).expect("the file");
            let open = || {
                fs::write(&path, &whole).expect("the file");
                SnapshotFile::open(&path, None).expect("a snapshot")
            };
            let writing = || fs::OpenOptions::new().write(true).open(&path).expect("the file");
            // A value, so that only the checksum can tell.
            let snapshot = open();
            let at = whole.len() as u64 / 2;
            assert_eq!(whole.get(at as usize), Some(&b'a'));
            writing().write_all_at(b"b", at).expect("a write");
            for namespace in every {
                let error = scanned(&snapshot, namespace).expect_err("changed").to_string();
                assert!(error.contains(CHANGED) && error.contains("offset "), "{error}");
            }
            // Cut between two rows, within one, and to nothing.
            let row_bytes = |(key, value): &(Vec<u8>, Vec<u8>)| 16 + (key.len() + value.len()) as u64;
            let between =
                framing.outer_header(0, 0).len() as u64 + 16 + rows.iter().take(31).map(row_bytes).sum::<u64>();
            for length in [between, between + 1, between + 9000, 0] {
                let snapshot = open();
                writing().set_len(length).expect("a cut");
                for namespace in every {
                    let error = scanned(&snapshot, namespace).expect_err("cut").to_string();
                    assert!(error.contains(CHANGED) && error.contains("offset "), "{length}: {error}");
                }
            }
            let snapshot = open();
            writing().write_all_at(&[7; 100], whole.len() as u64).expect("a write");
            for namespace in every {
                assert!(scanned(&snapshot, namespace) == Ok(expected(&rows, namespace, AT)), "appended to");
            }
            // A small file is read once.
            let rows = written(&path, framing, &[20; 40]);
            let snapshot = SnapshotFile::open(&path, None).expect("a snapshot");
            writing().set_len(0).expect("a cut");
            for namespace in every {
                assert_eq!(scanned(&snapshot, namespace), Ok(expected(&rows, namespace, AT)));
            }
        }
    }

    #[test]
    fn a_long_file_that_is_cut_anywhere_says_where() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.fsm");
        let rows = written(&path, Framing::Bare, &[90_000, 300_000, 5]);
        let whole = fs::read(&path).expect("the file");
        let (mut offset, mut number) = (16, 0);
        for (key, value) in &rows {
            number += 1;
            let key_end = 8 + key.len();
            let row_bytes = key_end + 8 + value.len();
            let mut cuts = vec![1, 7, 8, key_end - 1, key_end, key_end + 7, key_end + 8, row_bytes - 1];
            cuts.extend([262_144_usize, 524_288].iter().filter_map(|end| end.checked_sub(offset)));
            for bytes in cuts.into_iter().filter(|bytes| (1..row_bytes).contains(bytes) && *bytes != 4) {
                fs::write(&path, &whole[..offset + bytes]).expect("a cut file");
                let (part, found, wanted) = match bytes {
                    0..8 => ("key length", bytes, 8),
                    _ if bytes < key_end => ("key", bytes - 8, key.len()),
                    _ if bytes < key_end + 8 => ("value length", bytes - key_end, 8),
                    _ => ("value", bytes - key_end - 8, value.len()),
                };
                let expected = format!(
                    "row {number} at offset {offset}: the file ends inside the row's {part} ({found} of {wanted} bytes)"
                );
                let error = SnapshotFile::open(&path, None).expect_err("cut").to_string();
                assert!(error.ends_with(&expected), "{error}\n{expected}");
            }
            offset += row_bytes;
        }
    }
}
