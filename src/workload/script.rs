//! A script: what it does, and which cases run it.

use super::profile::{KeyStyle, Preamble, Profile, TimeStyle};
use super::script_lines::lines;

/// Which cases run a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cases {
    /// Those that draw it.
    Drawn,
    /// All with hostile keys.
    HostileKeys,
    /// All whose time goes from expiry to expiry.
    AroundExpiries,
    /// All with lists of more than 100 000 items.
    LongLists,
    /// All with seeded heads.
    SeededHeads,
}

/// When a case runs a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before all other commands.
    Start,
    /// Somewhere between them.
    Middle,
    /// After all of them, so that what the script leaves is dumped.
    End,
}

/// A script, in the notation of `script_lines`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Script {
    pub(super) cases: Cases,
    pub(super) moment: Moment,
    pub(super) text: &'static str,
}

impl Script {
    /// One that cases draw.
    pub(super) const fn drawn(text: &'static str) -> Script {
        Script { cases: Cases::Drawn, moment: Moment::Middle, text }
    }

    /// How many commands it has, those in transactions counted.
    pub(super) fn commands(&self) -> u64 {
        lines(self.text).map(|line| line.commands()).sum()
    }

    /// Whether each case of a profile runs it.
    pub(super) fn belongs_to(&self, profile: &Profile) -> bool {
        match self.cases {
            Cases::Drawn => false,
            Cases::HostileKeys => profile.keys == KeyStyle::Hostile,
            Cases::AroundExpiries => profile.time == TimeStyle::AroundExpiries,
            Cases::LongLists => profile.preamble == Preamble::LongLists,
            Cases::SeededHeads => profile.preamble == Preamble::SeedHeads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_case_is_that_of_the_profiles_made_for_it() {
        for (cases, expected) in [
            (Cases::Drawn, &[][..]),
            (Cases::HostileKeys, &["hostile-keys"]),
            (Cases::AroundExpiries, &["ttl"]),
            (Cases::LongLists, &["long"]),
            (Cases::SeededHeads, &["edge-seq"]),
        ] {
            let script = Script { cases, ..Script::drawn("LLEN k") };
            let profiles = crate::workload::PROFILES.iter().filter(|profile| script.belongs_to(profile));
            assert_eq!(profiles.map(|profile| profile.name).collect::<Vec<_>>(), expected, "{cases:?}");
        }
    }
}
