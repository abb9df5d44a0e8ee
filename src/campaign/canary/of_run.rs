//! Canaries for what is found of a run as a whole: shapes of snapshots that a decoder does not take, and what was left out.

use std::path::Path;

use super::row::{Canary, How};
use super::scene::{Decode, Scene};
use crate::case::decode_snapshot;
use crate::finding::{FindingKind, LEFT_OUT_KINDS};
use crate::format::snapshot::Framing;
use crate::snapshot::SnapshotFile;

/// A shape, and a decoder that does not take it.
const SHAPES: [(&str, Decode); 7] = [
    ("framing-v2", |fsm, out| unless(|file| file.framing() == Framing::V2, fsm, out)),
    ("framing-v1", |fsm, out| unless(|file| file.framing() == Framing::V1, fsm, out)),
    ("framing-legacy", |fsm, out| unless(|file| file.framing() == Framing::Legacy, fsm, out)),
    ("framing-bare", |fsm, out| unless(|file| file.framing() == Framing::Bare, fsm, out)),
    ("history", |fsm, out| unless(has_tombstone_of_list, fsm, out)),
    ("raw-rows", |fsm, out| unless(|file| has(file, "_meta_applied_index"), fsm, out)),
    ("noise", |fsm, out| unless(|file| has(file, "!hs|meta|"), fsm, out)),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let mut all = Vec::new();
    for (shape, decode) in SHAPES {
        let canary = Canary::of("a shape that is not taken", FindingKind::DecoderShape, shape);
        let scene = Scene { decoder: Some(decode), ..canary.scene };
        all.push(Canary { scene, how: How::Shapes, says: "it said:\n| not a file of mine", ..canary });
    }
    for (kind, name, _) in LEFT_OUT_KINDS {
        let canary = Canary::of("something is left out", FindingKind::LeftOut, name);
        all.push(Canary { how: How::LeftOut(*kind), says: " 3 (this 2, that 1)", ..canary });
    }
    all
}

/// Our own encoder, which fails on files of some kind.
fn unless(is_refused: fn(&SnapshotFile) -> bool, fsm: &Path, out: &Path) -> Result<(), String> {
    let file = SnapshotFile::open(fsm, None).map_err(|error| error.to_string())?;
    if is_refused(&file) { Err("not a file of mine".to_owned()) } else { decode_snapshot(fsm, out) }
}

fn has(file: &SnapshotFile, prefix: &str) -> bool {
    file.counts().by_prefix.keys().any(|counted| counted == prefix)
}

/// Noise has tombstones of its own.
fn has_tombstone_of_list(file: &SnapshotFile) -> bool {
    file.counts().tombstones > 0 && !has(file, "!hs|meta|")
}
