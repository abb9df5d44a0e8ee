//! `probe`: a decoder of somebody else's, rule by rule; or a server, form by form.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use glob::Pattern;

use super::access_flags::AccessFlags;
use super::ended::{Ended, Failure, Verdict};
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::password::with_password;
use super::scratch::scratch_dir;
use super::signals::on_signals;
use super::style::{of_verdict, paint};
use super::{annotations, input, progress};
use crate::decoder::Decoder;
use crate::probe::{self, Layout, Matrix, Report, Waivers};
use crate::server::{FORMS, ServerAddress};

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip probe --decoder 'exec:./my-decoder --input {fsm} --output {out}'
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --only 'framing-*' -v
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --format markdown > bugs.md
  ekv-roundtrip probe --decoder 'exec:./my-decoder {fsm} {out}' --waive known-bugs.txt
  ekv-roundtrip probe --store redis://localhost:6379 --format markdown > forms.md";

const NOTES: &str = "\
A decoder gets one tiny snapshot for each rule of the format. Its command runs once for each. {fsm} is replaced by the \
snapshot, {out} by the folder of the dump, which does not exist yet. No shell is involved. The command must exit with 0 and \
leave a dump, or refuse the snapshot: exit with another code and leave nothing. Each run may take a minute.

With --store, each form of each command is sent to a server once: without a count and with one, with each option. The \
server's database must be empty, unless --flush allows this tool to empty it.

Verdicts: ok, bug, open (the format does not say what is right), unknown (the server does not know the form), waived.

The exit code is 1 if there is a bug that is not waived. A file of waivers has one line per known bug, NAME: REASON. NAME is \
what the first column of the table says. A waiver that is not needed any more is printed.";

/// Test a decoder rule by rule, or a server command by command
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// The decoder: exec: and its command, in which {fsm} stands for the snapshot and {out} for the new dump
    #[arg(long, value_name = "exec:CMD", required_unless_present = "store")]
    decoder: Option<Decoder>,
    /// Test this server instead of a decoder: redis://HOST:PORT[/DB], or rediss:// for TLS
    #[arg(long, value_name = "URL", conflicts_with = "decoder")]
    store: Option<ServerAddress>,
    #[command(flatten)]
    access: AccessFlags,
    /// Run only the probe or the form of this name; may be given more than once. * stands for any text, ? for any character
    #[arg(long, value_name = "NAME|GLOB")]
    only: Vec<Pattern>,
    /// Print the rows that are ok too
    #[arg(short, long)]
    verbose: bool,
    /// How to print the result; markdown can be pasted into a bug report, and like json it has all rows
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A file of known bugs, which do not fail the run: one line NAME: REASON each
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
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
    let names = || FORMS.iter().map(|form| form.name.to_owned());
    let (only, waivers) = chosen(arguments, &names().collect::<Vec<_>>(), waivers)?;
    let access = arguments.access.access(&interrupt);
    let trials = access.try_forms(&with_password(address), &|name| only.wants(name)).map_err(Failure::input)?;
    if interrupt.is_wished() {
        return Err(Failure::Input("interrupted while the forms were tried".to_owned()));
    }
    let matrix = Matrix::new(address.to_string(), trials, &waivers);
    let matrix = matrix.map_err(|error| waiver_failure(arguments, &error))?;
    let mut out = output(arguments);
    let printed = match arguments.format {
        Format::Text => matrix.write_text(layout(arguments), &mut out),
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
    let (only, waivers) = chosen(arguments, &probe::names(), waivers)?;
    let scratch = scratch_dir()?;
    let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let bar = progress::bar("probes", 0);
    let done = |all| {
        bar.set_length(all);
        bar.inc(1);
    };
    let rows = probe::run(decoder, scratch.path(), jobs, &|name| only.wants(name), &done);
    bar.finish_and_clear();
    let report = Report::new(decoder.clone(), rows.map_err(Failure::input)?, &waivers);
    let report = report.map_err(|error| waiver_failure(arguments, &error))?;
    let mut out = output(arguments);
    let printed = match arguments.format {
        Format::Text => probe::write_text(&report, layout(arguments), &mut out),
        Format::Json => serde_json::to_writer_pretty(&mut out, &report.to_json())
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out)),
        Format::Markdown => probe::write_markdown(&report, &mut out),
    };
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    let simplest = probe::names().into_iter().next();
    if report.with_verdict(probe::Verdict::Bug).any(|row| Some(&row.name) == simplest.as_ref()) {
        note("note: not even the simplest snapshot, the first one, was decoded; is the command right?");
    }
    for row in report.with_verdict(probe::Verdict::Bug).take(annotations::SHOWN) {
        let message = format!("{}\nexpected {}, got {}\n{}", row.rule, row.expected, row.got, row.detail);
        annotations::error(&format!("probe {}", row.name), None, &message);
    }
    Ok(if report.has_bugs() { Verdict::Finding } else { Verdict::Holds })
}

/// What `--only` names; everything if it names nothing.
struct Only<'a>(&'a [Pattern]);

impl Only<'_> {
    fn wants(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(name))
    }
}

/// What is run of all that there is, and the waivers without those for what is not run.
fn chosen<'a>(arguments: &'a Arguments, names: &[String], waivers: &Waivers) -> Result<(Only<'a>, Waivers), Failure> {
    if let Some(none) = arguments.only.iter().find(|pattern| !names.iter().any(|name| pattern.matches(name))) {
        let what = if arguments.store.is_some() { "form of a command" } else { "probe" };
        let hint = "-v prints all names, in the first column";
        return Err(Failure::Input(format!("--only {none}: no {what} has such a name; {hint}")));
    }
    let (only, mut waivers) = (Only(&arguments.only), waivers.clone());
    waivers.retain(|name| only.wants(name) || !names.iter().any(|known| known == name));
    Ok((only, waivers))
}

fn output(arguments: &Arguments) -> Output {
    if arguments.format == Format::Text { Output::people() } else { Output::standard() }
}

fn layout(arguments: &Arguments) -> Layout<'static> {
    Layout { with_ok: arguments.verbose, paint: &|verdict, word| paint(of_verdict(verdict), word) }
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
