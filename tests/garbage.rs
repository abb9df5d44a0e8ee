//! Nothing that parses panics, whatever the bytes; and what it takes, it gives back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail by panicking"
)]

use ekv_roundtrip::command::{Request, write_resp};
use ekv_roundtrip::format::dump_tree::{KeymapLine, Manifest, parse_checksum_line};
use ekv_roundtrip::format::list::{self, BodyWriter};
use ekv_roundtrip::format::record::classify;
use ekv_roundtrip::format::segment::{self, Decoded};
use ekv_roundtrip::format::{ExpireAtMs, ListRecord, Record, key_text};
use ekv_roundtrip::state::State;
use ekv_roundtrip::workload::Trace;
use ekv_roundtrip::workload::recorded::{AofPart, MonitorTimes, RecordedSteps, read_aof_manifest};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const ROUNDS: u32 = 20_000;

fn random_bytes(dice: &mut ChaCha8Rng, limit: usize) -> Vec<u8> {
    let mut bytes = vec![0; dice.random_range(0..=limit)];
    dice.fill_bytes(&mut bytes);
    bytes
}

/// A copy with a few bytes changed, cut out or put in.
fn mutated(dice: &mut ChaCha8Rng, bytes: &[u8]) -> Vec<u8> {
    let mut mutated = bytes.to_vec();
    for _ in 0..dice.random_range(1..4) {
        let at = dice.random_range(0..=mutated.len());
        match dice.random_range(0..3) {
            0 if at < mutated.len() => mutated[at] = dice.random(),
            1 if at < mutated.len() => {
                mutated.remove(at);
            }
            _ => mutated.insert(at, dice.random()),
        }
    }
    mutated
}

#[test]
fn any_key_and_value_can_be_classified() {
    let prefixes: [&[u8]; 9] = [
        b"",
        list::META_PREFIX,
        list::ITEM_PREFIX,
        list::DELTA_PREFIX,
        list::CLAIM_PREFIX,
        list::FENCE_PREFIX,
        b"!redis|ttl|",
        b"!hs|meta|",
        b"!redis|str|",
    ];
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let mut taken = 0;
    for _ in 0..ROUNDS {
        let mut rest = random_bytes(&mut dice, 40);
        if dice.random_bool(0.5) {
            // A length field that may fit.
            let length = dice.random_range(0..=rest.len()) as u32;
            rest.splice(0..0, length.to_be_bytes());
        }
        let key = [prefixes[dice.random_range(0..prefixes.len())], &rest].concat();
        let value_bytes = [0, 8, 16, 24, 32, dice.random_range(0..40)][dice.random_range(0..6)];
        let mut value = vec![0; value_bytes];
        dice.fill_bytes(&mut value);
        match classify(&key, &value) {
            Err(error) => assert!(!error.to_string().is_empty()),
            Ok(record) => {
                let again = match record {
                    Record::List(ListRecord::Meta { user_key, .. }) => list::meta_key(user_key),
                    Record::List(ListRecord::Item { user_key, seq, .. }) => list::item_key(user_key, seq),
                    Record::List(ListRecord::Claim { user_key, seq }) => list::claim_key(user_key, seq),
                    Record::List(ListRecord::Delta { user_key, commit_ts, seq_in_txn, .. }) => {
                        list::delta_key(user_key, commit_ts, seq_in_txn)
                    }
                    _ => continue,
                };
                assert_eq!(again, key, "{record:?}");
                taken += 1;
            }
        }
    }
    assert!(taken > ROUNDS / 10, "only {taken} of the keys were records");
}

#[test]
fn a_body_is_taken_only_if_it_is_the_one_that_would_be_written() {
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..ROUNDS {
        let (mut writer, mut body) = (BodyWriter::default(), Vec::new());
        for _ in 0..dice.random_range(0..4) {
            let text = ["", "a", "<\u{2028}\u{7f}\"\\", "é😀\u{b}"][dice.random_range(0..4)];
            let bytes = if dice.random_bool(0.5) { text.as_bytes().to_vec() } else { random_bytes(&mut dice, 6) };
            writer.item(&bytes, &mut body);
        }
        writer.finish(dice.random_bool(0.5).then(|| ExpireAtMs(dice.random())), &mut body);
        assert!(list::parse_body(&body).is_ok());
        let changed = mutated(&mut dice, &body);
        if let Ok(parsed) = list::parse_body(&changed) {
            let (mut writer, mut again) = (BodyWriter::default(), Vec::new());
            parsed.items.iter().for_each(|item| writer.item(item, &mut again));
            writer.finish(parsed.expire_at, &mut again);
            assert_eq!(again, changed, "{}", String::from_utf8_lossy(&changed));
        }
    }
}

#[test]
fn a_segment_is_taken_only_if_it_is_the_one_of_its_key() {
    let mut dice = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..ROUNDS {
        let user_key = random_bytes(&mut dice, 12);
        let segment = segment::encode(&user_key).text;
        let changed = String::from_utf8_lossy(&mutated(&mut dice, segment.as_bytes())).into_owned();
        if let Decoded::UserKey(decoded) = segment::decode(&changed) {
            assert_eq!(segment::encode(&decoded).text, changed);
        }
        assert_eq!(key_text::parse(&key_text::escaped(&user_key)), Ok(user_key));
        let _ = key_text::parse(&changed);
    }
}

#[test]
fn recordings_of_any_bytes_are_refused_or_taken() {
    let commands: [&[&[u8]]; 6] = [
        &[b"SELECT", b"0"],
        &[b"MULTI"],
        &[b"RPUSH", b"k", b"\xff"],
        &[b"EXEC"],
        &[b"COPY", b"k", b"l", b"REPLACE"],
        &[b"SET", b"k", b"v", b"EX", b"9"],
    ];
    let mut aof = b"#TS:1700000000\r\n".to_vec();
    for words in commands {
        write_resp(&words.iter().map(|word| word.to_vec()).collect::<Vec<_>>(), &mut aof);
    }
    let fresh = b"REDIS0010\xfa\x01a\xc0\x01\xfa\x01b\xc3\x01\x02x\xff\0\0\0\0\0\0\0\0";
    let with_preamble = [&fresh[..], &aof].concat();
    let monitor = br#"+OK
1339518083.107412 [0 127.0.0.1:60866] "MULTI"
1339518083.107413 [0 127.0.0.1:60866] "RPUSH" "k" "\xff\"\\"
1339518083.107414 [0 lua] "SUNIONSTORE" "k" "s"
1339518083.107415 [0 127.0.0.1:60866] "EXEC"
1339518083.107416 [3 unix:/a b] "MOVE" "k" "0"
"#;
    let manifest = b"file \"a \\x41\" seq 1 type b\nfile i seq 1 type i\n";
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let input = |bytes: Vec<u8>| Box::new(std::io::Cursor::new(bytes));
    let mut taken = 0;
    for round in 0..ROUNDS as usize {
        let aof = if round % 2 == 0 { &aof } else { &with_preamble };
        // Each cut comes up, and each change of a few bytes may.
        let bytes = if round < 2000 { aof[..round / 2 % (aof.len() + 1)].to_vec() } else { mutated(&mut dice, aof) };
        if let Ok(steps) = RecordedSteps::aof(std::iter::once(AofPart { name: None, input: Ok(input(bytes)) })) {
            taken += steps.filter(Result::is_ok).count();
        }
        let lines = mutated(&mut dice, monitor);
        let times = MonitorTimes::read(input(lines.clone()));
        taken += RecordedSteps::monitor(input(lines), times).filter(Result::is_ok).count();
        let _ = read_aof_manifest(mutated(&mut dice, manifest).as_slice());
    }
    assert!(taken > ROUNDS as usize / 2, "only {taken} steps were taken");
}

#[test]
fn lines_of_any_kind_are_refused_or_taken() {
    let trace =
        br#"{"at_ms":4102444800000,"txn":[["RPUSH","k",{"base64":"_w"}],["LMPOP","1","k","LEFT","COUNT","2"]]}"#;
    let state = br#"{"key":"k","items":["a",{"base64":"_w"}],"expire_at_ms":7}"#;
    let keymap = br#"{"encoded":"00__%FF","original":"__4","kind":"sha-fallback"}"#;
    let manifest = Manifest::new("2100-01-01T00:00:00Z".to_owned()).to_json();
    let checksum = format!("{}  a/b.json", "0123456789abcdef".repeat(4));
    let mut dice = ChaCha8Rng::seed_from_u64(4);
    for _ in 0..ROUNDS {
        let _ = Trace::read(mutated(&mut dice, trace).as_slice());
        let _ = State::read_json_lines(mutated(&mut dice, state).as_slice());
        let _ = KeymapLine::parse(&String::from_utf8_lossy(&mutated(&mut dice, keymap)));
        let _ = Manifest::parse(&mutated(&mut dice, manifest.as_bytes()));
        let _ = parse_checksum_line(&String::from_utf8_lossy(&mutated(&mut dice, checksum.as_bytes())));
        let words = (0..dice.random_range(0..7)).map(|_| match dice.random_range(0..4) {
            0 => b"LMPOP".to_vec(),
            1 => dice.random_range(-3..5).to_string().into_bytes(),
            2 => [&b"LEFT"[..], b"COUNT", b"LPOS", b"EXPIRE"][dice.random_range(0..4)].to_vec(),
            _ => random_bytes(&mut dice, 4),
        });
        let _ = Request::parse(words.collect());
    }
}
