//! `probe`: a decoder of somebody else's, rule by rule; or a server, form by form.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::access_flags::AccessFlags;
use super::ended::{Ended, Failure, Verdict};
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::password::with_password;
use super::scratch::scratch_dir;
use super::signals::on_signals;
use super::{annotations, input, progress};
use crate::decoder::Decoder;
use crate::probe::{self, Matrix, Report, Waivers, probes};
use crate::server::ServerAddress;

const AFTER_HELP: &str = "\
Each probe is a tiny snapshot about one rule of the format. The command is run once for each, with {fsm} replaced by the \
snapshot and {out} by the folder of the dump, which does not exist yet; no shell is involved. It must end with 0 and leave \
a dump, or refuse the snapshot with another exit code and leave nothing. Each run may take a minute.

With --store each form of each command is tried once on a server: without and with a count, with each option. The server's \
database must be empty, or --flush allows it to be emptied. The verdict is ok, bug, or unknown where the server does not know \
the form.

The verdict on a decoder is ok, bug, or open where the format leaves open what is right. Ends with 1 when there is a bug that \
is not waived. A file of waivers has lines NAME: REASON, NAME being what stands in the first column; it is said when one is \
not needed any more.

Examples:
  ekv-roundtrip probe --decoder 'exec:./my-decoder --input {fsm} --output {out}'
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --format markdown > bugs.md
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --waive known-bugs.txt
  ekv-roundtrip probe --store redis://localhost:6379 --format markdown > forms.md";

/// Puts tiny snapshots to a decoder, or each form of each command to a server
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// The decoder: exec: and a command in which {fsm} and {out} occur
    #[arg(long, value_name = "exec:CMD", required_unless_present = "store")]
    decoder: Option<Decoder>,
    /// A server in place of a decoder, redis://HOST:PORT[/DB]; rediss:// for TLS
    #[arg(long, value_name = "URL", conflicts_with = "decoder")]
    store: Option<ServerAddress>,
    #[command(flatten)]
    access: AccessFlags,
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
    match (&arguments.decoder, &arguments.store) {
        (_, Some(address)) => run_on_server(arguments, address, &waivers),
        (Some(decoder), None) => match arguments.access.to_flags().first() {
            Some(flag) => Err(Failure::Input(format!("{flag}: name a server, with --store"))),
            None => run_on_decoder(arguments, decoder, &waivers),
        },
        (None, None) => Err(Failure::Input("name a decoder with --decoder, or a server with --store".to_owned())),
    }
}

fn run_on_server(arguments: &Arguments, address: &ServerAddress, waivers: &Waivers) -> Ended {
    // What the forms leave behind is taken away again.
    let interrupt = on_signals();
    let trials = arguments.access.access(&interrupt).try_forms(&with_password(address)).map_err(Failure::input)?;
    if interrupt.is_wished() {
        return Err(Failure::Input("interrupted while the forms were tried".to_owned()));
    }
    let matrix = Matrix::new(address.to_string(), trials, waivers);
    let matrix = matrix.map_err(|error| waiver_failure(arguments, &error))?;
    let mut out = Output::standard();
    let printed = match arguments.format {
        Format::Text => matrix.write_text(&mut out),
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &matrix).map_err(std::io::Error::from).and_then(|()| writeln!(out))
        }
        Format::Markdown => matrix.write_markdown(&mut out),
    };
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    for (form, message) in matrix.bugs().take(annotations::SHOWN) {
        annotations::error(&format!("form {form}"), None, &message);
    }
    Ok(if matrix.has_bugs() { Verdict::Finding } else { Verdict::Holds })
}

fn run_on_decoder(arguments: &Arguments, decoder: &Decoder, waivers: &Waivers) -> Ended {
    let scratch = scratch_dir()?;
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let bar = progress::bar("probes", probes().len() as u64);
    let rows = probe::run(decoder, scratch.path(), jobs, &|| bar.inc(1));
    bar.finish_and_clear();
    let report = Report::new(decoder.clone(), rows.map_err(Failure::input)?, waivers);
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
    let text = input::read_text(path).map_err(|error| Failure::Input(format!("read {}: {error}", path.display())))?;
    Waivers::parse(&text).map_err(|error| waiver_failure(arguments, &error))
}

fn waiver_failure(arguments: &Arguments, error: &probe::WaiverError) -> Failure {
    let path = arguments.waive.as_deref().unwrap_or(std::path::Path::new("-"));
    Failure::Input(format!("waivers {}: {error}", path.display()))
}
