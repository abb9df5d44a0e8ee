//! A folder for what a command needs only while it runs.

use super::ended::Failure;
use crate::staging::ScratchDir;

/// A scratch folder in the system's temporary one.
pub(super) fn scratch_dir() -> Result<ScratchDir, Failure> {
    let parent = std::env::temp_dir();
    ScratchDir::new(&parent)
        .map_err(|error| Failure::Input(format!("make a work folder in {}: {error}", parent.display())))
}
