//! Counts the instructions of kernels under callgrind, and compares them with those that are checked in.
//!
//! ```text
//! make instructions            fails if a kernel has grown by more than 5 %
//! make instructions-table      writes the counts of this build to benches/instructions.md
//! ```
//!
//! Each kernel runs in a process of its own, with one round and with eleven; a tenth of the difference is what a round takes,
//! without the start of the process and the making of the input. As a test it runs each kernel once and checks its result.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a bench fails by panicking, as a test does, and prints what it measured"
)]

mod kernels;
#[expect(dead_code, reason = "the other benches use more of it")]
mod rows;
mod scratch;

use std::path::Path;
use std::process::{Command, ExitCode};

use ekv_roundtrip::bench::{Counts, instructions_of};
use kernels::KERNELS;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.md");
/// The arguments by which this program calls itself, with the name of a kernel and a number of rounds.
const RUN: &str = "--run";
/// Rounds, and those that are there in any case.
const ROUNDS: u64 = 11;
const ONE: u64 = 1;

fn main() -> ExitCode {
    // Cargo adds its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let is_bench = std::env::args().any(|word| word == "--bench");
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [RUN, name, rounds] => {
            let (_, run) = KERNELS.iter().find(|(found, _)| found == name).expect("a kernel");
            run(rounds.parse().expect("a number of rounds"));
            ExitCode::SUCCESS
        }
        ["--write"] => told(counted().and_then(|counts| write(&counts))),
        [] if is_bench => told(counted().and_then(|counts| compare(&counts))),
        _ => {
            KERNELS.iter().for_each(|(_, run)| run(ONE));
            ExitCode::SUCCESS
        }
    }
}

fn told(ended: Result<ExitCode, String>) -> ExitCode {
    ended.unwrap_or_else(|problem| {
        eprintln!("error: {problem}");
        ExitCode::from(2)
    })
}

fn counted() -> Result<Counts, String> {
    let mut counts = Counts::default();
    for (name, _) in KERNELS {
        let (one, many) = (count(name, ONE)?, count(name, ROUNDS)?);
        counts.0.insert((*name).to_owned(), many.saturating_sub(one) / (ROUNDS - ONE));
    }
    Ok(counts)
}

fn count(name: &str, rounds: u64) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| format!("the path of this program: {error}"))?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let ran = valgrind.arg(program).args([RUN, name, &rounds.to_string()]).output();
    let ran = ran.map_err(|error| format!("valgrind: {error}; install it (on Debian: apt-get install valgrind)"))?;
    let stderr = String::from_utf8_lossy(&ran.stderr);
    match instructions_of(&stderr).filter(|_| ran.status.success()) {
        Some(count) => Ok(count),
        None => Err(format!("valgrind on {name}: {}", stderr.lines().last().unwrap_or("it printed nothing"))),
    }
}

fn compare(counts: &Counts) -> Result<ExitCode, String> {
    const AGAIN: &str = "`make instructions-table` writes it anew";
    let failed = |problem: String| format!("{TABLE}: {problem}; {AGAIN}");
    let text = std::fs::read_to_string(TABLE).map_err(|error| failed(error.to_string()))?;
    let growths = counts.since(&Counts::parse(&text).map_err(failed)?);
    print!("{:<24}  {:>12}  {:>12}  {:>8}\n{}", "kernel", "before", "now", "change", growths.lines);
    if !growths.unknown.is_empty() {
        return Err(failed(growths.unknown.join(", ")));
    }
    if !text.contains(&toolchain()) {
        println!(
            "note: the counts before are not those of {}, so a part of the change may be the compiler's",
            toolchain()
        );
    }
    if growths.grown.is_empty() {
        println!("no kernel has grown by more than 5 %");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("error: grown by more than 5 %: {}; if that must be, {AGAIN}", growths.grown.join(", "));
    Ok(ExitCode::FAILURE)
}

fn write(counts: &Counts) -> Result<ExitCode, String> {
    let text = format!(
        "# Instructions of the kernels\n\nA round of each kernel of `benches/kernels.rs`, counted by callgrind, with {}. `make \
         instructions`\ncompares a build with this table, and `make instructions-table` writes it.\n\n{}",
        toolchain(),
        counts.table()
    );
    std::fs::write(Path::new(TABLE), text).map_err(|error| format!("{TABLE}: {error}"))?;
    println!("wrote {TABLE}");
    Ok(ExitCode::SUCCESS)
}

/// What the counts depend on beside the code.
fn toolchain() -> String {
    let rustc = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let rustc = String::from_utf8_lossy(&rustc).split(" (").next().unwrap_or_default().trim().to_owned();
    format!("{rustc} for {}", std::env::consts::ARCH)
}
