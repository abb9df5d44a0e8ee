//! `merge`: the reports of a campaign's shards as one.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::ended::{Ended, Failure, Verdict, require_reach};
use super::output::{despite_broken_pipe, require_open, write_failure};
use super::results::{Form, ResultFiles, for_people};
use super::step_summary::write_step_summary;
use super::verify::{annotate, write_block};
use super::{annotations, input};
use crate::bounds::{REPORT, read_document};
use crate::report::Report;
use crate::report::block::Told;
use crate::report::merge::{Coverage, merge, read_report};

const NOTES: &str = "\
The reports are those that `verify --report` wrote, one for each shard. They must have the same version, seed, engine, \
budget and flags. What `merge --out` wrote can be merged again. Each class of findings is printed once, with its first case.

Exit codes: 1 if there is a finding. 2 if there is none, but a shard is missing or ended early. 0 if the whole campaign holds.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip merge shard-*.json
  ekv-roundtrip merge shard-*.json --out campaign.json --html campaign.html";

/// Join the reports of the shards of a campaign
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// Reports of verify or merge, in JSON
    #[arg(value_name = "FILE.json", required = true)]
    reports: Vec<PathBuf>,
    /// Write the joined report as JSON; - is standard output
    #[arg(long, value_name = "FILE.json")]
    out: Option<PathBuf>,
    /// Write the joined report as one HTML page that needs no other file
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
}

/// Blocks that are printed.
const SHOWN_BLOCKS: usize = 20;

pub(super) fn run(arguments: &Arguments) -> Ended {
    let named = [(Form::Json, "--out", arguments.out.as_deref()), (Form::Html, "--html", arguments.html.as_deref())];
    let inputs: Vec<&Path> = arguments.reports.iter().map(PathBuf::as_path).collect();
    let files = ResultFiles::create(&named, &inputs)?;
    let reports = arguments.reports.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    let report = merge(reports).map_err(Failure::Input)?;
    let coverage = Coverage::of(&report);
    let mut out = for_people(&named);
    // Whatever becomes of standard output.
    let told = report.told();
    told.iter().take(annotations::SHOWN).for_each(annotate);
    let told = tell(&mut out, &report, &told, &coverage).and_then(|()| out.flush());
    let lines = if coverage.is_complete() { Vec::new() } else { coverage.lines(&report) };
    let written = files.write(&report).and(write_step_summary(&report, &lines));
    despite_broken_pipe(told.map_err(write_failure))?;
    written?;
    match (report.mismatches, coverage.is_complete()) {
        (0, true) => require_reach(&report).map(|()| Verdict::Holds),
        (0, false) => {
            let hint = "run the shards that are missing or did not end, and merge again";
            Err(Failure::Input(format!("the campaign is incomplete; {hint}")))
        }
        _ => Ok(Verdict::Finding),
    }
}

fn read(path: &Path) -> Result<(String, Report), Failure> {
    let name = path.display().to_string();
    let failed = |what: &dyn std::fmt::Display| Failure::Input(format!("report {name}: {what}"));
    if path.is_dir() {
        return Err(failed(&"it is a folder; name the files in it"));
    }
    input::require_finished(path).map_err(|problem| failed(&problem))?;
    if path == Path::new("-") {
        require_open("input", std::io::stdin()).map_err(|error| failed(&error))?;
    }
    let json = read_document(path, &REPORT).map_err(|error| failed(&error))?;
    let report = read_report(&json).map_err(|what| failed(&what))?;
    Ok((name, report))
}

fn tell(out: &mut dyn Write, report: &Report, told: &[Told<'_>], coverage: &Coverage) -> std::io::Result<()> {
    for told in told.iter().take(SHOWN_BLOCKS) {
        write_block(out, &told.block())?;
    }
    if told.len() > SHOWN_BLOCKS {
        writeln!(out, "... and {} more; the files have them\n", told.len() - SHOWN_BLOCKS)?;
    }
    for line in coverage.lines(report) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{}", report.summary_line())
}
