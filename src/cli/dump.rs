//! `dump`: a database or a snapshot as a dump tree.

use std::path::PathBuf;

use clap::Args;

use super::ended::{Ended, Failure, Verdict};
use super::output::note;
use super::prefixed_path::prefixed_path;
use super::progress;
use super::records::{AtFlag, OpenRecords, RecordsArgument};
use crate::encoder::{Count, DumpOptions, encode_ordered};
use crate::format::dump_tree::{Manifest, REDIS_DIR};
use crate::format::{FAMILIES, counted};
use crate::records::{Namespace, RecordSource, SourceError, Visit};
use crate::staging::{Existing, StagedDir};

const NOTES: &str = "\
The dump appears whole or not at all, also if the command is killed. With --no-sync that does not hold for a loss of power. \
Warnings go to standard error and do not change the exit code.

In the manifest, wall_time_iso is the present time, or SOURCE_DATE_EPOCH (Unix seconds) if that is set. last_commit_ts is the \
commit that the dump shows. snapshot_index is the log index of a snapshot whose name has one: 16 hex digits.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip dump db:db --out dump
  ekv-roundtrip dump fsm:000000000000002a.fsm --out dump
  SOURCE_DATE_EPOCH=0 ekv-roundtrip dump db:db --out dump --force";

/// Dump the lists of a database or a snapshot through the encoder
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// The database or snapshot, db:DIR or fsm:FILE
    #[arg(value_parser = prefixed_path(RecordsArgument::parse))]
    source: RecordsArgument,
    #[command(flatten)]
    at: AtFlag,
    /// Folder for the new dump; it must be absent or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of the Redis database: the lists go to the folder redis/db_N
    #[arg(long, value_name = "N", default_value_t = 0)]
    db_index: u32,
    /// Replace what is in the folder, once the new dump is complete; but never a dump with lists by one without lists
    #[arg(long)]
    force: bool,
    /// Do not wait until the dump is on the disk; a loss of power soon afterwards may leave a part of it
    #[arg(long)]
    no_sync: bool,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let mut manifest = Manifest::new(manifest_time()?);
    let records = arguments.source.open(arguments.at.at)?;
    describe(&records, &mut manifest);
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse };
    refuse_to_replace_the_source(arguments)?;
    let staged = StagedDir::new(&arguments.out, existing).map_err(Failure::input)?;

    let counter = progress::counter("records");
    let options = DumpOptions { db_index: arguments.db_index, manifest };
    let summary = records
        .read(|source| encode_ordered(&Counted { source, counter: &counter }, staged.dir(), &options))
        .map_err(|error| {
            let (source, error) = (arguments.source.path().display(), error.below(&arguments.out));
            Failure::Input(format!("dump of {source}: {error}"))
        })?;
    counter.finish_and_clear();
    if summary.total() == 0 {
        refuse_to_replace_by_nothing(arguments)?;
    }
    let published = if arguments.no_sync { staged.publish_without_sync() } else { staged.publish() };
    published.map_err(Failure::input)?;
    for warning in &summary.warnings {
        note(&format!("warning: {warning}"));
    }
    let counts = FAMILIES.iter().map(|row| {
        let Count { keys, elements } = summary.of(row.family);
        format!("{}, {}", counted(keys, row.name), counted(elements, row.element))
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    note(&format!("dumped {counts} to {}", arguments.out.display()));
    if summary.total() == 0 {
        note(&format!("warning: {} holds no list{}", arguments.source.path().display(), moment(arguments)));
    }
    Ok(Verdict::Holds)
}

/// What the manifest says of where the records come from: the commit, and the log index if the snapshot's name has one.
///
/// `source.fsm_path` is left out, so that every way to the same records, from a database or from a snapshot, leads to
/// the same bytes. The price is that a dump does not name the file that it was made from.
fn describe(records: &OpenRecords, manifest: &mut Manifest) {
    manifest.last_commit_ts = records.last_commit().map(|commit| commit.0).filter(|commit| *commit != 0);
    manifest.snapshot_index = records.log_index();
}

/// The dump must not take the place of what is dumped.
fn refuse_to_replace_the_source(arguments: &Arguments) -> Result<(), Failure> {
    let (out, source) = (&arguments.out, arguments.source.path());
    match (out.canonicalize(), source.canonicalize()) {
        (Ok(folder), Ok(path)) if path.starts_with(&folder) => {
            let (out, source) = (out.display(), source.display());
            Err(Failure::Input(format!("output folder {out} holds {source}; name another one")))
        }
        _ => Ok(()),
    }
}

/// A source without a list may have lost them, and then the dump in its way is the last that has them.
fn refuse_to_replace_by_nothing(arguments: &Arguments) -> Result<(), Failure> {
    // A dump of nothing has no such folder.
    if !arguments.out.join(REDIS_DIR).exists() {
        return Ok(());
    }
    let (source, out) = (arguments.source.path().display(), arguments.out.display());
    Err(Failure::Input(format!(
        "--out {out}: {source} holds no list{}, and the dump that it would replace has some; if that is right, remove {out} \
         first",
        moment(arguments)
    )))
}

/// Of what moment the source is read, if not of its last one.
fn moment(arguments: &Arguments) -> String {
    arguments.at.at.map_or_else(String::new, |at| format!(" as of commit {at}"))
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
struct Counted<'a> {
    source: &'a dyn RecordSource,
    counter: &'a indicatif::ProgressBar,
}

impl RecordSource for Counted<'_> {
    fn scan(&self, namespace: Namespace, visit: &mut Visit<'_>) -> Result<(), SourceError> {
        // The counter looks at the clock each time.
        const RECORDS_AT_ONCE: u64 = 1000;
        let mut uncounted = 0;
        let scanned = self.source.scan(namespace, &mut |record| {
            uncounted += 1;
            if uncounted == RECORDS_AT_ONCE {
                self.counter.inc(std::mem::take(&mut uncounted));
            }
            visit(record)
        });
        self.counter.inc(uncounted);
        scanned
    }
}
