//! `dump`: a database as a dump tree.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::note;
use super::source::DatabaseSource;
use super::{Ended, Failure, Verdict, progress};
use crate::database::Database;
use crate::encoder::{DumpOptions, EncodeError, KeyOrderedSource, Namespace, Visit, encode_ordered};
use crate::format::dump_tree::Manifest;
use crate::staging::{Existing, StagedDir};
use crate::verify::report::counted;

const AFTER_HELP: &str = "\
The dump appears whole or not at all. The manifest's wall_time_iso is the present, or SOURCE_DATE_EPOCH (Unix seconds) if \
that is set. Warnings go to standard error; they do not change the exit code.

Examples:
  ekv-roundtrip dump db:db --out dump
  SOURCE_DATE_EPOCH=0 ekv-roundtrip dump db:db --out dump --force";

/// Dumps a database's lists through the encoder
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The database, db:DIR
    source: DatabaseSource,
    /// The new dump; the folder must be absent or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The number of the Redis database, for the folder redis/db_N
    #[arg(long, value_name = "N", default_value_t = 0)]
    db_index: u32,
    /// Replace what is in the folder, once the new dump is whole
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let mut manifest = Manifest::new(manifest_time()?);
    let database = Database::open_read_only(&arguments.source.0).map_err(Failure::input)?;
    let clock = database.clock().map_err(Failure::input)?;
    manifest.last_commit_ts = clock.map(|clock| clock.0).filter(|clock| *clock != 0);
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse };
    refuse_to_mix(arguments)?;
    let staged = StagedDir::new(&arguments.out, existing).map_err(Failure::input)?;

    let counter = progress::counter("records");
    let snapshot = database.snapshot();
    let source = Counted { source: &snapshot, counter: &counter };
    let options = DumpOptions { db_index: arguments.db_index, manifest };
    let summary = encode_ordered(&source, staged.dir(), &options)
        .map_err(|error| Failure::Input(format!("dump of {}: {error}", arguments.source.0.display())))?;
    counter.finish_and_clear();
    staged.publish().map_err(Failure::input)?;
    for warning in &summary.warnings {
        note(&format!("warning: {warning}"));
    }
    let (lists, items) = (counted(summary.lists, "list"), counted(summary.items, "item"));
    note(&format!("dumped {lists}, {items} to {}", arguments.out.display()));
    Ok(Verdict::Holds)
}

/// The dump must not take the place of the database, nor come into its folder, which is RocksDB's.
fn refuse_to_mix(arguments: &Arguments) -> Result<(), Failure> {
    let Ok(database) = arguments.source.0.canonicalize() else { return Ok(()) };
    let (out, shown) = (&arguments.out, arguments.source.0.display());
    if out.canonicalize().is_ok_and(|out| database.starts_with(out)) {
        return Err(Failure::Input(format!(
            "output folder {} holds the database {shown}; name another one",
            out.display()
        )));
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if parent.canonicalize().is_ok_and(|parent| parent.starts_with(&database)) {
        return Err(Failure::Input(format!(
            "output folder {} is in the database {shown}; name another one",
            out.display()
        )));
    }
    Ok(())
}

fn manifest_time() -> Result<String, Failure> {
    let Some(value) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        let now = jiff::Timestamp::now();
        return Ok(jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string());
    };
    let seconds = value.to_str().and_then(|text| text.parse::<i64>().ok()).filter(|seconds| *seconds >= 0);
    let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map(|time| time.to_string()).ok_or_else(|| {
        let expected = "which is not a number of seconds since 1970 that the calendar has";
        Failure::Input(format!("SOURCE_DATE_EPOCH is {value:?}, {expected}; unset or correct it"))
    })
}

/// A source that counts the records it gives.
struct Counted<'a, S> {
    source: &'a S,
    counter: &'a indicatif::ProgressBar,
}

impl<S: KeyOrderedSource> KeyOrderedSource for Counted<'_, S> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), EncodeError> {
        self.source.scan(namespace, &mut |key, value| {
            self.counter.inc(1);
            visit(key, value)
        })
    }
}
