//! What the records of lists say.

use crate::format::list::{claim_key, delta_key, item_key, meta_key};
use crate::format::{ExpireAtMs, ListDelta, ListMeta, Seq, expiry};
use crate::probe::expectation::Expected;
use crate::probe::list::{expiring, lists, meta};
use crate::probe::question::Probe;
use crate::probe::snapshot::{Rows, commit};

const EXPIRE_AT_MS: u64 = 4_102_444_800_000;

pub(in crate::probe::table) fn probes() -> Vec<Probe> {
    let mut probes = sequences();
    probes.extend(windows());
    probes.extend(neighbours());
    probes.extend(delta_namespace());
    probes
}

fn delta(n: u64, head_delta: i64, len_delta: i64) -> (Vec<u8>, [u8; ListDelta::BYTES]) {
    (delta_key(b"jobs", commit(n), 0), ListDelta { head_delta, len_delta }.to_bytes())
}

fn jobs_of(items: &[&[u8]]) -> Expected {
    Expected::State(lists(&[(b"jobs", items)]))
}

fn sequences() -> Vec<Probe> {
    vec![
        Probe::new(
            "sequence-both-signs",
            "items stand in the order of their sequence numbers, those below 0 first",
            Rows::new()
                .items(b"jobs", -2, &[b"m2", b"m1", b"zero", b"p1"])
                .put(meta_key(b"jobs"), meta(-2, 4, None))
                .bare(),
            jobs_of(&[b"m2", b"m1", b"zero", b"p1"]),
        ),
        Probe::new(
            "sequence-lowest",
            "a list may begin at the lowest sequence number, -2^63",
            Rows::new().items(b"jobs", i64::MIN, &[b"a", b"b"]).put(meta_key(b"jobs"), meta(i64::MIN, 2, None)).bare(),
            jobs_of(&[b"a", b"b"]),
        ),
        Probe::new(
            "sequence-highest",
            "a list's tail may be the highest sequence number, 2^63 - 1",
            Rows::new()
                .items(b"jobs", i64::MAX - 2, &[b"a", b"b"])
                .put(meta_key(b"jobs"), meta(i64::MAX - 2, 2, None))
                .bare(),
            jobs_of(&[b"a", b"b"]),
        ),
        Probe::new(
            "items-equal",
            "equal items are items of their own",
            Rows::new().list(b"jobs", &[b"a", b"a", b"b", b"a"]).bare(),
            jobs_of(&[b"a", b"a", b"b", b"a"]),
        ),
    ]
}

fn windows() -> Vec<Probe> {
    let (pushed, pushed_value) = delta(2, -1, 2);
    let (popped, popped_value) = delta(3, 0, -1);
    let many = (0..1025).fold(Rows::new().items(b"jobs", 0, &[b"a"]), |rows, number| {
        let value = ListDelta { head_delta: 0, len_delta: i64::from(number == 0) };
        rows.put(delta_key(b"jobs", commit(1), number), value.to_bytes())
    });
    let broken = ListMeta { head: 5, tail: 1, len: 2, expiry_field: None };
    vec![
        Probe::new(
            "items-without-meta",
            "items without a meta are a list",
            Rows::new().items(b"jobs", 7, &[b"a"]).bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "deltas-outstanding",
            "the length in a meta is not the list's while there are deltas: the items are",
            Rows::new()
                .items(b"jobs", -1, &[b"left", b"a"])
                .put(meta_key(b"jobs"), meta(0, 1, None))
                .put(pushed, pushed_value)
                .put(popped, popped_value)
                .bare(),
            jobs_of(&[b"left", b"a"]),
        ),
        Probe::new(
            "deltas-alone",
            "deltas without a meta and without items are no list",
            Rows::new().put(delta(2, 0, 1).0, delta(2, 0, 1).1).put(delta(3, 1, -1).0, delta(3, 1, -1).1).bare(),
            Expected::State(lists(&[])),
        ),
        Probe::new(
            "deltas-many",
            "a server refuses a list of more than 1024 deltas, a decoder reads on",
            many.bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "empty-list-kept",
            "a meta without items makes a file with an empty list",
            Rows::new().put(meta_key(b"jobs"), meta(3, 0, None)).bare(),
            jobs_of(&[]),
        ),
        Probe::new(
            "items-missing",
            "a meta whose items are not all there is a list of those that are",
            Rows::new().items(b"jobs", 1, &[b"b"]).put(meta_key(b"jobs"), meta(0, 3, None)).bare(),
            jobs_of(&[b"b"]),
        ),
        Probe::new(
            "items-outside-window",
            "items outside of what the meta says are dumped like all others",
            Rows::new()
                .items(b"jobs", -1, &[b"before", b"a", b"after"])
                .put(meta_key(b"jobs"), meta(0, 1, None))
                .bare(),
            jobs_of(&[b"before", b"a", b"after"]),
        ),
        Probe::new(
            "meta-invariant-broken",
            "a meta whose tail is not head + length is odd, and no error",
            Rows::new().items(b"jobs", 0, &[b"a"]).put(meta_key(b"jobs"), broken.to_bytes()).bare(),
            jobs_of(&[b"a"]),
        ),
        Probe::new(
            "claim-over-item",
            "a claim never hides an item: a sequence number may be used again under its old claim",
            Rows::new()
                .list(b"jobs", &[b"a", b"b"])
                .put(claim_key(b"jobs", Seq(0)), b"")
                .put(claim_key(b"jobs", Seq(5)), b"")
                .bare(),
            jobs_of(&[b"a", b"b"]),
        ),
        Probe::new(
            "claims-alone",
            "claims without anything else are no list",
            Rows::new().put(claim_key(b"jobs", Seq(0)), b"").bare(),
            Expected::State(lists(&[])),
        ),
    ]
}

/// Keys whose records stand between each other's.
fn neighbours() -> Vec<Probe> {
    let longer = [b"jobs".as_slice(), &Seq(0).to_bytes()].concat();
    vec![
        Probe::new(
            "keys-that-extend",
            "the last 8 bytes of an item's key are its sequence number, also where items of another list stand between",
            Rows::new()
                .list(b"jobs", &[b"a", b"b"])
                .items(&longer, -1, &[b"x", b"y"])
                .put(meta_key(&longer), meta(-1, 2, None))
                .bare(),
            Expected::State(lists(&[(b"jobs", &[b"a", b"b"]), (&longer, &[b"x", b"y"])])),
        ),
        Probe::new(
            "keys-out-of-order",
            "rows are sorted by their raw keys, so those of f10 come before those of f1",
            Rows::new().items(b"f1", 0, &[b"a"]).items(b"f10", 0, &[b"b"]).items(b"f2", 0, &[b"c"]).bare(),
            Expected::State(lists(&[(b"f1", &[b"a"]), (b"f10", &[b"b"]), (b"f2", &[b"c"])])),
        ),
    ]
}

/// The meta key of a user key that begins with `d|` starts as delta keys do; the length of the value tells.
fn delta_namespace() -> Vec<Probe> {
    let delta_shaped = delta_key(b"jobs", commit(1), 0).get(b"!lst|meta|".len()..).unwrap_or_default().to_vec();
    let ttl = ExpireAtMs(EXPIRE_AT_MS + 1).to_record_value();
    let expected = |expire_at_ms| Expected::State(expiring(&[(b"d|jobs", &[b"a"], expire_at_ms)]));
    vec![
        Probe::new(
            "d-key",
            "the meta of a user key that begins with d| has 24 bytes, and is neither a delta nor malformed",
            Rows::new().list(b"d|jobs", &[b"a"]).bare(),
            expected(None),
        ),
        Probe::new(
            "d-key-ttl",
            "a user key that begins with d| and has a meta of 24 bytes has the expiry of its TTL record",
            Rows::new().list(b"d|jobs", &[b"a"]).put(expiry::ttl_key(b"d|jobs"), ttl).bare(),
            expected(Some(EXPIRE_AT_MS + 1)),
        ),
        Probe::new(
            "d-key-inline-expiry",
            "the meta of a user key that begins with d| has 32 bytes and owns the expiry",
            Rows::new().items(b"d|jobs", 0, &[b"a"]).put(meta_key(b"d|jobs"), meta(0, 1, Some(EXPIRE_AT_MS))).bare(),
            expected(Some(EXPIRE_AT_MS)),
        ),
        Probe::new(
            "d-key-inline-expiry-over-ttl",
            "the meta of 32 bytes of a user key that begins with d| owns the expiry, and the TTL record does not",
            Rows::new()
                .items(b"d|jobs", 0, &[b"a"])
                .put(meta_key(b"d|jobs"), meta(0, 1, Some(EXPIRE_AT_MS)))
                .put(expiry::ttl_key(b"d|jobs"), ttl)
                .bare(),
            expected(Some(EXPIRE_AT_MS)),
        ),
        Probe::new(
            "d-key-empty-list",
            "the meta of a user key that begins with d| makes a file with an empty list when there is no item",
            Rows::new().put(meta_key(b"d|jobs"), meta(0, 0, None)).bare(),
            Expected::State(lists(&[(b"d|jobs", &[])])),
        ),
        Probe::new(
            "delta-shaped-key",
            "a user key may be such that its meta key is, byte for byte, a delta key of another list; the value has 32 bytes, so \
             it is a meta",
            Rows::new()
                .list(b"jobs", &[b"a"])
                .items(&delta_shaped, 0, &[b"x"])
                .put(meta_key(&delta_shaped), meta(0, 1, Some(EXPIRE_AT_MS)))
                .bare(),
            Expected::State(expiring(&[(b"jobs", &[b"a"], None), (&delta_shaped, &[b"x"], Some(EXPIRE_AT_MS))])),
        ),
        Probe::new(
            "delta-shaped-item-key",
            "an item is what stands under the items' prefix, also where its user key looks like a delta's",
            Rows::new().put(item_key(&delta_shaped, Seq(0)), b"x").bare(),
            Expected::State(lists(&[(&delta_shaped, &[b"x"])])),
        ),
    ]
}
