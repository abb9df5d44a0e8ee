//! Each codec of the store's records and of the segments: numbers, keys, values, the classifier.
//!
//! Each result is compared with bytes or a value that is written down here.

use std::fmt::Debug;
use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput};
use ekv_roundtrip::format::list::ListFault;
use ekv_roundtrip::format::record::{RecordFault, classify};
use ekv_roundtrip::format::segment::{self, Decoded};
use ekv_roundtrip::format::{CommitTs, ExpireAtMs, ListDelta, ListMeta, ListRecord, Record, Seq, expiry, list};

/// A group of codecs.
pub struct Codecs<'a> {
    name: &'static str,
    group: BenchmarkGroup<'a, WallTime>,
}

impl Codecs<'_> {
    pub fn new<'a>(criterion: &'a mut Criterion, name: &'static str) -> Codecs<'a> {
        Codecs { name, group: criterion.benchmark_group(name) }
    }

    /// The size of the text that the codecs timed next write or read.
    pub fn bytes(&mut self, bytes: usize) {
        self.group.throughput(Throughput::Bytes(bytes as u64));
    }

    /// Times `codec` of `input`, whose result must be `expected`.
    pub fn time<I: Copy, O: PartialEq + Debug>(&mut self, name: &str, input: I, expected: O, codec: impl Fn(I) -> O) {
        let group = self.name;
        self.group.bench_function(name, |bencher| {
            assert_eq!(codec(input), expected, "{group}/{name}");
            bencher.iter(|| codec(black_box(input)));
        });
    }
}

const META_24: &[u8; 24] = b"\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x03";
const META_32: &[u8; 32] =
    b"\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x03\0\0\x03\xbb\x2c\xc3\xd8\0";
const SHORT_META: ListMeta = ListMeta { head: -2, tail: 1, len: 3, expiry_field: None };
const LONG_META: ListMeta = ListMeta { expiry_field: Some(4_102_444_800_000), ..SHORT_META };
const DELTA: &[u8; 16] = b"\xff\xff\xff\xff\xff\xff\xff\xfe\0\0\0\0\0\0\0\x02";
const LIST_DELTA: ListDelta = ListDelta { head_delta: -2, len_delta: 2 };
const TTL: &[u8; 8] = b"\0\0\x03\xbb\x2c\xc3\xd8\0";
const EXPIRY: ExpireAtMs = ExpireAtMs(4_102_444_800_000);
const SEQ: &[u8; 8] = b"\x7f\xff\xff\xff\xff\xff\xff\xfe";
const COMMIT_TS: CommitTs = CommitTs(0x01a2_05e1_4e6d_0001);
const USER_KEY: &[u8] = b"jobs:000001";

const META_KEY: &[u8] = b"!lst|meta|jobs:000001";
const ITEM_KEY: &[u8] = b"!lst|itm|jobs:000001\x7f\xff\xff\xff\xff\xff\xff\xfe";
const DELTA_KEY: &[u8] = b"!lst|meta|d|\0\0\0\x0bjobs:000001\x01\xa2\x05\xe1\x4e\x6d\0\x01\0\0\0\x07";
const CLAIM_KEY: &[u8] = b"!lst|claim|\0\0\0\x0bjobs:000001\x7f\xff\xff\xff\xff\xff\xff\xfe";
const FENCE_KEY: &[u8] = b"!redis|txn-wide-list|jobs:000001";
const TTL_KEY: &[u8] = b"!redis|ttl|jobs:000001";

pub fn benches(criterion: &mut Criterion) {
    numbers_and_values(Codecs::new(criterion, "codec-value"));
    keys(Codecs::new(criterion, "codec-key"));
    records(Codecs::new(criterion, "codec-record"));
    segments(Codecs::new(criterion, "codec-segment"));
}

fn numbers_and_values(mut codecs: Codecs<'_>) {
    codecs.time("seq-encode", Seq(-2), *SEQ, Seq::to_bytes);
    codecs.time("seq-decode", *SEQ, Seq(-2), Seq::from_bytes);
    codecs.time("commit-ts-encode", 0x01a2_05e1_4e6d, CommitTs(0x01a2_05e1_4e6d_0000), CommitTs::at_ms);
    codecs.time("commit-ts-decode", COMMIT_TS, 0x01a2_05e1_4e6d, CommitTs::unix_ms);
    codecs.time("meta-24-encode", SHORT_META, META_24.to_vec(), |meta: ListMeta| meta.to_bytes());
    codecs.time("meta-24-decode", &META_24[..], Some(Ok(SHORT_META)), ListMeta::from_bytes);
    codecs.time("meta-32-encode", LONG_META, META_32.to_vec(), |meta: ListMeta| meta.to_bytes());
    codecs.time("meta-32-decode", &META_32[..], Some(Ok(LONG_META)), ListMeta::from_bytes);
    codecs.time("delta-encode", LIST_DELTA, *DELTA, |delta: ListDelta| delta.to_bytes());
    codecs.time("delta-decode", *DELTA, LIST_DELTA, ListDelta::from_bytes);
    codecs.time("ttl-encode", EXPIRY, *TTL, ExpireAtMs::to_record_value);
}

fn keys(mut codecs: Codecs<'_>) {
    let at = (USER_KEY, Seq(-2));
    codecs.time("meta", USER_KEY, META_KEY.to_vec(), list::meta_key);
    codecs.time("item", at, ITEM_KEY.to_vec(), |(user_key, seq)| list::item_key(user_key, seq));
    codecs.time("delta", USER_KEY, DELTA_KEY.to_vec(), |user_key| list::delta_key(user_key, COMMIT_TS, 7));
    codecs.time("claim", at, CLAIM_KEY.to_vec(), |(user_key, seq)| list::claim_key(user_key, seq));
    codecs.time("fence", USER_KEY, FENCE_KEY.to_vec(), list::fence_key);
    codecs.time("ttl", USER_KEY, TTL_KEY.to_vec(), expiry::ttl_key);
}

fn records(mut codecs: Codecs<'_>) {
    let (user_key, seq) = (USER_KEY, Seq(-2));
    let hash = Record::OtherType { family: "hash", user_key };
    // A user key that begins with `d|`: only the value's length says that this is no delta.
    let imitation = Record::List(ListRecord::Meta { user_key: &DELTA_KEY[10..], meta: SHORT_META });
    let rows: [(&str, &[u8], &[u8], Record<'_>); 11] = [
        ("meta-24", META_KEY, META_24, Record::List(ListRecord::Meta { user_key, meta: SHORT_META })),
        ("meta-32", META_KEY, META_32, Record::List(ListRecord::Meta { user_key, meta: LONG_META })),
        ("meta-like-delta", DELTA_KEY, META_24, imitation),
        ("item", ITEM_KEY, b"value", Record::List(ListRecord::Item { user_key, seq, value: b"value" })),
        (
            "delta",
            DELTA_KEY,
            DELTA,
            Record::List(ListRecord::Delta { user_key, commit_ts: COMMIT_TS, seq_in_txn: 7, delta: LIST_DELTA }),
        ),
        ("claim", CLAIM_KEY, b"", Record::List(ListRecord::Claim { user_key, seq })),
        ("fence", FENCE_KEY, b"", Record::Fence { family: "list", user_key }),
        ("ttl", TTL_KEY, TTL, Record::Ttl { user_key, expire_at: EXPIRY }),
        ("other-string", b"!redis|str|jobs:000001", b"x", Record::OtherType { family: "string", user_key }),
        ("other-hash", b"!hs|meta|\0\0\0\x0bjobs:000001", b"x", hash),
        ("unknown", b"!txn|jobs:000001", b"x", Record::Unknown),
    ];
    for (name, key, value, record) in rows {
        codecs.time(name, (key, value), Ok(record), |(key, value)| classify(key, value));
    }
    let fault = RecordFault::List(ListFault::MetaBytes(23));
    codecs.time("malformed", (META_KEY, &META_24[..23]), Some(fault), |(key, value)| {
        classify(key, value).err().map(|error| error.fault)
    });
}

fn segments(mut codecs: Codecs<'_>) {
    let long = [b'k'; 241];
    // printf 'k%.0s' $(seq 241) | sha256sum
    let long_text = format!("74bb436be223189a34bf2ce2b5ccebf5__{}", "k".repeat(64));
    let keys: [(&str, &[u8], &str, bool); 4] = [
        ("plain", b"jobs-000001", "jobs-000001", true),
        ("escaped", b"jobs:1/\xff \xc3\xa9", "jobs%3A1%2F%FF%20%C3%A9", true),
        ("sha-fallback", b"b64.x", "261e3e281e06e9789437999358e26046__b64.x", false),
        ("sha-fallback-long", &long, &long_text, false),
    ];
    for (name, user_key, text, reversible) in keys {
        let expected = (text.to_owned(), reversible);
        codecs.time(&format!("{name}-encode"), user_key, expected, |user_key| {
            let segment = segment::encode(user_key);
            (segment.text, segment.reversible)
        });
        let expected = if reversible { Decoded::UserKey(user_key.to_vec()) } else { Decoded::Fallback };
        codecs.time(&format!("{name}-decode"), text, expected, segment::decode);
    }
}
