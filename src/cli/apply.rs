//! `apply`: a trace's records in RocksDB.

use std::path::PathBuf;

use clap::Args;

use super::ended::{Ended, Failure, Verdict};
use super::force_flag::ForceFlag;
use super::output::{note, write_failure};
use super::recording_flags::RecordingFlags;
use super::{input, progress};
use crate::case::replay::{client_reply, on_store};
use crate::database::History;
use crate::staging::{Existing, StagedDir};
use crate::store::{MetaWidth, Store};
use crate::workload::write_reply;

const AFTER_HELP: &str = "\
The database appears whole or not at all.

Examples:
  ekv-roundtrip apply --trace trace.jsonl --db db
  ekv-roundtrip apply --trace appendonlydir --db db
  ekv-roundtrip apply --trace - --db db --meta 32 --compact --replies replies.jsonl";

/// Runs a trace on the store and leaves its RocksDB database
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The trace: JSON lines, Redis's append-only file or its folder, or the output of MONITOR; - is standard input
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
    /// The new database; the folder must be absent or empty
    #[arg(long, value_name = "DIR")]
    db: PathBuf,
    /// Size of the base metas that the store writes, in bytes
    #[arg(long, value_name = "24|32", value_parser = ["24", "32"], default_value = "24", hide_possible_values = true)]
    meta: String,
    /// After the last step, compact every list
    #[arg(long)]
    compact: bool,
    /// Keep every version of every record beside the present state, for `snapshot --history` and `--at`
    #[arg(long)]
    history: bool,
    /// Write the replies, one a line, RESP2 as JSON; an error is {"error":"ERR ..."}
    #[arg(long, value_name = "FILE")]
    replies: Option<PathBuf>,
    #[command(flatten)]
    force: ForceFlag,
    #[command(flatten)]
    recording: RecordingFlags,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let width = if arguments.meta == "32" { MetaWidth::Long } else { MetaWidth::Short };
    let history = if arguments.history { History::Kept } else { History::Dropped };
    input::refuse_to_overwrite(&arguments.trace, arguments.replies.as_deref(), "--replies")?;
    refuse_replies_inside(arguments)?;
    let mut steps = input::open_trace(&arguments.trace, &arguments.recording)?;
    let staged = StagedDir::new(&arguments.db, Existing::RefuseAlways).map_err(Failure::input)?;
    let mut replies = arguments.replies.as_deref().map(|path| arguments.force.create("--replies", path)).transpose()?;
    let created = staged.undisturbed(|| Store::create(&staged.path(), width, history));
    let mut store = created.map_err(Failure::input)?;

    let counter = progress::counter("steps");
    let mut refused = 0_u64;
    for step in steps.by_ref() {
        let step = step.map_err(|error| input::trace_failure(&arguments.trace, &error))?;
        let answers = on_store(&mut store, &step).map_err(Failure::input)?;
        refused += answers.iter().filter(|answer| matches!(answer, crate::store::Answer::Refused(_))).count() as u64;
        if let (Some(out), Some(reply)) = (&mut replies, client_reply(&step, answers)) {
            write_reply(&reply, out).map_err(write_failure)?;
        }
        counter.inc(1);
    }
    if arguments.compact {
        for key in store.keys().map_err(Failure::input)? {
            store.compact(&key).map_err(Failure::input)?;
        }
    }
    store.sync().map_err(Failure::input)?;
    drop(store);
    counter.finish_and_clear();
    if let Some(replies) = replies {
        replies.finish()?;
    }
    staged.publish().map_err(Failure::input)?;
    steps.notes().iter().for_each(|line| note(line));
    if refused > 0 {
        let commands = if refused == 1 { "command" } else { "commands" };
        note(&format!(
            "note: the store refused {refused} {commands} because of its own limits, which Redis does not have"
        ));
    }
    Ok(Verdict::Holds)
}

/// The database's folder is put in place as a whole, and would take the replies' place.
fn refuse_replies_inside(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.replies {
        Some(replies) if replies.starts_with(&arguments.db) => {
            let (replies, db) = (replies.display(), arguments.db.display());
            Err(Failure::Input(format!("--replies {replies}: {db} will hold the database; name a file outside of it")))
        }
        _ => Ok(()),
    }
}
