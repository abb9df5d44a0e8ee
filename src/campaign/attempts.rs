//! Attempts of a shrinker: each is a case in a folder of its own, which is gone afterwards.

use std::path::Path;

use crate::case::{CaseError, CasePlan, Demands, Servers, run_case, run_case_with};
use crate::database::Engine;
use crate::finding::Finding;
use crate::store::MetaWidth;
use crate::workload::Step;

/// How cases are run that differ in nothing but their steps.
pub struct Attempts<'a> {
    /// Where their folders are made.
    pub folder: &'a Path,
    /// What is checked.
    pub demands: &'a Demands,
    /// The servers that take part.
    pub servers: Option<&'a Servers>,
    /// What keeps their stores' records.
    pub engine: Engine,
    /// What each case's own choices are drawn from: those of the case that had the finding.
    pub seed: u64,
}

impl Attempts<'_> {
    /// Runs a case, and gives its finding.
    ///
    /// # Errors
    ///
    /// A case that could not be run.
    pub fn run(&self, steps: &[Step], width: MetaWidth) -> Result<Option<Finding>, CaseError> {
        let failed = |error| CaseError::Input(format!("make a folder in {}: {error}", self.folder.display()));
        let folder = tempfile::Builder::new().prefix("attempt-").tempdir_in(self.folder).map_err(failed)?;
        let steps = Box::new(steps.iter().cloned().map(Ok));
        let Attempts { seed, demands, engine, .. } = *self;
        let plan = CasePlan { steps, width, folder: folder.path(), record: None, seed, demands, engine };
        let report = match self.servers {
            Some(servers) => run_case_with(plan, servers),
            None => run_case(plan),
        };
        Ok(report?.finding)
    }
}
