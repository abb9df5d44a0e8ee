//! Canaries: small cases with something wrong on purpose, to see in this very run that each comparison finds it.
//!
//! A comparison that has gone blind says "0 mismatches" like one that has looked. So before the first case, every run puts
//! out every canary: for each kind of finding and each of its aspects a case of a few steps in which one thing is wrong at
//! one boundary, and which that kind must report with that aspect, and where many checks report one kind, with the words of
//! that check. What is wrong is chosen so that no comparison before that one can see it.
//!
//! If a canary is not reported so, `verify` exits with code 3 before it runs a case, even if another comparison noticed
//! it: the one that should have is blind. If the same case has a finding with nothing wrong, the code under test is at fault
//! and the canary says nothing; the cases must tell then.
//!
//! While the canaries are put out, the labels of their classes are compared too (`labels`), and before that, names and
//! sentences are asked for that no case leads to (`sayings`).
//!
//! The catalogue of [`crate::faults`] is about what decoders do wrong, and each fault breaks a rule of the format. A canary
//! breaks no rule but one comparison, so canaries have tables of their own, here. They share the boundaries, [`Act`].
//!
//! Keys and times of the small cases are drawn from the seed. Databases are in memory, apart from those few whose comparison
//! is about the engine.

mod batches;
mod flawed;
mod labels;
mod manifests;
mod of_run;
mod readings;
mod records;
mod replies;
mod row;
mod sayings;
mod scene;
mod shrinking;
mod sight;
mod snapshots;
mod states;
mod stores;
#[cfg(test)]
mod tests;
mod trees;

use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use super::twice::Change;
use crate::case::CaseError;
use crate::database::Engine;
use crate::faults::Act;
use crate::finding::{Finding, FindingKind};
use crate::jobs::side_by_side;
use labels::Labels;
use row::{Canary, How};
use sight::class_text;
pub use sight::{Blind, Sight};

/// Every canary.
fn canaries() -> Vec<Canary> {
    let mut all = replies::canaries();
    all.extend(batches::canaries());
    all.extend(states::canaries());
    all.extend(records::canaries());
    all.extend(trees::canaries());
    all.extend(manifests::canaries());
    all.extend(snapshots::canaries());
    all.extend(of_run::canaries());
    all.extend(stores::canaries());
    all.extend(readings::canaries());
    all.extend(shrinking::canaries());
    let twice: [(&str, &str, Change); 2] = [
        ("other records the second time", "its records", |left| left.records.push('0')),
        ("another dump the second time", "its dump", |left| left.dump.push('0')),
    ];
    all.extend(twice.map(|(name, says, change)| Canary {
        says,
        how: How::Twice(change),
        ..Canary::of(name, FindingKind::Unrepeatable, "")
    }));
    #[expect(clippy::panic, reason = "that a panic is caught is what is tried")]
    all.push(Canary {
        says: "a batch that panics",
        how: How::Act(Act::Batch(|_| panic!("a batch that panics"))),
        ..Canary::of("a panic while a command runs", FindingKind::Panic, "")
    });
    all
}

/// Puts out every canary of a seed, `jobs` at a time; `engine` is that of the run, and `work` is a folder that may be filled.
///
/// # Errors
///
/// The environment.
pub fn put_out(seed: u64, engine: Engine, jobs: NonZeroUsize, work: &Path) -> Result<Sight, CaseError> {
    match guarded(|| sayings::wrong(work)) {
        Ok(None) => look(&canaries(), seed, engine, jobs, work),
        Ok(Some(blind)) => Ok(Sight::Blind(blind)),
        Err(()) => Ok(Sight::Blind(Blind { canary: "about names".to_owned(), instead: "ended in a panic".to_owned() })),
    }
}

fn look(canaries: &[Canary], seed: u64, engine: Engine, jobs: NonZeroUsize, work: &Path) -> Result<Sight, CaseError> {
    let mut sight = Sight::Clear;
    let mut labels = Labels::default();
    let all_seen = side_by_side(canaries, jobs, |canary| seen(canary, seed, engine, work), &|| ())?;
    for (canary, seen) in canaries.iter().zip(all_seen) {
        let instead = match seen {
            Ok(finding) => match labels.note(&finding) {
                Ok(()) => continue,
                Err(blind) => return Ok(Sight::Blind(blind)),
            },
            Err(instead) => instead,
        };
        match guarded(|| canary.run_rightly(seed, engine, work)) {
            Ok(Ok(None)) => return Ok(Sight::Blind(Blind { canary: canary.text(), instead })),
            Ok(Ok(Some(finding))) if sight == Sight::Clear => {
                let first = finding.detail.lines().next().unwrap_or_default();
                sight = Sight::Unsettled(format!("{} was found where nothing is wrong: {first}", class_text(&finding)));
            }
            Ok(Ok(Some(_))) => {}
            Ok(Err(error)) => return Err(error),
            Err(()) => return Ok(Sight::Blind(Blind { canary: canary.text(), instead })),
        }
    }
    Ok(sight)
}

/// The finding of a canary that is reported as it must be, and what has become of one that is not.
fn seen(canary: &Canary, seed: u64, engine: Engine, work: &Path) -> Result<Result<Finding, String>, CaseError> {
    Ok(match guarded(|| canary.run(seed, engine, work)) {
        Ok(Ok(Some(finding))) if canary.is_reported_by(&finding) => Ok(finding),
        Ok(Ok(Some(finding))) => Err(format!("was reported as {}", class_text(&finding))),
        Ok(Ok(None)) => Err("was not reported at all".to_owned()),
        // Where the environment is to blame, the same case says so too with nothing wrong.
        Ok(Err(CaseError::Input(message))) => Err(format!("ended with the error: {message}")),
        Ok(Err(error)) => return Err(error),
        Err(()) => Err("ended in a panic".to_owned()),
    })
}

/// A panic that the case does not catch is one that a comparison has not reported.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, ()> {
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(drop)
}
