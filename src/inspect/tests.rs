//! Records of every kind in print, the malformed and the hostile ones too.

use std::io::Write;

use serde_json::{Value, json};

use super::*;
use crate::format::list::{claim_key, delta_key, fence_key, item_key, meta_key};
use crate::format::{CommitTs, ListDelta, ListMeta, Seq, byte_string};

fn text(key: &[u8], value: &[u8]) -> String {
    let mut out = Vec::new();
    write_text(key, value, &mut out).expect("memory");
    let text = String::from_utf8(out).expect("text");
    assert!(text.lines().all(|line| line == line.trim_end()), "no white space at the ends of lines:\n{text}");
    text
}

fn parsed(key: &[u8], value: &[u8]) -> Value {
    let mut out = Vec::new();
    write_json(key, value, &mut out).expect("memory");
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert!(out.ends_with(b"}\n"));
    serde_json::from_slice(&out).expect("JSON")
}

fn meta(head: i64, tail: i64, len: i64, expiry_field: Option<u64>) -> Vec<u8> {
    ListMeta { head, tail, len, expiry_field }.to_bytes()
}

const COMMIT: CommitTs = CommitTs(0x0191_2a3b_4c5d_0003);

#[test]
fn an_item() {
    assert_eq!(
        text(&item_key(b"jobs", Seq(-1)), b"a"),
        r#"
item   "jobs"  seq -1  "a" (1 byte)
  key    21 6c 73 74 7c 69 74 6d 7c  prefix "!lst|itm|"
         6a 6f 62 73                 user key "jobs"
         7f ff ff ff ff ff ff ff     seq -1
  value  61                          "a"

"#
        .trim_start()
    );
}

#[test]
fn metas_of_both_widths() {
    assert_eq!(
        text(&meta_key(b"jobs"), &meta(-2, 1, 3, None)),
        r#"
meta   "jobs"  head -2  tail 1  len 3  no expiry field
  key    21 6c 73 74 7c 6d 65 74 61 7c  prefix "!lst|meta|"
         6a 6f 62 73                    user key "jobs"
  value  ff ff ff ff ff ff ff fe        head -2
         00 00 00 00 00 00 00 01        tail 1
         00 00 00 00 00 00 00 03        len 3

"#
        .trim_start()
    );
    assert_eq!(
        text(&meta_key(b"jobs"), &meta(0, 2, 2, Some(4_102_444_800_000))),
        r#"
meta   "jobs"  head 0  tail 2  len 2  expiry 4102444800000 (2100-01-01T00:00:00Z)
  key    21 6c 73 74 7c 6d 65 74 61 7c  prefix "!lst|meta|"
         6a 6f 62 73                    user key "jobs"
  value  00 00 00 00 00 00 00 00        head 0
         00 00 00 00 00 00 00 02        tail 2
         00 00 00 00 00 00 00 02        len 2
         00 00 03 bb 2c c3 d8 00        expireAtMs 4102444800000

"#
        .trim_start()
    );
    let headline = |expiry| text(&meta_key(b"k"), &meta(0, 0, 0, Some(expiry))).lines().next().map(str::to_owned);
    assert_eq!(headline(0).as_deref(), Some("meta   \"k\"  head 0  tail 0  len 0  expiry none"));
    assert_eq!(
        headline(u64::MAX).as_deref(),
        Some("meta   \"k\"  head 0  tail 0  len 0  expiry 18446744073709551615 (beyond the year 9999)")
    );
}

#[test]
fn a_delta() {
    let value = ListDelta { head_delta: -2, len_delta: 2 }.to_bytes();
    assert_eq!(
        text(&delta_key(b"jobs", COMMIT, 7), &value),
        r#"
delta  "jobs"  head -2  len +2  commitTS 112917899833573379 (2024-08-07T00:26:54.941Z, counter 3)  seqInTxn 7
  key    21 6c 73 74 7c 6d 65 74 61 7c 64 7c  prefix "!lst|meta|d|"
         00 00 00 04                          user key length 4
         6a 6f 62 73                          user key "jobs"
         01 91 2a 3b 4c 5d 00 03              commitTS 112917899833573379
         00 00 00 07                          seqInTxn 7
  value  ff ff ff ff ff ff ff fe              headDelta -2
         00 00 00 00 00 00 00 02              lenDelta +2

"#
        .trim_start()
    );
    let latest = text(&delta_key(b"jobs", CommitTs(u64::MAX), 0), &value);
    assert!(latest.contains("commitTS 18446744073709551615 (beyond the year 9999, counter 65535)"), "{latest}");
}

#[test]
fn a_claim_a_fence_and_an_expiry() {
    assert_eq!(
        text(&claim_key(b"", Seq(i64::MIN)), b""),
        r#"
claim  ""  seq -9223372036854775808
  key    21 6c 73 74 7c 63 6c 61 69 6d 7c  prefix "!lst|claim|"
         00 00 00 00                       user key length 0
                                           user key ""
         00 00 00 00 00 00 00 00           seq -9223372036854775808
  value  (empty)

"#
        .trim_start()
    );
    assert_eq!(
        text(&fence_key(b"jobs"), b"?"),
        r#"
fence  "jobs"  list  note: the value should be empty and has 1 byte
  key    21 72 65 64 69 73 7c 74 78 6e 2d 77 69 64 65 2d  prefix "!redis|txn-wide-list|"
         6c 69 73 74 7c
         6a 6f 62 73                                      user key "jobs"
  value  3f                                               "?"

"#
        .trim_start()
    );
    assert_eq!(
        text(b"!redis|ttl|jobs", &u64::MAX.to_be_bytes()),
        r#"
ttl    "jobs"  expiry 18446744073709551615 (beyond the year 9999)  note: readers take it for 9223372036854775807
  key    21 72 65 64 69 73 7c 74 74 6c 7c  prefix "!redis|ttl|"
         6a 6f 62 73                       user key "jobs"
  value  ff ff ff ff ff ff ff ff           expireAtMs 18446744073709551615

"#
        .trim_start()
    );
    assert!(text(b"!redis|ttl|k", &[0; 8]).starts_with("ttl    \"k\"  expiry 0 (1970-01-01T00:00:00Z)\n"));
}

#[test]
fn records_that_are_not_ours() {
    assert_eq!(
        text(b"!redis|str|s", b"hello"),
        r#"
other  "s"  string, value of 5 bytes
  key    21 72 65 64 69 73 7c 73 74 72 7c 73  "!redis|str|s"
  value  68 65 6c 6c 6f                       "hello"

"#
        .trim_start()
    );
    assert_eq!(
        text(b"!txn|\0", b""),
        r#"
unknown  key of 6 bytes, value of 0 bytes
  key    21 74 78 6e 7c 00  "!txn|%00"
  value  (empty)

"#
        .trim_start()
    );
    assert_eq!(text(b"", b""), "unknown  key of 0 bytes, value of 0 bytes\n  key    (empty)\n  value  (empty)\n\n");
}

#[test]
fn a_malformed_record_is_shown_uncut() {
    assert_eq!(
        text(b"!lst|meta|\xffjobs:17", &[0; 23]),
        r#"
MALFORMED  meta value has 23 bytes, must have 24 or 32
  key    21 6c 73 74 7c 6d 65 74 61 7c ff 6a 6f 62 73 3a  |!lst|meta|.jobs:|
         31 37                                            |17|
  value  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  |................|
         00 00 00 00 00 00 00                             |.......|

"#
        .trim_start()
    );
    let malformed: [(&[u8], &[u8], &str); 5] = [
        (b"!lst|meta|k", &[0xff; 24], "meta length 18446744073709551615 is above 9223372036854775807"),
        (b"!lst|meta|d|\0\0\0\x01k12345678abcd", b"", "delta value has 0 bytes, must have 16"),
        (b"!lst|itm|1234567", b"v", "item key has 7 bytes after its prefix, must have 8 or more"),
        (
            b"!lst|claim|\xff\xff\xff\xffk12345678",
            b"",
            "malformed length prefix: the claim key's length field does not fit what follows it",
        ),
        (b"!redis|ttl|k", b"1234567", "TTL value has 7 bytes, must have 8"),
    ];
    let mut counts = RenderedCounts::default();
    counts.add(b"!lst|meta|k", &[0; 24]);
    for (key, value, problem) in malformed {
        counts.add(key, value);
        assert!(text(key, value).starts_with(&format!("MALFORMED  {problem}\n  key    21 ")), "{problem}");
        let line = parsed(key, value);
        assert_eq!((&line["kind"], &line["problem"]), (&json!("malformed"), &json!(problem)));
    }
    assert_eq!(counts, RenderedCounts { records: 6, malformed: 5 });
}

/// Hazards 1 and 12: what a prefix test takes for a delta.
#[test]
fn a_meta_among_the_deltas_says_why_it_is_one() {
    let shown = text(&delta_key(b"jobs", CommitTs(1), 0), &meta(0, 1, 1, None));
    let (headline, bytes) = shown.split_once('\n').expect("lines");
    assert_eq!(
        headline,
        "meta   \"d|%00%00%00%04jobs%00%00%00%00%00%00%00%01%00%00%00%00\"  head 0  tail 1  len 1  no expiry field  \
         note: in the delta namespace; a meta because its value has 24 bytes  \
         note: with 16 bytes it would be a delta of \"jobs\""
    );
    assert_eq!(
        bytes,
        r#"
  key    21 6c 73 74 7c 6d 65 74 61 7c                    prefix "!lst|meta|"
         64 7c 00 00 00 04 6a 6f 62 73 00 00 00 00 00 00  |d|....jobs......|  user key (22 bytes)
         00 01 00 00 00 00                                |......|
  value  00 00 00 00 00 00 00 00                          head 0
         00 00 00 00 00 00 00 01                          tail 1
         00 00 00 00 00 00 00 01                          len 1

"#
        .trim_start_matches('\n')
    );
    let plain = text(&meta_key(b"d|jobs"), &meta(0, 0, 0, Some(0)));
    let note = "expiry none  note: in the delta namespace; a meta because its value has 32 bytes\n";
    assert!(plain.contains(note), "{plain}");
}

#[test]
fn a_meta_that_does_not_add_up_is_told() {
    for (head, tail, len) in [(0, 3, 2), (i64::MAX, i64::MIN, 1)] {
        let shown = text(&meta_key(b"k"), &meta(head, tail, len, None));
        assert!(shown.contains("  no expiry field  note: tail is not head + len\n"), "{shown}");
    }
}

#[test]
fn long_values_are_cut_in_text_but_whole_in_json() {
    let value = [vec![b'x'; 63], "é".repeat(200).into_bytes()].concat();
    let key = item_key(b"k", Seq(0));
    let shown = text(&key, &value);
    let headline = format!("item   \"k\"  seq 0  \"{}\"... (463 bytes)\n", "x".repeat(63));
    assert!(shown.starts_with(&headline), "{shown}");
    assert!(shown.ends_with(" a9 c3  |................|\n         ... 207 more bytes\n\n"), "{shown}");
    assert_eq!(shown.lines().count(), 1 + 3 + 16 + 1 + 1);
    assert_eq!(parsed(&key, &value)["value"], json!(String::from_utf8(value.clone()).expect("text")));

    let user_key = vec![b'k'; 1 << 20];
    let shown = text(&item_key(&user_key, Seq(0)), b"");
    assert!(shown.len() < 4096 && shown.contains("|kkkkkkkkkkkkkkkk|  user key (1048576 bytes)\n"));
    assert!(shown.contains("         ... 1048320 more bytes\n         80 00 00 00 00 00 00 00  "));
}

#[test]
fn hostile_bytes_never_reach_the_terminal() {
    let hostile = b"\x1b[2J\n\xff\"\\%\xe2\x80\xa8\xed\xa0\x80\x7f";
    let shown = text(&item_key(hostile, Seq(0)), hostile);
    assert!(shown.starts_with("item   \"%1B[2J%0A%FF%22%5C%25%E2%80%A8%ED%A0%80%7F\"  seq 0  \"%1B[2J"), "{shown}");
    assert!(shown.chars().all(|character| character == '\n' || !character.is_control()));
    let line = parsed(&item_key(hostile, Seq(0)), hostile);
    let base64 = json!({ "base64": byte_string::encode_base64(hostile) });
    assert_eq!((&line["user_key"], &line["value"]), (&base64, &base64));
}

#[test]
fn json_lines_by_kind() {
    let golden = "{\"kind\":\"item\",\"user_key\":\"L\",\"seq\":-1,\"value\":\"a\\n\",\
                  \"key_hex\":\"216c73747c69746d7c4c7fffffffffffffff\",\"value_hex\":\"610a\"}\n";
    let mut out = Vec::new();
    write_json(&item_key(b"L", Seq(-1)), b"a\n", &mut out).expect("memory");
    assert_eq!(String::from_utf8_lossy(&out), golden);

    let delta = ListDelta { head_delta: -2, len_delta: 2 }.to_bytes();
    let cases: [(Vec<u8>, Vec<u8>, Value); 9] = [
        (
            meta_key(b"\xff"),
            meta(-2, 1, 3, None),
            json!({
                "kind": "meta", "user_key": { "base64": "_w" }, "head": -2, "tail": 1, "len": 3, "expire_at_ms": null,
                "value_bytes": 24, "invariant_holds": true, "in_delta_namespace": false,
            }),
        ),
        (
            meta_key(b"d|"),
            meta(i64::MIN, 1, i64::MAX, Some(u64::MAX)),
            json!({
                "kind": "meta", "user_key": "d|", "head": i64::MIN, "tail": 1, "len": i64::MAX,
                "expire_at_ms": u64::MAX, "value_bytes": 32, "invariant_holds": false, "in_delta_namespace": true,
            }),
        ),
        (
            delta_key(b"k", COMMIT, u32::MAX),
            delta.to_vec(),
            json!({
                "kind": "delta", "user_key": "k", "commit_ts": COMMIT.0, "commit_time": "2024-08-07T00:26:54.941Z",
                "seq_in_txn": u32::MAX, "head_delta": -2, "len_delta": 2,
            }),
        ),
        (
            delta_key(b"k", CommitTs(u64::MAX), 0),
            delta.to_vec(),
            json!({
                "kind": "delta", "user_key": "k", "commit_ts": u64::MAX, "commit_time": null, "seq_in_txn": 0,
                "head_delta": -2, "len_delta": 2,
            }),
        ),
        (claim_key(b"k", Seq(i64::MAX)), vec![], json!({ "kind": "claim", "user_key": "k", "seq": i64::MAX })),
        (fence_key(b""), vec![], json!({ "kind": "fence", "user_key": "", "family": "list" })),
        (b"!redis|ttl|k".to_vec(), vec![0; 8], json!({ "kind": "ttl", "user_key": "k", "expire_at_ms": 0 })),
        (b"!zs|meta|\0\0\0\x01z".to_vec(), vec![], json!({ "kind": "other", "user_key": "z", "family": "zset" })),
        (b"!dist|x".to_vec(), b"\xff".to_vec(), json!({ "kind": "unknown" })),
    ];
    for (key, value, expected) in cases {
        let mut line = parsed(&key, &value);
        let members = line.as_object_mut().expect("an object");
        let plain = |bytes: &[u8]| json!(crate::format::key_text::hex(bytes).replace(' ', ""));
        assert_eq!(members.remove("key_hex"), Some(plain(&key)));
        assert_eq!(members.remove("value_hex"), Some(plain(&value)));
        assert_eq!(line, expected);
        let word = text(&key, &value).split_whitespace().next().map(str::to_owned);
        assert_eq!(word.as_deref(), expected["kind"].as_str());
    }
}

/// Takes `left` bytes, then says that nobody reads any more.
struct ClosedPipe {
    left: usize,
    largest_write: usize,
}

impl Write for ClosedPipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.largest_write = self.largest_write.max(bytes.len());
        self.left = self.left.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_long_value_goes_out_in_pieces_and_a_broken_pipe_stays_one() {
    let (key, value) = (item_key(b"k", Seq(0)), vec![0xff; 1 << 20]);
    let mut out = ClosedPipe { left: 1 << 23, largest_write: 0 };
    write_json(&key, &value, &mut out).expect("room enough");
    assert!(out.largest_write <= 4096, "{} bytes at once", out.largest_write);

    for left in [0, 20, 500] {
        let closed = || ClosedPipe { left, largest_write: 0 };
        for written in [write_text(&key, &value, &mut closed()), write_json(&key, &value, &mut closed())] {
            assert_eq!(written.expect_err("closed").kind(), std::io::ErrorKind::BrokenPipe);
        }
    }
}

/// Hazards 2 and 12: bytes of one list's records that look like another's.
#[test]
fn a_record_names_exactly_one_key() {
    let longer = [b"a", &Seq(0).to_bytes()[..]].concat();
    let imitation = delta_key(b"jobs", CommitTs(1), 0);
    let user_key = imitation.strip_prefix(b"!lst|meta|").expect("a meta key");
    let meta = meta(0, 0, 0, None);
    let cases: [[&[u8]; 4]; 5] = [
        [&item_key(b"a", Seq(0)), b"v", b"a", &longer],
        [&item_key(&longer, Seq(0)), b"v", &longer, b"a"],
        [&imitation, &[0; 16], b"jobs", user_key],
        [&imitation, &meta, user_key, b"jobs"],
        [b"!redis|str|s", b"", b"s", b""],
    ];
    for [key, value, owner, other] in cases {
        assert!(names(key, value, owner));
        assert!(!names(key, value, other));
    }
    assert_eq!(named(b"!dist|k", b""), None, "unknown");
    assert_eq!(named(b"!lst|meta|k", b""), None, "malformed");
}
