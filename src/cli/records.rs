//! Sources of records: `db:DIR` and `fsm:FILE`, as they are or as of a commit.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::ended::Failure;
use super::input::{self, RereadableFile};
use super::output::note;
use super::prefixed_path::after;
use super::source_guess::did_you_mean;
use crate::database::Database;
use crate::format::CommitTs;
use crate::format::counted;
use crate::records::{HistoryView, RecordSource, SourceError, VersionSource};
use crate::snapshot::SnapshotFile;

/// A database or a snapshot file, for the commands that read records.
#[derive(Clone, Debug)]
pub(super) enum RecordsArgument {
    Database(PathBuf),
    Snapshot(PathBuf),
}

impl RecordsArgument {
    pub(super) fn parse(text: &OsStr) -> Result<RecordsArgument, String> {
        let path = |prefix| after(prefix, text).filter(|path| !path.as_os_str().is_empty()).map(Path::to_owned);
        let database = path("db:").map(RecordsArgument::Database);
        database.or_else(|| path("fsm:").map(RecordsArgument::Snapshot)).ok_or_else(|| {
            let hint = did_you_mean(text, &["db:", "fsm:"]);
            format!("the source must be a database, db:DIR, or a snapshot, fsm:FILE{hint}")
        })
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            RecordsArgument::Database(path) | RecordsArgument::Snapshot(path) => path,
        }
    }

    /// Opens the source as of `at`, or as it is.
    pub(super) fn open(&self, at: Option<u64>) -> Result<OpenRecords, Failure> {
        match self {
            RecordsArgument::Database(path) => open_database(path, at.map(CommitTs)),
            RecordsArgument::Snapshot(path) => open_snapshot(path, at.map(CommitTs)),
        }
    }
}

/// An open source of records.
pub(super) enum OpenRecords {
    Database {
        database: Database,
        /// `None` in a database that keeps no clock.
        last_commit: Option<CommitTs>,
        /// Whether the records are those of the history.
        is_past: bool,
    },
    Snapshot {
        snapshot: SnapshotFile,
        /// Where it is if it came through a pipe.
        _spooled: RereadableFile,
    },
}

impl OpenRecords {
    /// Runs `read` over the records.
    pub(super) fn read<T>(&self, read: impl FnOnce(&dyn RecordSource) -> T) -> T {
        match self {
            OpenRecords::Database { database, last_commit: Some(at), is_past: true } => {
                read(&HistoryView::new(database, *at))
            }
            OpenRecords::Database { database, .. } => read(&database.snapshot()),
            OpenRecords::Snapshot { snapshot, .. } => read(snapshot),
        }
    }

    /// Runs `read` over the records and, where they are kept, their versions.
    pub(super) fn read_with_versions<T>(
        &self,
        read: impl FnOnce(&dyn RecordSource, Option<&dyn VersionSource>) -> T,
    ) -> T {
        match self {
            OpenRecords::Database { database, last_commit: Some(at), .. } if database.keeps_history() => {
                let view = HistoryView::new(database, *at);
                self.read(|records| read(records, Some(&view)))
            }
            OpenRecords::Database { .. } => self.read(|records| read(records, None)),
            OpenRecords::Snapshot { snapshot, .. } => read(snapshot, Some(snapshot)),
        }
    }

    /// The snapshot file, if it is one.
    pub(super) fn snapshot(&self) -> Option<&SnapshotFile> {
        match self {
            OpenRecords::Database { .. } => None,
            OpenRecords::Snapshot { snapshot, .. } => Some(snapshot),
        }
    }

    /// The commit that the records are the state at; `None` where that is not known.
    pub(super) fn last_commit(&self) -> Option<CommitTs> {
        match self {
            OpenRecords::Database { last_commit, .. } => *last_commit,
            OpenRecords::Snapshot { snapshot, .. } => Some(snapshot.at()),
        }
    }

    /// The log index of a snapshot.
    pub(super) fn log_index(&self) -> Option<u64> {
        match self {
            OpenRecords::Database { .. } => None,
            OpenRecords::Snapshot { snapshot, .. } => snapshot.log_index(),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Failure {
        Failure::input(error)
    }
}

/// Opens a database for reading, and says what of it is left out.
pub(super) fn open_to_read(path: &Path) -> Result<Database, Failure> {
    let unfinished = |problem| Failure::Input(format!("database {}: {problem}", path.display()));
    input::require_finished(path).map_err(unfinished)?;
    let database = Database::open_read_only(path).map_err(Failure::input)?;
    database.warnings().iter().for_each(|warning| note(&format!("warning: {warning}")));
    Ok(database)
}

fn open_database(path: &Path, at: Option<CommitTs>) -> Result<OpenRecords, Failure> {
    let database = open_to_read(path)?;
    let last = database.clock().map_err(Failure::input)?;
    let Some(at) = at.filter(|at| Some(*at) != last) else {
        return Ok(OpenRecords::Database { database, last_commit: last, is_past: false });
    };
    let path = path.display();
    match last {
        Some(last) if at > last => {
            let last = last.0;
            Err(Failure::Input(format!(
                "--at {}: the last commit of database {path} is {last}; name that or an earlier one",
                at.0
            )))
        }
        Some(_) if database.keeps_history() => {
            Ok(OpenRecords::Database { database, last_commit: Some(at), is_past: true })
        }
        _ => {
            let hint = "make it with `apply --history`";
            Err(Failure::Input(format!("--at {}: database {path} keeps only its present state; {hint}", at.0)))
        }
    }
}

fn open_snapshot(path: &Path, at: Option<CommitTs>) -> Result<OpenRecords, Failure> {
    let spooled = RereadableFile::snapshot(path)?;
    let snapshot = SnapshotFile::open_as(spooled.path(), path, at).map_err(Failure::input)?;
    let counts = snapshot.counts();
    let by_prefix: Vec<String> = counts.by_prefix.iter().map(|(prefix, rows)| format!("{rows} {prefix}")).collect();
    let kinds = if by_prefix.is_empty() { String::new() } else { format!(": {}", by_prefix.join(", ")) };
    note(&format!(
        "snapshot {}: framing {}, {} ({}){kinds}",
        path.display(),
        snapshot.framing().name(),
        counted(counts.rows, "row"),
        counted(counts.tombstones, "tombstone"),
    ));
    let (committed, in_flight) = (snapshot.committed_intents(), snapshot.intents_in_flight());
    if committed > 0 {
        let path = path.display();
        let keys = counted(committed, "key");
        note(&format!("note: snapshot {path}: {keys} with the value of an intent, whose commit is recorded here"));
    }
    if in_flight > 0 {
        let (path, keys) = (path.display(), counted(in_flight, "key"));
        note(&format!(
            "warning: snapshot {path}: transactions in flight on {keys}: neither their commit nor their rollback is recorded \
             here; what they would write is taken as not there"
        ));
    }
    if snapshot.at() < snapshot.last_commit_ts() && snapshot.min_retained().is_none() {
        let path = path.display();
        note(&format!(
            "note: snapshot {path}: it does not say from which commit on it keeps every version; what was the state at an \
             earlier commit may be missing"
        ));
    }
    if !snapshot.is_sorted() {
        note(&format!("note: snapshot {}: its rows are not in key order, so they are held in memory", path.display()));
    }
    Ok(OpenRecords::Snapshot { snapshot, _spooled: spooled })
}

/// `--at`, of the commands that read records.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct AtFlag {
    /// Read the records as of this commit; a commit timestamp is Unix milliseconds * 65536 + a counter [default: the last]
    #[arg(long, value_name = "TS")]
    pub(super) at: Option<u64>,
}
