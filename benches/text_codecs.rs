//! Each codec of what is text: the files of a dump, byte strings, traces, replies, states, RESP.
//!
//! Each result is compared with text that is written down here. Rates count bytes of that text.

use criterion::Criterion;
use ekv_roundtrip::command::{Reply, Request, write_resp};
use ekv_roundtrip::format::ExpireAtMs;
use ekv_roundtrip::format::byte_string::{ByteStr, ByteString, decode_base64, encode_base64};
use ekv_roundtrip::format::dump_tree::{
    KeymapLine, Manifest, checksum_line, database_dir, parse_checksum_line, parse_database_dir,
};
use ekv_roundtrip::format::key_text;
use ekv_roundtrip::format::list::{self, BodyWriter, ListBody};
use ekv_roundtrip::state::{KeyState, State};
use ekv_roundtrip::workload::{Action, Step, Trace, write_reply};

use crate::codecs::Codecs;

pub fn benches(criterion: &mut Criterion) {
    bodies(Codecs::new(criterion, "codec-body"));
    byte_strings(Codecs::new(criterion, "codec-byte-string"));
    tree_files(Codecs::new(criterion, "codec-tree-file"));
    key_texts(Codecs::new(criterion, "codec-key-text"));
    lines(Codecs::new(criterion, "codec-line"));
}

/// Bodies of 100 items, all the same.
fn bodies(mut codecs: Codecs<'_>) {
    const ITEMS: usize = 100;
    let items: [(&str, &[u8], &str); 4] = [
        ("plain", b"job-0000042 the quick brown fox", "\"job-0000042 the quick brown fox\""),
        ("escapes", b"{\"id\":42,\"to\":\"a<b>&c\"}\n", r#""{\"id\":42,\"to\":\"a\u003cb\u003e\u0026c\"}\n""#),
        ("unicode", "naïve – “ключ” \u{2028} 鍵".as_bytes(), "\"naïve – “ключ” \\u2028 鍵\""),
        ("binary", b"\xff\0\x01\x02\x03\x04\x05\x06\x07", "{\n      \"base64\": \"_wABAgMEBQYH\"\n    }"),
    ];
    for (name, item, text) in items {
        let lines = vec![format!("\n    {text}"); ITEMS].join(",");
        let body = format!("{{\n  \"format_version\": 1,\n  \"items\": [{lines}\n  ],\n  \"expire_at_ms\": 7\n}}");
        codecs.bytes(body.len());
        codecs.time(&format!("{name}-write"), item, body.clone().into_bytes(), |item| {
            let (mut writer, mut out) = (BodyWriter::default(), Vec::new());
            for _ in 0..ITEMS {
                writer.item(item, &mut out);
            }
            writer.finish(Some(ExpireAtMs(7)), &mut out);
            out
        });
        let expected = ListBody { items: vec![item.to_vec(); ITEMS], expire_at: Some(ExpireAtMs(7)) };
        codecs.time(&format!("{name}-parse"), body.as_bytes(), Ok(expected), list::parse_body);
    }
}

fn byte_strings(mut codecs: Codecs<'_>) {
    let write = |bytes: &[u8]| serde_json::to_string(&ByteStr(bytes)).ok();
    let read = |text: &str| serde_json::from_str::<ByteString>(text).ok();
    let strings: [(&str, &[u8], &str); 2] = [
        ("text", b"job-0000042 the \"quick\" brown fox", r#""job-0000042 the \"quick\" brown fox""#),
        ("binary", b"\xff\0\x01\x02\x03\x04\x05\x06\x07", r#"{"base64":"_wABAgMEBQYH"}"#),
    ];
    for (name, bytes, text) in strings {
        codecs.bytes(text.len());
        codecs.time(&format!("{name}-write"), bytes, Some(text.to_owned()), write);
        codecs.time(&format!("{name}-read"), text, Some(ByteString(bytes.to_vec())), read);
    }
    let (bytes, text) = ([0xfb; 3 * 256], "-_v7".repeat(256));
    codecs.bytes(text.len());
    codecs.time("base64-encode", &bytes[..], text.clone(), encode_base64);
    codecs.time("base64-decode", text.as_str(), Some(bytes.to_vec()), decode_base64);
}

/// One of the fixtures', as its dump's last commit and time say.
const MANIFEST: &str = include_str!("../fixtures/short-meta/dump/MANIFEST.json");

fn tree_files(mut codecs: Codecs<'_>) {
    let mut manifest = Manifest::new("2100-01-01T00:00:00.002Z".to_owned());
    manifest.last_commit_ts = Some(268_857_822_412_931_072);
    codecs.bytes(MANIFEST.len());
    codecs.time("manifest-write", &manifest, MANIFEST.to_owned(), Manifest::to_json);
    codecs.time("manifest-parse", MANIFEST.as_bytes(), Ok(manifest.clone()), Manifest::parse);

    let segment = "261e3e281e06e9789437999358e26046__b64.x";
    let keymap_text = format!("{{\"encoded\":\"{segment}\",\"original\":\"YjY0Lng\",\"kind\":\"sha-fallback\"}}");
    let keymap_line = KeymapLine { segment: segment.to_owned(), user_key: b"b64.x".to_vec() };
    codecs.bytes(keymap_text.len());
    codecs.time("keymap-write", &keymap_line, format!("{keymap_text}\n"), KeymapLine::to_line);
    codecs.time("keymap-parse", keymap_text.as_str(), Ok(keymap_line.clone()), KeymapLine::parse);

    let (digest, path) = ("0123456789abcdef".repeat(4), "redis/db_0/lists/jobs.json");
    let checksum_text = format!("{digest}  {path}");
    let pair = (digest.as_str(), path);
    codecs.bytes(checksum_text.len());
    codecs.time("checksum-write", pair, format!("{checksum_text}\n"), |(digest, path)| checksum_line(digest, path));
    codecs.time("checksum-parse", checksum_text.as_str(), Some(pair), parse_checksum_line);

    codecs.bytes(5);
    codecs.time("database-folder-write", 12, "db_12".to_owned(), database_dir);
    codecs.time("database-folder-parse", "db_12", Some(12), parse_database_dir);
}

fn key_texts(mut codecs: Codecs<'_>) {
    let (key, text): (&[u8], _) = (b"jobs:1 \xff\n 100% \"\xc3\xa9\"", "jobs:1 %FF%0A 100%25 %22é%22");
    codecs.bytes(text.len());
    codecs.time("escape", key, text.to_owned(), key_text::escaped);
    codecs.time("quote", key, format!("\"{text}\""), key_text::quoted);
    codecs.time("parse", text, Ok(key.to_vec()), key_text::parse);
    codecs.bytes(11);
    codecs.time("hex", b"\x00\x7f\x80\xff", "00 7f 80 ff".to_owned(), |bytes: &[u8; 4]| key_text::hex(bytes));
}

/// Lines of traces, replies and states, and commands on the wire.
fn lines(mut codecs: Codecs<'_>) {
    let args: Vec<Vec<u8>> = [&b"RPUSH"[..], b"jobs", b"job-0000042", b"\xff"].map(<[u8]>::to_vec).to_vec();
    let request = Request::parse(args.clone()).expect("a known command");
    let wire = b"*4\r\n$5\r\nRPUSH\r\n$4\r\njobs\r\n$11\r\njob-0000042\r\n$1\r\n\xff\r\n";
    codecs.time("command-parse", &args, Some(request.clone()), |args| Request::parse(args.clone()).ok());
    codecs.time("command-args", &request, args.clone(), Request::args);
    codecs.bytes(wire.len());
    codecs.time("resp-write", args.as_slice(), wire.to_vec(), |args| written(|out| write_resp(args, out)));

    let line = "{\"at_ms\":4102444800000,\"cmd\":[\"RPUSH\",\"jobs\",\"job-0000042\",{\"base64\":\"_w\"}]}\n";
    let step = Step { at_ms: Some(4_102_444_800_000), action: Action::Command(request) };
    let trace = Trace { header: None, steps: vec![step.clone()] };
    codecs.bytes(line.len());
    codecs.time("trace-write", &step, line.as_bytes().to_vec(), |step| {
        written(|out| step.write(out).expect("a vector takes everything"))
    });
    codecs.time("trace-read", line.as_bytes(), Some(trace), |line| Trace::read(line).ok());

    let reply = Reply::Array(vec![Reply::Bulk(b"job-0000042".to_vec()), Reply::Integer(-2), Reply::Null]);
    let line = b"[\"job-0000042\",-2,null]\n";
    codecs.bytes(line.len());
    codecs.time("reply-write", &reply, line.to_vec(), |reply| {
        written(|out| write_reply(reply, out).expect("a vector takes everything"))
    });

    let line = "{\"key\":\"jobs\",\"items\":[\"job-0000042\",{\"base64\":\"_w\"}],\"expire_at_ms\":7}\n";
    let list = KeyState::list(vec![b"job-0000042".to_vec(), vec![0xff]], Some(ExpireAtMs(7)));
    let state = State { keys: [(b"jobs".to_vec(), list)].into(), last_ms: None };
    codecs.bytes(line.len());
    codecs.time("state-write", &state, line.as_bytes().to_vec(), |state| {
        written(|out| state.write_json_lines(out).expect("a vector takes everything"))
    });
    codecs.time("state-read", line.as_bytes(), Some(state.clone()), |line| State::read_json_lines(line).ok());
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}
