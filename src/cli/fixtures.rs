//! `fixtures`: named scenarios as files, for tests of other tools.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::annotations;
use super::ended::{Ended, Failure, Verdict};
use super::output::{Output, despite_broken_pipe, note, write_failure};
use super::scratch::scratch_dir;
use crate::fixtures::{CORRUPT, CORRUPT_SNAPSHOTS, Drift, FixtureError, SCENARIOS, check, write};
use crate::staging::{Existing, StagedDir};

const NOTES: &str = "\
Each scenario is a folder with these files: why.txt, trace.jsonl (unless it begins with records), records.jsonl, \
state.jsonl, dump/, and two snapshots of the records. snapshot.fsm is bare, with one version each. snapshot-live.fsm has a \
framing, every version, the engine's own rows and rows of other types.

corrupt/ holds malformed records and corrupt-snapshots/ malformed snapshots, each with the error that a decoder must give. \
engine/ holds what a real engine wrote. index.json lists all of them. The same version always writes the same bytes.";

const EXAMPLES: &str = "\
Examples:
  ekv-roundtrip fixtures --out fixtures              write them
  ekv-roundtrip fixtures --out fixtures --check      are they still what this version writes? exits with 1 if not";

/// Write or check fixtures for the tests of other tools
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{NOTES}\n\n{EXAMPLES}"))]
pub(super) struct Arguments {
    /// Folder for the fixtures; without --check it must be absent or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write nothing; print every file that differs from what would be written
    #[arg(long)]
    check: bool,
    /// Replace what is in the folder, once the new one is complete
    #[arg(long, conflicts_with = "check")]
    force: bool,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    let scratch = scratch_dir()?;
    let folder = |name: &str| {
        let path = scratch.path().join(name);
        std::fs::create_dir(&path)
            .map_err(|error| Failure::Input(format!("make folder {}: {error}", path.display())))?;
        Ok::<PathBuf, Failure>(path)
    };
    if arguments.check {
        let expected = folder("expected")?;
        write(&expected, &folder("databases")?).map_err(failure)?;
        return report(&check(&expected, &arguments.out).map_err(failure)?, &arguments.out);
    }
    let existing = if arguments.force { Existing::Replace } else { Existing::Refuse };
    let staged = StagedDir::new(&arguments.out, existing).map_err(Failure::input)?;
    write(&staged.path(), &folder("databases")?).map_err(failure)?;
    staged.publish().map_err(Failure::input)?;
    note(&format!("wrote {} to {}", contents(), arguments.out.display()));
    Ok(Verdict::Holds)
}

fn contents() -> String {
    let (scenarios, records, snapshots) = (SCENARIOS.len(), CORRUPT.len(), CORRUPT_SNAPSHOTS.len());
    format!("{scenarios} scenarios, {records} malformed records and {snapshots} malformed snapshots")
}

fn report(drifts: &[Drift], out: &Path) -> Ended {
    let mut output = Output::standard();
    let printed = drifts.iter().try_for_each(|drift| writeln!(output, "{drift}")).and_then(|()| output.flush());
    despite_broken_pipe(printed.map_err(write_failure))?;
    for drift in drifts.iter().take(annotations::SHOWN) {
        annotations::error("fixture", Some(&out.join(&drift.path)), &drift.to_string());
    }
    let shown = out.display();
    if drifts.is_empty() {
        note(&format!("{shown} holds {}, byte for byte", contents()));
        return Ok(Verdict::Holds);
    }
    let files = crate::format::counted(drifts.len() as u64, "file");
    note(&format!("{shown}: {files} not as this version writes them; --force instead of --check writes them anew"));
    Ok(Verdict::Finding)
}

fn failure(error: FixtureError) -> Failure {
    match error {
        FixtureError::Io { .. } | FixtureError::Environment { .. } => Failure::input(error),
        FixtureError::Inconsistent { .. } => Failure::Defect(format!("{error}; please report it")),
    }
}
