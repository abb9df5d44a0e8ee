//! Tiny snapshots, each for one rule of the format, put to somebody else's decoder.
//!
//! A probe isolates: its snapshot holds what its rule is about and otherwise only what every decoder can be expected to
//! read, and it is judged by nothing but what its rule says. So lists are read from a dump as leniently as they can be
//! (their exact form, the manifest, the checksums are the business of probes of their own), and a decoder that is wrong
//! about one rule is blamed for that rule and not for thirty. What a decoder leaves behind when it refuses a snapshot is
//! a rule too, judged over all snapshots that it refused.
//!
//! Where the format leaves a question open, more than one answer is right: the verdict is then [`Verdict::Open`], which
//! says what the decoder answers, and a third answer is a bug all the same.

mod expectation;
mod judge;
mod leniently;
mod markdown;
mod report;
mod shell;
mod snapshot;
mod table;
mod text;
mod tree;
mod waivers;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::decoder::{Decoder, DecoderError, DecoderRun, without_paths};
use crate::verify::side_by_side::side_by_side;
use expectation::Expected;
use judge::{Observed, judge, judge_refusals};
use tree::Tree;

pub use markdown::write_markdown;
pub use report::{Report, Row, Verdict};
pub use snapshot::{Part, Snapshot};
pub use table::probes;
pub use text::write_text;
pub use waivers::{WaiverError, Waivers};

/// A question to a decoder.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its name: lower-case words with hyphens.
    pub name: String,
    /// The rule that it isolates, in words.
    pub rule: String,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What must come of it.
    expected: Expected,
}

/// Why probes could not be run. Says nothing about the decoder's work.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The decoder could not be run.
    #[error(transparent)]
    Decoder(#[from] DecoderError),
    /// The work folder failed.
    #[error("{action} {path}: {source}")]
    #[expect(missing_docs, reason = "the message says what each field is")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
}

/// Puts every probe to the decoder, `jobs` at a time, each in a folder of its own in `work_dir`. The rows come in the
/// order of the table; `done` is called after each.
///
/// # Errors
///
/// The first probe that could not be run; the others are then not begun.
pub fn run(
    decoder: &Decoder,
    work_dir: &Path,
    jobs: NonZeroUsize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Row>, ProbeError> {
    let probes = probes();
    let observed = side_by_side(&probes, jobs, |probe| observe(probe, decoder, work_dir), done)?;
    let mut rows: Vec<Row> = probes.iter().zip(&observed).map(|(probe, observed)| judge(probe, observed)).collect();
    rows.push(judge_refusals(&probes, &observed));
    Ok(rows)
}

fn observe(probe: &Probe, decoder: &Decoder, work_dir: &Path) -> Result<Observed, ProbeError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| ProbeError::Io { action, path, source }
    };
    let folder = work_dir.join(&probe.name);
    std::fs::create_dir(&folder).map_err(failed("make folder", &folder))?;
    let (fsm, out) = (folder.join(format!("{}.fsm", probe.name)), folder.join("dump"));
    std::fs::write(&fsm, probe.snapshot.bytes()).map_err(failed("write", &fsm))?;
    let DecoderRun { outcome, output } = decoder.run(&fsm, &out)?;
    // Where it was is no part of what a report says.
    let output = without_paths(&output, &[(&fsm, "{fsm}"), (&out, "{out}"), (&folder, "{dir}")]);
    let tree = Tree::read(&out);
    // What the decoder has made unremovable goes with the work folder, or stays.
    let _ = std::fs::remove_dir_all(&folder);
    Ok(Observed { outcome, output, tree })
}
