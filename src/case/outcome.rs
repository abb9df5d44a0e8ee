//! What came of a case.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::finding::{Finding, LeftOut};
use crate::situations::Reached;
use crate::state::State;

/// What came of a case.
#[derive(Clone, Debug, Default)]
pub struct CaseReport {
    /// Commands run, each command of a transaction counted.
    pub commands: u64,
    /// Lists compared at the end.
    pub lists: u64,
    /// Items in them.
    pub items: u64,
    /// Commands that the store rightly refused because of its own limits.
    pub refused: u64,
    /// Empty lists that the dump kept, which the format allows.
    pub empty_kept: u64,
    /// What was left out of what there was to compare.
    pub left_out: LeftOut,
    /// The shapes of the snapshot that a decoder was given, by name; none where none was.
    pub decoded: Vec<&'static str>,
    /// The situations that the case was in; `None` where a server was in the store's place, whose records nobody sees.
    pub reached: Option<Reached>,
    /// Findings on a server that are known, by the names of their entries.
    pub known: BTreeMap<String, u64>,
    /// The first finding; a case ends with it.
    pub finding: Option<Finding>,
    /// The case's folder, if it was kept.
    pub kept: Option<PathBuf>,
}

impl CaseReport {
    /// Counts what a case shows at its end, which is compared.
    pub(super) fn compares(&mut self, expected: &State) {
        self.lists = expected.keys.len() as u64;
        self.items = expected.element_count();
    }
}
