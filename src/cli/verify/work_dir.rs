//! Where `verify` makes its cases' folders.

use std::path::{Path, PathBuf};

use super::arguments::Arguments;
use crate::cli::ended::Failure;
use crate::cli::scratch::scratch_dir;
use crate::staging::{ScratchDir, require_outside};

/// Where Linux has a file system in memory. A million small dumps on a disk take hours.
const IN_MEMORY: &str = "/dev/shm";

/// Where the cases' folders are made.
pub(super) enum WorkDir {
    /// It stays.
    Kept(PathBuf),
    /// It is gone in the end.
    Scratch(ScratchDir),
}

impl WorkDir {
    pub(super) fn path(&self) -> &Path {
        match self {
            WorkDir::Kept(path) => path,
            WorkDir::Scratch(folder) => folder.path(),
        }
    }
}

pub(super) fn work_dir(arguments: &Arguments) -> Result<WorkDir, Failure> {
    let Some(path) = &arguments.work_dir else {
        let in_memory = arguments.exhaustive.filter(|_| !arguments.keep).and_then(|_| in_memory());
        return in_memory.map_or_else(|| unnamed_work_dir(arguments.keep), |folder| Ok(WorkDir::Scratch(folder)));
    };
    let failed = |error: std::io::Error| Failure::Input(format!("--work-dir {}: {error}", path.display()));
    require_outside(path).map_err(|error| Failure::Input(format!("--work-dir: {error}")))?;
    std::fs::create_dir_all(path).map_err(failed)?;
    if !arguments.keep {
        return ScratchDir::new(path).map(WorkDir::Scratch).map_err(failed);
    }
    if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
        let hint = "name an absent or empty folder to keep the cases in";
        return Err(Failure::Input(format!("--work-dir {}: it is not empty; {hint}", path.display())));
    }
    Ok(WorkDir::Kept(path.clone()))
}

/// A folder in memory, where there is such a thing.
pub(super) fn in_memory() -> Option<ScratchDir> {
    ScratchDir::new(IN_MEMORY.as_ref()).ok()
}

fn unnamed_work_dir(keep: bool) -> Result<WorkDir, Failure> {
    if !keep {
        return scratch_dir().map(WorkDir::Scratch);
    }
    let parent = std::env::temp_dir();
    let folder = tempfile::Builder::new().prefix("ekv-roundtrip-kept-").tempdir_in(&parent);
    folder
        .map(|folder| WorkDir::Kept(folder.keep()))
        .map_err(|error| Failure::Input(format!("make a work folder in {}: {error}", parent.display())))
}
