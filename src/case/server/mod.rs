//! Cases in which a server takes part: in place of our store, in place of the model, or both.
//!
//! ```text
//!                  reference                    subject
//! verify           model                        our store, its records, its dump
//! --oracle         a real Redis                 our store, its records, its dump
//! --store          model                        a server
//! both             a real Redis                 a server
//! ```
//!
//! The reference hears the steps first (`Side::lead`, or the model), so that the subject can be told what has expired by
//! then (`Side::follow`); [`crate::server::ClockShift`] argues why that hides nothing. Our store needs no telling, as it
//! has a logical clock of its own. Steps go in batches: a server answers many in the time that one round trip takes.
//!
//! What a server does not know is left out of the workload for both sides (`workload`), and so is what means nothing to
//! one. Cases run one at a time, because a database is one, and each begins by emptying it.

mod oracle;
mod precision;
mod server_case;
mod servers;
mod side;
mod understood;

pub(super) use oracle::Oracle;
pub(super) use server_case::run_server_case;
pub use servers::Servers;
pub(super) use understood::Understood;
