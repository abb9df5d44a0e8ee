//! Which situations a run has been in: printed, and required.

use std::io::Write;

use clap::Args;

use super::annotations;
use super::output::note;
use crate::situations::{Ledger, ROWS};

/// What is wanted of the ledger of situations.
#[derive(Clone, Debug, Args)]
pub(super) struct CoverageFlags {
    /// Print a table of the situations and command options that invite bugs, with the number of cases that reached each
    #[arg(long, conflicts_with = "store")]
    coverage: bool,
    /// Exit with code 1 if fewer than N situations were reached
    #[arg(
        long, value_name = "N", conflicts_with = "store",
        value_parser = clap::value_parser!(u16).range(1..=ROWS as i64)
    )]
    require_coverage: Option<u16>,
}

impl CoverageFlags {
    /// Prints the ledger if that is wanted.
    pub(super) fn print(&self, ledger: &Ledger, out: &mut dyn Write) -> std::io::Result<()> {
        if self.coverage { ledger.write(out) } else { Ok(()) }
    }

    /// Whether enough has been reached; if not, says what is missing.
    pub(super) fn is_met(&self, ledger: &Ledger) -> bool {
        let Some(required) = self.require_coverage.map(usize::from).filter(|required| ledger.reached() < *required)
        else {
            return true;
        };
        let missed: Vec<&str> = ledger.missed().iter().map(|row| row.name).collect();
        let (reached, all) = (ledger.reached(), ROWS);
        let message =
            format!("{reached} of {all} situations reached, {required} are required; missed: {}", missed.join(", "));
        note(&format!("coverage: {message}"));
        annotations::error("coverage", None, &message);
        false
    }
}
