//! The files of a dump beside the lists.

use super::jobs::jobs;
use crate::format::CommitTs;
use crate::probe::expectation::Expected;
use crate::probe::question::Probe;
use crate::probe::snapshot::{LAST_COMMIT, Rows, commit};

pub(super) fn probes() -> Vec<Probe> {
    // As paths, "a%2F.json" < "a-.json" < "a.json"; as user keys it is the other way round.
    let rows = Rows::new().list(b"a", &[b"1"]).list(b"a-", &[b"2"]).list(b"a/", &[b"3"]).list(&[b'k'; 300], &[b"4"]);
    vec![
        Probe::new(
            "checksums",
            "CHECKSUMS has the SHA-256 in lower case, two blanks and the path of every file but itself, sorted by the bytes of \
             the paths",
            rows.bare(),
            Expected::Checksums,
        ),
        Probe::new(
            "manifest",
            "MANIFEST.json has its members in their order, those without a value left out, two blanks of indent and a line feed \
             at its end",
            jobs().bare(),
            Expected::Manifest,
        ),
        Probe::new(
            "manifest-last-commit",
            "last_commit_ts in MANIFEST.json is the lastCommitTS of the snapshot's header",
            jobs().bare(),
            Expected::LastCommitTs(Some(commit(LAST_COMMIT).0)),
        ),
        Probe::new(
            "manifest-no-last-commit",
            "MANIFEST.json has no last_commit_ts when the snapshot's is 0",
            Rows::new().last_commit_ts(CommitTs(0)).bare(),
            Expected::LastCommitTs(None),
        ),
        Probe::new(
            "tree",
            "a dump has MANIFEST.json, CHECKSUMS and what belongs below redis/db_<n>, and nothing else",
            jobs().bare(),
            Expected::NothingElse,
        ),
    ]
}
