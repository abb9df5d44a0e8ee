//! `state`: what a Redis client would see.

use clap::Args;

use super::ended::{Ended, Failure};
use super::expect_flag::ExpectFlag;
use super::output::{Output, note, write_failure};
use super::prefixed_path::prefixed_path;
use super::recording_flags::RecordingFlags;
use super::records::AtFlag;
use super::source::Source;

const AFTER_HELP: &str = "\
Examples:
  ekv-roundtrip state trace:trace.jsonl          what Redis would show after this workload
  ekv-roundtrip state trace:appendonlydir        what a server showed that wrote this append-only file
  ekv-roundtrip state db:db                      what the store shows
  ekv-roundtrip state fsm:000000000000002a.fsm   what the live store showed when it wrote this snapshot
  ekv-roundtrip state dump:dump --now-ms 0       what the dump shows, nothing being expired yet
  ekv-roundtrip state dump:dump --expect-lists 1 fails if that is nothing
  ekv-roundtrip state redis://localhost:6379     the lists of a server";

/// Prints the visible state of a source as JSON lines, sorted by key
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// trace:FILE, db:DIR, fsm:FILE, dump:DIR, state:FILE or redis://HOST:PORT[/DB]
    #[arg(value_parser = prefixed_path(Source::parse))]
    source: Source,
    #[command(flatten)]
    at: AtFlag,
    /// The time that decides what has expired, in Unix milliseconds [default: the source's own last time]
    #[arg(long, value_name = "T")]
    now_ms: Option<u64>,
    #[command(flatten)]
    expect: ExpectFlag,
    #[command(flatten)]
    recording: RecordingFlags,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    if arguments.at.at.is_some() && !arguments.source.has_commits() {
        let source = &arguments.source;
        return Err(Failure::Input(format!("--at: {source} has no commits; those of db: and fsm: have")));
    }
    let mut state = arguments.source.read(arguments.at.at, "shown", &arguments.recording)?.state;
    let held = state.keys.len();
    // A source without a time of its own shows all that it holds.
    let now_ms = arguments.now_ms.or(state.last_ms).unwrap_or(0);
    state.retain_visible(now_ms);
    Output::standard().write_all(|out| state.write_json_lines(out).map_err(write_failure))?;
    let source = arguments.source.to_string();
    match (state.keys.len(), held) {
        (0, 0) => note(&format!("warning: {source} holds no list")),
        (0, _) => note(&format!("warning: {source} shows no list: at {now_ms} ms each is empty or has expired")),
        _ => {}
    }
    Ok(arguments.expect.verdict(state.keys.len() as u64, "found", &source))
}
