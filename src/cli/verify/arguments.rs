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

const NOTES: &str = "\
Each case runs a workload through the store and through a model of Redis, and compares every reply. Then it dumps the \
store's records, reads the dump, and compares keys, items, order and expiry. It also opens the store again, dumps the \
records shuffled, and restores the dump and dumps that: the result must be the same.

If there is a mismatch, verify prints a block for each class of findings: what broke, the fewest commands that show it, \
expected and actual items, and the command that repeats the case. The exit code is then 1.

Decoders: with --decoder, each case is written to a snapshot file with everything that a live engine writes: every version, \
the engine's own rows, rows of other types, and a framing that changes from case to case. The decoder gets the file as {fsm} \
and must write a dump to {out}, which does not exist yet. It may take 60 seconds, and a millisecond more for each list. \
Flags remove parts, for decoders that read exported files alone: --framing bare --history=no --raw-rows=no --noise=no. \
Before the cases, the decoder gets a snapshot of one list in each shape, with --time for so long at most. A shape that it \
does not take is one finding, and the cases go on without it. Without a decoder, --history, --framing, --raw-rows and --noise \
make our own reader read such a snapshot.

Servers: with --store, the workload goes to a server instead of our store. With --oracle, a real Redis replaces the model. \
Their databases must be empty, unless --flush is given; they are emptied before each case and at the end, and cases run one \
at a time. A form of a command that a server does not know is printed and left out. --known FILE has lines NAME: REASON, \
where NAME is a class of findings or a form of a command: these are counted, and the case goes on. Set a password in \
EKV_ROUNDTRIP_PASSWORD.

With --store and --clients N, N clients send commands to the server at the same time, --commands in all and at most 40 \
each; a history of what they were told is right if some order of the operations explains it, as check-history has it. Keys \
are new for each history. The first wrong one ends the run, and is shrunk by running parts of it, each of them 20 times, for 20 \
seconds. With --findings DIR, the history is kept in DIR/history.jsonl, as the seed does not repeat it. Reports show the \
replies that contradict each other.

With --time, a case of the profiles long and many is not started if it would not end in time, judged by the cases so far. A \
case may go on for a quarter of the time after its end, for 5 to 60 seconds; then it is stopped. Notes name both. A profile of \
which no case was finished is left out. --cases runs every case to its end. Shrinking comes on top: a quarter of the time, for \
5 to 60 seconds, or with --findings up to 60 seconds for each class.

The last line says what was left out, and how often. With --strict, that is a finding.

With --shard, several machines share a run, and `merge` joins their reports. Ctrl-C, SIGTERM and SIGHUP end the run: reports \
are written with what was done. The exit code is then 1 if there was a mismatch, and otherwise 2. A second signal ends it at \
once.";

const EXAMPLES: &str = "\
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

/// Run workloads through store, encoder and model, and compare
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(in crate::cli) struct Arguments {
    /// Seed of the generated cases [default: random; it is printed]
    #[arg(long, value_name = "S")]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) seed: Option<u64>,
    /// Number of cases [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "time")]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) cases: Option<u64>,
    /// Start new cases for this long, such as 60s or 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) time: Option<Duration>,
    /// Run only the case of this number, from 0
    #[arg(long, value_name = "K", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(..u64::MAX))]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) case: Option<u64>,
    /// Run every sequence of up to N commands, of 8 over 2 keys, instead of random ones; in memory unless --engine is given;
    /// 4 takes seconds, 5 minutes
    #[arg(
        long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(exhaustive::LONGEST)),
        conflicts_with_all = ["seed", "cases", "time", "trace", "commands", "keys", "clients", "profiles"]
    )]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) exhaustive: Option<u32>,
    /// Run every way in which a few transactions of several clients can overlap, instead of random cases; in memory unless
    /// --engine is given; takes minutes
    #[arg(
        long,
        conflicts_with_all = [
            "seed", "cases", "time", "trace", "commands", "keys", "clients", "profiles", "exhaustive", "keep", "decoder",
            "history", "framings", "raw_rows", "noise", "store", "oracle",
        ]
    )]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) exhaustive_clients: bool,
    #[command(flatten, next_help_heading = "Workload")]
    pub(in crate::cli) shape: CaseFlags,
    /// Profile of the workload; several take turns [default: all, long and many once in 100 cases each]
    #[arg(long = "profile", value_name = "P", value_parser = PossibleValuesParser::new(profile_names()))]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) profiles: Vec<String>,
    /// Cases at a time [default: the number of cores; 1 with --store or --oracle]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    #[arg(help_heading = "How it runs")]
    pub(in crate::cli) jobs: Option<u16>,
    /// Run this trace instead of generated ones: JSON lines, Redis's append-only file or its folder, the output of MONITOR,
    /// or a folder that --findings made
    #[arg(
        long, value_name = "FILE",
        conflicts_with_all = ["seed", "cases", "time", "case", "commands", "keys", "clients", "profiles"]
    )]
    #[arg(help_heading = "Workload")]
    pub(in crate::cli) trace: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Recordings")]
    pub(in crate::cli) recording: RecordingFlags,
    /// Folder for the databases and dumps of the cases [default: the system's temporary folder, or /dev/shm with
    /// --exhaustive]
    #[arg(long, value_name = "DIR")]
    #[arg(help_heading = "How it runs")]
    pub(in crate::cli) work_dir: Option<PathBuf>,
    /// Keep the trace, the dump and the database of each case; a --work-dir must then be absent or empty
    #[arg(long)]
    #[arg(help_heading = "Findings")]
    pub(in crate::cli) keep: bool,
    #[command(flatten, next_help_heading = "What is tested")]
    pub(in crate::cli) check: CheckFlags,
    /// Exit with code 1 if anything was left out, such as a shape of snapshots that the decoder does not take
    #[arg(long)]
    #[arg(help_heading = "Findings")]
    pub(in crate::cli) strict: bool,
    #[command(flatten, next_help_heading = "Findings")]
    pub(in crate::cli) found: FindingsFlags,
    #[command(flatten, next_help_heading = "Sharing a run")]
    pub(in crate::cli) shard: ShardFlags,
    #[command(flatten, next_help_heading = "Coverage")]
    pub(in crate::cli) coverage: CoverageFlags,
    #[command(flatten, next_help_heading = "Reports")]
    pub(in crate::cli) results: ResultFlags,
}
