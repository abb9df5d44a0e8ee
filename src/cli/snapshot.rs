//! `snapshot`: a database as a snapshot file.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::ended::{Ended, Failure, Verdict};
use super::force_flag::ForceFlag;
use super::output::{note, write_failure};
use super::prefixed_path::prefixed_path;
use super::records::{AtFlag, RecordsArgument, open_to_read};
use crate::format::CommitTs;
use crate::format::counted;
use crate::format::snapshot::Framing;
use crate::snapshot::{Kept, SnapshotShape, WriteError, write_snapshot};

const NOTES: &str = "\
Earlier versions and earlier commits are available if the database was made with `apply --history`. Without it, each record \
has one version, at the last commit.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip snapshot db:db --out latest.fsm
  ekv-roundtrip snapshot db:db --out live.fsm --history window=1800000 --framing v1 --raw-rows --noise
  ekv-roundtrip snapshot db:db --out then.fsm --at 268857822412800000";

/// Write a database to a snapshot file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// The database, db:DIR
    #[arg(value_name = "SOURCE", value_parser = prefixed_path(RecordsArgument::parse))]
    source: RecordsArgument,
    /// The snapshot file; - is standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    force: ForceFlag,
    /// Versions to keep: the latest, all, or all of the last MS milliseconds
    #[arg(long, value_name = "all|latest|window=MS", default_value = "latest")]
    history: KeptArgument,
    #[command(flatten)]
    at: AtFlag,
    #[command(flatten)]
    shape: ShapeFlags,
}

/// What a snapshot holds beside lists.
#[derive(Clone, Copy, Debug, Args)]
struct ShapeFlags {
    /// Framing of the rows: bare has nothing around them, legacy a checksum, v1 and v2 a header and a checksum [default: bare]
    #[arg(long, value_name = "bare|legacy|v1|v2", value_parser = framing_parser(), hide_possible_values = true)]
    framing: Option<Framing>,
    /// Add the engine's own rows, which have no versions
    #[arg(long)]
    raw_rows: bool,
    /// Add rows of other types than lists
    #[arg(long)]
    noise: bool,
}

impl ShapeFlags {
    fn shape(self) -> SnapshotShape {
        SnapshotShape { framing: self.framing.unwrap_or(Framing::Bare), raw_rows: self.raw_rows, noise: self.noise }
    }
}

/// Takes the name of a framing.
pub(super) fn framing_parser() -> impl TypedValueParser<Value = Framing> {
    PossibleValuesParser::new(Framing::ALL.map(Framing::name)).try_map(|name| {
        let found = Framing::ALL.into_iter().find(|framing| framing.name() == name);
        found.ok_or("there is no such framing")
    })
}

#[derive(Clone, Copy, Debug)]
struct KeptArgument(Kept);

impl FromStr for KeptArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<KeptArgument, String> {
        let kept = match text.split_once('=') {
            None if text == "latest" => Some(Kept::Latest),
            None if text == "all" => Some(Kept::All),
            Some(("window", ms)) => ms.parse().ok().map(Kept::WindowMs),
            _ => None,
        };
        kept.map(KeptArgument)
            .ok_or_else(|| "the versions to keep are latest, all, or window=MS, in milliseconds".to_owned())
    }
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let RecordsArgument::Database(path) = &arguments.source else {
        return Err(Failure::Input("the source must be a database, db:DIR".to_owned()));
    };
    let database = open_to_read(path)?;
    let (at, kept) = (arguments.at.at.map(CommitTs), arguments.history.0);
    let mut rows = 0;
    arguments.force.create("--out", &arguments.out)?.write_all(|out| {
        rows = write_snapshot(&database, at, kept, arguments.shape.shape(), out).map_err(|error| match error {
            WriteError::Output(error) => write_failure(error),
            error => Failure::input(error),
        })?;
        Ok(())
    })?;
    note(&format!("wrote {} to {}", counted(rows, "row"), arguments.out.display()));
    Ok(Verdict::Holds)
}
