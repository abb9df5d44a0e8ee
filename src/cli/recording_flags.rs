//! How recordings of real traffic are read.

use clap::Args;

use crate::workload::TraceSteps;
use crate::workload::recorded::{RecordedSteps, is_known};

/// What the user knows of a recording.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct RecordingFlags {
    /// Ignore this unknown command of a recording, such as a module's, because it touches no list; repeatable
    #[arg(long = "touches-no-list", value_name = "NAME", value_parser = bystander)]
    bystanders: Vec<String>,
}

impl RecordingFlags {
    /// Reads a recording with these flags.
    pub(super) fn apply(&self, steps: RecordedSteps) -> TraceSteps {
        TraceSteps::Recorded(Box::new(steps.with_bystanders(&self.bystanders)))
    }

    /// The flags again, for reports and repeat commands.
    pub(super) fn to_flags(&self) -> Vec<String> {
        self.bystanders.iter().flat_map(|name| ["--touches-no-list".to_owned(), name.clone()]).collect()
    }
}

/// What a known command does is not for the user to say.
fn bystander(name: &str) -> Result<String, String> {
    match name {
        "" => Err("expected the name of a command".to_owned()),
        known if is_known(known) => Err(format!("what {known} does to lists is known; leave the flag out")),
        name => Ok(name.to_owned()),
    }
}
