//! Our own encoder as a decoder of snapshot files.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::dumps::wall_time;
use crate::encoder::{DumpOptions, encode_ordered};
use crate::format::dump_tree::Manifest;
use crate::snapshot::SnapshotFile;

/// Decodes the snapshot `fsm` into the dump `out`, which must not exist.
///
/// # Errors
///
/// A sentence that says what went wrong.
pub fn decode_snapshot(fsm: &Path, out: &Path) -> Result<(), String> {
    let snapshot = SnapshotFile::open(fsm, None).map_err(|error| error.to_string())?;
    let failed = |error: std::io::Error| format!("make folder {}: {error}", out.display());
    std::fs::create_dir(out).map_err(failed)?;
    let dir = Dir::open_ambient_dir(out, ambient_authority()).map_err(failed)?;
    let mut manifest = Manifest::new(wall_time(snapshot.last_commit_ts().unix_ms()));
    manifest.last_commit_ts = Some(snapshot.last_commit_ts().0).filter(|commit_ts| *commit_ts != 0);
    let options = DumpOptions { db_index: 0, manifest };
    encode_ordered(&snapshot, &dir, &options).map(drop).map_err(|error| error.below(out).to_string())
}
