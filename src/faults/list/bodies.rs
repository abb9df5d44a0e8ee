//! Faults in the bodies of lists.

use crate::faults::fault::kinds::{EXPIRY, LISTS, TREE};
use crate::faults::fault::{Act, Fault};
use crate::format::Family;

/// The text of each body.
pub(in crate::faults) const TEXTS: &[Fault] = &[
    body("base64-padded", "base64 is padded", "item-encoding", |body| {
        edit_base64(body, |text| {
            while text.len() % 4 != 0 {
                text.push('=');
            }
        })
    }),
    body("base64-standard-alphabet", "base64 has + and / instead of - and _", "item-encoding", |body| {
        edit_base64(body, |text| *text = text.replace('-', "+").replace('_', "/"))
    }),
    body("html-escapes-missing", "<, > and & are not escaped", "body-escapes", |body| {
        body.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
    }),
    body("line-separators-verbatim", "U+2028 and U+2029 are not escaped", "body-escapes", |body| {
        body.replace("\\u2028", "\u{2028}").replace("\\u2029", "\u{2029}")
    }),
    body("escapes-in-upper-case", "the hex digits of escapes are in upper case", "body-escapes", |body| {
        body.replace("\\u003c", "\\u003C").replace("\\u003e", "\\u003E").replace("\\u001f", "\\u001F")
    }),
    body("short-escapes-long", "a line feed is \\u000a", "body-escapes", |body| body.replace("\\n", "\\u000a")),
    body("newline-at-the-end", "a body ends with a line feed", "body", |body| format!("{body}\n")),
    body("body-compact", "a body has no indent", "body", |body| body.replace("\n    ", "").replace("\n  ", "")),
    body("format-version-2", "a body says another version", "body", |body| {
        body.replace("\"format_version\": 1", "\"format_version\": 2")
    }),
    Fault {
        reported: &[LISTS, EXPIRY],
        ..body("no-expiry-as-zero", "no expiry is written as 0", "body-expiry", |body| {
            body.replace("\"expire_at_ms\": null", "\"expire_at_ms\": 0")
        })
    },
    body("expiry-as-string", "an expiry is written as a string", "body-expiry", |body| {
        body.replace("\"expire_at_ms\": 4", "\"expire_at_ms\": \"4")
    }),
    body("body-truncated", "the second half of a body is missing", "body", |body| {
        body.chars().take(body.chars().count() / 2).collect()
    }),
    body("body-empty", "a body's file is empty", "body", |_| String::new()),
];

/// A body more than there should be.
pub(in crate::faults) const STALE: &[Fault] = &[Fault {
    name: "stale-file",
    breaks: "a list of an earlier dump is still there",
    rule: "one-file-a-key",
    act: Act::Tree(|files| {
        let stale = "{\n  \"format_version\": 1,\n  \"items\": [\n    \"of an earlier dump\"\n  ],\n  \
                         \"expire_at_ms\": null\n}";
        files.insert("redis/db_0/lists/of-an-earlier-dump.json".to_owned(), stale.into());
    }),
    reported: &[LISTS],
}];

/// A fault in the text of each body, by a function that makes it from the right one.
const fn body(name: &'static str, breaks: &'static str, rule: &'static str, change: fn(&str) -> String) -> Fault {
    Fault { name, breaks, rule, act: Act::Body(Family::List, change), reported: &[TREE] }
}

fn edit_base64(body: &str, change: impl Fn(&mut String)) -> String {
    const MEMBER: &str = "\"base64\": \"";
    let mut parts = body.split(MEMBER);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (encoded, rest) = part.split_once('"').unwrap_or((part, ""));
        let mut encoded = encoded.to_owned();
        change(&mut encoded);
        format!("{text}{MEMBER}{encoded}\"{rest}")
    })
}
