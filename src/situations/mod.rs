//! The situations in which a checker of this format earns its trust, and which of them a run has reached.
//!
//! A verifier that never meets a negative head says nothing about sign flips, however many cases it runs. So the places where
//! the format invites bugs have names here, one table of them ([`SITUATIONS`]), and each is ticked off when a case has
//! really been there: by the records that were committed, the state in the end, the file names of the dump and the rows of
//! the snapshot, never by what a generator meant to do.
//!
//! What several clients do to each other is recognised by which transactions overlapped: one began before the other was
//! committed, and was committed after it (`clients`).
//!
//! A hole (a seq of the window without an item) is not among them: the live store counts and claims one when it meets it,
//! but no list command leaves one. Records with holes are in the fixtures, and so are the other states that only foreign or
//! damaged stores have, such as a TTL record without a list.
//!
//! Beside the situations stand the commands: that each has run, each of its options, borders and errors (`commands`). Together
//! they are the rows of the ledger (`rows`). A run of a hundred default cases reaches every row that needs no flag, whatever
//! its seed; if one does not, the generator has gone blind, and `verify` fails.
//!
//! The ledger is always on, so every report can say what its run has not met. Its cost is below what can be measured.

mod clients;
mod commands;
mod endings;
mod ledger;
mod list;
mod mark;
mod needs;
mod reached;
mod rows;
mod steps;
mod table;
mod versions;
mod walk;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::database::{Database, DatabaseError, Watch};
use crate::format::CommitTs;
use crate::format::snapshot::Framing;
use crate::snapshot::SnapshotShape;
use crate::state::State;
use crate::store::{Answer, MetaWidth};
use crate::workload::Step;
use walk::Walk;

pub use ledger::Ledger;
pub use needs::Needs;
pub use reached::Reached;
pub use rows::{ROWS, Row, rows};
pub use table::{Mark, SITUATIONS, Situation};

/// Follows one case.
#[derive(Clone, Debug)]
pub struct Observer(Arc<Mutex<Walk>>);

impl Observer {
    /// Begins a case whose store writes such base metas.
    pub fn new(width: MetaWidth) -> Observer {
        Observer(Arc::new(Mutex::new(Walk::new(width))))
    }

    fn walk(&self) -> MutexGuard<'_, Walk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store's database is to be watched by.
    pub fn watch(&self) -> Watch {
        let observer = self.clone();
        Arc::new(move |commit_ts, changes| {
            let mut walk = observer.walk();
            walk.overlaps.commits_at(commit_ts);
            walk.last_commit = commit_ts;
            walk.tracks.commit(changes);
        })
    }

    /// A step is about to be run on a store over this database.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn look(&self, step: &Step, database: &Database) -> Result<(), DatabaseError> {
        self.walk().look(step, database)
    }

    /// A step has been run on the store: as it was sent, and as it took effect, which is another of several clients.
    pub fn step(&self, sent: &Step, step: &Step, answers: &[Answer]) {
        let mut walk = self.walk();
        walk.overlap(sent, step, answers);
        walk.take_step(step, answers);
    }

    /// The steps are over, and what is left shows `state`.
    pub fn ending(&self, state: &State) {
        self.walk().ending(state);
    }

    /// The history has been read at these commits.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn history(&self, database: &Database, moments: &[CommitTs]) -> Result<(), DatabaseError> {
        let mut walk = self.walk();
        let last = walk.compactions.last().copied();
        let is_before = moments.iter().any(|at| Some(*at) < last);
        let is_after = moments.iter().any(|at| walk.compactions.contains(at));
        walk.reached.tick_if(Mark::MomentBeforeCompaction, is_before);
        walk.reached.tick_if(Mark::MomentAfterCompaction, is_after);
        versions::versions(database, &mut walk.reached)
    }

    /// A snapshot of this shape has been read.
    pub fn snapshot(&self, shape: SnapshotShape) {
        let mut walk = self.walk();
        walk.reached.tick(match shape.framing {
            Framing::Bare => Mark::SnapshotBare,
            Framing::Legacy => Mark::SnapshotLegacy,
            Framing::V1 => Mark::SnapshotV1,
            Framing::V2 => Mark::SnapshotV2,
        });
        walk.reached.tick_if(Mark::SnapshotRawRows, shape.raw_rows);
        walk.reached.tick_if(Mark::SnapshotNoise, shape.noise);
    }

    /// What the case has reached so far.
    pub fn reached(&self) -> Reached {
        self.walk().reached
    }
}
