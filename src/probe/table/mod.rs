//! Every probe, one row each. These tables are the only list of them.

mod expiries;
mod framings;
mod jobs;
mod list;
mod malformed;
mod rows;
mod segments;
mod trees;
mod versions;

use super::question::Probe;
use crate::format::Family;

/// Makes the probes of a group.
type Group = fn() -> Vec<Probe>;

/// The groups, each with the family whose records it is about; those of no family are about what all have in common, and
/// hold lists only because a decoder must be asked about something.
const GROUPS: &[(Option<Family>, Group)] = &[
    (None, framings::probes),
    (None, rows::probes),
    (None, versions::probes),
    (Some(Family::List), list::records::probes),
    (Some(Family::List), list::expiries::probes),
    (None, expiries::probes),
    (Some(Family::List), list::bodies::probes),
    (None, segments::probes),
    (None, trees::probes),
    (None, malformed::probes),
];

/// Every probe: first what a snapshot file is, then which versions count, then what its records say, then what a dump
/// looks like, then what must be refused.
pub fn probes() -> Vec<Probe> {
    GROUPS.iter().flat_map(|(_, group)| group()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::format::FAMILIES;

    #[test]
    fn each_probe_has_a_name_of_its_own_a_rule_and_a_tiny_snapshot() {
        let probes = probes();
        let names: BTreeSet<&str> = probes.iter().map(|probe| probe.name.as_str()).collect();
        assert_eq!(names.len(), probes.len());
        for probe in &probes {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(probe.name.chars().all(plain), "{}", probe.name);
            assert!(probe.rule.len() > 20 && !probe.rule.ends_with('.'), "{}: {}", probe.name, probe.rule);
            assert!(probe.snapshot.bytes().len() < 200_000, "{} is not tiny", probe.name);
        }
    }

    #[test]
    fn every_family_has_probes_of_its_own() {
        for row in FAMILIES {
            let mut of_it = GROUPS.iter().filter(|(family, _)| *family == Some(row.family));
            assert!(of_it.any(|(_, group)| !group().is_empty()), "no probe is a {}'s", row.name);
        }
    }
}
