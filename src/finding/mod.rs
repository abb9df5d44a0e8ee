//! What can be found, and what it is called: kinds, aspects, classes, verdicts.
//!
//! A class is what every seed that hits a bug has in common: the kind, the aspect, and for a panic its place in the
//! source. Where many lists differ, the gravest difference gives the aspect ([`Comparison::chief`]). How the items of a
//! list differ (dropped, moved, ...) is not part of the class, because one bug does several of these.

mod headline;
mod kind;
mod left_out;
mod reasons;
mod sides;
mod verdict;

pub use headline::ItemEnd;
pub use kind::{FINDING_KINDS, FindingKind};
pub use left_out::{LEFT_OUT_KINDS, LeftOut, LeftOutKind};
pub use reasons::{Reason, reasons};
pub use sides::Sides;
pub use verdict::Verdict;

use sha2::{Digest as _, Sha256};

use crate::compare::{Comparison, SideNames};
use crate::state::State;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub kind: FindingKind,
    /// Which side of it shows, in a word: what a command's name or the way in which two states differ; may be empty.
    pub aspect: &'static str,
    /// The user key that is concerned, where there is one.
    pub user_key: Option<Vec<u8>>,
    /// The number of the step, from 1, where there is one.
    pub step: Option<u64>,
    /// What was expected and what was found, in one or more lines.
    pub detail: String,
    /// What went wrong between several clients, as a clause, where that is known: `an acknowledged push is gone: ...`.
    pub anomaly: Option<String>,
    /// The two states, where two states differ.
    pub sides: Option<Box<Sides>>,
}

impl Finding {
    /// A finding that is about no step, no key and no pair of states.
    pub fn new(kind: FindingKind, detail: String) -> Finding {
        Finding { kind, aspect: "", user_key: None, step: None, detail, anomaly: None, sides: None }
    }

    /// What must stay the same for two findings to have one cause, most likely; with [`Finding::place`].
    pub fn class(&self) -> (FindingKind, &'static str) {
        (self.kind, self.aspect)
    }

    /// Where in the source a panic was; two places are two bugs.
    pub fn place(&self) -> Option<&str> {
        let first = self.detail.lines().next().filter(|_| self.kind == FindingKind::Panic)?;
        first.strip_prefix("panicked at ")
    }

    /// Whether two findings are of one class.
    pub fn is_like(&self, other: &Finding) -> bool {
        self.class() == other.class() && self.place() == other.place()
    }

    /// What a comparison of two states has found, if anything.
    pub fn of_states(
        kind: FindingKind,
        comparison: &Comparison,
        expected: &State,
        found: &State,
        names: SideNames<'_>,
    ) -> Option<Finding> {
        let chief = comparison.chief()?;
        let sides = Sides::of(comparison, expected, found, names);
        let (aspect, user_key) = (chief.kind.aspect(), Some(chief.key.clone()));
        let finding = Finding::new(kind, comparison.render(names));
        Some(Finding { aspect, user_key, sides: Some(Box::new(sides)), ..finding })
    }

    /// What was left out, a finding for each kind of that, for whoever wants nothing left out.
    pub fn of_left_out(left_out: &LeftOut) -> Vec<Finding> {
        let of_kind = |(aspect, detail)| Finding { aspect, ..Finding::new(FindingKind::LeftOut, detail) };
        left_out.rows().map(of_kind).collect()
    }

    /// The name of its class: kind and aspect in words, and a hash of them and of [`Finding::place`]. What differs from case to
    /// case is no part of it, so that one bug has one name whatever seeds hit it.
    pub fn fingerprint(&self) -> String {
        let (kind, aspect) = self.class();
        let name = kind.name();
        let place = self.place().unwrap_or_default();
        let digest = Sha256::digest(format!("{name}\n{aspect}\n{place}"));
        let hash = hex::encode(digest.get(..4).unwrap_or_default());
        let words = [name, &aspect.to_lowercase(), &hash];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_class_in_words_and_nothing_of_the_case() {
        let finding = |aspect, key: &str, detail: &str| {
            let finding = Finding::new(FindingKind::DumpState, detail.to_owned());
            Finding { aspect, user_key: Some(key.as_bytes().to_vec()), ..finding }
        };
        let one = finding("items", "a", "one").fingerprint();
        assert_eq!(one, finding("items", "b", "another").fingerprint());
        assert!(one.starts_with("dump-state-items-") && one.len() == "dump-state-items-".len() + 8, "{one}");
        assert_ne!(one, finding("expiry", "a", "one").fingerprint());
        let panic = |place: &str, said: &str| {
            Finding::new(FindingKind::Panic, format!("panicked at src/{place}:7:9:\n{said}")).fingerprint()
        };
        assert_eq!(panic("store.rs", "one"), panic("store.rs", "another"));
        assert_ne!(panic("store.rs", "one"), panic("encoder.rs", "one"));
    }
}
