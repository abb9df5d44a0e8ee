//! What `apply` is told.

use std::path::PathBuf;

use clap::Args;

use crate::cli::force_flag::ForceFlag;
use crate::cli::recording_flags::RecordingFlags;
use crate::database::History;
use crate::store::MetaWidth;

const NOTES: &str = "\
The database appears whole or not at all.

With --durable, it is there from the first step on, and each step is on the disk before its reply is written. After a crash or a \
loss of power, the same command goes on from the last step. A file of replies goes on too, and a pipe gets the replies that \
follow. A compact-read is forgotten, as by a store that is restarted.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip apply --trace trace.jsonl --db db
  ekv-roundtrip apply --trace appendonlydir --db db
  ekv-roundtrip apply --trace - --db db --meta 32 --compact --replies replies.jsonl
  ekv-roundtrip apply --trace trace.jsonl --db db --durable --replies replies.jsonl";

/// Run a trace on the store and keep its RocksDB database
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(crate) struct Arguments {
    /// The trace: JSON lines, Redis's append-only file or its folder, or the output of MONITOR; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) trace: PathBuf,
    /// Folder for the new database; it must be absent or empty, or with --durable hold a database that --durable began
    #[arg(long, value_name = "DIR")]
    pub(super) db: PathBuf,
    /// Size of base metas in bytes
    #[arg(long, value_name = "24|32", value_parser = ["24", "32"], default_value = "24", hide_possible_values = true)]
    pub(super) meta: String,
    /// Compact every list after the last step
    #[arg(long)]
    pub(super) compact: bool,
    /// Keep every version of every record, for `snapshot --history` and `--at`
    #[arg(long)]
    pub(super) history: bool,
    /// Sync each step to the disk before its reply is written; go on with a database that was begun like this
    #[arg(long)]
    pub(super) durable: bool,
    /// Write the replies to this file, one per line: RESP2 as JSON; an error is {"error":"ERR ..."}
    #[arg(long, value_name = "FILE")]
    pub(super) replies: Option<PathBuf>,
    #[command(flatten)]
    pub(super) force: ForceFlag,
    #[command(flatten)]
    pub(super) recording: RecordingFlags,
}

impl Arguments {
    /// How the database is made.
    pub(super) fn made_with(&self) -> (MetaWidth, History) {
        let width = if self.meta == "32" { MetaWidth::Long } else { MetaWidth::Short };
        (width, if self.history { History::Kept } else { History::Dropped })
    }
}
