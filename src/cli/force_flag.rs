//! `--force`, of the commands that write one file: without it none is written over.

use std::path::Path;

use super::ended::Failure;
use super::output::Output;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct ForceFlag {
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

impl ForceFlag {
    /// The output of `flag`; `-` is standard output.
    pub(super) fn create(self, flag: &str, path: &Path) -> Result<Output, Failure> {
        self.allow(flag, path)?;
        Output::create(path)
    }

    /// Refuses a file that would be written over.
    pub(super) fn allow(self, flag: &str, path: &Path) -> Result<(), Failure> {
        // A pipe or a terminal is written to, not over.
        let is_there = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        if is_there && !self.force {
            let path = path.display();
            return Err(Failure::Input(format!(
                "{flag} {path}: the file is there already; name another, or give --force"
            )));
        }
        Ok(())
    }
}
