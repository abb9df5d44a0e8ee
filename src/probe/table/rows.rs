//! What rows there are, and which must be refused.

use super::jobs::{jobs, jobs_are_there};
use crate::format::list::item_key;
use crate::format::snapshot::{ROW_KEY_LIMIT_BYTES, ROW_VALUE_LIMIT_BYTES, mvcc_key, mvcc_value, write_row};
use crate::format::{CommitTs, Seq};
use crate::probe::expectation::Expected;
use crate::probe::list::lists;
use crate::probe::question::Probe;
use crate::probe::snapshot::{Rows, Snapshot, commit};

pub(super) fn probes() -> Vec<Probe> {
    let mut probes = skipped();
    probes.extend(open());
    probes.extend(cut());
    probes.extend(refused());
    probes
}

fn skipped() -> Vec<Probe> {
    let fences = ["list", "hash", "set", "zset"].iter();
    // Its value is not there before the transaction has committed.
    let in_flight = item_key(b"jobs", Seq(2));
    let locked = b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x15".as_slice();
    let fences = fences.fold(jobs(), |rows, family| rows.put(format!("!redis|txn-wide-{family}|jobs"), b""));
    vec![
        Probe::new(
            "raw-rows",
            "the engine's rows _meta_... have neither a timestamp in the key nor a header in the value of 8 bytes, and carry \
             no data",
            jobs()
                .raw(*b"_meta_applied_index", 41_u64.to_le_bytes())
                .raw(*b"_meta_last_commit_ts", commit(9).0.to_le_bytes())
                .raw(*b"_meta_min_retained_ts", 0_u64.to_le_bytes())
                .raw(*b"_meta_pending_min_retained_ts", 0_u64.to_le_bytes())
                .bare(),
            jobs_are_there(),
        ),
        Probe::new(
            "raw-rows-of-writers",
            "rows !encryption|writers| with 7 bytes more have neither a timestamp in the key nor a header in the value of 12 \
             bytes, and carry no data",
            jobs().raw(*b"!encryption|writers|\0\x01\0\0\0\0\x02", [7; 12]).bare(),
            jobs_are_there(),
        ),
        Probe::new(
            "value-header-expiry",
            "the expireAt in a value's header is the engine's own: it is no list's expiry and hides nothing",
            Rows::new()
                .raw(mvcc_key(&item_key(b"jobs", Seq(0)), commit(1)), [&[0], &1_u64.to_le_bytes()[..], b"a"].concat())
                .bare(),
            Expected::State(lists(&[(b"jobs", &[b"a"])])),
        ),
        Probe::new(
            "other-types",
            "rows of other types and of the engine's transactions are read over",
            jobs()
                .put(b"!dist|catalog", b"\x01")
                .put(b"!hs|meta|\0\0\0\x01h", [0; 8])
                .put(b"!hs|fld|\0\0\0\x01hfield", b"value")
                .put(b"!redis|str|jobs:text", b"\xff\x01\x01\0\0\0\0\0\0\0\0text")
                .put(b"!st|meta|\0\0\0\x01s", [0; 8])
                .put(b"!stream|meta|\0\0\0\x01x", [0; 24])
                .put([b"!txn|int|", in_flight.as_slice()].concat(), b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\x01b")
                .put([b"!txn|lock|", in_flight.as_slice()].concat(), [locked, in_flight.as_slice()].concat())
                .put(b"!txn|rb|jobs\0\0\0\0\0\0\0\x01", b"\x01")
                .put(b"!zs|meta|\0\0\0\x01z", [0; 8])
                .put(b"plain", b"row")
                .bare(),
            jobs_are_there(),
        ),
        Probe::new(
            "fences",
            "write fences, !redis|txn-wide-list| and their like, carry no data",
            fences.bare(),
            jobs_are_there(),
        ),
    ]
}

fn open() -> Vec<Probe> {
    let tombstone_with_body = [mvcc_value(None), b"a body".to_vec()].concat();
    let two = || Expected::StateOrRefusal(lists(&[(b"jobs", &[b"a", b"b"])]));
    vec![
        Probe::new(
            "rows-unsorted",
            "rows ascend by their keys; of rows that do not, a decoder makes the same dump or none",
            Rows::new().items(b"jobs", 1, &[b"b"]).items(b"jobs", 0, &[b"a"]).in_given_order(),
            two(),
        ),
        Probe::new(
            "row-twice",
            "a row is there once; of one that is there twice, a decoder makes the same dump or none",
            Rows::new().items(b"jobs", 0, &[b"a"]).items(b"jobs", 0, &[b"a", b"b"]).bare(),
            two(),
        ),
        Probe::new(
            "tombstone-with-body",
            "a tombstone's body is empty; one with a body is a tombstone all the same, or refused",
            jobs().raw(mvcc_key(&item_key(b"jobs", Seq(2)), commit(2)), tombstone_with_body).bare(),
            two(),
        ),
        Probe::new(
            "raw-row-value-bytes",
            "the value of a row _meta_... has 8 bytes; one with 12 is read over or refused",
            jobs().raw(*b"_meta_applied_index", [9; 12]).bare(),
            two(),
        ),
    ]
}

/// A list, and of a second one a row that ends early.
fn cut() -> Vec<Probe> {
    let key = mvcc_key(&item_key(b"later", Seq(0)), commit(1));
    let mut row = Vec::new();
    write_row(&key, &mvcc_value(Some(b"a value")), &mut row);
    let (in_value_len, in_value) = (8 + key.len() + 3, 8 + key.len() + 8 + 12);
    let places = [
        ("row-cut-in-key-length", "in the length of its key", 3),
        ("row-cut-after-key-length", "after the length of its key", 8),
        ("row-cut-in-key", "in its key", 20),
        ("row-cut-after-key", "after its key", 8 + key.len()),
        ("row-cut-in-value-length", "in the length of its value", in_value_len),
        ("row-cut-in-value", "in its value", in_value),
    ];
    let cut = |(name, place, bytes): &(&str, &str, usize)| {
        let snapshot = jobs().bare().with(format!("a row, cut {place}"), row.get(..*bytes).unwrap_or_default());
        Probe::new(name, &format!("a file that ends within a row, {place}, is refused"), snapshot, Expected::Refusal)
    };
    places.iter().map(cut).collect()
}

fn refused() -> Vec<Probe> {
    let item = |commit_ts: CommitTs| mvcc_key(&item_key(b"jobs", Seq(2)), commit_ts);
    let flagged = |flags: u8| jobs().raw(item(commit(1)), [&[flags; 1], &[0; 8][..], b"c"].concat()).bare();
    let lengths = |bytes: &[u64]| {
        let lengths: Vec<u8> = bytes.iter().flat_map(|length| length.to_le_bytes()).collect();
        Snapshot::default().with("a length over the limit", lengths)
    };
    let after_jobs = |rest: Snapshot| Snapshot { parts: [jobs().bare().parts, rest.parts].concat() };
    let long_value = {
        let key = item(commit(1));
        let key_bytes = (key.len() as u64).to_le_bytes();
        let start = Snapshot::default().with("key of a row", [&key_bytes[..], &key].concat());
        Snapshot { parts: [start.parts, lengths(&[ROW_VALUE_LIMIT_BYTES + 1]).parts].concat() }
    };
    [
        (
            "row-key-too-short",
            "a row whose key has under 8 bytes has no timestamp",
            jobs().raw(*b"1234567", [0; 9]).bare(),
        ),
        (
            "row-value-too-short",
            "a row whose value has under 9 bytes has no header",
            jobs().raw(item(commit(1)), [0; 8]).bare(),
        ),
        ("flags-reserved-low", "a value with bit 3 of its flags set means something unknown", flagged(0b0000_1000)),
        ("flags-reserved-high", "a value with bit 7 of its flags set means something unknown", flagged(0b1000_0000)),
        ("flags-encryption-2", "a value of encryption state 2 means something unknown", flagged(0b0000_0100)),
        ("flags-encryption-3", "a value of encryption state 3 means something unknown", flagged(0b0000_0110)),
        ("encrypted", "an encrypted value cannot be read, and its bytes are no item", flagged(0b0000_0010)),
        ("encrypted-tombstone", "an encrypted tombstone cannot be read either", flagged(0b0000_0011)),
        (
            "key-length-over-limit",
            "the length of a key is at most 1 MiB and 8 bytes, which is to be held before memory is asked for",
            after_jobs(lengths(&[ROW_KEY_LIMIT_BYTES + 1])),
        ),
        (
            "key-length-huge",
            "a length of a key with all bits set overflows nothing and takes no memory",
            after_jobs(lengths(&[u64::MAX])),
        ),
        (
            "value-length-over-limit",
            "the length of a value is at most 256 MiB and 43 bytes, which is to be held before memory is asked for",
            after_jobs(long_value),
        ),
    ]
    .into_iter()
    .map(|(name, rule, snapshot)| Probe::new(name, &format!("{rule}: refused"), snapshot, Expected::Refusal))
    .collect()
}
