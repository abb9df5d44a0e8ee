//! The one table of rules: each has a fault that breaks it, a situation that reaches it, and where it can, a probe.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use std::collections::BTreeSet;

use ekv_roundtrip::faults::faults;
use ekv_roundtrip::probe::probes;
use ekv_roundtrip::rules::{RULES, Rule};
use ekv_roundtrip::situations::{SITUATIONS, Situation};

#[test]
fn each_rule_has_a_name_of_its_own_and_says_something() {
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        assert_eq!(Rule::find(rule.name), Some(rule));
        assert!(rule.says.len() > 20 && !rule.says.ends_with('.'), "{}: {}", rule.name, rule.says);
        assert!((1..=7).contains(&rule.section), "{}", rule.name);
    }
}

#[test]
fn each_rule_has_a_fault_and_each_fault_a_rule() {
    let broken: BTreeSet<&str> = faults().map(|fault| fault.rule).collect();
    let lacking: Vec<&str> = RULES.iter().map(|rule| rule.name).filter(|name| !broken.contains(name)).collect();
    assert_eq!(lacking, [""; 0], "rules without a fault");
    let unknown: Vec<&str> = broken.into_iter().filter(|name| Rule::find(name).is_none()).collect();
    assert_eq!(unknown, [""; 0], "faults name rules that are not there");
}

#[test]
fn each_rule_has_a_probe_and_a_situation_that_are_there() {
    let probes: BTreeSet<String> = probes().into_iter().map(|probe| probe.name).collect();
    for rule in RULES {
        assert_eq!(!rule.probes.is_empty(), rule.has_probes(), "{} lacks a probe, or cannot have one", rule.name);
        assert!(!rule.situations.is_empty(), "{} lacks a situation", rule.name);
        for name in rule.probes {
            assert!(probes.contains(*name), "{} names the probe {name}, which is not there", rule.name);
        }
        // What happens between clients is reached where there are several.
        let is_of_clients = rule.situations.iter().any(|name| name.starts_with("clients-"));
        assert!(rule.has_probes() != is_of_clients, "{} lacks a situation of several clients, or names one", rule.name);
        for name in rule.situations {
            assert!(Situation::find(name).is_some(), "{} names the situation {name}, which is not there", rule.name);
        }
    }
}

#[test]
fn each_situation_of_clients_is_reached_by_a_rule() {
    let named: BTreeSet<&str> = RULES.iter().flat_map(|rule| rule.situations).copied().collect();
    let of_clients = SITUATIONS.iter().map(|situation| situation.name).filter(|name| name.starts_with("clients-"));
    let lacking: Vec<&str> = of_clients.filter(|name| !named.contains(name)).collect();
    assert_eq!(lacking, [""; 0], "no rule of concurrency names them");
}
