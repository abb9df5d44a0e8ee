//! The folder of a finding: written, read, added to.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::drawn;
use super::lineage::trace_back;
use super::notes::{Evidence, Notes, Seen};
use super::page::{page, record_text};
use crate::bounds::{TEXT, read_file};
use crate::campaign::Needs;
use crate::case::replay::command_count;
use crate::case::width_name;
use crate::database::History;
use crate::finding::Verdict;
use crate::format::json_fault;
use crate::snapshot::{Kept, SnapshotShape, write_snapshot};
use crate::staging::{Existing, StagedDir, StagingError, change_file};
use crate::workload::{Header, Step, Trace};

/// The file that makes a folder a finding's, and says how it was found.
pub const FINDING_FILE: &str = "finding.json";
/// The trace to repeat.
pub const SHRUNK_FILE: &str = "shrunk.jsonl";
/// The whole trace.
pub const TRACE_FILE: &str = "trace.jsonl";

/// The script that repeats it.
const REPEAT_FILE: &str = "repeat.sh";

/// How long another run may take to put the same finding in its place.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Cases that a folder's list names; of others only the number is kept.
const SEEN_NAMED: usize = 100;

const REPEAT: &str = "#!/bin/sh
# Repeats this finding, with the flags that finding.json names: exit code 1 while it fails, 0 when it holds. A decoder's path
# is relative to where this is run. EKV_ROUNDTRIP names the tool if it is not on the path.
exec \"${EKV_ROUNDTRIP:-ekv-roundtrip}\" verify --trace \"$(dirname \"$0\")\" \"$@\"
";

/// Whether a folder is one that [`write()`] made.
pub fn is_finding(folder: &Path) -> bool {
    folder.join(FINDING_FILE).is_file()
}

/// What a folder remembers.
///
/// # Errors
///
/// A sentence that says what is wrong with its file.
pub fn read_notes(folder: &Path) -> Result<Notes, String> {
    let path = folder.join(FINDING_FILE);
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = read_file(&path, &TEXT).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&json_fault::sentence(&error)))
}

/// Adds cases to a folder's list, those that are not there already. Other runs may do so at the same time.
///
/// # Errors
///
/// As [`read_notes`], or the file cannot be written.
pub fn add_seen(folder: &Path, seen: &[Seen]) -> Result<(), String> {
    change_file(&folder.join(FINDING_FILE), || {
        let mut notes = read_notes(folder).map_err(AddError)?;
        for seen in seen {
            if notes.seen.contains(seen) {
                continue;
            }
            notes.seen_count += 1;
            if notes.seen.len() < SEEN_NAMED {
                notes.seen.push(seen.clone());
            }
        }
        Ok(json(&notes))
    })
    .map_err(|AddError(sentence)| sentence)
}

/// Why nothing could be added, a sentence.
struct AddError(String);

impl From<StagingError> for AddError {
    fn from(error: StagingError) -> AddError {
        AddError(error.to_string())
    }
}

/// Makes the folder of a finding in `root`. Where another run has made it in the meantime, the case is added to that one.
///
/// # Errors
///
/// A sentence that says what the environment withheld; then there is no folder.
pub fn write(
    root: &Path,
    seen: Seen,
    flags: Vec<String>,
    repeat: String,
    mut evidence: Evidence<'_>,
) -> Result<PathBuf, String> {
    let finding = &evidence.shrunk.finding;
    let steps = &evidence.shrunk.steps;
    if let (None, Some(width)) = (&evidence.lineage, evidence.width) {
        evidence.lineage = Some(trace_back(steps, finding.step, width)?);
    }
    let target = root.join(finding.fingerprint());
    let mut files = files(&evidence)?;
    files.push((REPEAT_FILE, "repeats the finding; exit code 1 while it fails", REPEAT.as_bytes().to_vec()));
    let mut notes = notes(&evidence, seen.clone(), flags, repeat);
    notes.files = files.iter().map(|(name, what, _)| ((*name).to_owned(), (*what).to_owned())).collect();
    let report = page(&notes, &evidence);
    files.push(("report.md", "this report", report.into_bytes()));
    files.push((FINDING_FILE, "how it was found, for programs", json(&notes)));
    let started = Instant::now();
    loop {
        match put(&target, &files) {
            Ok(()) => return Ok(target),
            Err(StagingError::NeverReplaced(_)) if is_finding(&target) => {
                return add_seen(&target, &[seen]).map(|()| target);
            }
            // Another run is at it, and all that it writes is in memory already.
            Err(StagingError::Busy { .. }) if started.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Puts the files in a new folder.
fn put(target: &Path, files: &[NamedBytes]) -> Result<(), StagingError> {
    let staged = StagedDir::new(target, Existing::RefuseAlways)?;
    let unwritten =
        |name: &'static str| move |source| StagingError::Io { action: "write", path: target.join(name), source };
    for (name, _, bytes) in files {
        staged.dir().write(name, bytes).map_err(unwritten(name))?;
    }
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(staged.path().join(REPEAT_FILE), executable).map_err(unwritten(REPEAT_FILE))?;
    staged.publish()
}

fn notes(evidence: &Evidence<'_>, seen: Seen, flags: Vec<String>, repeat: String) -> Notes {
    let shrunk = evidence.shrunk;
    let (kind, aspect) = shrunk.finding.class();
    Notes {
        format_version: 1,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint: shrunk.finding.fingerprint(),
        verdict: Verdict::Bug.name().to_owned(),
        kind: kind.name().to_owned(),
        aspect: aspect.to_owned(),
        meta: width_name(evidence.width).to_owned(),
        flags,
        repeat,
        commands: command_count(evidence.whole),
        shrunk_commands: command_count(&shrunk.steps),
        shrink_runs: shrunk.runs,
        cut_short: shrunk.cut_short,
        needs: shrunk.needs.as_ref().map_or_else(String::new, Needs::line),
        seen_count: 1,
        seen: vec![seen],
        files: Vec::new(),
    }
}

type NamedBytes = (&'static str, &'static str, Vec<u8>);

fn files(evidence: &Evidence<'_>) -> Result<Vec<NamedBytes>, String> {
    let finding = &evidence.shrunk.finding;
    let trace = |steps: &[Step]| trace_bytes(Some(evidence.case_seed), steps);
    let is_whole = evidence.shrunk.steps == evidence.whole;
    let shrunk = if is_whole { "the trace, which is the whole one" } else { "the trace, cut down to what it takes" };
    let mut files = vec![
        (SHRUNK_FILE, shrunk, trace(&evidence.shrunk.steps)?),
        (TRACE_FILE, "the trace of the case that it was found in", trace(evidence.whole)?),
    ];
    let (mut expected, mut found) = match finding.sides.as_deref() {
        Some(sides) => (Some(sides.expected.clone()), Some(sides.found.clone())),
        None => (None, None),
    };
    if let Some(lineage) = &evidence.lineage {
        expected.get_or_insert_with(|| lineage.expected.clone());
        found = found.or_else(|| lineage.shown.clone());
        let records: String = lineage.records.iter().map(record_text).collect();
        let records = format!("{}{records}", drawn::windows(lineage));
        let what = "the window of each list, and every record of that trace, in words and hex";
        files.push(("records.txt", what, records.into_bytes()));
        let kept = match evidence.demands.history {
            History::Kept => Kept::All,
            History::Dropped => Kept::Latest,
        };
        let (shape, mut snapshot) = (evidence.demands.snapshot.unwrap_or(SnapshotShape::BARE), Vec::new());
        let database = lineage.store.database();
        write_snapshot(database, None, kept, shape, &mut snapshot).map_err(|error| error.to_string())?;
        files.push(("snapshot.fsm", "its records as a snapshot, in the shape of the case", snapshot));
    }
    for (name, what, state) in [
        ("expected.jsonl", "the lists that it should show", expected),
        ("actual.jsonl", "the lists that it shows", found),
    ] {
        if let Some(state) = state {
            files.push((name, what, in_memory(|out| state.write_json_lines(out))?));
        }
    }
    Ok(files)
}

/// Steps as a trace whose header names what a case's own choices are drawn from.
///
/// # Errors
///
/// A sentence, where a step cannot be written.
pub fn trace_bytes(case_seed: Option<u64>, steps: &[Step]) -> Result<Vec<u8>, String> {
    let header = Some(Header::new(case_seed, Vec::new()));
    in_memory(|out| Trace { header, steps: steps.to_vec() }.write(out))
}

fn in_memory(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn json(notes: &Notes) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(notes).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
