//! `probe`: a decoder of somebody else's, rule by rule.

use std::io::{Read as _, Write as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ended::{Ended, Failure, Verdict};
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::scratch::scratch_dir;
use super::{annotations, input, progress};
use crate::decoder::Decoder;
use crate::probe::{self, Report, Waivers, probes};

const AFTER_HELP: &str = "\
Each probe is a tiny snapshot about one rule of the format. The command is run once for each, with {fsm} replaced by the \
snapshot and {out} by the folder of the dump, which does not exist yet; no shell is involved. It must end with 0 and leave \
a dump, or refuse the snapshot with another exit code and leave nothing. Each run may take a minute.

The verdict is ok, bug, or open where the format leaves open what is right. Ends with 1 when there is a bug that is not \
waived. A file of waivers has lines NAME: REASON; it is said when one is not needed any more.

Examples:
  ekv-roundtrip probe --decoder 'exec:./my-decoder --input {fsm} --output {out}'
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --format markdown > bugs.md
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --waive known-bugs.txt";

/// Puts tiny snapshots, each about one rule of the format, to a decoder of yours
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The decoder: exec: and a command in which {fsm} and {out} occur
    #[arg(long, value_name = "exec:CMD")]
    decoder: Decoder,
    /// How to print the result; markdown is fit to paste into a bug report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Known bugs that shall not make it end with 1, a line NAME: REASON each
    #[arg(long, value_name = "FILE")]
    waive: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let waivers = waivers(arguments)?;
    let scratch = scratch_dir()?;
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let bar = progress::bar("probes", probes().len() as u64);
    let rows = probe::run(&arguments.decoder, scratch.path(), jobs, &|| bar.inc(1));
    bar.finish_and_clear();
    let report = Report::new(arguments.decoder.clone(), rows.map_err(Failure::input)?, &waivers);
    let report = report.map_err(|error| waiver_failure(arguments, &error))?;
    let mut out = Output::standard();
    let printed = match arguments.format {
        Format::Text => probe::write_text(&report, &mut out),
        Format::Json => serde_json::to_writer_pretty(&mut out, &report.to_json())
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out)),
        Format::Markdown => probe::write_markdown(&report, &mut out),
    };
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    if report.rows.first().is_some_and(|row| row.verdict == probe::Verdict::Bug) {
        note("note: not even the simplest snapshot, the first one, was decoded; is the command right?");
    }
    for row in report.with_verdict(probe::Verdict::Bug).take(annotations::SHOWN) {
        let message = format!("{}\nexpected {}, got {}\n{}", row.rule, row.expected, row.got, row.detail);
        annotations::error(&format!("probe {}", row.name), None, &message);
    }
    Ok(if report.has_bugs() { Verdict::Finding } else { Verdict::Holds })
}

fn waivers(arguments: &Arguments) -> Result<Waivers, Failure> {
    let Some(path) = &arguments.waive else { return Ok(Waivers::default()) };
    let mut text = String::new();
    input::open(path)?
        .read_to_string(&mut text)
        .map_err(|error| Failure::Input(format!("read {}: {error}", path.display())))?;
    Waivers::parse(&text).map_err(|error| waiver_failure(arguments, &error))
}

fn waiver_failure(arguments: &Arguments, error: &probe::WaiverError) -> Failure {
    let path = arguments.waive.as_deref().unwrap_or(std::path::Path::new("-"));
    Failure::Input(format!("waivers {}: {error}", path.display()))
}
