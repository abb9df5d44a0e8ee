//! `state`: what a Redis client would see.

use clap::Args;

use super::ended::{Ended, Failure};
use super::expect_flag::ExpectFlag;
use super::key_flag::{ABOUT_KEYS, KeyFlag};
use super::output::{Output, note, write_failure};
use super::prefixed_path::prefixed_path;
use super::recording_flags::RecordingFlags;
use super::records::AtFlag;
use super::source::Source;

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip state trace:trace.jsonl          what Redis would show after this workload
  ekv-roundtrip state trace:appendonlydir        what a server showed that wrote this append-only file
  ekv-roundtrip state db:db                      what the store shows
  ekv-roundtrip state fsm:000000000000002a.fsm   what the live store showed when it wrote this snapshot
  ekv-roundtrip state dump:dump --now-ms 0       what the dump shows, nothing being expired yet
  ekv-roundtrip state dump:dump --expect-lists 1 fails if there is no list
  ekv-roundtrip state db:db --key 'jobs:*'       only these lists
  ekv-roundtrip state redis://localhost:6379     the lists of a server";

/// Print the lists that a client would see, as JSON lines sorted by key
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{ABOUT_KEYS}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// trace:FILE, db:DIR, fsm:FILE, dump:DIR, state:FILE or redis://HOST:PORT[/DB]
    #[arg(value_parser = prefixed_path(Source::parse))]
    source: Source,
    #[command(flatten)]
    at: AtFlag,
    #[command(flatten)]
    key: KeyFlag,
    /// What has expired by this time is left out, in Unix milliseconds [default: the last time that the source knows]
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
    arguments.key.retain(&mut state);
    let held = state.keys.len();
    // A source without a time of its own shows all that it holds.
    let now_ms = arguments.now_ms.or(state.last_ms).unwrap_or(0);
    state.retain_visible(now_ms);
    Output::standard().write_all(|out| state.write_json_lines(out).map_err(write_failure))?;
    let source = arguments.source.to_string();
    match (state.keys.len(), held) {
        (0, 0) => note(&format!("warning: {source} holds no list{}", arguments.key.words())),
        (0, _) => {
            let key = arguments.key.words();
            note(&format!("warning: {source} shows no list{key}: at {now_ms} ms each is empty or has expired"));
        }
        _ => {}
    }
    Ok(arguments.expect.verdict(state.keys.len() as u64, "found", &source))
}
