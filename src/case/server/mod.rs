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
//! What a server does not know, a command or a form of one, is left out of the workload for both sides (`understood`). Forms
//! are tried before the first case (`trial`). A case that has a finding is run again, carefully, so that the finding names
//! the command that has caused it, and so that it can go on from what is known (`careful`).
//!
//! Cases run one at a time, because a database is one, and each begins by emptying it.

mod careful;
mod known;
mod oracle;
mod peek;
mod precision;
mod right;
mod server_case;
mod servers;
mod side;
mod trial;
mod understood;

pub use known::{Known, KnownEntry, KnownError};
pub(super) use oracle::Oracle;
pub(super) use server_case::run_server_case;
pub use servers::{Access, Servers};
pub use trial::Trial;
pub(super) use understood::{Understood, Withheld};
