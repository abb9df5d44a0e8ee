//! Canaries: a few cases with a fault on, to see that a finding would be found, in this very run.
//!
//! A comparison that has gone blind says "0 mismatches" like one that has looked. So some faults that practically every
//! case meets are drawn from the seed; if one of them is not found, nothing that the run says can be believed.

use std::path::Path;

use rand::SeedableRng as _;
use rand::seq::IndexedRandom as _;

use super::case::CaseError;
use super::faults::Fault;
use super::faults::hunt::meet;
use super::finding::FindingKind;

/// Faults that nearly every case meets, by boundary.
const FAULTS: &[&str] = &[
    "push-loses-last-value",
    "delta-not-written",
    "delta-with-wrong-sign",
    "item-one-too-far",
    "sign-flip-left-out",
    "list-backwards",
    "tail-off-by-one",
    "head-off-by-one",
    "first-list-skipped",
    "arrival-order-kept",
    "newline-at-the-end",
    "body-truncated",
    "stale-file",
    "checksum-wrong",
    "manifest-missing",
    "bodies-swapped",
    "items-reversed",
    "items-rotated",
    "last-item-not-read",
];

/// Faults drawn for a run.
const DRAWN: usize = 3;
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

/// Puts out the canaries of a seed; `work` is a folder that may be filled.
///
/// # Errors
///
/// The environment.
pub fn put_out(seed: u64, work: &Path) -> Result<Option<Blind>, CaseError> {
    let mut dice = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let drawn: Vec<&&'static str> = FAULTS.sample(&mut dice, DRAWN).collect();
    for name in drawn {
        let blind = |instead| Ok(Some(Blind { fault: name, instead }));
        let Some(fault) = Fault::find(name) else { return blind("is not in the catalogue".to_owned()) };
        match meet(fault, seed, CASES, COMMANDS, work)? {
            None => return blind(format!("was not caught in {CASES} cases")),
            // As what it is found is the catalogue's business; here it matters that somebody looked.
            Some(met) if met.finding.kind == FindingKind::Panic => {
                return blind(format!("was met by a panic: {}", met.finding.detail));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_canary_is_caught_whatever_the_seed() {
        let work = tempfile::tempdir().expect("a folder");
        for name in FAULTS {
            let fault = Fault::find(name).expect("it is in the catalogue");
            for seed in 0..3 {
                let met = meet(fault, seed, CASES, COMMANDS, work.path()).expect("a healthy disk");
                assert!(met.is_some_and(|met| fault.is_reported_by(&met.finding)), "{name}, seed {seed}");
            }
        }
        assert_eq!(put_out(7, work.path()).expect("a healthy disk"), None);
    }
}
