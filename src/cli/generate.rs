//! `generate`: a workload as a file.

use std::io::Write;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use super::ended::{Ended, Failure, Verdict};
use super::force_flag::ForceFlag;
use super::output::{note, write_failure};
use crate::workload::{CaseSpec, PROFILES, Profile, RespWriter, Step};

const NOTES: &str = "\
A trace has a header and then one step per line, such as
  {\"at_ms\":4102444800000,\"cmd\":[\"RPUSH\",\"k\",{\"base64\":\"_w\"}]}";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip generate --seed 1 --out trace.jsonl
  ekv-roundtrip generate --seed 1 --profile ttl --format resp | redis-cli --pipe";

/// Write a generated workload to a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{}\n\n{EXAMPLES}", profile_help()))]
pub(super) struct Arguments {
    /// Seed [default: random; it is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    #[command(flatten)]
    shape: CaseFlags,
    /// Profile of the workload; --help describes them
    #[arg(long, value_name = "P", default_value = "default", value_parser = PossibleValuesParser::new(profile_names()))]
    profile: String,
    /// jsonl is a trace; resp is for redis-cli --pipe, and gives a real server the same lists
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// The file to write; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    force: ForceFlag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Resp,
}

/// How large a generated case is.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct CaseFlags {
    /// Commands in a case, without those that fill the lists of the profiles long and many
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) commands: u64,
    /// Keys in a case [default: as the profile says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) keys: Option<u64>,
    /// Clients at a time [default: 1; of verify also 2 to 4, in a quarter of the cases; --store has 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(super) clients: Option<u32>,
}

impl CaseFlags {
    pub(super) fn to_flags(self) -> Vec<String> {
        let mut flags = vec!["--commands".to_owned(), self.commands.to_string()];
        flags.extend(self.keys.iter().flat_map(|keys| ["--keys".to_owned(), keys.to_string()]));
        flags.extend(self.clients.iter().flat_map(|clients| ["--clients".to_owned(), clients.to_string()]));
        flags
    }
}

pub(super) fn profile_names() -> Vec<&'static str> {
    PROFILES.iter().map(|profile| profile.name).collect()
}

fn profile_help() -> String {
    let lines = PROFILES.iter().map(|profile| format!("  {:<13} {}", profile.name, profile.description));
    format!("Profiles:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The seed, drawn if it is not given, and printed before anything else.
pub(super) fn announce_seed(given: Option<u64>) -> u64 {
    let seed = given.unwrap_or_else(rand::random);
    note(&format!("seed: {seed}"));
    seed
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let Some(profile) = Profile::find(&arguments.profile) else {
        return Err(Failure::Input(format!("no profile {:?}", arguments.profile)));
    };
    let seed = announce_seed(arguments.seed);
    if arguments.format == Format::Resp && !profile.expressible_in_resp {
        let name = profile.name;
        return Err(Failure::Input(format!("profile {name} sets sequence numbers, which RESP cannot say; use jsonl")));
    }
    let CaseFlags { commands, keys, clients } = arguments.shape;
    let clients = clients.unwrap_or(1);
    if arguments.format == Format::Resp && clients > 1 {
        return Err(Failure::Input("--clients: a stream of RESP has one client; use jsonl".to_owned()));
    }
    let spec = CaseSpec { seed, profile, commands, keys, clients };
    let steps = spec.steps();
    arguments.force.create("--out", &arguments.out)?.write_all(|out| match arguments.format {
        Format::Jsonl => {
            spec.header().write(out).map_err(write_failure)?;
            for step in steps {
                step.write(out).map_err(write_failure)?;
            }
            Ok(())
        }
        Format::Resp => write_resp(steps, out),
    })?;
    Ok(Verdict::Holds)
}

/// Bytes to gather before they are written.
const CHUNK_BYTES: usize = 1 << 16;

fn write_resp(steps: impl Iterator<Item = Step>, out: &mut dyn Write) -> Result<(), Failure> {
    let (mut writer, mut wire) = (RespWriter::new(), Vec::new());
    for step in steps {
        writer.step(&step, &mut wire).map_err(Failure::input)?;
        if wire.len() >= CHUNK_BYTES {
            out.write_all(&wire).map_err(write_failure)?;
            wire.clear();
        }
    }
    out.write_all(&wire).map_err(write_failure)
}
