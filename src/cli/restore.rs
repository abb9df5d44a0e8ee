//! `restore`: a dump as a database or a snapshot file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::Args;

use super::ended::{Ended, Failure, Verdict};
use super::force_flag::ForceFlag;
use super::output::{note, write_failure};
use super::prefixed_path::{after, prefixed_path};
use super::source::read_dump;
use super::source_guess::did_you_mean;
use crate::database::{Database, History};
use crate::format::CommitTs;
use crate::format::counted;
use crate::reader::DumpTime;
use crate::restore::{Records, records};
use crate::snapshot::{SnapshotShape, WriteError, write_records};
use crate::staging::{Existing, StagedDir};

const NOTES: &str = "\
Each list gets a 32-byte base meta with head 0 and its expiry, a TTL record if it has one, and no deltas.

The whole dump is checked first: checksums, manifest, names against the key map, and every byte of each body. The output appears \
whole or not at all. Its last commit is the manifest's last_commit_ts, or else its wall_time_iso. Data of other types and of \
other adapters is checked against the checksums, counted and left out.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip restore dump:dump --db db
  ekv-roundtrip restore dump:dump --fsm restored.fsm";

/// Rows of a database that are committed at once.
const BATCH_ROWS: usize = 10_000;

/// Turn a dump back into a database or a snapshot
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// The dump, dump:DIR
    #[arg(value_parser = prefixed_path(DumpArgument::parse))]
    source: DumpArgument,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    force: ForceFlag,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Target {
    /// Folder for the new database; it must be absent or empty
    #[arg(long, value_name = "DIR")]
    db: Option<PathBuf>,
    /// The new snapshot file, with framing bare; - is standard output
    #[arg(long, value_name = "FILE")]
    fsm: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct DumpArgument(PathBuf);

impl DumpArgument {
    fn parse(text: &OsStr) -> Result<DumpArgument, String> {
        match after("dump:", text) {
            Some(path) if !path.as_os_str().is_empty() => Ok(DumpArgument(path.to_owned())),
            _ => Err(format!("the source must be a dump, dump:DIR{}", did_you_mean(text, &["dump:"]))),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let (time, state) = read_dump(&arguments.source.0, "restored")?;
    let last_commit = last_commit(&time)?;
    let (lists, items) = (state.keys.len() as u64, state.element_count());
    let path = arguments.source.0.display();
    let records = records(&state.keys).map_err(|error| Failure::Input(format!("dump {path}: {error}")))?;
    drop(state);
    let target = match (&arguments.target.db, &arguments.target.fsm) {
        (Some(db), _) => {
            write_database(&records, last_commit, db)?;
            db
        }
        (None, Some(fsm)) => {
            arguments.force.create("--fsm", fsm)?.write_all(|out| {
                let written = write_records(&records, last_commit, SnapshotShape::BARE, out);
                written.map(drop).map_err(|error| match error {
                    WriteError::Output(error) => write_failure(error),
                    error => Failure::input(error),
                })
            })?;
            fsm
        }
        (None, None) => return Err(Failure::Input("name a target: --db DIR or --fsm FILE".to_owned())),
    };
    note(&format!("restored {}, {} to {}", counted(lists, "list"), counted(items, "item"), target.display()));
    Ok(Verdict::Holds)
}

fn last_commit(time: &DumpTime) -> Result<CommitTs, Failure> {
    let commit = match time.last_commit_ts {
        Some(commit) => CommitTs(commit),
        None => {
            let wall_time = &time.wall_time_iso;
            let unix_ms =
                wall_time.parse().ok().and_then(|time: jiff::Timestamp| u64::try_from(time.as_millisecond()).ok());
            CommitTs::at_ms(unix_ms.ok_or_else(|| {
                Failure::Input(format!(
                    "the dump's wall_time_iso {wall_time:?} is no time since 1970 that the calendar has"
                ))
            })?)
        }
    };
    // A version at commit 0 would be before every commit.
    Ok(commit.max(CommitTs(1)))
}

fn write_database(records: &Records, last_commit: CommitTs, path: &Path) -> Result<(), Failure> {
    let staged = StagedDir::new(path, Existing::RefuseAlways).map_err(Failure::input)?;
    let created = staged.undisturbed(|| Database::create(&staged.path(), History::Dropped));
    let database = created.map_err(Failure::input)?;
    let rows: Vec<_> = records.iter().map(|(key, value)| (key.as_slice(), Some(value.as_slice()))).collect();
    for batch in rows.chunks(BATCH_ROWS) {
        database.commit(batch.iter().copied(), last_commit).map_err(Failure::input)?;
    }
    database.commit([], last_commit).and_then(|()| database.flush()).map_err(Failure::input)?;
    drop(database);
    staged.publish().map_err(Failure::input)
}
