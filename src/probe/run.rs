//! Every probe, put to a decoder.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::judge::{AFTER_AN_ERROR, Observed, judge, judge_refusals};
use super::question::Probe;
use super::row::Row;
use super::table::probes;
use super::tree::Tree;
use crate::decoder::{Decoder, DecoderError, DecoderRun, without_paths};
use crate::jobs::side_by_side;

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

/// The names of all rows, in the order of the table.
pub fn names() -> Vec<String> {
    probes().into_iter().map(|probe| probe.name).chain([AFTER_AN_ERROR.to_owned()]).collect()
}

/// Puts the probes to the decoder whose names are wanted, `jobs` at a time, each in a folder of its own in `work_dir`. The
/// rows come in the order of the table; `done` is called after each, with how many there are.
///
/// # Errors
///
/// The first probe that could not be run; the others are then not begun.
pub fn run(
    decoder: &Decoder,
    work_dir: &Path,
    jobs: NonZeroUsize,
    is_wanted: &dyn Fn(&str) -> bool,
    done: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Row>, ProbeError> {
    // One row is judged over all the others.
    let is_run = |probe: &Probe| is_wanted(&probe.name) || is_wanted(AFTER_AN_ERROR);
    let probes: Vec<Probe> = probes().into_iter().filter(is_run).collect();
    let all = probes.len() as u64;
    let observed = side_by_side(&probes, jobs, |probe| observe(probe, decoder, work_dir), &|| done(all))?;
    let mut rows: Vec<Row> = probes.iter().zip(&observed).map(|(probe, observed)| judge(probe, observed)).collect();
    rows.push(judge_refusals(&probes, &observed));
    rows.retain(|row| is_wanted(&row.name));
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
