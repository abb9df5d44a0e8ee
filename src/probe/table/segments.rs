//! User keys as file names.

use super::jobs::jobs;
use crate::format::segment;
use crate::probe::expectation::Expected;
use crate::probe::question::Probe;
use crate::probe::snapshot::Rows;

/// A row: name, rule, the user key, the file's name.
type SegmentRow = (&'static str, &'static str, &'static [u8], &'static str);

const REVERSIBLE: &[SegmentRow] = &[
    (
        "segment-plain",
        "letters, digits, dot, underscore and hyphen pass into the file name",
        b"Az09._-z",
        "Az09._-z.json",
    ),
    (
        "segment-percent",
        "every other byte is a percent sign and two hex digits in upper case",
        b"a b%\xff\0~:\xc3\xa9",
        "a%20b%25%FF%00%7E%3A%C3%A9.json",
    ),
    ("segment-slash", "a slash is %2F and opens no folder", b"a/../b", "a%2F..%2Fb.json"),
    ("segment-empty", "the empty key has a file whose name is the extension alone", b"", ".json"),
    ("segment-dot", "the key . is a file name like others", b".", "..json"),
    ("segment-dot-dot", "the key .. is a file name like others, and leads nowhere", b"..", "...json"),
];

pub(super) fn probes() -> Vec<Probe> {
    let mut probes: Vec<Probe> = REVERSIBLE
        .iter()
        .map(|(name, rule, user_key, file)| Probe::new(name, rule, with_keys(&[user_key]), names(&[file])))
        .collect();
    let (key, other) = (file(b"KEY"), file(b"Key"));
    probes.push(Probe::new(
        "segment-case",
        "keys that differ only in case are files of their own",
        with_keys(&[b"KEY", b"Key"]),
        names(&[&key, &other]),
    ));
    probes.extend(limits());
    probes.extend(key_map());
    probes
}

/// Where a reversible name ends and the fallback begins.
fn limits() -> Vec<Probe> {
    let digits = |case: &[u8; 6]| [case.as_slice(), b"0123456789", case, b"0123456789"].concat();
    let looks_like_fallback = |case: &[u8; 6]| [&digits(case)[..], b"__x"].concat();
    let rows: [(&str, &str, Vec<u8>); 9] = [
        ("segment-240-bytes", "a key of 240 bytes passes whole", vec![b'k'; 240]),
        (
            "segment-241-bytes",
            "a key of 241 bytes has the SHA fallback: 32 digits of its SHA-256, two underscores, its first \
          64 bytes",
            vec![b'k'; 241],
        ),
        ("segment-80-blanks", "a key whose percent-encoding has 240 bytes passes", vec![b' '; 80]),
        (
            "segment-81-blanks",
            "a key whose percent-encoding has more than 240 bytes has the SHA fallback",
            vec![b' '; 81],
        ),
        ("segment-b64", "a key that begins with b64. has the SHA fallback", b"b64.x".to_vec()),
        ("segment-b64-upper", "a key that begins with B64. is like others", b"B64.x".to_vec()),
        (
            "segment-like-fallback",
            "a key that looks like a fallback has the SHA fallback",
            looks_like_fallback(b"abcdef"),
        ),
        (
            "segment-like-fallback-upper",
            "a key that looks like a fallback in upper case has the SHA fallback too",
            looks_like_fallback(b"ABCDEF"),
        ),
        (
            "segment-almost-fallback",
            "a key of 32 hex digits and one underscore is like others",
            [&digits(b"abcdef")[..], b"_x"].concat(),
        ),
    ];
    let row = |(name, rule, user_key): (&str, &str, Vec<u8>)| {
        Probe::new(name, rule, with_keys(&[&user_key]), names(&[&file(&user_key)]))
    };
    rows.into_iter().map(row).collect()
}

fn key_map() -> Vec<Probe> {
    let long = [b"<&>\xff".as_slice(), &[b'k'; 240]].concat();
    vec![
        Probe::new(
            "keymap-line",
            "KEYMAP.jsonl says in one line, in this order and without blanks, the name, the key in base64url, and the kind",
            with_keys(&[&long]),
            Expected::KeymapLine(long),
        ),
        Probe::new(
            "keymap-order",
            "KEYMAP.jsonl has a line for each key whose name is a fallback, in the order of the keys, each once",
            with_keys(&[b"b64.a", b"b64.b", b"b64.c", b"b64.d"]),
            Expected::KeymapOrder([b"b64.a", b"b64.b", b"b64.c", b"b64.d"].map(|user_key| user_key.to_vec()).into()),
        ),
        Probe::new(
            "keymap-absent",
            "there is no KEYMAP.jsonl when every name is reversible",
            jobs().bare(),
            Expected::NoKeymap,
        ),
    ]
}

fn with_keys(user_keys: &[&[u8]]) -> crate::probe::Snapshot {
    user_keys.iter().fold(Rows::new(), |rows, user_key| rows.list(user_key, &[b"a"])).bare()
}

fn file(user_key: &[u8]) -> String {
    segment::encode(user_key).text + ".json"
}

fn names(names: &[&str]) -> Expected {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    Expected::Names(names)
}
