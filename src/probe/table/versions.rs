//! Which versions of a key count.

use crate::format::list::{item_key, meta_key};
use crate::format::snapshot::{mvcc_key, mvcc_value};
use crate::format::{CommitTs, ExpireAtMs, Seq, expiry};
use crate::probe::expectation::Expected;
use crate::probe::list::{expiring, lists, meta};
use crate::probe::question::Probe;
use crate::probe::snapshot::{LAST_COMMIT, Rows, commit};

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = neighbours();
    probes.extend(around_the_last_commit());
    probes.extend(apart());
    probes
}

/// The key of item `seq` of the list that all of these are about.
fn item(seq: i64) -> Vec<u8> {
    item_key(b"jobs", Seq(seq))
}

fn jobs_of(items: &[&[u8]]) -> Expected {
    Expected::State(lists(&[(b"jobs", items)]))
}

fn neighbours() -> Vec<Probe> {
    let expiring_meta = meta(0, 1, Some(4_102_444_800_000));
    let ttl = ExpireAtMs(4_102_444_800_000).to_record_value();
    vec![
        Probe::new(
            "version-newest",
            "of several versions of a key the newest counts, which comes first in the file",
            Rows::new().put_at(1, item(0), b"old").put_at(3, item(0), b"new").put_at(2, item(0), b"middle").bare(),
            jobs_of(&[b"new"]),
        ),
        Probe::new(
            "tombstone-over-version",
            "a key whose newest version is a tombstone is deleted, whatever its older versions are",
            Rows::new().put_at(1, item(0), b"a").put_at(1, item(1), b"deleted").delete_at(2, item(1)).bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "tombstone-under-version",
            "a key whose newest version is newer than its tombstone is there again",
            Rows::new().put_at(1, item(0), b"first").delete_at(2, item(0)).put_at(3, item(0), b"again").bare(),
            jobs_of(&[b"again"]),
        ),
        Probe::new(
            "tombstone-alone",
            "a tombstone without any older version deletes nothing and hides nothing",
            Rows::new().put_at(1, item(0), b"a").delete_at(2, item(1)).bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "tombstone-of-list",
            "a list all of whose records are deleted is not there",
            Rows::new()
                .put_at(1, item(0), b"a")
                .put_at(1, meta_key(b"jobs"), meta(0, 1, None))
                .delete_at(2, item(0))
                .delete_at(2, meta_key(b"jobs"))
                .bare(),
            Expected::State(lists(&[])),
        ),
        Probe::new(
            "tombstone-of-ttl",
            "a deleted TTL record is no expiry",
            Rows::new()
                .put_at(1, item(0), b"a")
                .put_at(1, expiry::ttl_key(b"jobs"), ttl)
                .delete_at(2, expiry::ttl_key(b"jobs"))
                .bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "tombstone-of-meta",
            "the expiry of a deleted meta is no expiry",
            Rows::new()
                .put_at(1, item(0), b"a")
                .put_at(1, meta_key(b"jobs"), expiring_meta)
                .delete_at(2, meta_key(b"jobs"))
                .bare(),
            jobs_of(&[b"a"]),
        ),
    ]
}

fn around_the_last_commit() -> Vec<Probe> {
    let after = LAST_COMMIT + 1;
    vec![
        Probe::new(
            "version-at-last-commit",
            "a version of the last commit itself counts",
            Rows::new().put_at(1, item(0), b"old").put_at(LAST_COMMIT, item(0), b"last").bare(),
            jobs_of(&[b"last"]),
        ),
        Probe::new(
            "version-after-last-commit",
            "a version newer than the last commit that the header names does not count; the next older one does",
            Rows::new()
                .put_at(1, item(0), b"old")
                .put_at(2, item(0), b"right")
                .put_at(after, item(0), b"too new")
                .bare(),
            jobs_of(&[b"right"]),
        ),
        Probe::new(
            "version-only-after-last-commit",
            "a key all of whose versions are newer than the last commit is not there yet",
            Rows::new().put_at(1, item(0), b"a").put_at(after, item(1), b"too new").bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "tombstone-after-last-commit",
            "a tombstone newer than the last commit has deleted nothing yet",
            Rows::new().put_at(1, item(0), b"a").delete_at(after, item(0)).bare(),
            jobs_of(&[b"a"]),
        ),
    ]
}

/// The key of a record, and between two versions of it those of records of a key that extends it.
fn apart() -> Vec<Probe> {
    let (old, new) = (commit(1), commit(3));
    let between = (!commit(2).0).to_be_bytes();
    // The user key "jobs" and the seq of its item: an item of that list at a seq within the inverted timestamps.
    let longer_key = item(0).get(b"!lst|itm|".len()..).unwrap_or_default().to_vec();
    let stranger = item_key(&longer_key, Seq::from_bytes(between));
    let expiring_meta = |expire_at_ms| meta(0, 1, Some(expire_at_ms));
    let longer_meta_key = [meta_key(b"jobs"), between.to_vec()].concat();
    let version = |key: &[u8], commit_ts: CommitTs, value: Option<&[u8]>| (mvcc_key(key, commit_ts), mvcc_value(value));
    let rows =
        |rows: Vec<(Vec<u8>, Vec<u8>)>| rows.into_iter().fold(Rows::new(), |all, (key, value)| all.raw(key, value));
    vec![
        Probe::new(
            "version-apart",
            "versions of a key need not be neighbours: rows of a key that extends it fall between them",
            rows(vec![
                version(&item(0), new, Some(b"new")),
                version(&stranger, old, Some(b"between")),
                version(&item(0), old, Some(b"old")),
            ])
            .bare(),
            Expected::State(lists(&[(b"jobs", &[b"new"]), (&longer_key, &[b"between"])])),
        ),
        Probe::new(
            "tombstone-apart",
            "a tombstone hides an older version also where rows of another key fall between the two",
            rows(vec![
                version(&item(0), new, None),
                version(&stranger, old, Some(b"between")),
                version(&item(0), old, Some(b"deleted")),
            ])
            .bare(),
            Expected::State(lists(&[(&longer_key, &[b"between"])])),
        ),
        Probe::new(
            "meta-versions-apart",
            "versions of a meta need not be neighbours either: the newest one has the expiry",
            rows(vec![
                version(&item(0), old, Some(b"a")),
                version(&meta_key(b"jobs"), new, Some(&expiring_meta(4_102_444_800_003))),
                version(&longer_meta_key, old, Some(&meta(0, 0, None))),
                version(&meta_key(b"jobs"), old, Some(&expiring_meta(4_102_444_800_001))),
            ])
            .bare(),
            Expected::State(expiring(&[
                (b"jobs", &[b"a"], Some(4_102_444_800_003)),
                (&[&b"jobs"[..], &between].concat(), &[], None),
            ])),
        ),
    ]
}
