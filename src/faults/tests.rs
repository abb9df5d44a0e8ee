//! The catalogue as a table; that each fault is caught is held by `tests/faults.rs`.

use std::collections::BTreeSet;

use super::catalogue::TABLES;
use super::*;
use crate::finding::FindingKind;
use crate::format::FAMILIES;

#[test]
fn there_are_sixty_faults_and_more_each_with_a_name_of_its_own() {
    let names: BTreeSet<&str> = faults().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults().count());
    assert!(names.len() >= 60, "{}", names.len());
    for fault in faults() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(fault.name.chars().all(plain), "{}", fault.name);
        assert!(fault.breaks.len() > 10 && !fault.breaks.ends_with('.'), "{}", fault.name);
        assert!(!fault.reported.is_empty(), "{}", fault.name);
        let is_panic = |(kind, _): &Reports| *kind == FindingKind::Panic;
        assert!(!fault.reported.iter().any(is_panic), "{} may be caught by an assertion", fault.name);
        assert!(find(fault.name).is_some());
    }
}

#[test]
fn every_family_has_faults_of_its_own() {
    for row in FAMILIES {
        let mut of_it = TABLES.iter().filter(|(family, _)| *family == Some(row.family));
        assert!(of_it.any(|(_, faults)| !faults.is_empty()), "no fault is a {}'s", row.name);
    }
}
