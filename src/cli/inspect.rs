//! `inspect`: every record of a database or a snapshot, decoded.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::ended::{Ended, Failure, Verdict};
use super::key_flag::{ABOUT_KEYS, KeyFlag};
use super::output::{Output, note, write_failure};
use super::prefixed_path::prefixed_path;
use super::records::{AtFlag, RecordsArgument};
use crate::format::snapshot::Row;
use crate::format::{KeyPattern, counted, record};
use crate::inspect::{
    Place, RenderedCounts, deleted_record, named, write_json, write_row_json, write_row_text, write_text,
};
use crate::picture::{Picture, Sources, Windows};
use crate::records::{Namespace, RecordSource, VersionSource, visit_records};
use crate::snapshot::{FileRow, SnapshotFile};

/// The lists that are drawn where no key is named.
const DRAWN: usize = 20;

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip inspect db:db
  ekv-roundtrip inspect db:db --key jobs:7
  ekv-roundtrip inspect db:db --key 'jobs:*'
  ekv-roundtrip inspect db:db --key 'a%00%FF' --format jsonl
  ekv-roundtrip inspect db:db --key jobs:7 --picture
  ekv-roundtrip inspect fsm:live.fsm --versions";

const NOTES: &str = "\
A malformed record is printed with what is wrong with it, and the exit code is then 2. With --key, a malformed record is \
printed if its raw key holds such a key anywhere. If no record has such a key, the exit code is 1. As text, a line \
for each list follows, with its resolved head, len and tail.";

/// Print every record of a database or a snapshot, decoded, with annotated hex
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{ABOUT_KEYS}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// The database or snapshot, db:DIR or fsm:FILE
    #[arg(value_parser = prefixed_path(RecordsArgument::parse))]
    source: RecordsArgument,
    #[command(flatten)]
    at: AtFlag,
    #[command(flatten)]
    key: KeyFlag,
    /// How to print records
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Draw each list along its sequence numbers instead: what its window is made of, items, deleted items, claims
    #[arg(long, conflicts_with_all = ["format", "versions"])]
    picture: bool,
    /// Every row of a snapshot file, in its order: older versions, tombstones and the engine's own rows too
    #[arg(long)]
    versions: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Jsonl,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let records = arguments.source.open(arguments.at.at)?;
    let mut counts = RenderedCounts::default();
    if arguments.versions {
        let Some(snapshot) = records.snapshot() else {
            let path = arguments.source.path().display();
            let hint = "write one with `snapshot --history all`";
            return Err(Failure::Input(format!(
                "--versions: {path} is no snapshot file, which alone has rows; {hint}"
            )));
        };
        Output::standard().write_all(|out| write_rows(arguments, snapshot, &mut counts, out))?;
    } else if arguments.picture {
        let draw = |out: &mut dyn Write| {
            records.read_with_versions(|source, versions| write_pictures(arguments, source, versions, &mut counts, out))
        };
        Output::standard().write_all(draw)?;
    } else {
        Output::standard()
            .write_all(|out| records.read(|source| write_records(arguments, source, &mut counts, out)))?;
    }
    if counts.malformed > 0 {
        let (malformed, records) = (counts.malformed, counts.records);
        let path = arguments.source.path().display();
        return Err(Failure::Input(format!("{malformed} of the {records} records shown of {path} are malformed")));
    }
    match arguments.key.pattern() {
        Some(_) if counts.records == 0 => {
            note(&format!("{} has no record{}", arguments.source.path().display(), arguments.key.words()));
            Ok(Verdict::Finding)
        }
        None if counts.records == 0 => {
            note(&format!("warning: {} holds no record", arguments.source.path().display()));
            Ok(Verdict::Holds)
        }
        _ => Ok(Verdict::Holds),
    }
}

fn write_records(
    arguments: &Arguments,
    source: &dyn RecordSource,
    counts: &mut RenderedCounts,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut windows = Windows::default();
    visit_records(source, Namespace::All, |record| {
        let (key, value) = (record.key, record.value);
        if arguments.key.pattern().is_some_and(|wanted| !concerns(key, value, wanted)) {
            return Ok(());
        }
        counts.add(key, value);
        match arguments.format {
            Format::Text => {
                windows.add(key, value);
                write_text(key, value, out)
            }
            Format::Jsonl => write_json(key, value, out),
        }
        .map_err(write_failure)
    })?;
    windows.write(out).map_err(write_failure)
}

/// Draws the lists.
fn write_pictures(
    arguments: &Arguments,
    source: &dyn RecordSource,
    versions: Option<&dyn VersionSource>,
    counts: &mut RenderedCounts,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut lists = Windows::default();
    let mut add = |key: &[u8], value: &[u8]| {
        if arguments.key.pattern().is_none_or(|wanted| concerns(key, value, wanted)) {
            counts.add(key, value);
            lists.add(key, value);
        }
    };
    visit_records(source, Namespace::All, |record| {
        add(record.key, record.value);
        Ok::<(), Failure>(())
    })?;
    let sources = Sources { records: source, versions, step_of: &|_| None, other: None, around: None };
    // A list of which nothing is left may have been there.
    let named = arguments.key.pattern().and_then(KeyPattern::exact).filter(|_| lists.count() == 0);
    for (place, user_key) in lists.user_keys().take(DRAWN).chain(named).enumerate() {
        let picture = Picture::of(&sources, user_key)?;
        if named.is_some() && picture.cells.is_empty() {
            continue;
        }
        counts.records += u64::from(named.is_some());
        let between = if place == 0 { "" } else { "\n\n" };
        write!(out, "{between}{}", picture.text()).map_err(write_failure)?;
    }
    if lists.count() > DRAWN {
        let more = counted((lists.count() - DRAWN) as u64, "more list");
        writeln!(out, "\n\n{more}: name one with --key").map_err(write_failure)?;
    }
    Ok(())
}

/// Writes the rows of a snapshot file. Of a tombstone the key tells which list it is about.
fn write_rows(
    arguments: &Arguments,
    snapshot: &SnapshotFile,
    counts: &mut RenderedCounts,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    snapshot.visit_rows(|FileRow { offset, number, raw_key, row }| {
        let is_wanted = arguments.key.pattern().is_none_or(|wanted| row_concerns(&row, wanted));
        if !is_wanted {
            return Ok(());
        }
        match row {
            Row::Version { key, value: Some(value), .. } => counts.add(key, value),
            Row::Version { value: None, .. } | Row::Raw { .. } => counts.records += 1,
        }
        let place = Place { offset, row: number };
        match arguments.format {
            Format::Text => write_row_text(place, raw_key, &row, out),
            Format::Jsonl => write_row_json(place, raw_key, &row, out),
        }
        .map_err(write_failure)
    })
}

fn row_concerns(row: &Row<'_>, wanted: &KeyPattern) -> bool {
    match *row {
        Row::Version { key, value: Some(value), .. } => concerns(key, value, wanted),
        Row::Version { key, value: None, .. } => {
            deleted_record(key).user_key().is_some_and(|user_key| wanted.matches(user_key))
        }
        Row::Raw { .. } => false,
    }
}

/// Whether a record names the wanted key, or is malformed and may have been meant to.
fn concerns(key: &[u8], value: &[u8], wanted: &KeyPattern) -> bool {
    match record::classify(key, value) {
        Ok(_) => named(key, value).is_some_and(|user_key| wanted.matches(user_key)),
        Err(_) => wanted.matches_within(key),
    }
}
