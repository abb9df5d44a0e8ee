//! One case: a trace through the store and the model, then from the store's records through the encoder and the reader
//! back.
//!
//! ```text
//! step --> store --> reply --.
//!   \----> model --> reply --+--> equal?         (each step)
//!
//! store --> visible state ---+--> equal to the model's?
//!   closed and opened again -+--> unchanged?
//!   records --> encoder --> dump tree --> reader --> equal to the model's?
//!   records, shuffled --> encoder --> the same bytes?
//!   dump --> restored records --> encoder --> the same bytes?
//! ```
//!
//! In a share of the cases all of this is read once more by code that shares nothing with it, in `second`.
//!
//! What is demanded beside that, of history, snapshot files and foreign decoders, is in `snapshots`. A server in place of our
//! store, or a real Redis in place of the model, is in `server`; a store in this process that is not ours, in `tested_store`.
//!
//! The case ends at its first finding: what comes after a difference says little.

mod clients;
mod decoding;
mod demands;
mod dumps;
mod equal;
mod hearing;
mod home;
mod judged;
mod moments;
mod outcome;
mod panics;
mod plan;
mod recorder;
mod reference;
pub mod replay;
mod second;
mod server;
mod shapes;
mod snapshots;
mod steps;
mod stop;
mod store_case;
mod subject;
mod tested_store;
mod text;
mod typed;

pub use decoding::decode_snapshot;
pub use demands::Demands;
pub use dumps::{pinned_manifest, wall_time};
pub use home::is_on_disk;
pub use outcome::CaseReport;
pub use panics::caught;
pub use plan::CasePlan;
pub use second::warning_of;
pub use server::{Access, Known, KnownEntry, KnownError, Servers, Trial};
pub use shapes::{Shapes, framing_shape, framing_shapes, shape_names};
pub use stop::CaseError;
pub use subject::{SERVER, subject_words, width_name};
pub use tested_store::{TestedStore, run_tested_case};
pub use text::step_text;
pub use typed::typed_lines;

use crate::model::Model;
use clients::of_one_client;
use reference::Reference;
use server::{Oracle, Understood, Withheld, run_server_case};
use store_case::run_store_case;

/// Runs a case on our store, against the model.
///
/// # Errors
///
/// The environment, such as a full disk, or a malformed trace.
pub fn run_case(plan: CasePlan<'_>) -> Result<CaseReport, CaseError> {
    run_store_case(plan, Reference::Model(Model::new()))
}

/// Runs a case in which servers take part.
///
/// # Errors
///
/// As [`run_case`], and a server that cannot be asked.
pub fn run_case_with(plan: CasePlan<'_>, servers: &Servers) -> Result<CaseReport, CaseError> {
    let withheld = Withheld::default();
    let steps = Box::new(of_one_client(plan.steps, "a server"));
    let steps = Box::new(Understood::new(steps, servers.vocabularies(), &withheld));
    let plan = CasePlan { steps, ..plan };
    let mut oracle = servers.oracle();
    let mut report = match (servers.store(), oracle.as_deref_mut()) {
        (Some(mut store), oracle) => run_server_case(plan, &mut store, oracle, servers.known()),
        (None, Some(oracle)) => run_store_case(plan, Reference::Oracle(Oracle::new(oracle)?)),
        (None, None) => Err(CaseError::Input("there is no server to run a case on".to_owned())),
    }?;
    withheld.add_to(&mut report.left_out);
    Ok(report)
}

#[cfg(test)]
mod tests;
