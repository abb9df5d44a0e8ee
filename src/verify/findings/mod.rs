//! Findings as folders: each class of findings once, with everything that it takes to understand and to repeat it.
//!
//! A folder is named by the *fingerprint* of the class: the finding's kind and aspect in words, and a hash of them and, for a
//! panic, of its place in the source. What differs from case to case is no part of it, so that one bug has one folder
//! whatever seeds hit it; a case that hits it again is added to the folder's list and nothing else.

mod report;
mod rules;

pub use report::items_diff;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::explain::{Lineage, trace_back};
use super::finding::Finding;
use super::replay::requests;
use super::shrink::Shrunk;
use super::snapshots::Demands;
use super::verdict::Verdict;
use crate::database::History;
use crate::format::json_fault;
use crate::snapshot::{Kept, SnapshotShape, write_snapshot};
use crate::staging::{Existing, StagedDir, StagedFile};
use crate::store::MetaWidth;
use crate::workload::{Header, Step, Trace};

/// The file that makes a folder a finding's, and says how it was found.
pub const FINDING_FILE: &str = "finding.json";
/// The trace to repeat.
pub const SHRUNK_FILE: &str = "shrunk.jsonl";
/// The whole trace.
pub const TRACE_FILE: &str = "trace.jsonl";

/// Cases that a folder's list names; of others only the number is kept.
const SEEN_NAMED: usize = 100;

const REPEAT: &str = "#!/bin/sh
# Repeats this finding, with the flags that finding.json names: exit code 1 while it fails, 0 when it holds. A decoder's path
# is relative to where this is run. EKV_ROUNDTRIP names the tool if it is not on the path.
exec \"${EKV_ROUNDTRIP:-ekv-roundtrip}\" verify --trace \"$(dirname \"$0\")\" \"$@\"
";

/// What is remembered about a finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct Notes {
    pub format_version: u32,
    /// The version of the tool that found it.
    pub tool_version: String,
    pub fingerprint: String,
    pub verdict: String,
    pub kind: String,
    pub aspect: String,
    /// The bytes of a base meta, 24 or 32, or `server`.
    pub meta: String,
    /// The flags of the check, which find it again.
    pub flags: Vec<String>,
    /// The command that runs the case that it was found in.
    pub repeat: String,
    pub commands: u64,
    pub shrunk_commands: u64,
    pub shrink_runs: u64,
    /// Whether the time was up before there was nothing left to cut.
    pub is_cut_short: bool,
    /// How many cases have hit it, and which.
    pub seen_count: u64,
    pub seen: Vec<Seen>,
    /// The folder's other files, and what they are.
    pub files: Vec<(String, String)>,
}

/// A case that hit a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are named as in the JSON")]
pub struct Seen {
    pub seed: Option<u64>,
    pub case: u64,
    pub profile: Option<String>,
}

/// What is known of a finding.
pub struct Evidence<'a> {
    /// The steps of the case that it was found in.
    pub whole: &'a [Step],
    /// What is left of them.
    pub shrunk: &'a Shrunk,
    /// What the case's own choices were drawn from.
    pub case_seed: u64,
    /// Which base metas were written; `None` on a server.
    pub width: Option<MetaWidth>,
    /// What was checked.
    pub demands: &'a Demands,
    /// Where its records come from, which [`write()`] fills; `None` on a server.
    pub lineage: Option<Lineage>,
}

/// The name of a finding's class.
pub fn fingerprint(finding: &Finding) -> String {
    use sha2::{Digest as _, Sha256};
    let (kind, aspect) = finding.class();
    let name = kind.name();
    let place = finding.place().unwrap_or_default();
    let digest = Sha256::digest(format!("{name}\n{aspect}\n{place}"));
    let hash = hex::encode(digest.get(..4).unwrap_or_default());
    let words = [name, &aspect.to_lowercase(), &hash];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

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
    let text = std::fs::read(&path).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&json_fault::sentence(&error)))
}

/// Adds a case to a folder's list, unless it is there already.
///
/// # Errors
///
/// As [`read_notes`], or the file cannot be written.
pub fn add_seen(folder: &Path, seen: &[Seen]) -> Result<(), String> {
    let mut notes = read_notes(folder)?;
    for seen in seen {
        if notes.seen.contains(seen) {
            continue;
        }
        notes.seen_count += 1;
        if notes.seen.len() < SEEN_NAMED {
            notes.seen.push(seen.clone());
        }
    }
    let path = folder.join(FINDING_FILE);
    let mut file = StagedFile::new(&path).map_err(|error| error.to_string())?;
    file.write_all(&json(&notes)).map_err(|error| format!("{}: {error}", path.display()))?;
    file.publish().map_err(|error| error.to_string())
}

/// Makes the folder of a finding in `root`.
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
    if let Some(width) = evidence.width {
        evidence.lineage = Some(trace_back(steps, finding.step, width)?);
    }
    let target = root.join(fingerprint(finding));
    let staged = StagedDir::new(&target, Existing::RefuseAlways).map_err(|error| error.to_string())?;
    let mut files = files(&evidence)?;
    files.push(("repeat.sh", "repeats the finding; exit code 1 while it fails", REPEAT.as_bytes().to_vec()));
    let mut notes = notes(&evidence, seen, flags, repeat);
    notes.files = files.iter().map(|(name, what, _)| ((*name).to_owned(), (*what).to_owned())).collect();
    let report = report::report(&notes, &evidence);
    files.push(("report.md", "this report", report.into_bytes()));
    files.push((FINDING_FILE, "how it was found, for programs", json(&notes)));
    for (name, _, bytes) in &files {
        staged.dir().write(name, bytes).map_err(|error| format!("{}: {name}: {error}", target.display()))?;
    }
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    let script = staged.path().join("repeat.sh");
    std::fs::set_permissions(script, executable)
        .map_err(|error| format!("{}: repeat.sh: {error}", target.display()))?;
    staged.publish().map_err(|error| error.to_string())?;
    Ok(target)
}

fn notes(evidence: &Evidence<'_>, seen: Seen, flags: Vec<String>, repeat: String) -> Notes {
    let shrunk = evidence.shrunk;
    let (kind, aspect) = shrunk.finding.class();
    Notes {
        format_version: 1,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint: fingerprint(&shrunk.finding),
        verdict: Verdict::Bug.name().to_owned(),
        kind: kind.name().to_owned(),
        aspect: aspect.to_owned(),
        meta: super::finding::width_name(evidence.width).to_owned(),
        flags,
        repeat,
        commands: commands(evidence.whole),
        shrunk_commands: commands(&shrunk.steps),
        shrink_runs: shrunk.runs,
        is_cut_short: shrunk.is_cut_short,
        seen_count: 1,
        seen: vec![seen],
        files: Vec::new(),
    }
}

/// The commands of steps, each of a transaction counted.
pub fn commands(steps: &[Step]) -> u64 {
    steps.iter().map(|step| requests(step).map_or(0, |(requests, _)| requests.len() as u64)).sum()
}

type NamedBytes = (&'static str, &'static str, Vec<u8>);

fn files(evidence: &Evidence<'_>) -> Result<Vec<NamedBytes>, String> {
    let finding = &evidence.shrunk.finding;
    let trace = |steps: &[Step]| trace_bytes(Some(evidence.case_seed), steps);
    let mut files = vec![
        (SHRUNK_FILE, "the trace, cut down to what it takes", trace(&evidence.shrunk.steps)?),
        (TRACE_FILE, "the trace of the case that it was found in", trace(evidence.whole)?),
    ];
    let (mut expected, mut found) = match finding.sides.as_deref() {
        Some(sides) => (Some(sides.expected.clone()), Some(sides.found.clone())),
        None => (None, None),
    };
    if let Some(lineage) = &evidence.lineage {
        expected.get_or_insert_with(|| lineage.expected.clone());
        found = found.or_else(|| lineage.shown.clone());
        let records: String = lineage.records.iter().map(report::record_text).collect();
        files.push(("records.txt", "every record of the cut-down case, in words and hex", records.into_bytes()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::finding::FindingKind;

    #[test]
    fn a_fingerprint_is_the_class_in_words_and_nothing_of_the_case() {
        let finding = |aspect, key: &str, detail: &str| {
            let finding = Finding::new(FindingKind::DumpState, detail.to_owned());
            Finding { aspect, user_key: Some(key.as_bytes().to_vec()), ..finding }
        };
        let one = fingerprint(&finding("items", "a", "one"));
        assert_eq!(one, fingerprint(&finding("items", "b", "another")));
        assert!(one.starts_with("dump-state-items-") && one.len() == "dump-state-items-".len() + 8, "{one}");
        assert_ne!(one, fingerprint(&finding("expiry", "a", "one")));
        let panic = |place: &str, said: &str| {
            fingerprint(&Finding::new(FindingKind::Panic, format!("panicked at src/{place}:7:9:\n{said}")))
        };
        assert_eq!(panic("store.rs", "one"), panic("store.rs", "another"));
        assert_ne!(panic("store.rs", "one"), panic("encoder.rs", "one"));
    }
}
