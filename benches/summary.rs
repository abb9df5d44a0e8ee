//! What a run measured, as Markdown: one line that says where, and tables made of criterion's own estimates.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use ekv_roundtrip::bench::{Machine, duration, grouped};
use serde_json::Value;

use crate::scratch;

/// Nanoseconds by the name of a bench, in the three parts that criterion makes of it.
type Times = BTreeMap<(String, String, u64), f64>;

/// `criterion/` in the target folder that this binary was built in.
pub fn results_folder() -> PathBuf {
    let binary = std::env::current_exe().expect("the path of this binary");
    // <target>/<profile>/deps/<binary>
    binary.ancestors().nth(3).expect("a target folder").join("criterion")
}

/// Prints a summary of the results that are newer than `started`, if there are any, and leaves it in `summary.md`.
pub fn print(results: &Path, started: SystemTime) {
    let mut times = Times::new();
    collect(results, started, &mut times);
    if times.is_empty() {
        return;
    }
    let text = format!("{}\n{}", circumstances(), tables(&times));
    let file = results.join("summary.md");
    std::fs::write(&file, &text).expect("the summary");
    println!("{text}\n(this summary is in {})", file.display());
}

fn collect(folder: &Path, started: SystemTime, times: &mut Times) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if !path.is_dir() {
            continue;
        }
        let estimates = path.join("estimates.json");
        let is_of_this_run = || estimates.metadata().and_then(|file| file.modified()).is_ok_and(|at| at >= started);
        if path.ends_with("new") && is_of_this_run() {
            let (name, nanoseconds) = result(&path);
            times.insert(name, nanoseconds);
        } else {
            collect(&path, started, times);
        }
    }
}

/// The estimate that criterion prints as a bench's time: the slope where it has fitted one, or else the mean.
fn result(folder: &Path) -> ((String, String, u64), f64) {
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).expect("a result of criterion");
        serde_json::from_str(&text).expect("JSON")
    };
    let (bench, estimates) = (read("benchmark.json"), read("estimates.json"));
    let part = |name: &str| bench[name].as_str().unwrap_or_default().to_owned();
    let estimate = if estimates["slope"].is_object() { &estimates["slope"] } else { &estimates["mean"] };
    let nanoseconds = estimate["point_estimate"].as_f64().expect("a number");
    ((part("group_id"), part("function_id"), part("value_str").parse().unwrap_or(0)), nanoseconds)
}

/// The command, the machine and the versions.
fn circumstances() -> String {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let command = match words.as_slice() {
        [] => "make bench".to_owned(),
        [filter] => format!("make bench FILTER={filter}"),
        words => format!("cargo bench --profile release --bench roundtrip -- {}", words.join(" ")),
    };
    let rustc = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    format!(
        "`{command}` on {}, {}, ekv-roundtrip {}, {}, files in {}.",
        Machine::this(&scratch::parent()),
        String::from_utf8_lossy(&rustc).split(" (").next().unwrap_or_default().trim(),
        env!("CARGO_PKG_VERSION"),
        rocksdb(),
        scratch::parent().display(),
    )
}

/// How the RocksDB was compiled that is linked.
fn rocksdb() -> String {
    let Some(folder) = option_env!("ROCKSDB_LIB_DIR") else { return "RocksDB as its crate compiles it".to_owned() };
    match std::fs::read_to_string(Path::new(folder).join("version")) {
        Ok(built) => format!("RocksDB of {}", built.trim()),
        Err(_) => format!("the RocksDB in {folder}"),
    }
}

fn tables(times: &Times) -> String {
    let mut text = String::new();
    let growth = ("ns/(n log₂ n)", per_n_log_n as fn(u64, f64) -> f64);
    let per_item = ("ns/item", per_n as fn(u64, f64) -> f64);
    by_count(
        times,
        "flush",
        "Flush of one list of n items, by arrival",
        &["random", "ascending", "descending"],
        growth,
        &mut text,
    );
    by_count(
        times,
        "push",
        "Taking the records of one list in, before the flush",
        &["random", "ascending", "descending"],
        per_item,
        &mut text,
    );
    by_count(times, "stream", "Streaming one list of n items", &["memory", "database"], per_item, &mut text);
    by_count(
        times,
        "flush-many",
        "Flush of n lists",
        &["10-items-each", "5-items-each"],
        ("ns/list", per_n),
        &mut text,
    );
    for (group, title) in [
        ("verify", "A case of `verify` with 1000 commands, by profile"),
        ("store", "A command of the store on a list of 100 items"),
        ("codec-body", "The body of a list of 100 items"),
        ("codec-value", "Numbers and values of records"),
        ("codec-key", "Keys of records"),
        ("codec-record", "The classifier, by record"),
        ("codec-segment", "File-name segments"),
        ("codec-tree-file", "The other files of a dump"),
        ("codec-byte-string", "Byte strings"),
        ("codec-key-text", "Keys for people"),
        ("codec-line", "Lines of traces, replies and states, and commands"),
    ] {
        by_name(times, group, title, &mut text);
    }
    text
}

fn per_n(count: u64, nanoseconds: f64) -> f64 {
    nanoseconds / count as f64
}

fn per_n_log_n(count: u64, nanoseconds: f64) -> f64 {
    nanoseconds / (count as f64 * (count as f64).log2())
}

/// A row for each n, a column for each time, and then each time in relation to n.
fn by_count(
    times: &Times,
    group: &str,
    title: &str,
    names: &[&str],
    (unit, scaled): (&str, fn(u64, f64) -> f64),
    text: &mut String,
) {
    let of_group: BTreeMap<(&str, u64), f64> = times
        .iter()
        .filter(|((found, ..), _)| found == group)
        .map(|((_, name, count), nanoseconds)| ((name.as_str(), *count), *nanoseconds))
        .collect();
    let names: Vec<&str> =
        names.iter().copied().filter(|name| of_group.keys().any(|(found, _)| found == name)).collect();
    let counts: std::collections::BTreeSet<u64> = of_group.keys().map(|(_, count)| *count).collect();
    if names.is_empty() {
        return;
    }
    writeln!(text, "\n{title}:\n").unwrap();
    let scaled_names: Vec<String> = names.iter().map(|name| format!("{name}: {unit}")).collect();
    writeln!(text, "| n | {} | {} |", names.join(" | "), scaled_names.join(" | ")).unwrap();
    writeln!(text, "| ---: |{}", " ---: |".repeat(2 * names.len())).unwrap();
    for count in counts {
        let found: Vec<Option<f64>> = names.iter().map(|name| of_group.get(&(*name, count)).copied()).collect();
        let cell = |text: Option<String>| text.unwrap_or_default();
        let direct = found.iter().map(|time| cell(time.map(duration)));
        let relative = found.iter().map(|time| cell(time.map(|time| format!("{:.2}", scaled(count, time)))));
        let cells: Vec<String> = direct.chain(relative).collect();
        writeln!(text, "| {} | {} |", grouped(count), cells.join(" | ")).unwrap();
    }
}

fn by_name(times: &Times, group: &str, title: &str, text: &mut String) {
    let of_group: Vec<_> = times.iter().filter(|((found, ..), _)| found == group).collect();
    if of_group.is_empty() {
        return;
    }
    writeln!(text, "\n{title}:\n\n| | time |\n| --- | ---: |").unwrap();
    for ((_, name, _), nanoseconds) in of_group {
        writeln!(text, "| {name} | {} |", duration(*nanoseconds)).unwrap();
    }
}
