//! The labels of classes, as the findings of canaries have them.

use std::collections::BTreeMap;

use super::sight::{Blind, class_text};
use crate::finding::Finding;

/// What tells two classes apart: kind, aspect, and the place of a panic.
type Class = (&'static str, &'static str, Option<String>);

/// The labels so far, and the classes that have them.
#[derive(Default)]
pub(super) struct Labels {
    of_classes: BTreeMap<Class, String>,
    classes: BTreeMap<String, Class>,
}

impl Labels {
    /// Notes a finding's label. Another class must have another one, and the same class the same.
    pub(super) fn note(&mut self, finding: &Finding) -> Result<(), Blind> {
        let (kind, aspect) = finding.class();
        let class = (kind.name(), aspect, finding.place().map(str::to_owned));
        let label = finding.fingerprint();
        let canary = format!("of the label of {},", class_text(finding));
        let before = self.of_classes.entry(class.clone()).or_insert_with(|| label.clone());
        if *before != label {
            return Err(Blind { canary, instead: format!("has two, {before} and {label}") });
        }
        let other = self.classes.entry(label.clone()).or_insert_with(|| class.clone());
        if *other != class {
            let (kind, aspect, _) = other;
            return Err(Blind { canary, instead: format!("has {label}, which is that of {kind} {aspect} too") });
        }
        Ok(())
    }
}
