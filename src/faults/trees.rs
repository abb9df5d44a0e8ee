//! Faults in the files of a dump, whatever is in their bodies.

use super::changed::Files;
use super::fault::kinds::{EXPIRY, ITEMS, LISTS, TREE};
use super::fault::{Act, Fault};
use crate::format::dump_tree::{CHECKSUMS, KEYMAP, KeymapLine, MANIFEST};
use crate::format::segment::SEGMENT_LIMIT_BYTES;
use crate::format::{Family, FamilyRow};

/// Key maps, and the names of files.
pub(super) const NAMES: &[Fault] = &[
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
];

/// Whether a body is that of a list with items and without an expiry.
fn is_shown(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    text.contains("\"items\": [\n") && text.contains("\"expire_at_ms\": null")
}

/// Whole files: bodies, checksums, the manifest.
pub(super) const FILES: &[Fault] = &[
    Fault {
        reported: &[LISTS],
        ..tree("file-lost", "the file of the last list whose name says its key is missing", "one-file-a-key", |files| {
            // A file that the key map names is missed by the map itself. Redis shows a list that has items and no expiry.
            let is_meant = |path: &str, bytes: &[u8]| is_body(path) && !path.contains("__") && is_shown(bytes);
            let last = files.iter().rfind(|(path, bytes)| is_meant(path, bytes)).map(|(path, _)| path.clone());
            let is_alone = files.keys().filter(|path| is_body(path)).count() == 1;
            files.retain(|path, _| is_alone || Some(path) != last.as_ref());
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
    tree("another-database", "the lists are in another database's folder", "one-file-a-key", |files| {
        let moved = std::mem::take(files).into_iter();
        files.extend(moved.map(|(path, bytes)| (path.replace("redis/db_0/", "redis/db_1/"), bytes)));
    }),
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

/// A fault in the name of each body's file, without its ending.
const fn names(name: &'static str, breaks: &'static str, rule: &'static str, change: fn(&str) -> String) -> Fault {
    Fault { name, breaks, rule, act: Act::Names(change), reported: &[TREE] }
}

const fn tree(name: &'static str, breaks: &'static str, rule: &'static str, change: fn(&mut Files)) -> Fault {
    Fault { name, breaks, rule, act: Act::Tree(change), reported: &[TREE] }
}

/// The family of whose bodies this file is one, if it is.
pub(super) fn family_of(path: &str) -> Option<&'static FamilyRow> {
    let (folder, _) = path.rsplit_once('/')?;
    Family::of_folder(folder.rsplit('/').next()?)
}

fn is_body(path: &str) -> bool {
    family_of(path).is_some()
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
