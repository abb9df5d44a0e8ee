//! `inspect`: every record of a database or a snapshot, decoded.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::ended::{Ended, Failure, Verdict};
use super::output::{Output, note, write_failure};
use super::prefixed_path::prefixed_path;
use super::records::{AtFlag, RecordsArgument};
use crate::format::{key_text, record};
use crate::inspect::{RenderedCounts, names, write_json, write_text};
use crate::records::{Namespace, RecordSource, visit_records};

const AFTER_HELP: &str = "\
Malformed records are shown with what is wrong with them, and end the command with exit code 2. With --key, those whose \
raw key holds the bytes of K are shown too.

Examples:
  ekv-roundtrip inspect db:db
  ekv-roundtrip inspect db:db --key 'jobs:7'
  ekv-roundtrip inspect db:db --key 'a%00%FF' --format jsonl";

/// Shows every record of a database or a snapshot, decoded, with annotated hex
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The database or snapshot, db:DIR or fsm:FILE
    #[arg(value_parser = prefixed_path(RecordsArgument::parse))]
    source: RecordsArgument,
    #[command(flatten)]
    at: AtFlag,
    /// Only the records of this user key; %HH stands for any byte, %25 for a percent sign
    #[arg(long, value_name = "K", value_parser = key_text::parse)]
    key: Option<std::vec::Vec<u8>>,
    /// How to print records
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Jsonl,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let records = arguments.source.open(arguments.at.at)?;
    let mut counts = RenderedCounts::default();
    Output::standard().write_all(|out| records.read(|source| write_records(arguments, source, &mut counts, out)))?;
    if counts.malformed > 0 {
        let (malformed, records) = (counts.malformed, counts.records);
        let path = arguments.source.path().display();
        return Err(Failure::Input(format!("{malformed} of the {records} records shown of {path} are malformed")));
    }
    match &arguments.key {
        Some(key) if counts.records == 0 => {
            note(&format!(
                "no record of {} names the key {}",
                arguments.source.path().display(),
                key_text::quoted(key)
            ));
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
    visit_records(source, Namespace::All, |record| {
        let (key, value) = (record.key, record.value);
        if arguments.key.as_deref().is_some_and(|wanted| !concerns(key, value, wanted)) {
            return Ok(());
        }
        counts.add(key, value);
        match arguments.format {
            Format::Text => write_text(key, value, out),
            Format::Jsonl => write_json(key, value, out),
        }
        .map_err(write_failure)
    })
}

/// Whether a record names the wanted key, or is malformed and may have been meant to.
fn concerns(key: &[u8], value: &[u8], wanted: &[u8]) -> bool {
    let holds_it = || wanted.is_empty() || key.windows(wanted.len()).any(|part| part == wanted);
    names(key, value, wanted) || record::classify(key, value).is_err() && holds_it()
}
