//! Canaries in dump trees: one for each thing that the reader must not take.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::row::{Canary, How, shorten};
use super::scene::Scene;
use crate::faults::{Act, Files};
use crate::finding::FindingKind;
use crate::format::dump_tree::{CHECKSUMS, KEYMAP, KeymapLine, MANIFEST, checksum_line};
use crate::format::segment;

/// A change of a dump's files: what it is, what the finding must say of it, and how it is made.
pub(super) type Edit = (&'static str, &'static str, fn(&mut Files));

/// Names and items of every form, and few of them.
const FEW: Scene = Scene::of(&[
    "RPUSH list one two ~ <&>",
    "RPUSH t# x y",
    "PEXPIRE t# 100000",
    "RPUSH b64.1# x",
    "RPUSH b64.2# y",
    "RPUSH C:# z",
]);

/// Changes of bodies.
const BODIES: &[Edit] = &[
    ("another version", "expected format_version 1", |files| body(files, "_version\": 1", "_version\": 2")),
    ("a body without indent", "before an item", |files| body(files, "\n    \"", "\n\"")),
    ("a comma after the last item", "before an item", |files| body(files, "\n  ],", ",\n  ],")),
    ("the end of the items is indented otherwise", "the end of the items", |files| body(files, "\n  ],", "\n ],")),
    ("no line break after the items", "the end of the items", |files| body(files, "],\n", "],")),
    ("no expiry", "expected expire_at_ms", |files| body(files, "  \"expire_at_ms\"", "  \"expires\"")),
    ("the expiry is indented otherwise", "expected expire_at_ms", |files| {
        body(files, "\n  \"expire_at_ms\"", "\n\"expire_at_ms\"");
    }),
    ("an expiry of words", "null or a number", |files| body(files, "null", "none")),
    ("an expiry of 65 bits", "null or a number", |files| body(files, "null", "18446744073709551616")),
    ("an expiry with a zero before it", "must not start with 0", |files| body(files, "_ms\": 4", "_ms\": 04")),
    ("an expiry in a string", "null or a number", |files| body(files, "_ms\": 4", "_ms\": \"4")),
    ("no end of the object", "the end of the object", |files| body(files, "\n}", "")),
    ("a member more", "the end of the object", |files| body(files, "\n}", ",\n  \"more\": 1\n}")),
    ("a line feed at the end", "the end of the file", |files| body(files, "\n}", "\n}\n")),
    ("an empty body", "expected format_version 1", |files| bodies(files, Vec::clear)),
    ("a body cut in the middle", "not in canonical form", |files| bodies(files, |text| text.truncate(text.len() / 2))),
    ("a body cut by a byte", "the end of the object", |files| bodies(files, shorten)),
    ("a number for an item", "a string or a base64 object", |files| body(files, "\"one\"", "1")),
    ("an item that is not UTF-8", "must be a base64 object", |files| {
        bodies(files, |text| text.iter_mut().filter(|byte| **byte == b'w').for_each(|byte| *byte = 0xff));
    }),
    ("an item without an end", "the string has no end", |files| {
        bodies(files, |text| text.truncate(text.windows(3).position(|three| three == b"one").unwrap_or(text.len())));
    }),
    ("padded base64", "not unpadded base64url", |files| body(files, "\"_w\"", "\"_w==\"")),
    ("the standard alphabet of base64", "not unpadded base64url", |files| body(files, "\"_w\"", "\"/w\"")),
    ("base64 with bits left over", "not unpadded base64url", |files| body(files, "\"_w\"", "\"_x\"")),
    ("base64 of text", "must be a string, not base64", |files| body(files, "\"_w\"", "\"YQ\"")),
    ("base64 without an end", "base64 has no end", |files| {
        bodies(files, |text| text.truncate(text.windows(2).position(|two| two == b"_w").unwrap_or(text.len())));
    }),
    ("base64 indented otherwise", "a string or a base64 object", |files| body(files, "\n      \"base64", "\n\"base64")),
    ("the end of base64 indented otherwise", "the end of the base64", |files| body(files, "_w\"\n    }", "_w\"\n}")),
    ("a tab as it is", "a control character", |files| body(files, "one", "o\te")),
    ("a < as it is", "must be escaped", |files| body(files, "\\u003c", "<")),
    ("a > as it is", "must be escaped", |files| body(files, "\\u003e", ">")),
    ("a & as it is", "must be escaped", |files| body(files, "\\u0026", "&")),
    ("U+2028 as it is", "U+2028 and U+2029", |files| body(files, "one", "o\u{2028}e")),
    ("U+2029 as it is", "U+2028 and U+2029", |files| body(files, "one", "o\u{2029}e")),
    ("hex in upper case", "not an escape", |files| body(files, "\\u003c", "\\u003C")),
    ("an escape of a letter", "not an escape", |files| body(files, "one", "\\u006fne")),
    ("a long escape of a line feed", "not an escape", |files| body(files, "one", "o\\u000ae")),
    ("an escaped slash", "not an escape", |files| body(files, "one", "o\\/e")),
];

/// Changes of checksums. Where they change nothing of them, the checksums are made anew.
const SUMS: &[Edit] = &[
    ("no checksums", "CHECKSUMS: missing", |files| drop(files.remove(CHECKSUMS))),
    ("empty checksums", "expected at least one line", |files| sums(files, |_| String::new())),
    ("checksums without a line feed", "expected a line feed", |files| sums(files, |text| text.trim_end().to_owned())),
    ("checksums that are not UTF-8", "not UTF-8", |files| {
        files.entry(CHECKSUMS.to_owned()).or_default().push(0xff);
    }),
    ("a checksum in upper case", "lower-case hex", |files| sums(files, str::to_ascii_uppercase)),
    ("a checksum of 63 digits", "64 lower-case hex", |files| sums(files, |text| text.chars().skip(1).collect())),
    ("a checksum with one space", "two spaces", |files| sums(files, |text| text.replacen("  ", " ", 1))),
    ("a checksum of no path", "two spaces and a path", |files| {
        sums(files, |text| checksum_line(&"0".repeat(64), "") + text);
    }),
    ("the checksum of the checksums", "the checksum file itself", |files| {
        sums(files, |text| checksum_line(&"0".repeat(64), CHECKSUMS) + text);
    }),
    ("checksums in another order", "line 2: expected paths in ascending", |files| {
        sums(files, |text| lines(text.lines().rev()))
    }),
    ("a checksum twice", "each once", |files| {
        sums(files, |text| lines(text.lines().take(1)) + text);
    }),
    ("a file without a checksum", "not listed", |files| {
        sums(files, |text| lines(text.lines().filter(|line| !line.ends_with("list.json"))));
    }),
    ("a manifest without a checksum", "not listed", |files| {
        sums(files, |text| lines(text.lines().filter(|line| !line.ends_with(MANIFEST))));
    }),
    ("a checksum of another body", "SHA-256 is", |files| wrong_sum(files, "list.json")),
    ("a checksum of another manifest", "SHA-256 is", |files| wrong_sum(files, MANIFEST)),
    ("a checksum of another key map", "SHA-256 is", |files| wrong_sum(files, KEYMAP)),
    ("a checksum of no file", "which is not there", |files| {
        sums(files, |text| format!("{text}{}", checksum_line(&"0".repeat(64), "zz")));
    }),
];

/// Changes of the key map.
const KEYMAPS: &[Edit] = &[
    ("no key map", "a SHA fallback without a line", |files| files.retain(|path, _| !path.ends_with(KEYMAP))),
    ("an empty key map", "expected at least one line", |files| keymap(files, |_| String::new())),
    ("a key map without its last line", "a SHA fallback without a line", |files| {
        keymap(files, |text| lines(text.lines().take(1)));
    }),
    ("a key map in another order", "line 2: expected user keys in ascending", |files| {
        keymap(files, |text| lines(text.lines().rev()))
    }),
    ("a line twice", "each once", |files| keymap(files, |text| lines(text.lines().take(1)) + text)),
    ("a line of no file", "there is no lists/", |files| keymap(files, |text| text.to_owned() + &line_of(b"b64.zz"))),
    ("a line of a plain name", "needs no line", |files| keymap(files, |text| text.to_owned() + &line_of(b"zz"))),
    ("a line of another key", "line 1: the segment of this user key is", |files| {
        keymap(files, |text| {
            let mut parsed = text.lines().filter_map(|line| KeymapLine::parse(line).ok());
            parsed.by_ref().take(1).map(|line| KeymapLine { user_key: b"b64.0".to_vec(), ..line }.to_line()).collect()
        });
    }),
    ("another kind", "is not known", |files| keymap(files, |text| text.replace("sha-fallback", "md5-fallback"))),
    ("a line with spaces", "not in canonical form", |files| keymap(files, |text| text.replace("\",\"", "\", \""))),
    ("a padded key", "not unpadded base64url", |files| keymap(files, |text| text.replace("\",\"kind", "=\",\"kind"))),
    ("a member that commands a terminal", "line 1: unknown field `\\u{1b}[2J\\u{2028}é\"'`, expected", |files| {
        keymap(files, |text| text.replacen("kind", "\\u001b[2J\u{2028}é\\\"'", 1));
    }),
    ("a member that is not known on the last line", "line 2: unknown field `kinds`", |files| {
        keymap(files, |text| {
            text.rsplit_once("kind\"").map_or_else(String::new, |(start, end)| format!("{start}kinds\"{end}"))
        });
    }),
];

/// Changes of names.
const NAMES: &[Edit] = &[
    ("a file of another kind", "expected only <segment>.json", |files| put(files, "redis/db_0/lists/x.txt")),
    ("a file beside the lists", "not part of a dump", |files| put(files, "redis/db_0/more.json")),
    ("a file beside the manifest", "not part of a dump", |files| put(files, "more.json")),
    ("a folder beside the databases", "expected only folders named db_", |files| {
        put(files, "redis/db_00/lists/x.json")
    }),
    ("a file in the adapter's place", "expected a folder", |files| {
        files.retain(|path, _| !path.starts_with("redis"));
        put(files, "redis");
    }),
    ("a folder in the manifest's place", "expected a file", |files| {
        files.remove(MANIFEST);
        put(files, "MANIFEST.json/x");
    }),
    ("a database of nothing but a key map", "missing; a database without", |files| {
        files.retain(|path, _| !path.ends_with(".json") || path == MANIFEST);
    }),
    ("another database", "lists lie in redis/db_1", |files| {
        let moved = std::mem::take(files).into_iter();
        files.extend(moved.map(|(path, bytes)| (path.replace("db_0/", "db_1/"), bytes)));
    }),
    ("%HH in lower case", "canonical form", |files| renamed(files, "%3A", "%3a")),
    ("a name that starts with b64.", "canonical form", |files| renamed(files, "/list.json", "/b64.list.json")),
    ("a name that is too long", "canonical form", |files| {
        renamed(files, "/list.json", &format!("/{}.json", "l".repeat(241)));
    }),
    ("%HH of a letter", "segment", |files| renamed(files, "/list.json", "/%6Cist.json")),
    ("a byte that needs %HH", "canonical form", |files| renamed(files, "%3A", ":")),
    ("a name that is cut", "canonical form", |files| renamed(files, "%3A", "%3")),
    ("a name that ends in a cut %HH", "canonical form", |files| renamed(files, "/list.json", "/list%3.json")),
    ("a fallback in upper case", "a SHA fallback without a line", |files| {
        let moved = std::mem::take(files).into_iter();
        files.extend(moved.map(|(path, bytes)| match path.rsplit_once("/lists/") {
            Some((folder, name)) if name.contains("__") => (format!("{folder}/lists/{}", upper_digest(name)), bytes),
            _ => (path, bytes),
        }));
    }),
];

/// Changes that leave a right dump of other lists, with the aspect.
const LISTS: &[Edit] = &[
    ("a list whose name has 32 digits and one _", "missing-list", |files| {
        lost(files, "0123456789abcdef0123456789abcdef_")
    }),
    ("a list whose name has __ after no digits", "missing-list", |files| {
        lost(files, "ghijklmnopqrstuvwxyz0123456789ab__")
    }),
    ("an expiry of 0", "missing-list", |files| expires_at_0(files)),
    ("an empty item too many at the end", "items", |files| body(files, "five\"", "five\",\n    \"\"")),
    ("an empty item is missing at the end", "items", |files| body(files, ",\n    \"\"\n", "\n")),
];

/// Changes of a folder that are no files.
type FolderEdit = (&'static str, &'static str, fn(&Path) -> std::io::Result<()>);

const FOLDERS: &[FolderEdit] = &[
    ("an empty folder of lists", "an empty folder", |root| {
        std::fs::remove_dir_all(root.join("redis/db_0/lists"))?;
        std::fs::create_dir(root.join("redis/db_0/lists"))
    }),
    ("an empty database", "an empty folder", |root| {
        std::fs::remove_dir_all(root.join("redis/db_0"))?;
        std::fs::create_dir(root.join("redis/db_0"))
    }),
    ("an empty adapter", "an empty folder", |root| {
        std::fs::remove_dir_all(root.join("redis"))?;
        std::fs::create_dir(root.join("redis"))
    }),
    ("a symbolic link", "a symbolic link", |root| {
        std::fs::rename(root.join(MANIFEST), root.join("../manifest"))?;
        std::os::unix::fs::symlink("../manifest", root.join(MANIFEST))
    }),
    ("a name that is not UTF-8", "not UTF-8", |root| {
        std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"\xff")), "")
    }),
    ("a socket", "neither a file nor a folder", |root| {
        std::os::unix::net::UnixListener::bind(root.join("s")).map(drop)
    }),
];

/// The canaries.
pub(super) fn canaries() -> Vec<Canary> {
    let canary =
        |name, says, act| Canary { scene: FEW, says, how: How::Act(act), ..Canary::of(name, FindingKind::Tree, "") };
    let files = [BODIES, SUMS, KEYMAPS, NAMES].into_iter().flatten();
    let files = files.map(|(name, says, change)| canary(name, says, Act::Tree(*change)));
    let lists = LISTS.iter().map(|(name, aspect, change)| Canary {
        how: How::Act(Act::Tree(*change)),
        ..Canary::of(name, FindingKind::DumpState, aspect)
    });
    let folders = FOLDERS.iter().map(|(name, says, change)| canary(name, says, Act::Folder(*change)));
    // What is wrong with the disk is nothing that a dump could do about.
    let gone = Canary {
        scene: Scene::ONE,
        how: How::Environment(Act::Folder(|root| std::fs::remove_dir_all(root))),
        ..canary("the dump's folder is gone", "No such file", Act::Tree(|_| {}))
    };
    files.chain(lists).chain(folders).chain([gone]).collect()
}

/// Changes the bytes of each list's file.
pub(super) fn bodies(files: &mut Files, change: impl Fn(&mut Vec<u8>)) {
    files.iter_mut().filter(|(path, _)| path.contains("/lists/")).for_each(|(_, bytes)| change(bytes));
}

/// Replaces a text in each list's file.
pub(super) fn body(files: &mut Files, from: &str, to: &str) {
    bodies(files, |bytes| *bytes = String::from_utf8_lossy(bytes).replace(from, to).into_bytes());
}

/// Changes the text of files.
pub(super) fn text(files: &mut Files, is_meant: impl Fn(&str) -> bool, change: impl Fn(&str) -> String) {
    for (_, bytes) in files.iter_mut().filter(|(path, _)| is_meant(path)) {
        *bytes = change(&String::from_utf8_lossy(bytes)).into_bytes();
    }
}

fn sums(files: &mut Files, change: impl Fn(&str) -> String) {
    text(files, |path| path == CHECKSUMS, change);
}

fn keymap(files: &mut Files, change: impl Fn(&str) -> String) {
    text(files, |path| path.ends_with(KEYMAP), change);
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| format!("{line}\n")).collect()
}

fn wrong_sum(files: &mut Files, path_end: &str) {
    sums(files, |text| {
        lines(
            text.lines()
                .map(|line| match line.split_once("  ") {
                    Some((_, path)) if path.ends_with(path_end) => checksum_line(&"0".repeat(64), path),
                    _ => format!("{line}\n"),
                })
                .collect::<String>()
                .lines(),
        )
    });
}

fn line_of(user_key: &[u8]) -> String {
    KeymapLine { segment: segment::encode(user_key).text, user_key: user_key.to_vec() }.to_line()
}

fn put(files: &mut Files, path: &str) {
    files.insert(path.to_owned(), b"x".to_vec());
}

/// Takes a list's file away.
fn lost(files: &mut Files, name: &str) {
    files.remove(&format!("redis/db_0/lists/{name}.json"));
}

fn expires_at_0(files: &mut Files) {
    bodies(files, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Some((start, _)) = text.split_once(": 41") {
            *bytes = format!("{start}: 0\n}}").into_bytes();
        }
    });
}

fn renamed(files: &mut Files, from: &str, to: &str) {
    let moved = std::mem::take(files).into_iter();
    files.extend(moved.map(|(path, bytes)| (path.replace(from, to), bytes)));
}

fn upper_digest(name: &str) -> String {
    name.split_once("__").map_or_else(String::new, |(digest, rest)| format!("{}__{rest}", digest.to_ascii_uppercase()))
}
