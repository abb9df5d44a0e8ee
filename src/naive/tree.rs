//! A whole dump tree: the files that lists make, and the lists that files say.
//!
//! ```text
//! redis/db_0/lists/<name>.json   a body for each list; no redis/ without one
//! redis/db_0/KEYMAP.jsonl        a line for each name that does not say its key, by user key; absent without one
//! MANIFEST.json
//! CHECKSUMS                      "<sha256, lower-case hex>  <path>\n" for every other file, by path
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::lists::Lists;
use super::{bodies, names};

/// The files of a tree by their paths below its root.
pub type Files = BTreeMap<String, Vec<u8>>;

const BODIES: &str = "redis/db_0/lists/";
const KEYMAP: &str = "redis/db_0/KEYMAP.jsonl";
const MANIFEST: &str = "MANIFEST.json";
const CHECKSUMS: &str = "CHECKSUMS";

/// Two readings that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What they are about: `names`, `bodies`, `keymap`, `manifest` or `checksums`.
    pub aspect: &'static str,
    /// What the two say, in lines.
    pub detail: String,
}

/// The files on disk below a folder.
///
/// # Errors
///
/// What the system says.
pub fn files_below(root: &Path) -> std::io::Result<Files> {
    let (mut files, mut folders) = (Files::new(), vec![(root.to_owned(), String::new())]);
    while let Some((folder, path)) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let below = format!("{path}{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => folders.push((entry.path(), format!("{below}/"))),
                false => drop(files.insert(below, std::fs::read(entry.path())?)),
            }
        }
    }
    Ok(files)
}

/// The files of a dump of lists, with this manifest.
pub fn write(lists: &Lists, manifest: &str) -> Files {
    let (mut files, mut keymap) = (Files::new(), String::new());
    for (user_key, list) in lists {
        let (name, is_in_keymap) = names::of(user_key);
        if is_in_keymap {
            keymap.push_str(&names::keymap_line(&name, user_key));
        }
        files.insert(format!("{BODIES}{name}.json"), bodies::write(list));
    }
    if !keymap.is_empty() {
        files.insert(KEYMAP.to_owned(), keymap.into_bytes());
    }
    files.insert(MANIFEST.to_owned(), manifest.as_bytes().to_vec());
    let checksums: String = files.iter().map(|(path, bytes)| format!("{}  {path}\n", sha256(bytes))).collect();
    files.insert(CHECKSUMS.to_owned(), checksums.into_bytes());
    files
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lists that files say.
///
/// # Errors
///
/// What is no dump of lists, or not in its one form.
pub fn read(files: &Files) -> Result<Lists, Difference> {
    let wrong = |aspect, path: &str, problem: String| Difference { aspect, detail: format!("{path}: {problem}") };
    let mut keys = BTreeMap::new();
    let keymap = files.get(KEYMAP).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
    for line in keymap.lines() {
        let (name, user_key) = read_keymap_line(line).ok_or_else(|| wrong("keymap", KEYMAP, line.to_owned()))?;
        keys.insert(name, user_key);
    }
    let mut lists = Lists::new();
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix(BODIES).and_then(|name| name.strip_suffix(".json")) else { continue };
        let user_key = match names::read(name).map_err(|problem| wrong("names", path, problem))? {
            Some(user_key) => user_key,
            None => keys.remove(name).ok_or_else(|| wrong("keymap", path, "no line has its key".to_owned()))?,
        };
        let list = bodies::read(bytes).map_err(|problem| wrong("bodies", path, problem))?;
        if lists.insert(user_key, list).is_some() {
            return Err(wrong("names", path, "another file has the same key".to_owned()));
        }
    }
    match keys.keys().next() {
        Some(name) => Err(wrong("keymap", KEYMAP, format!("there is no file {name}.json"))),
        None => Ok(lists),
    }
}

fn read_keymap_line(line: &str) -> Option<(String, Vec<u8>)> {
    use base64::Engine as _;
    let json: Value = serde_json::from_str(line).ok()?;
    let name = json.get("encoded")?.as_str()?.to_owned();
    let original = json.get("original")?.as_str()?;
    let user_key = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(original).ok()?;
    let is_right = names::of(&user_key) == (name.clone(), true);
    (is_right && names::keymap_line(&name, &user_key) == format!("{line}\n")).then_some((name, user_key))
}

/// Where files are not as they should be, the cause before what follows from it.
pub fn difference(expected: &Files, found: &Files) -> Option<Difference> {
    let paths: Vec<&String> = expected.keys().chain(found.keys()).collect();
    let differs = |path: &String| expected.get(path) != found.get(path);
    let is_misnamed =
        |path: &String| aspect_of(path) == "bodies" && expected.contains_key(path) != found.contains_key(path);
    if paths.iter().any(|path| is_misnamed(path)) {
        let missing = |of: &Files, from: &Files| -> Vec<String> {
            of.keys().filter(|path| is_misnamed(path) && !from.contains_key(*path)).cloned().collect()
        };
        let (lacking, surplus) = (missing(expected, found), missing(found, expected));
        let shown = |paths: &[String]| paths.first().map_or("no file more".to_owned(), |path| format!("{path:?}"));
        let detail = format!("naive   {}\nencoder {}", shown(&lacking), shown(&surplus));
        return Some(Difference { aspect: "names", detail });
    }
    for aspect in ["keymap", "bodies", "manifest", "checksums"] {
        if let Some(path) = paths.iter().find(|path| aspect_of(path) == aspect && differs(path)) {
            let (ours, theirs) = (expected.get(*path), found.get(*path));
            let bytes = |file: Option<&Vec<u8>>| file.cloned().unwrap_or_default();
            let detail = format!("{path}: {}", first_difference(&bytes(ours), &bytes(theirs)));
            return Some(Difference { aspect, detail });
        }
    }
    None
}

fn aspect_of(path: &str) -> &'static str {
    match path {
        KEYMAP => "keymap",
        MANIFEST => "manifest",
        CHECKSUMS => "checksums",
        _ => "bodies",
    }
}

/// The bytes around the first place where two files differ.
fn first_difference(naive: &[u8], encoder: &[u8]) -> String {
    const BEFORE: usize = 20;
    const SHOWN: usize = 60;
    let at = naive.iter().zip(encoder).take_while(|(one, other)| one == other).count();
    let shown = |bytes: &[u8]| {
        let part: Vec<u8> = bytes.iter().copied().skip(at.saturating_sub(BEFORE)).take(SHOWN).collect();
        String::from_utf8_lossy(&part).escape_debug().to_string()
    };
    format!("byte {at} differs\nnaive   {}\nencoder {}", shown(naive), shown(encoder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::naive::lists::List;

    fn lists() -> Lists {
        let list = |items: &[&[u8]], expire_at_ms| List {
            items: items.iter().map(|item| item.to_vec()).collect(),
            expire_at_ms,
        };
        [
            (b"a b".to_vec(), list(&[b"x", b"\xff"], Some(9))),
            (b"b64.x".to_vec(), list(&[], None)),
            (b"b64.y".to_vec(), list(&[b"<"], None)),
        ]
        .into()
    }

    #[test]
    fn a_tree_to_the_byte() {
        let files = write(&lists(), "M\n");
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        let y = names::of(b"b64.y").0;
        let bodies = ["261e3e281e06e9789437999358e26046__b64.x".to_owned(), y, "a%20b".to_owned()];
        let bodies = bodies.map(|name| format!("redis/db_0/lists/{name}.json"));
        let mut expected = vec!["CHECKSUMS", "MANIFEST.json", "redis/db_0/KEYMAP.jsonl"];
        expected.extend(bodies.iter().map(String::as_str));
        expected.sort_unstable();
        assert_eq!(paths, expected);
        let checksums = String::from_utf8_lossy(&files["CHECKSUMS"]);
        // printf 'M\n' | sha256sum
        let line = "22da95bbb72e41c0fae18dbd8a5aed2fba7c3d7cb8d0e4d65d5b2b2b0e1f1f5c  MANIFEST.json";
        assert_eq!(checksums.lines().next().map(str::len), Some(line.len()));
        assert_eq!(checksums.lines().count(), 5);
        assert_eq!(read(&files), Ok(lists()));
        assert_eq!(write(&Lists::new(), "M\n").len(), 2);
    }

    #[test]
    fn each_kind_of_file_is_told_apart() {
        let expected = write(&lists(), "M\n");
        let body = "redis/db_0/lists/a%20b.json";
        let changed = |path: &str, change: &dyn Fn(&mut Vec<u8>)| {
            let mut files = expected.clone();
            change(files.get_mut(path).expect("there"));
            difference(&expected, &files).map(|difference| difference.aspect)
        };
        for (path, aspect) in [(KEYMAP, "keymap"), (MANIFEST, "manifest"), (CHECKSUMS, "checksums"), (body, "bodies")] {
            assert_eq!(changed(path, &|bytes| bytes.push(b' ')), Some(aspect));
            assert_eq!(changed(path, &|_| ()), None);
        }
        let mut renamed = expected.clone();
        let bytes = renamed.remove(body).expect("there");
        renamed.insert(body.replace("%20", "%20%20"), bytes);
        let found = difference(&expected, &renamed).expect("another name");
        assert_eq!(found.aspect, "names");
        let other = body.replace("%20", "%20%20");
        assert_eq!(found.detail, format!("naive   {body:?}\nencoder {other:?}"));
        let mut lacking = expected.clone();
        lacking.remove(body);
        lacking.remove(KEYMAP);
        let found = difference(&expected, &lacking).expect("a file is missing");
        assert_eq!(found.detail, format!("naive   {body:?}\nencoder no file more"));
    }

    #[test]
    fn what_differs_is_shown_from_a_little_before_on() {
        let (start, end) = (b"0123456789abcdefghijklmnopqrstuvwxyz", [b'.'; 99]);
        let (naive, encoder) = ([&start[..], b"N", &end].concat(), [&start[..], b"E", &end].concat());
        let shown = |byte| format!("ghijklmnopqrstuvwxyz{byte}{}", ".".repeat(39));
        let expected = format!("byte 36 differs\nnaive   {}\nencoder {}", shown('N'), shown('E'));
        assert_eq!(first_difference(&naive, &encoder), expected);
    }

    #[test]
    fn a_tree_that_is_not_in_order_is_refused() {
        let good = write(&lists(), "M\n");
        let refused = |change: &dyn Fn(&mut Files)| {
            let mut files = good.clone();
            change(&mut files);
            read(&files).expect_err("not in order").aspect
        };
        let named = |files: &mut Files, name: &str| drop(files.insert(format!("{BODIES}{name}.json"), Vec::new()));
        assert_eq!(refused(&|files| named(files, "%2f")), "names");
        assert_eq!(refused(&|files| named(files, "ok")), "bodies");
        assert_eq!(refused(&|files| drop(files.remove(KEYMAP))), "keymap");
        // The right line in another form, and a line for a name that says its key.
        let spaced = |files: &mut Files| files.entry(KEYMAP.to_owned()).or_default().insert(0, b' ');
        assert_eq!(refused(&spaced), "keymap");
        let needless = |files: &mut Files| {
            let line = names::keymap_line("a%20b", b"a b");
            files.entry(KEYMAP.to_owned()).or_default().extend(line.as_bytes());
        };
        let mut files = good.clone();
        needless(&mut files);
        assert_eq!(
            read(&files).expect_err("no line is needed").detail,
            format!("{KEYMAP}: {}", names::keymap_line("a%20b", b"a b").trim_end())
        );
        assert_eq!(refused(&|files| drop(files.remove(&format!("{BODIES}{}.json", names::of(b"b64.x").0)))), "keymap");
    }
}
