//! What a case runs, and how.

use std::path::Path;

use super::demands::Demands;
use super::stop::CaseError;
use crate::database::Engine;
use crate::store::MetaWidth;
use crate::workload::{Header, Step};

/// What a case runs.
pub struct CasePlan<'a> {
    /// The steps.
    pub steps: Box<dyn Iterator<Item = Result<Step, CaseError>> + 'a>,
    /// Which base metas the store writes.
    pub width: MetaWidth,
    /// An empty folder that the case may fill.
    pub folder: &'a Path,
    /// The trace is written down under this header, to be kept with the rest. Without one nobody keeps anything, and the database
    /// may be where it is quickly made and thrown away: see [`is_on_disk`](super::is_on_disk).
    pub record: Option<Header>,
    /// What the case's own choices are drawn from.
    pub seed: u64,
    /// What is checked beside the round trip.
    pub demands: &'a Demands,
    /// What keeps the store's records.
    pub engine: Engine,
}
