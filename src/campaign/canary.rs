//! Canaries: a few cases with a fault on, to see that a finding would be found, in this very run.
//!
//! A comparison that has gone blind says "0 mismatches" like one that has looked. So for each way in which a case is looked at,
//! a fault is drawn from the seed that practically every case meets and that is seen in that way. It must be: where a fault
//! is noticed by something else, the eye that should have seen it may still be shut.
//!
//! If a canary is not seen in its way, `verify` exits with code 3 before it runs a case, even if something else noticed
//! the fault. With the comparison of lists switched off on purpose, replies and checksums still reveal most faults.

use std::path::Path;

use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;

use super::hunt::meet;
use crate::case::CaseError;
use crate::database::Engine;
use crate::faults;
use crate::finding::FindingKind;

/// The ways in which a case is looked at, and faults for each.
const EYES: &[(FindingKind, &[&str])] = &[
    (FindingKind::Reply, &["push-loses-last-value"]),
    (
        FindingKind::DumpState,
        &[
            "sign-flip-left-out",
            "list-backwards",
            "tail-off-by-one",
            "head-off-by-one",
            "first-list-skipped",
            "stale-file",
            "bodies-swapped",
            "items-reversed",
            "items-rotated",
            "last-item-not-read",
        ],
    ),
    (FindingKind::Tree, &["newline-at-the-end", "body-truncated", "checksum-wrong", "manifest-missing"]),
    (FindingKind::Order, &["arrival-order-kept"]),
];

/// A canary must be caught within so many cases, of so many commands each.
const CASES: u64 = 20;
const COMMANDS: u64 = 100;

/// What a checker is that does not catch a canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blind {
    /// The fault.
    pub fault: &'static str,
    /// What has become of it, as a clause.
    pub instead: String,
}

/// Puts out the canaries of a seed, on the engine of the run; `work` is a folder that may be filled.
///
/// # Errors
///
/// The environment.
pub fn put_out(seed: u64, engine: Engine, work: &Path) -> Result<Option<Blind>, CaseError> {
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    for (kind, faults) in EYES {
        let Some(name) = faults.choose(&mut dice) else { continue };
        if let Some(instead) = unseen(*kind, name, seed, (engine, work))? {
            return Ok(Some(Blind { fault: name, instead }));
        }
    }
    Ok(None)
}

/// What has become of a fault that is not found as `kind`.
fn unseen(
    kind: FindingKind,
    name: &str,
    seed: u64,
    (engine, work): (Engine, &Path),
) -> Result<Option<String>, CaseError> {
    let Some(fault) = faults::find(name) else { return Ok(Some("is not in the catalogue".to_owned())) };
    // Some cases hide a fault from an eye that sees it in the next.
    let met = meet(fault, seed, 0..CASES, COMMANDS, (engine, work), &|finding| finding.kind == kind)?;
    Ok(met.is_none().then(|| format!("was not reported as {} in {CASES} cases", kind.name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_canary_is_caught_whatever_the_seed() {
        let work = tempfile::tempdir().expect("a folder");
        for (kind, name) in EYES.iter().flat_map(|(kind, names)| names.iter().map(move |name| (*kind, *name))) {
            for seed in 0..3 {
                assert_eq!(
                    unseen(kind, name, seed, (Engine::Memory, work.path())).expect("a healthy disk"),
                    None,
                    "{name}, seed {seed}"
                );
            }
        }
        assert_eq!(put_out(7, Engine::Memory, work.path()).expect("a healthy disk"), None);
    }
    #[test]
    fn a_fault_that_only_another_eye_sees_is_not_seen() {
        let work = tempfile::tempdir().expect("a folder");
        let blind =
            unseen(FindingKind::Tree, "items-reversed", 1, (Engine::Memory, work.path())).expect("a healthy disk");
        assert_eq!(blind.as_deref(), Some("was not reported as tree in 20 cases"));
    }
}
