//! Expiries of keys of which a dump says nothing.

use crate::format::{ExpireAtMs, expiry};
use crate::probe::expectation::Expected;
use crate::probe::list::expiring;
use crate::probe::question::Probe;
use crate::probe::snapshot::Rows;

const EXPIRE_AT_MS: u64 = 4_102_444_800_000;

pub(super) fn probes() -> Vec<Probe> {
    let ttl = |expire_at_ms| ExpireAtMs(expire_at_ms).to_record_value();
    vec![
        Probe::new(
            "expiry-orphan",
            "a TTL record of a key that no other record names makes no list, and is no error",
            Rows::new().list(b"jobs", &[b"a"]).put(expiry::ttl_key(b"nobody"), ttl(EXPIRE_AT_MS)).bare(),
            Expected::State(expiring(&[(b"jobs", &[b"a"], None)])),
        ),
        Probe::new(
            "expiry-of-a-string",
            "the TTL record of a string's key is no list's",
            Rows::new()
                .list(b"jobs", &[b"a"])
                .put(b"!redis|str|text", b"\xff\x01\x01\0\0\0\0\0\0\0\0text")
                .put(expiry::ttl_key(b"text"), ttl(EXPIRE_AT_MS))
                .bare(),
            Expected::State(expiring(&[(b"jobs", &[b"a"], None)])),
        ),
    ]
}
