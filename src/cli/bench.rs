//! `bench`: how fast this machine does what users ask for, beside how fast it can be.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use super::ended::{Ended, Failure, Verdict};
use super::generate::announce_seed;
use super::input::{read_text, refuse_to_overwrite};
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::progress;
use super::results::{json, people};
use super::scratch::scratch_dir;
use super::signals::on_signals;
use super::style::{BAD, GOOD, paint};
use crate::bench::{
    BenchError, Comparison, HEADER, Kind, MAX_ITEMS, Machine, Need, Run, Settings, Shape, WORSE_BY, chart, compare,
    fit_line, measure_doubtful_again, peak, planned, read_run, row, run as measure,
};
use crate::staging::{ScratchDir, require_outside};

const NOTES: &str = "\
Each measurement is made in turns with its floor, the least that this machine needs to move the same bytes. The ratio is \
that of their CPU times. Of several rounds the least counts. docs/benchmarks.md says what the floors do.

The number of items, n, grows from 1000 in steps of 10. A picture of the times against n is written beside --out, with the \
ending .svg.

With --compare, what OLD.json has is measured again, and its ratios are compared with the new ones. The exit code is 1 if a \
ratio got worse by more than a quarter, in each of three attempts.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip bench
  ekv-roundtrip bench --out before.json                    and a picture in before.svg
  ekv-roundtrip bench --compare before.json                what has become slower since then?";

/// Measure dumps, apply and verify, each beside the least that it can take
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// Write the results as JSON, and a picture beside them
    #[arg(long, value_name = "FILE.json")]
    out: Option<PathBuf>,
    /// Compare the ratios with those of an earlier run, with its seed and its items
    #[arg(long, value_name = "OLD.json", conflicts_with_all = ["seed", "max_items"])]
    compare: Option<PathBuf>,
    /// The most items that are measured
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(MAX_ITEMS))]
    max_items: u64,
    /// Seed of the mixed lists
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Folder for databases and dumps [default: /dev/shm if there is room, or else the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// What this program asks itself, in another process: the memory that a measurement in --work-dir needs
    #[arg(long, value_name = "KIND:SHAPE:N", hide = true, requires = "work_dir", conflicts_with_all = ["out", "compare"])]
    peak_of: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    if let (Some(what), Some(folder)) = (&arguments.peak_of, &arguments.work_dir) {
        return print_peak(what, arguments.seed, folder);
    }
    let old = arguments.compare.as_deref().map(read_old).transpose()?;
    let (seed, max_items) = old.as_ref().map_or((arguments.seed, arguments.max_items), |old| (old.seed, old.max_items));
    announce_seed(Some(seed));
    let files = arguments.out.as_deref().map(|path| create(path, arguments.compare.as_deref())).transpose()?;
    let scratch = work_dir(arguments, max_items)?;
    if let (Some(path), Some(old)) = (&arguments.compare, &old) {
        require_comparable(path, old, &Machine::this(scratch.path()))?;
    }
    let settings = Settings { seed, max_items, folder: scratch.path(), interrupt: on_signals(), peak: &ask_peak };
    let mut out = people(arguments.out.as_deref());
    let bar = progress::bar("measurements", planned(max_items).len() as u64);
    let mut printed = writeln!(out, "{HEADER}").and_then(|()| out.flush());
    let measured = measure(&settings, |measurement| {
        bar.suspend(|| {
            if printed.is_ok() {
                printed = writeln!(out, "{}", row(measurement)).and_then(|()| out.flush());
            }
        });
        bar.inc(1);
    });
    bar.finish_and_clear();
    let mut new = measured.map_err(failure)?;
    if let Some(old) = &old {
        measure_doubtful_again(&settings, old, &mut new).map_err(failure)?;
    }
    drop(scratch);
    let comparisons = old.as_ref().map(|old| compare(old, &new));
    let printed = printed.and_then(|()| write_fits(&mut out, &new));
    let printed = printed.and_then(|()| comparisons.iter().try_for_each(|found| write_comparisons(&mut out, found)));
    despite_broken_pipe(printed.and_then(|()| out.flush()).map_err(write_failure))?;
    if let Some((results, picture)) = files {
        let bytes = json(&new)?;
        results.write_all(|out| out.write_all(&bytes).map_err(write_failure))?;
        if let Some(picture) = picture {
            picture.write_all(|out| out.write_all(chart(&new).as_bytes()).map_err(write_failure))?;
        }
    }
    let worse: Vec<&Comparison<'_>> = comparisons.iter().flatten().filter(|found| found.is_worse()).collect();
    for found in &worse {
        let (name, old, new) = (found.new.name(), found.old.ratio, found.new.ratio);
        note(&format!("error: {name}: the ratio to the floor was {old:.2}, and is {new:.2} now"));
    }
    Ok(if worse.is_empty() { Verdict::Holds } else { Verdict::Finding })
}

/// Asks another process. Without an answer the memory is unknown, which is not worth the end of the run.
fn ask_peak(need: Need<'_>) -> Option<u64> {
    let what = format!("{}:{}:{}", need.kind.name(), need.shape.name(), need.n);
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.args(["bench", "--peak-of", &what, "--seed", &need.seed.to_string(), "--work-dir"]).arg(need.folder);
    let answer = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}

fn print_peak(what: &str, seed: u64, folder: &Path) -> Ended {
    let wrong = || Failure::Input(format!("--peak-of {what}: it is KIND:SHAPE:N; leave it out, it is not for people"));
    let [kind, shape, n] = what.split(':').collect::<Vec<_>>().try_into().map_err(|_| wrong())?;
    let (kind, shape) = (Kind::find(kind).ok_or_else(wrong)?, Shape::find(shape).ok_or_else(wrong)?);
    let n = n.parse().map_err(|_| wrong())?;
    let bytes = peak(Need { kind, shape, n, seed, folder }).map_err(failure)?;
    let mut out = Output::standard();
    let bytes = bytes.map_or_else(|| "unknown".to_owned(), |bytes| bytes.to_string());
    writeln!(out, "{bytes}").and_then(|()| out.flush()).map_err(write_failure)?;
    Ok(Verdict::Holds)
}

fn failure(error: BenchError) -> Failure {
    match error {
        BenchError::Interrupted => Failure::Input("interrupted: nothing was written".to_owned()),
        BenchError::Environment(message) => Failure::Input(message),
        BenchError::Wrong(message) => Failure::Defect(message),
    }
}

fn read_old(path: &Path) -> Result<Run, Failure> {
    let failed = |problem: String| Failure::Input(format!("--compare {}: {problem}", path.display()));
    let text = read_text(path).map_err(|error| failed(error.to_string()))?;
    read_run(&text).map_err(failed)
}

/// A disk takes longer than memory for one half of a ratio and not for the other.
fn require_comparable(path: &Path, old: &Run, here: &Machine) -> Result<(), Failure> {
    let (path, old) = (path.display(), &old.machine);
    if old.file_system != here.file_system {
        let problem = format!("it was measured with files on {}, and this run has them on", old.file_system);
        let advice = "name a folder on the same kind of file system with --work-dir";
        return Err(Failure::Input(format!("--compare {path}: {problem} {}; {advice}", here.file_system)));
    }
    if old != here {
        note(&format!("warning: --compare {path}: it is from another machine, whose ratios may differ: {old}"));
    }
    Ok(())
}

/// The results, and the picture beside them, for which standard output and what is no regular file have no place.
fn create(path: &Path, old: Option<&Path>) -> Result<(Output, Option<Output>), Failure> {
    if let Some(old) = old {
        refuse_to_overwrite(old, Some(path), "--out")?;
    }
    let is_regular = std::fs::metadata(path).map_or(path != Path::new("-"), |found| found.is_file());
    let picture = is_regular.then(|| path.with_extension("svg"));
    if let Some(old) = old {
        refuse_to_overwrite(old, picture.as_deref(), "--out, its picture")?;
    }
    if picture.as_deref() == Some(path) {
        return Err(Failure::Input(format!("--out {}: the picture has that name; name a file .json", path.display())));
    }
    Ok((Output::create(path)?, picture.as_deref().map(Output::create).transpose()?))
}

fn write_fits(out: &mut dyn std::io::Write, run: &Run) -> std::io::Result<()> {
    if run.fits.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCPU time grows with")?;
    run.fits.iter().try_for_each(|fit| writeln!(out, "{}", fit_line(fit)))
}

fn write_comparisons(out: &mut dyn std::io::Write, comparisons: &Vec<Comparison<'_>>) -> std::io::Result<()> {
    writeln!(out, "\n{:<48}  {:>6}  {:>6}  {:>7}", "ratio to the floor", "old", "new", "change")?;
    for found in comparisons {
        let (style, remark) = if found.is_worse() { (BAD, "  WORSE") } else { (GOOD, "") };
        let change = format!("{:>+6.0} %", (found.change() - 1.0) * 100.0);
        let change = if found.is_worse() { paint(style, &change).to_string() } else { change };
        let (name, old, new) = (found.new.name(), found.old.ratio, found.new.ratio);
        writeln!(out, "{name:<48}  {old:>6.2}  {new:>6.2}  {change}{remark}")?;
    }
    let worse = comparisons.iter().filter(|found| found.is_worse()).count();
    let limit = (WORSE_BY - 1.0) * 100.0;
    writeln!(out, "{worse} of {} got worse by more than {limit:.0} %", comparisons.len())
}

/// Where Linux has a file system in memory: what is measured is this program, and not a disk.
const IN_MEMORY: &str = "/dev/shm";
/// Room that an item takes at most, in all files that are there at a time.
const BYTES_PER_ITEM: u64 = 2_000;

fn work_dir(arguments: &Arguments, max_items: u64) -> Result<ScratchDir, Failure> {
    if let Some(path) = &arguments.work_dir {
        let failed = |error: std::io::Error| Failure::Input(format!("--work-dir {}: {error}", path.display()));
        require_outside(path).map_err(|error| Failure::Input(format!("--work-dir: {error}")))?;
        std::fs::create_dir_all(path).map_err(failed)?;
        return ScratchDir::new(path).map_err(failed);
    }
    // Half of what there is: the rest is for the process.
    let room = rustix::fs::statvfs(IN_MEMORY).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize) / 2);
    let in_memory = (room > max_items.saturating_mul(BYTES_PER_ITEM)).then(|| ScratchDir::new(IN_MEMORY.as_ref()).ok());
    in_memory.flatten().map_or_else(scratch_dir, Ok)
}
