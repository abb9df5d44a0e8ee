//! Every probe, one row each. These tables are the only list of them.

mod bodies;
mod expiries;
mod framings;
mod jobs;
mod lists;
mod malformed;
mod rows;
mod segments;
mod trees;
mod versions;

use super::question::Probe;

/// Every probe: first what a snapshot file is, then which versions count, then what its records say, then what a dump
/// looks like, then what must be refused.
pub fn probes() -> Vec<Probe> {
    let groups: [fn() -> Vec<Probe>; 9] = [
        framings::probes,
        rows::probes,
        versions::probes,
        lists::probes,
        expiries::probes,
        bodies::probes,
        segments::probes,
        trees::probes,
        malformed::probes,
    ];
    groups.iter().flat_map(|group| group()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

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
}
