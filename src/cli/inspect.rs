//! `inspect`: every record decoded.

use clap::Args;

use super::{Ended, Failure};

/// Shows every record of a database, decoded
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The database, db:DIR
    source: String,
}

pub(super) fn run(arguments: &Arguments) -> Ended {
    Err(Failure::Input(arguments.source.clone()))
}
