//! What instructions are counted of: the inner loops of the codecs, of JSON, of the sort before a dump, of snapshot rows.
//!
//! The first round of each checks its result.

use std::hint::black_box;
use std::path::PathBuf;

use ekv_roundtrip::format::list::{self, BodyWriter, ListBody};
use ekv_roundtrip::format::record::classify;
use ekv_roundtrip::format::snapshot::{Framing, mvcc_key, mvcc_value};
use ekv_roundtrip::format::{CommitTs, ExpireAtMs, ListDelta, ListMeta, Seq};
use ekv_roundtrip::records::{Namespace, SourceError, visit_records};
use ekv_roundtrip::snapshot::{SnapshotFile, SnapshotWriter};

use crate::rows::{Arrival, Rows, options};
use crate::scratch::Folder;

/// A kernel: its name, and what runs so many rounds of it.
type Kernel = (&'static str, fn(u64));

pub const KERNELS: &[Kernel] = &[
    ("seqs", seqs),
    ("records-write", records_write),
    ("records-read", records_read),
    ("json-out-plain", |rounds| json_out(PLAIN, rounds)),
    ("json-out-escapes", |rounds| json_out(ESCAPES, rounds)),
    ("json-out-binary", |rounds| json_out(BINARY, rounds)),
    ("json-in-plain", |rounds| json_in(PLAIN, rounds)),
    ("json-in-escapes", |rounds| json_in(ESCAPES, rounds)),
    ("json-in-binary", |rounds| json_in(BINARY, rounds)),
    ("push-random", |rounds| flush(Arrival::Random, false, rounds)),
    ("flush-random", |rounds| flush(Arrival::Random, true, rounds)),
    ("flush-ascending", |rounds| flush(Arrival::Ascending, true, rounds)),
    ("snapshot-write", snapshot_write),
    ("snapshot-check", |rounds| snapshot_read(false, rounds)),
    ("snapshot-scan", |rounds| snapshot_read(true, rounds)),
];

/// Records of a round, and items of a body.
const COUNT: i64 = 1_000;
/// Items that are sorted.
const SORTED: u64 = 10_000;

const USER_KEY: &[u8] = b"jobs:000001";
const COMMIT_TS: CommitTs = CommitTs(0x1a2_05e1_4e6d_0000);

const PLAIN: &[u8] = b"job-0000042 the quick brown fox";
const ESCAPES: &[u8] = b"{\"id\":42,\"to\":\"a<b>&c\"}\n";
const BINARY: &[u8] = b"\xff\0\x01\x02\x03\x04\x05\x06\x07";

fn seqs(rounds: u64) {
    for _ in 0..rounds {
        let sum: i64 = (-COUNT..COUNT).map(|seq| Seq::from_bytes(black_box(Seq(black_box(seq)).to_bytes())).0).sum();
        assert_eq!(sum, -COUNT);
    }
}

fn records() -> Vec<(Vec<u8>, Vec<u8>)> {
    let meta = ListMeta { head: -1, tail: 1, len: 2, expiry_field: None };
    let delta = ListDelta { head_delta: -1, len_delta: 1 };
    (0..COUNT)
        .flat_map(|number| {
            let commit_ts = CommitTs(COMMIT_TS.0 + number.unsigned_abs());
            [
                (list::item_key(USER_KEY, Seq(number)), PLAIN.to_vec()),
                (list::delta_key(USER_KEY, commit_ts, 7), delta.to_bytes().to_vec()),
                (list::claim_key(USER_KEY, Seq(number)), Vec::new()),
                (list::meta_key(USER_KEY), meta.to_bytes()),
            ]
        })
        .collect()
}

fn records_write(rounds: u64) {
    for _ in 0..rounds {
        assert_eq!(black_box(records()).len() as i64, 4 * COUNT);
    }
}

fn records_read(rounds: u64) {
    let records = records();
    for _ in 0..rounds {
        let read = records.iter().filter(|(key, value)| black_box(classify(black_box(key), value)).is_ok());
        assert_eq!(read.count(), records.len());
    }
}

fn body(item: &[u8]) -> Vec<u8> {
    let (mut writer, mut out) = (BodyWriter::default(), Vec::new());
    for _ in 0..COUNT {
        writer.item(black_box(item), &mut out);
    }
    writer.finish(Some(ExpireAtMs(7)), &mut out);
    out
}

fn json_out(item: &[u8], rounds: u64) {
    for round in 0..rounds {
        let text = black_box(body(item));
        assert!(round > 0 || list::parse_body(&text) == Ok(parsed(item)));
    }
}

fn json_in(item: &[u8], rounds: u64) {
    let (text, expected) = (body(item), parsed(item));
    for round in 0..rounds {
        let found = black_box(list::parse_body(black_box(&text)));
        assert!(round > 0 || found == Ok(expected.clone()));
    }
}

fn parsed(item: &[u8]) -> ListBody {
    ListBody { items: vec![item.to_vec(); COUNT as usize], expire_at: Some(ExpireAtMs(7)) }
}

/// Records are taken in, and then, if they are flushed, sorted and written. What is counted is what this process does, and not
/// the kernel for it.
fn flush(arrival: Arrival, is_flushed: bool, rounds: u64) {
    let (rows, options) = (Rows::new(1, SORTED, arrival), options());
    for round in 0..rounds {
        let unordered = black_box(black_box(&rows).unordered());
        if is_flushed {
            let folder = Folder::new();
            rows.check_summary("flush", &unordered.flush(&folder.dir, &options).expect("a dump"));
            if round == 0 {
                rows.check_dump("flush", &folder);
            }
        }
    }
}

fn snapshot() -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = SnapshotWriter::new(&mut out, Framing::V2, COMMIT_TS);
    for number in 0..COUNT {
        let key = mvcc_key(&list::item_key(USER_KEY, Seq(number)), COMMIT_TS);
        writer.row(&key, &mvcc_value(Some(PLAIN))).expect("a vector takes everything");
    }
    assert_eq!(writer.finish().expect("a vector takes everything") as i64, COUNT);
    out
}

fn snapshot_write(rounds: u64) {
    for _ in 0..rounds {
        assert!(black_box(snapshot()).len() as i64 > 50 * COUNT);
    }
}

/// A file is opened, which checks it, and then, if it is scanned, read again.
fn snapshot_read(is_scanned: bool, rounds: u64) {
    let folder = Folder::new();
    let path: PathBuf = folder.path().join("records.fsm");
    std::fs::write(&path, snapshot()).expect("a file");
    for _ in 0..rounds {
        let file = SnapshotFile::open(black_box(&path), None).expect("a snapshot");
        let mut count = 0;
        if is_scanned {
            let scanned = visit_records(&file, Namespace::Elements, |record| {
                count += i64::from(black_box(record).value == PLAIN);
                Ok::<(), SourceError>(())
            });
            scanned.expect("records");
            assert_eq!(count, COUNT);
        }
        assert_eq!(file.counts().rows as i64, COUNT);
    }
}
