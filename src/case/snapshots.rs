//! What a case does with snapshot files: writes the store's records as one, reads it back through the encoder, and gives it
//! to a foreign decoder.
//!
//! ```text
//! store --> snapshot file --> our reader and encoder --> the same bytes as from the database?
//!                        \--> foreign decoder --> dump tree --> reader --> equal to what Redis shows?
//! ```
//!
//! With history on, the snapshot holds every version; and the lists at moments in the middle of the case are looked at too,
//! through the history, and through a decoder at one of them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::dumps::{Dumps, MadeDump, only_database, require_same};
use super::equal::require_equal;
use super::moments::Moment;
use super::outcome::CaseReport;
use super::shapes::names_of;
use super::stop::{CaseError, Stop, environment, guarded, plain, unwritten};
use crate::compare::SideNames;
use crate::database::{Database, History};
use crate::decoder::{Decoder, DecoderError, Outcome as Ran, barred, without_paths};
use crate::faults::changed_file;
use crate::finding::{FindingKind, LeftOut, LeftOutKind};
use crate::format::{CommitTs, counted, key_text};
use crate::reader::{self, Beside, MadeBy};
use crate::records::HistoryView;
use crate::snapshot::{Kept, SnapshotFile, SnapshotShape, WriteError, write_snapshot};
use crate::state::State;

/// A moment of more lists than this makes so many files that its turn would cost as much as hundreds of cases.
const MOMENT_LISTS: usize = 20_000;

fn is_worth_its_time(moment: &Moment) -> bool {
    moment.expected.keys.len() <= MOMENT_LISTS
}

/// Holds the history against what Redis showed at earlier moments, and says which.
pub(super) fn require_equal_history(
    database: &Database,
    moments: &[Moment],
    dumps: &Dumps<'_>,
    left_out: &mut LeftOut,
) -> Result<Vec<CommitTs>, Stop> {
    let mut looked_at = Vec::new();
    for moment in moments {
        if !is_worth_its_time(moment) {
            left_out.add(LeftOutKind::Moments, "dump", 1);
            continue;
        }
        let view = HistoryView::new(database, moment.at);
        let made = dumps.make_then(&view, &moment.expected)?;
        let found = made.read()?;
        let found = dumps.shown(&found);
        let name = format!("dump at commit {}", moment.at.0);
        let names = SideNames { left: "Redis", right: &name };
        require_equal(&moment.expected, &found, names, FindingKind::History)?;
        made.remove()?;
        looked_at.push(moment.at);
    }
    Ok(looked_at)
}

/// Opens a snapshot of the case, which our own reader must take.
pub(super) fn opened(path: &Path, at: Option<CommitTs>) -> Result<SnapshotFile, Stop> {
    guarded(None, || SnapshotFile::open(path, at))?.map_err(|error| plain(FindingKind::Snapshot, error.to_string()))
}

/// Dumps a snapshot of the whole case into a folder of this name; it must be the same dump as the database's.
pub(super) fn require_same_dump_of(
    path: &Path,
    name: &'static str,
    dumps: &Dumps<'_>,
    sorted: &MadeDump,
    expected: &State,
) -> Result<MadeDump, Stop> {
    let made = dumps.make(name, &opened(path, None)?, FindingKind::Snapshot, expected)?;
    require_same(sorted, &made, FindingKind::Snapshot)?;
    Ok(made)
}

/// The snapshots of a case.
pub(super) struct Snapshots<'a> {
    pub(super) database: &'a Database,
    pub(super) shape: SnapshotShape,
    /// Whether every version is in them.
    pub(super) history: History,
    pub(super) dumps: &'a Dumps<'a>,
}

impl Snapshots<'_> {
    fn write(&self, at: Option<CommitTs>, name: &str) -> Result<PathBuf, Stop> {
        let path = self.dumps.folder.join(name);
        let kept = if self.history == History::Kept { Kept::All } else { Kept::Latest };
        let file = File::create(&path).map_err(unwritten(&path))?;
        let written = guarded(None, || write_snapshot(self.database, at, kept, self.shape, file))?;
        match written {
            Ok(_) => Ok(path),
            Err(WriteError::Corrupt { problem, .. }) => Err(plain(FindingKind::StoreRecords, problem)),
            Err(WriteError::Output(error)) => Err(unwritten(&path)(error)),
            Err(error) => Err(environment(error)),
        }
    }

    /// Writes the whole case as a snapshot, which must make the same dump as the database.
    pub(super) fn require_same_dump(&self, sorted: &MadeDump, expected: &State) -> Result<PathBuf, Stop> {
        let path = self.write(None, "snapshot.fsm")?;
        if let Some(fault) = self.dumps.fault {
            changed_file(&path, fault).map_err(unwritten(&path))?;
        }
        require_same_dump_of(&path, "snapshot", self.dumps, sorted, expected)?;
        Ok(path)
    }

    /// Has a decoder read the snapshot of the whole case, and one of a moment in the middle.
    pub(super) fn require_decoded(
        &self,
        decoder: &Decoder,
        snapshot: &Path,
        expected: &State,
        (sorted, ours): (&MadeDump, &State),
        moments: &[Moment],
        report: &mut CaseReport,
    ) -> Result<(), Stop> {
        report.decoded = names_of(self.shape, self.history);
        // A list is a file, and a hundred thousand of them take a slow disk longer than a minute.
        let time_limit = Decoder::TIME_LIMIT + Duration::from_millis(ours.keys.len() as u64);
        let decoder = &decoder.clone().with_time_limit(time_limit);
        let limit = sorted.body_bytes()?.saturating_mul(4).saturating_add(TREE_LIMIT_BYTES);
        let (decoded, beside) = self.decode(decoder, (snapshot, "decoded"), limit)?;
        beside.keys.iter().for_each(|(name, count)| report.left_out.add(LeftOutKind::Families, name, *count));
        report.empty_kept += require_decoded_state(expected, &decoded)?;
        require_same_lists(ours, &decoded)?;
        // Without every version there is nothing to write an earlier commit from.
        let mut moments = moments.iter().filter(|moment| self.history == History::Kept && moment.at.0 != 0).peekable();
        let has_some = moments.peek().is_some();
        if let Some(moment) = moments.find(|moment| is_worth_its_time(moment)) {
            let path = self.write(Some(moment.at), "snapshot-then.fsm")?;
            require_decoded_state(&moment.expected, &self.decode(decoder, (&path, "decoded-then"), limit)?.0)?;
        } else if has_some {
            report.left_out.add(LeftOutKind::Moments, "decoder", 1);
        }
        Ok(())
    }

    /// The lists of a decoder's dump in a folder of this name, and what it holds beside them. It may have `limit` bytes.
    fn decode(&self, decoder: &Decoder, (snapshot, name): (&Path, &str), limit: u64) -> Result<(State, Beside), Stop> {
        let out = self.dumps.folder.join(name);
        let run = decoder.run(snapshot, &out).map_err(|error| match error {
            DecoderError::Interrupted => Stop::Error(CaseError::Interrupted),
            error => environment(error),
        })?;
        // The paths are another time others.
        let paths = [(snapshot, "{fsm}"), (out.as_path(), "{out}"), (self.dumps.folder, "{dir}")];
        let output = without_paths(&run.output, &paths);
        let said = said_words(&output);
        let failed = |how: String| Err(plain(FindingKind::DecoderFailed, format!("the decoder {how}{said}")));
        match run.outcome {
            Ran::Succeeded => {}
            how => return failed(format!("ended with: {how}")),
        }
        // Whatever is wrong below a decoder's output is its work, and no trouble of ours.
        let malformed = |problem: String| Err(plain(FindingKind::DecoderTree, format!("{problem}{said}")));
        if !out.is_dir() {
            return malformed("it left no dump".to_owned());
        }
        if tree_bytes(&out, limit) > limit {
            return malformed(format!("its files have more than {limit} bytes, far more than a dump of this has"));
        }
        let dump = match guarded(None, || reader::read(&out, MadeBy::AnyDecoder))? {
            Ok(dump) => dump,
            Err(error) => return malformed(without_paths(&error.to_string(), &paths)),
        };
        let beside = dump.beside.clone();
        match only_database(dump) {
            Ok(lists) => Ok((lists, beside)),
            Err(problem) => malformed(problem),
        }
    }
}

/// A decoder's dump may have so many bytes beside a multiple of ours.
const TREE_LIMIT_BYTES: u64 = 16 << 20;

/// The bytes of the files below a folder, counted until there are more than `limit`.
fn tree_bytes(folder: &Path, limit: u64) -> u64 {
    let (mut bytes, mut folders) = (0_u64, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop().filter(|_| bytes <= limit) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => bytes = bytes.saturating_add(metadata.len()),
                Err(_) => {}
            }
        }
    }
    bytes
}

/// What a decoder said, from the second line on.
fn said_words(output: &str) -> String {
    let lines: String = barred(output).map(|line| format!("\n{line}")).collect();
    if lines.is_empty() { lines } else { format!("; it said:{lines}") }
}

fn require_decoded_state(expected: &State, decoded: &State) -> Result<u64, Stop> {
    let names = SideNames { left: "Redis", right: "the decoder's dump" };
    require_equal(expected, decoded, names, FindingKind::DecoderState)
}

/// Where a client sees the same, the dumps must still hold the same: lists that are kept though they are empty, and those
/// whose expiry has passed.
fn require_same_lists(ours: &State, decoded: &State) -> Result<(), Stop> {
    let keys = ours.keys.keys().chain(decoded.keys.keys());
    let Some(key) = keys.filter(|key| ours.keys.get(*key) != decoded.keys.get(*key)).min() else { return Ok(()) };
    let shown = |state: &State| match state.keys.get(key) {
        None => "no list".to_owned(),
        Some(list) => {
            let expiry = list.expire_at.map_or_else(|| "none".to_owned(), |expire_at| format!("{} ms", expire_at.0));
            let row = list.value.family().row();
            format!("a {} of {}, expiry {expiry}", row.name, counted(list.value.len(), row.element))
        }
    };
    let (key, ours, theirs) = (key_text::quoted(key), shown(ours), shown(decoded));
    let detail = format!("key {key}: a dump has {ours} here, which no client sees\n  the decoder's dump has {theirs}");
    Err(plain(FindingKind::DecoderLists, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::KeyState;

    #[test]
    fn a_moment_of_more_than_20000_lists_is_not_looked_at() {
        for (lists, is_worth) in [(20_000, true), (20_001, false)] {
            let keys = (0..lists).map(|key: u32| (key.to_be_bytes().to_vec(), KeyState::list(Vec::new(), None)));
            let moment = Moment { at: CommitTs(1), expected: State { keys: keys.collect(), last_ms: None } };
            assert_eq!(is_worth_its_time(&moment), is_worth, "{lists}");
        }
    }

    #[test]
    fn the_files_of_a_tree_are_counted_in_every_folder_until_they_are_too_many() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("a/b")).expect("folders");
        for (path, bytes) in [("x", 5), ("a/y", 7), ("a/b/z", 11)] {
            std::fs::write(folder.path().join(path), vec![b' '; bytes]).expect("a file");
        }
        assert_eq!(tree_bytes(folder.path(), 23), 23);
        assert_eq!(tree_bytes(folder.path(), 5), 12);
        assert_eq!(tree_bytes(folder.path(), 4), 5);
    }
}
