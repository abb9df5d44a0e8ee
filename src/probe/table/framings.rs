//! What is around the rows.

use super::jobs::{jobs, jobs_are_there};
use crate::format::snapshot::{Framing, SST_MAGIC, bare_header};
use crate::probe::expectation::Expected;
use crate::probe::list::lists;
use crate::probe::question::Probe;
use crate::probe::snapshot::{LAST_COMMIT, Rows, Snapshot, commit, longer_outer_header, outer_header};

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = accepted();
    probes.extend(refused());
    probes
}

fn accepted() -> Vec<Probe> {
    let long_header = Expected::StateOrRefusal(lists(&[(b"jobs", &[b"a", b"b"])]));
    vec![
        Probe::new(
            "framing-bare",
            "a bare stream, EKVPBBL1, is read up to the end of the file and needs no checksum",
            jobs().bare(),
            jobs_are_there(),
        ),
        Probe::new(
            "framing-legacy",
            "a bare stream may end with a CRC32C footer of 4 bytes, as old engines wrote it",
            jobs().framed(Framing::Legacy),
            jobs_are_there(),
        ),
        Probe::new(
            "framing-v1",
            "an outer header EKVTHLC1 of 16 bytes stands before the bare stream, and a footer after it",
            jobs().framed(Framing::V1),
            jobs_are_there(),
        ),
        Probe::new(
            "framing-v2",
            "an outer header EKVTHLC2 names its own length, here the least of 16 bytes",
            jobs().framed(Framing::V2),
            jobs_are_there(),
        ),
        Probe::new(
            "framing-v2-longer",
            "an outer header EKVTHLC2 may be longer than what is known of it; the rest is read over",
            jobs().in_header(longer_outer_header(24), false),
            jobs_are_there(),
        ),
        Probe::new(
            "framing-v2-longest",
            "an outer header EKVTHLC2 has up to 1024 bytes after its length",
            jobs().in_header(longer_outer_header(1024 - 16), false),
            jobs_are_there(),
        ),
        Probe::new(
            "framing-v2-too-long",
            "an outer header EKVTHLC2 of more than 1024 bytes after its length is not written; the format does not say what \
             a decoder does with one",
            jobs().in_header(longer_outer_header(1024 - 16 + 1), false),
            long_header,
        ),
        Probe::new(
            "empty-snapshot",
            "a snapshot without rows makes a dump without a redis folder",
            Rows::new().bare(),
            Expected::NoRedisFolder,
        ),
    ]
}

fn refused() -> Vec<Probe> {
    vec![
        Probe::new(
            "footer-wrong-v1",
            "a file with an outer header whose footer is not the CRC32C of every byte before it is refused",
            jobs().in_header(outer_header(Framing::V1), true),
            Expected::Refusal,
        ),
        Probe::new(
            "footer-wrong-v2",
            "a file with an outer header of version 2 whose footer is wrong is refused",
            jobs().in_header(outer_header(Framing::V2), true),
            Expected::Refusal,
        ),
        Probe::new(
            "footer-wrong-legacy",
            "a bare stream with 4 bytes after its last row that are not its CRC32C is refused",
            jobs().in_header(Vec::new(), true),
            Expected::Refusal,
        ),
        Probe::new(
            "footer-missing",
            "a file with an outer header and no footer has been cut, and is refused",
            jobs().after(outer_header(Framing::V1)),
            Expected::Refusal,
        ),
        Probe::new(
            "magic-unknown",
            "a file that starts with no known magic is refused",
            Snapshot::default().with("an unknown magic", *b"EKVPBBL9").with("a timestamp", [0; 8]),
            Expected::Refusal,
        ),
        Probe::new(
            "magic-sst",
            "an SST container, EKVSSTI1, is another kind of snapshot and is refused",
            Snapshot::default().with("the magic of an SST container", SST_MAGIC).with("some bytes", [0; 24]),
            Expected::Refusal,
        ),
        Probe::new("file-empty", "a file without a byte is refused", Snapshot::default(), Expected::Refusal),
        Probe::new(
            "header-cut",
            "a file that ends within the header of the bare stream is refused",
            Snapshot::default().with(
                "the header but its last 4 bytes",
                bare_header(commit(LAST_COMMIT)).get(..12).unwrap_or_default(),
            ),
            Expected::Refusal,
        ),
    ]
}
