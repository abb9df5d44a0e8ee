//! The flags of `verify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::cli::check_flags::CheckFlags;
use crate::cli::coverage_flags::CoverageFlags;
use crate::cli::duration::parse_duration;
use crate::cli::findings::FindingsFlags;
use crate::cli::generate::{CaseFlags, profile_names};
use crate::cli::recording_flags::RecordingFlags;
use crate::cli::results::ResultFlags;
use crate::cli::shard_flags::ShardFlags;
use crate::workload::exhaustive;

const AFTER_HELP: &str = "\
Each case runs a workload through the store (over RocksDB, or in memory with --engine memory) and through a model of Redis, \
comparing every reply; then it dumps the store's records, reads the dump back, and compares keys, items, order and expiry. It \
also opens the store again, dumps the records shuffled, and restores the dump and dumps that: nothing may change.

With --history, --framing, --raw-rows or --noise it also writes each case as a snapshot file, which our own reader must take for \
the same. With --decoder these files have all that a live engine writes: every version, the engine's own rows, rows of other \
types, and in each case another framing. Flags take away from that, for decoders that read exported files alone: \
--framing bare --history=no --raw-rows=no --noise=no. The decoder gets the file as {fsm}, must leave a dump at {out}, which does \
not exist when it starts, and has 60 seconds, and a millisecond more for each list. Before the cases it gets a snapshot of one \
list in each shape. A shape that it does not take is one finding, and the cases go on without it.

The last line says what was left out, and how often; with --strict that is a finding.

With --store the workload goes to a server in place of our store, and with --oracle a real Redis takes the model's place. \
Their databases are emptied before each case and at the end, so they must be empty, or --flush allows it; such cases run \
one at a time. Each form of a command is tried first, and what a server does not know is named and left out. --known FILE has \
lines NAME: REASON, NAME being a class of findings or a form of a command: those are counted, and the case goes on. A password \
is best set as EKV_ROUNDTRIP_PASSWORD.

A mismatch names the key, the first difference and its kind, and the command that repeats just that case.

With --shard several machines share a campaign out: each runs its part of the cases, and `merge` joins their reports. \
Ctrl-C (or SIGTERM, or SIGHUP) ends the run in order, with all reports of what has been done; the exit code is then 1 if \
there was a mismatch, and else 2, because not all was done. A second one ends it at once.

Examples:
  ekv-roundtrip verify                                 100 cases of every profile, with a random seed
  ekv-roundtrip verify --seed 42 --time 60s            as many as fit into a minute
  ekv-roundtrip verify --seed 42 --case 17 --keep      one case again; its trace, database and dump stay
  ekv-roundtrip verify --profile churn --profile ttl   only these
  ekv-roundtrip verify --seed 42 --time 1h --shard 2/8 --report 2.json
                                                       the second of eight machines
  ekv-roundtrip verify --exhaustive 4                  every short sequence of commands
  ekv-roundtrip verify --trace trace.jsonl             your own workload
  ekv-roundtrip verify --trace appendonlydir           what a Redis server was sent
  ekv-roundtrip verify --findings found                each class of findings in a folder of its own
  ekv-roundtrip verify --trace found/CLASS             such a finding again
  ekv-roundtrip verify --store redis://localhost:6379  a server that should do as Redis does
  ekv-roundtrip verify --decoder 'exec:backup-decoder --in {fsm} --out {out}'
                                                       somebody else's decoder";

/// Runs workloads through store, encoder and model, and compares
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Arguments {
    /// Seed of the generated cases [default: random; it is printed]
    #[arg(long, value_name = "S")]
    pub(in crate::cli) seed: Option<u64>,
    /// Number of cases [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "time")]
    pub(in crate::cli) cases: Option<u64>,
    /// Begin cases for this long, such as 60s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(in crate::cli) time: Option<Duration>,
    /// Run only the case of this number, from 0
    #[arg(long, value_name = "K", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(..u64::MAX))]
    pub(in crate::cli) case: Option<u64>,
    /// Run every sequence of up to N commands, of 8 over 2 keys, in place of random ones, and in memory unless --engine says
    /// otherwise: 4 takes seconds, 5 some minutes
    #[arg(
        long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(exhaustive::LONGEST)),
        conflicts_with_all = ["seed", "cases", "time", "trace", "commands", "keys", "profiles"]
    )]
    pub(in crate::cli) exhaustive: Option<u32>,
    #[command(flatten)]
    pub(in crate::cli) shape: CaseFlags,
    /// Profile of the workload; several take turns [default: all, long and many once in 100 cases each]
    #[arg(long = "profile", value_name = "P", value_parser = PossibleValuesParser::new(profile_names()))]
    pub(in crate::cli) profiles: Vec<String>,
    /// Cases at a time [default: the number of cores; 1 with --store or --oracle]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Run this trace instead of generated ones: JSON lines, Redis's append-only file or its folder, the output of MONITOR,
    /// or a folder that --findings made
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "cases", "time", "case", "commands", "keys", "profiles"])]
    pub(in crate::cli) trace: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) recording: RecordingFlags,
    /// Where the cases' databases and dumps are made [default: the system's temporary folder, or /dev/shm with --exhaustive]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) work_dir: Option<PathBuf>,
    /// Keep each case's trace, dump and database, if that is on disk; a --work-dir must then be absent or empty
    #[arg(long)]
    pub(in crate::cli) keep: bool,
    #[command(flatten)]
    pub(in crate::cli) check: CheckFlags,
    /// Exit with code 1 if anything was left out: shapes that the decoder does not take, commands and databases that are not
    /// taken, lists too large for a second dump, ...
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    #[command(flatten)]
    pub(in crate::cli) found: FindingsFlags,
    #[command(flatten)]
    pub(in crate::cli) shard: ShardFlags,
    #[command(flatten)]
    pub(in crate::cli) coverage: CoverageFlags,
    #[command(flatten)]
    pub(in crate::cli) results: ResultFlags,
}
