//! A folder for what a command needs only while it runs.

use super::ended::Failure;
use crate::staging::{ScratchDir, require_outside};

/// A scratch folder in the system's temporary one.
pub(super) fn scratch_dir() -> Result<ScratchDir, Failure> {
    let parent = std::env::temp_dir();
    require_outside(&parent).map_err(|error| Failure::Input(format!("TMPDIR: {error}")))?;
    ScratchDir::new(&parent)
        .map_err(|error| Failure::Input(format!("make a work folder in {}: {error}", parent.display())))
}
