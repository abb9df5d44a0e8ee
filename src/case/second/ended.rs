//! A case whose steps have been run and whose dump has been compared.

use std::path::Path;

use crate::case::dumps::{Dumps, MadeDump};
use crate::case::moments::Moment;
use crate::case::reference::Reference;
use crate::database::Database;
use crate::snapshot::SnapshotShape;
use crate::state::State;

/// What there is to be read a second time.
pub(in crate::case) struct Ended<'a> {
    pub(in crate::case) database: &'a Database,
    pub(in crate::case) reference: &'a Reference<'a>,
    pub(in crate::case) dumps: &'a Dumps<'a>,
    /// What Redis shows.
    pub(in crate::case) expected: &'a State,
    /// The dump that the others are compared with, and what the reader says of it.
    pub(in crate::case) sorted: &'a MadeDump,
    pub(in crate::case) dumped: &'a State,
    /// Earlier commits, and what Redis showed then; none where no history is kept.
    pub(in crate::case) moments: &'a [Moment],
    /// The snapshot of the case, where one was asked for.
    pub(in crate::case) snapshot: Option<(&'a Path, SnapshotShape)>,
    /// The last logical time.
    pub(in crate::case) last_ms: u64,
}
