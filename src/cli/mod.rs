//! The command line: one file per subcommand, each with its flags, its help and its `run`.
//!
//! What a subcommand ends with is a [`Verdict`] or a [`Failure`]; [`run`] alone turns that into an exit code:
//!
//! | code | meaning |
//! | --- | --- |
//! | 0 | what was asked holds |
//! | 1 | a finding |
//! | 2 | usage, environment or corrupt input |
//! | 3 | a defect of this tool itself |

mod access_flags;
mod annotations;
mod apply;
mod bench;
mod check_flags;
mod check_history;
mod compare;
mod completions;
mod coverage_flags;
mod dump;
mod duration;
mod ended;
mod engine_flag;
mod expect_flag;
mod faults;
mod findings;
mod fixtures;
mod force_flag;
mod generate;
mod input;
mod inspect;
mod key_flag;
mod man;
mod merge;
mod output;
mod password;
mod prefixed_path;
mod probe;
mod progress;
mod recording_flags;
mod records;
mod restore;
mod results;
mod scratch;
mod server_flags;
mod server_source;
mod shape_flags;
mod shard_flags;
mod shown;
mod shrink;
mod signals;
mod snapshot;
mod source;
mod source_guess;
mod state;
mod step_summary;
mod style;
mod verify;

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use clap::error::ContextValue;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use ended::Ended;
pub use ended::{Failure, Verdict};

use crate::jobs::wait_for_undoing;
use crate::server::ServerAddress;

const LONG_ABOUT: &str = "\
Proves a storage format right: elastickv keeps Redis lists as many small key-value records, a backup encoder turns those \
records into logical dumps, and this tool checks that what comes out is what a Redis client would see.

verify generates workloads, writes the records that the live store would write into RocksDB, dumps them through the \
encoder, reads the dump back and compares it with a model of Redis. The other commands are its parts, for your own data.";

const AFTER_HELP: &str = "\
Examples:
  ekv-roundtrip verify --time 60s                           fuzz the round trip for a minute
  ekv-roundtrip verify --seed 42 --case 17                  repeat one case of a seed
  ekv-roundtrip generate --seed 1 --out trace.jsonl         a workload as a plain file
  ekv-roundtrip apply --trace trace.jsonl --db db           its records in RocksDB
  ekv-roundtrip dump db:db --out dump                       the logical dump of a database
  ekv-roundtrip compare trace:trace.jsonl dump:dump         do they show the same lists?
  ekv-roundtrip inspect db:db --key jobs:7                  every record of a key, in hex and in words

Exit codes:
  0  holds    1  a finding    2  usage, environment or corrupt input    3  a defect of this tool";

/// Proves a storage format right.
#[derive(Debug, Parser)]
#[command(name = "ekv-roundtrip", version, about = "Checks that list records, their dumps and Redis say the same",
          long_about = LONG_ABOUT, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Verify(Box<verify::Arguments>),
    Shrink(Box<shrink::Arguments>),
    Faults(faults::Arguments),
    Merge(merge::Arguments),
    Generate(generate::Arguments),
    Apply(apply::Arguments),
    State(state::Arguments),
    Compare(compare::Arguments),
    CheckHistory(check_history::Arguments),
    Dump(dump::Arguments),
    Inspect(inspect::Arguments),
    Snapshot(snapshot::Arguments),
    Restore(restore::Arguments),
    Probe(probe::Arguments),
    Fixtures(fixtures::Arguments),
    Bench(bench::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the tool with the process's arguments.
pub fn run() -> ExitCode {
    let matches = tool().try_get_matches();
    let parsed = matches.and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut tool())));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let ended =
        std::panic::catch_unwind(AssertUnwindSafe(|| signals::listen().and_then(|()| run_command(&cli.command))));
    // Whoever ends the process in the middle of this shall not be overtaken.
    wait_for_undoing();
    match ended {
        Ok(Ok(Verdict::Holds)) | Ok(Err(Failure::BrokenPipe)) => ExitCode::SUCCESS,
        Ok(Ok(Verdict::Finding)) => ExitCode::from(1),
        Ok(Err(Failure::Input(message))) => {
            // It may quote a word of the command line that was meant for an address.
            let message = ServerAddress::redacted(&message);
            output::note(&format!("error: {message}"));
            annotations::error("error", None, &message);
            ExitCode::from(2)
        }
        Ok(Err(Failure::Defect(message))) => {
            output::note(&format!("defect: {message}"));
            annotations::error("defect", None, &message);
            ExitCode::from(3)
        }
        // The panic hook has said what and where.
        Err(_) => {
            let message = "this is a bug of ekv-roundtrip, not of what it checked; please report it";
            output::note(&format!("defect: {message}"));
            annotations::error("defect", None, message);
            ExitCode::from(3)
        }
    }
}

fn tool() -> clap::Command {
    man::with_names(Cli::command())
}

fn run_command(command: &Subcommands) -> Ended {
    match command {
        Subcommands::Verify(arguments) => verify::run(arguments),
        Subcommands::Shrink(arguments) => shrink::run(arguments),
        Subcommands::Faults(arguments) => faults::run(arguments),
        Subcommands::Merge(arguments) => merge::run(arguments),
        Subcommands::Generate(arguments) => generate::run(arguments),
        Subcommands::Apply(arguments) => apply::run(arguments),
        Subcommands::State(arguments) => state::run(arguments),
        Subcommands::Compare(arguments) => compare::run(arguments),
        Subcommands::CheckHistory(arguments) => check_history::run(arguments),
        Subcommands::Dump(arguments) => dump::run(arguments),
        Subcommands::Inspect(arguments) => inspect::run(arguments),
        Subcommands::Snapshot(arguments) => snapshot::run(arguments),
        Subcommands::Restore(arguments) => restore::run(arguments),
        Subcommands::Probe(arguments) => probe::run(arguments),
        Subcommands::Fixtures(arguments) => fixtures::run(arguments),
        Subcommands::Bench(arguments) => bench::run(arguments),
        Subcommands::Completions(arguments) => completions::run(arguments, tool()),
        Subcommands::Man(arguments) => man::run(arguments, tool()),
    }
}

/// Arguments that are not taken, and requests for help. What is quoted of the arguments may hold a password.
fn refused(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let mut shown = ServerAddress::redacted(&text);
    // An address whose scheme was forgotten.
    for (_, value) in error.context() {
        if let ContextValue::String(value) = value
            && value.split_once('@').is_some_and(|(login, _)| login.contains(':'))
        {
            shown = shown.replace(value.as_str(), "...");
        }
    }
    if !error.use_stderr() || shown == text {
        error.exit();
    }
    output::text_on_stderr(shown.trim_end());
    ExitCode::from(2)
}
