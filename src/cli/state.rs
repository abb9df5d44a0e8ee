//! `state`: what a Redis client would see.

use clap::Args;

use super::output::{Output, write_failure};
use super::source::Source;
use super::{Ended, Verdict};

const AFTER_HELP: &str = "\
Examples:
  ekv-roundtrip state trace:trace.jsonl          what Redis would show after this workload
  ekv-roundtrip state db:db                      what the store shows
  ekv-roundtrip state dump:dump --now-ms 0       what the dump shows, nothing being expired yet";

/// Prints the visible state of a source as JSON lines, sorted by key
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// trace:FILE, db:DIR, dump:DIR or state:FILE
    source: Source,
    /// The time that decides what has expired, in Unix milliseconds [default: the source's own last time]
    #[arg(long, value_name = "T")]
    now_ms: Option<u64>,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let mut state = arguments.source.read()?;
    // A source without a time of its own shows all that it holds.
    state.retain_visible(arguments.now_ms.or(state.last_ms).unwrap_or(0));
    Output::standard().write_all(|out| state.write_json_lines(out).map_err(write_failure))?;
    Ok(Verdict::Holds)
}
