//! When a list goes away.

use crate::format::list::meta_key;
use crate::format::{ExpireAtMs, expiry};
use crate::probe::expectation::Expected;
use crate::probe::list::{expiring, meta};
use crate::probe::question::Probe;
use crate::probe::snapshot::Rows;

const EXPIRE_AT_MS: u64 = 4_102_444_800_000;

/// A row: name, rule, the meta's expiry if it has 32 bytes, the TTL record's if there is one, what must come of it.
type ExpiryRow = (&'static str, &'static str, Option<u64>, Option<u64>, Option<u64>);

const LISTS: &[ExpiryRow] = &[
    (
        "expiry-ttl",
        "a list with a meta of 24 bytes has the expiry of its TTL record",
        None,
        Some(EXPIRE_AT_MS),
        Some(EXPIRE_AT_MS),
    ),
    ("expiry-inline", "a meta of 32 bytes owns the expiry", Some(EXPIRE_AT_MS), None, Some(EXPIRE_AT_MS)),
    (
        "expiry-inline-before-ttl",
        "a meta of 32 bytes owns the expiry, also when the TTL record's is later",
        Some(EXPIRE_AT_MS),
        Some(EXPIRE_AT_MS + 5),
        Some(EXPIRE_AT_MS),
    ),
    (
        "expiry-inline-after-ttl",
        "a meta of 32 bytes owns the expiry, also when the TTL record's is earlier",
        Some(EXPIRE_AT_MS + 5),
        Some(EXPIRE_AT_MS),
        Some(EXPIRE_AT_MS + 5),
    ),
    (
        "expiry-inline-none",
        "a meta of 32 bytes whose expiry is 0 owns that there is none, whatever the TTL record says",
        Some(0),
        Some(EXPIRE_AT_MS),
        None,
    ),
    ("expiry-ttl-zero", "a TTL record of 0 is an expiry of 0 and not none", None, Some(0), Some(0)),
    (
        "expiry-ttl-clamped",
        "a TTL record above 2^63 - 1 is read as that",
        None,
        Some(u64::MAX - 1),
        Some(9_223_372_036_854_775_807),
    ),
    (
        "expiry-inline-not-clamped",
        "the expiry in a meta of 32 bytes stays as it is, up to 2^64 - 1",
        Some(u64::MAX),
        None,
        Some(18_446_744_073_709_551_615),
    ),
    ("expiry-past", "a list whose expiry is in the past is dumped all the same", None, Some(1_000), Some(1_000)),
];

pub(in crate::probe::table) fn probes() -> Vec<Probe> {
    let ttl = |expire_at_ms| ExpireAtMs(expire_at_ms).to_record_value();
    let list = |(name, rule, inline, record, expected): &ExpiryRow| {
        let rows = Rows::new().items(b"jobs", 0, &[b"a"]).put(meta_key(b"jobs"), meta(0, 1, *inline));
        let rows = record.map_or(rows.clone(), |record| rows.put(expiry::ttl_key(b"jobs"), ttl(record)));
        Probe::new(name, rule, rows.bare(), Expected::State(expiring(&[(b"jobs", &[b"a"], *expected)])))
    };
    let mut probes: Vec<Probe> = LISTS.iter().map(list).collect();
    probes.extend([Probe::new(
        "expiry-ttl-without-meta",
        "a list without a meta has the expiry of its TTL record",
        Rows::new().items(b"jobs", 0, &[b"a"]).put(expiry::ttl_key(b"jobs"), ttl(EXPIRE_AT_MS)).bare(),
        Expected::State(expiring(&[(b"jobs", &[b"a"], Some(EXPIRE_AT_MS))])),
    )]);
    probes
}
