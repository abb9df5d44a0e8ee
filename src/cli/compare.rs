//! `compare`: do two sources show the same lists?

use std::io::Write as _;

use clap::{Args, ValueEnum};

use super::annotations;
use super::ended::{Ended, Failure, Verdict};
use super::expect_flag::ExpectFlag;
use super::key_flag::{ABOUT_KEYS, KeyFlag};
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::prefixed_path::prefixed_path;
use super::recording_flags::RecordingFlags;
use super::records::AtFlag;
use super::source::Source;
use super::style::{BAD, GOOD, OPEN, diff, paint};
use crate::compare::{Comparison, ExpiryTolerance, SideNames, compare_within};
use crate::format::counted;

const NOTES: &str = "The exit code is 0 if both show the same lists, and 1 if they differ.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip compare trace:trace.jsonl dump:dump
  ekv-roundtrip compare fsm:snapshot.fsm dump:dump       is this dump true to that snapshot?
  ekv-roundtrip compare db:db dump:dump --expect-lists 1 and are there lists at all?
  ekv-roundtrip compare db:db state:expected.jsonl --format json
  ekv-roundtrip compare db:db dump:dump --key 'jobs:*'   only these lists
  ekv-roundtrip compare redis://one:6379 redis://two:6379 --ttl-tolerance 2000
                                                         two servers, expiries within two seconds";

/// Compare the lists that two sources show
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{ABOUT_KEYS}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// trace:FILE, db:DIR, fsm:FILE, dump:DIR, state:FILE or redis://HOST:PORT[/DB]
    #[arg(value_parser = prefixed_path(Source::parse))]
    a: Source,
    /// The other one
    #[arg(value_parser = prefixed_path(Source::parse))]
    b: Source,
    #[command(flatten)]
    at: AtFlag,
    #[command(flatten)]
    key: KeyFlag,
    /// What has expired by this time is left out, in Unix milliseconds [default: the last time that either source knows]
    #[arg(long, value_name = "T")]
    now_ms: Option<u64>,
    /// Expiries are equal if they are at most this far apart, in milliseconds [default: 0; more for a server that gives only
    /// the time left, and then it is printed]
    #[arg(long, value_name = "MS")]
    ttl_tolerance: Option<u64>,
    #[command(flatten)]
    recording: RecordingFlags,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    expect: ExpectFlag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    if arguments.a.is_standard_input() && arguments.b.is_standard_input() {
        return Err(Failure::Input("standard input can be only one of the two sources".to_owned()));
    }
    if arguments.at.at.is_some() && !arguments.a.has_commits() && !arguments.b.has_commits() {
        return Err(Failure::Input("--at: neither source has commits; those of db: and fsm: have".to_owned()));
    }
    let read = |source: &Source| source.read(arguments.at.at, "compared", &arguments.recording);
    let (mut a, mut b) = (read(&arguments.a)?, read(&arguments.b)?);
    [&mut a.state, &mut b.state].into_iter().for_each(|state| arguments.key.retain(state));
    let now_ms = arguments.now_ms.or(a.state.last_ms.max(b.state.last_ms)).unwrap_or(0);
    let tolerance = match (a.expiry_uncertainty_ms, b.expiry_uncertainty_ms, arguments.ttl_tolerance) {
        (Some(_), Some(_), Some(ms)) => ExpiryTolerance::Within(ms),
        (Some(a_ms), Some(b_ms), None) => ExpiryTolerance::Within(a_ms.saturating_add(b_ms)),
        (None, ..) | (_, None, _) => ExpiryTolerance::Ignored,
    };
    let comparison = compare_within(&a.state, &b.state, now_ms, tolerance);
    let (left, right) = (arguments.a.to_string(), arguments.b.to_string());
    let names = SideNames { left: &left, right: &right };
    let mut out = if arguments.format == Format::Text { Output::people() } else { Output::standard() };
    let printed = match arguments.format {
        Format::Text => {
            let style = if comparison.lists == 0 { OPEN } else { GOOD };
            let verdict = paint(if comparison.is_equal() { style } else { BAD }, verdict_line(&comparison));
            writeln!(out, "{}{verdict}", diff(&comparison.render(names)))
        }
        Format::Json => writeln!(out, "{:#}", comparison.to_json(names)),
    };
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    if comparison.lists == 0 {
        let why = if a.state.keys.is_empty() && b.state.keys.is_empty() {
            ""
        } else {
            "; what they hold is empty or has expired"
        };
        let key = arguments.key.words();
        note(&format!(
            "warning: nothing was compared: neither {left} nor {right} shows a list{key} at {now_ms} ms{why}"
        ));
    }
    let expected = arguments.expect.verdict(comparison.lists, "compared", &format!("{left} and {right}"));
    if comparison.is_equal() {
        return Ok(expected);
    }
    annotations::error(&verdict_line(&comparison), None, &comparison.render(names));
    Ok(Verdict::Finding)
}

fn verdict_line(comparison: &Comparison) -> String {
    let (lists, now_ms) = (counted(comparison.lists, "list"), comparison.now_ms);
    let tolerance = comparison.tolerance_words();
    match comparison.differing_keys() {
        0 if comparison.lists == 0 => format!("nothing compared: no list on either side at {now_ms} ms"),
        0 => format!("same visible state: {lists} at {now_ms} ms{tolerance}"),
        differing => format!("different visible state in {differing} of {lists} at {now_ms} ms{tolerance}"),
    }
}
