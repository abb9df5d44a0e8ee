//! Faults in the files of a dump.

use super::fault::kinds::{EXPIRY, ITEMS, LISTS, ORDER, TREE};
use super::fault::{Act, Fault, Files};
use crate::format::dump_tree::{CHECKSUMS, KEYMAP, KeymapLine, MANIFEST};
use crate::format::segment::SEGMENT_LIMIT_BYTES;

pub(super) const FAULTS: &[Fault] = &[
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
    tree("key-map-missing", "names that say no key have no key map", "key-map", |files| {
        files.retain(|path, _| !path.ends_with(KEYMAP));
    }),
    Fault {
        reported: &[TREE, LISTS],
        ..tree("key-map-wrong", "the key map names another key", "key-map", |files| {
            key_map_lines(files, |line| line.user_key.push(b'x'));
        })
    },
    tree("key-map-line-lost", "the key map lacks its last line", "key-map", |files| {
        for (_, bytes) in files.iter_mut().filter(|(path, _)| path.ends_with(KEYMAP)) {
            let text = String::from_utf8_lossy(bytes).into_owned();
            *bytes = without_last_line(&text).into_bytes();
        }
    }),
    tree("key-map-unsorted", "the lines of the key map do not ascend by user key", "flush-order", |files| {
        for (_, bytes) in files.iter_mut().filter(|(path, _)| path.ends_with(KEYMAP)) {
            let text = String::from_utf8_lossy(bytes).into_owned();
            *bytes = text.lines().rev().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        }
    }),
    names("percent-in-lower-case", "the hex digits of %HH are in lower case", "segment-percent", |name| {
        let mut parts = name.split('%');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |name, part| {
            let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
            format!("{name}%{}{rest}", hex.to_ascii_lowercase())
        })
    }),
    names("percent-left-out", "bytes that need %HH are written as they are", "segment-percent", |name| {
        name.replace("%3A", ":").replace("%20", " ").replace("%7C", "|")
    }),
    Fault {
        reported: &[TREE, LISTS],
        ..names("two-keys-in-one-file", "names that differ only in case are one file", "segment-case", |name| {
            name.to_ascii_lowercase()
        })
    },
    Fault {
        reported: &[TREE, LISTS],
        ..names(
            "name-cut-at-the-limit",
            "a name as long as the limit allows is cut by a byte",
            "segment-limit",
            |name| {
                let cut = name.len() == SEGMENT_LIMIT_BYTES;
                name.get(..name.len() - usize::from(cut)).unwrap_or(name).to_owned()
            },
        )
    },
    names("fallback-in-upper-case", "the digest of a fallback is in upper case", "segment-fallback", |name| match name
        .split_once("__")
    {
        Some((digest, rest)) if digest.len() == 32 => format!("{}__{rest}", digest.to_ascii_uppercase()),
        _ => name.to_owned(),
    }),
    Fault {
        reported: &[LISTS],
        ..tree("stale-file", "a list of an earlier dump is still there", "one-file-a-key", |files| {
            let stale = "{\n  \"format_version\": 1,\n  \"items\": [\n    \"of an earlier dump\"\n  ],\n  \
                         \"expire_at_ms\": null\n}";
            files.insert("redis/db_0/lists/of-an-earlier-dump.json".to_owned(), stale.into());
        })
    },
    Fault {
        reported: &[LISTS, ITEMS, ORDER],
        ..tree("file-lost", "the last list's file is missing", "one-file-a-key", |files| {
            let last = files.keys().rfind(|path| is_body(path)).cloned();
            files.retain(|path, _| Some(path) != last.as_ref());
        })
    },
    Fault {
        reported: &[ITEMS, LISTS, EXPIRY],
        ..tree("bodies-swapped", "two lists have each other's file", "one-file-a-key", |files| {
            let paths: Vec<String> = files.keys().filter(|path| is_body(path)).take(2).cloned().collect();
            if let [one, other] = paths.as_slice() {
                let (first, second) = (files.get(one).cloned(), files.get(other).cloned());
                files.extend(first.map(|bytes| (other.clone(), bytes)));
                files.extend(second.map(|bytes| (one.clone(), bytes)));
            }
        })
    },
    Fault {
        reported: &[LISTS],
        ..tree("another-database", "the lists are in another database's folder", "one-file-a-key", |files| {
            let moved = std::mem::take(files).into_iter();
            files.extend(moved.map(|(path, bytes)| (path.replace("redis/db_0/", "redis/db_1/"), bytes)));
        })
    },
    tree("checksums-missing", "there is no file of checksums", "checksums", |files| drop(files.remove(CHECKSUMS))),
    tree("checksum-wrong", "a checksum is that of another content", "checksums", |files| {
        checksums(files, |text| text.replacen(|c: char| c.is_ascii_digit(), "a", 1).replacen("aa", "ab", 1));
    }),
    tree("checksums-in-upper-case", "checksums are in upper case", "checksums", |files| {
        checksums(files, |text| text.lines().map(upper_digest).collect());
    }),
    tree("checksums-with-dot", "the paths of checksums begin with ./", "checksums", |files| {
        checksums(files, |text| text.replace("  ", "  ./"));
    }),
    tree("checksums-unsorted", "checksums are in another order", "checksums", |files| {
        checksums(files, |text| text.lines().rev().map(|line| format!("{line}\n")).collect());
    }),
    tree("checksums-incomplete", "the last file has no checksum", "checksums", |files| {
        checksums(files, without_last_line);
    }),
    tree("manifest-missing", "there is no manifest", "manifest", |files| drop(files.remove(MANIFEST))),
    tree("manifest-of-another-phase", "the manifest names another phase", "manifest", |files| {
        text_of(files, MANIFEST, |text| text.replace("phase0-snapshot-decode", "phase1"));
    }),
    tree("manifest-without-newline", "the manifest does not end with a line feed", "manifest", |files| {
        text_of(files, MANIFEST, |text| text.trim_end().to_owned());
    }),
];

/// A fault in the text of each body, by a function that makes it from the right one.
const fn body(name: &'static str, breaks: &'static str, rule: &'static str, change: fn(&str) -> String) -> Fault {
    Fault { name, breaks, rule, act: Act::Body(change), reported: &[TREE] }
}

/// A fault in the name of each list's file.
const fn names(name: &'static str, breaks: &'static str, rule: &'static str, change: fn(&str) -> String) -> Fault {
    Fault { name, breaks, rule, act: Act::Names(change), reported: &[TREE] }
}

const fn tree(name: &'static str, breaks: &'static str, rule: &'static str, change: fn(&mut Files)) -> Fault {
    Fault { name, breaks, rule, act: Act::Tree(change), reported: &[TREE] }
}

pub(super) fn is_body(path: &str) -> bool {
    path.contains("/lists/")
}

fn text_of(files: &mut Files, path: &str, change: impl Fn(&str) -> String) {
    if let Some(bytes) = files.get_mut(path) {
        *bytes = change(&String::from_utf8_lossy(bytes)).into_bytes();
    }
}

fn checksums(files: &mut Files, change: impl Fn(&str) -> String) {
    text_of(files, CHECKSUMS, change);
}

fn without_last_line(text: &str) -> String {
    let kept = text.lines().count().saturating_sub(1);
    text.lines().take(kept).map(|line| format!("{line}\n")).collect()
}

fn upper_digest(line: &str) -> String {
    let (digest, path) = line.split_once("  ").unwrap_or((line, ""));
    format!("{}  {path}\n", digest.to_ascii_uppercase())
}

fn key_map_lines(files: &mut Files, change: impl Fn(&mut KeymapLine)) {
    for (_, bytes) in files.iter_mut().filter(|(path, _)| path.ends_with(KEYMAP)) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let lines = text.lines().filter_map(|line| KeymapLine::parse(line).ok()).map(|mut line| {
            change(&mut line);
            line.to_line()
        });
        *bytes = lines.collect::<String>().into_bytes();
    }
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
