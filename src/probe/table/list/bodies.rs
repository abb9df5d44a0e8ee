//! The bodies of lists, byte for byte.

use crate::format::ExpireAtMs;
use crate::format::expiry::ttl_key;
use crate::format::list::meta_key;
use crate::probe::expectation::Expected;
use crate::probe::list::{lists, meta};
use crate::probe::question::Probe;
use crate::probe::snapshot::Rows;

/// More than the 64 KiB at which many a buffer ends.
static LONG_ITEM: [u8; 66_000] = [b'x'; 66_000];

/// A body of one item and no expiry.
macro_rules! body {
    ($item:literal) => {
        concat!("{\n  \"format_version\": 1,\n  \"items\": [\n    ", $item, "\n  ],\n  \"expire_at_ms\": null\n}")
    };
}

/// A row: name, rule, the one item of the list, the body.
type BodyRow = (&'static str, &'static str, &'static [u8], &'static str);

const ONE_ITEM: &[BodyRow] = &[
    ("item-empty", "an empty item is an empty string", b"", body!(r#""""#)),
    ("escape-quote", "a quote and a backslash have a backslash before them", b"a\"b\\c", body!(r#""a\"b\\c""#)),
    (
        "escape-short",
        "backspace, tab, line feed, form feed and carriage return have the short escapes",
        b"\x08\t\n\x0c\r",
        body!(r#""\b\t\n\f\r""#),
    ),
    (
        "escape-control",
        "the other bytes below 20 are \\u00xx in lower case, NUL among them",
        b"\0\x01\x0b\x0e\x1a\x1f",
        body!(r#""\u0000\u0001\u000b\u000e\u001a\u001f""#),
    ),
    (
        "escape-html",
        "less-than, greater-than and ampersand are \\u003c, \\u003e and \\u0026",
        b"<a>&",
        body!(r#""\u003ca\u003e\u0026""#),
    ),
    (
        "escape-line-separators",
        "U+2028 and U+2029 are \\u2028 and \\u2029",
        b"\xe2\x80\xa8\xe2\x80\xa9",
        body!(r#""\u2028\u2029""#),
    ),
    ("verbatim-slash", "a slash and an apostrophe stand for themselves", b"/'", body!(r#""/'""#)),
    ("verbatim-delete", "the byte 7f stands for itself", b"\x7f", body!("\"\x7f\"")),
    (
        "verbatim-unicode",
        "every other character of UTF-8 stands for itself, beside U+2028 and beyond the basic plane too",
        b"\xc3\xa9\xc2\x85\xe2\x80\xa7\xe2\x80\xaa\xef\xbb\xbf\xef\xbf\xbd\xf0\x9f\xa6\x80",
        body!("\"\u{e9}\u{85}\u{2027}\u{202a}\u{feff}\u{fffd}\u{1f980}\""),
    ),
    (
        "base64",
        "an item that is not UTF-8 is an object with base64url, with - and _ and without padding",
        b"\xfb\xff\xfe\xff",
        body!("{\n      \"base64\": \"-__-_w\"\n    }"),
    ),
    (
        "base64-mixed",
        "one byte that is not UTF-8 makes the whole item base64url",
        b"text \xff text",
        body!("{\n      \"base64\": \"dGV4dCD_IHRleHQ\"\n    }"),
    ),
    (
        "base64-surrogates",
        "a surrogate in three bytes is not UTF-8",
        b"\xed\xa0\x80",
        body!("{\n      \"base64\": \"7aCA\"\n    }"),
    ),
    ("base64-overlong", "a NUL in two bytes is not UTF-8", b"\xc0\x80", body!("{\n      \"base64\": \"wIA\"\n    }")),
];

pub(in crate::probe::table) fn probes() -> Vec<Probe> {
    let body = |name, rule, rows: Rows, body| Probe::new(name, rule, rows.bare(), Expected::Body(body));
    let mut probes = vec![
        body(
            "body",
            "a body is indented by two blanks and has no line feed at its end",
            Rows::new().list(b"jobs", &[b"a", b"b"]),
            "{\n  \"format_version\": 1,\n  \"items\": [\n    \"a\",\n    \"b\"\n  ],\n  \"expire_at_ms\": null\n}",
        ),
        body(
            "body-of-empty-list",
            "the items of an empty list are [] on the same line",
            Rows::new().put(meta_key(b"jobs"), meta(0, 0, None)),
            "{\n  \"format_version\": 1,\n  \"items\": [],\n  \"expire_at_ms\": null\n}",
        ),
        body(
            "body-with-expiry",
            "an expiry is a decimal number, exact also above 2^53",
            Rows::new().list(b"jobs", &[b"a"]).put(ttl_key(b"jobs"), ExpireAtMs((1 << 53) + 1).to_record_value()),
            "{\n  \"format_version\": 1,\n  \"items\": [\n    \"a\"\n  ],\n  \"expire_at_ms\": 9007199254740993\n}",
        ),
    ];
    probes.extend(
        ONE_ITEM.iter().map(|(name, rule, item, text)| body(name, rule, Rows::new().list(b"jobs", &[item]), text)),
    );
    probes.push(Probe::new(
        "item-long",
        "a long item is dumped whole",
        Rows::new().list(b"jobs", &[&LONG_ITEM]).bare(),
        Expected::State(lists(&[(b"jobs", &[&LONG_ITEM])])),
    ));
    probes
}
