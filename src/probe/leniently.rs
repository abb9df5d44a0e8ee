//! The keys of a dump and what is under them, read as forgivingly as their meaning allows.
//!
//! What is forgiven here (white space, escapes, padding, the case of hex digits) other probes ask for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::byte_strings::{base64, shown_bytes};
use super::list;
use super::tree::Tree;
use crate::format::dump_tree::{KEYMAP, REDIS_DIR};
use crate::format::{ExpireAtMs, Family, FamilyRow, key_text, segment};
use crate::state::{self, KeyState, State};

/// A file of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyFile<'a> {
    row: &'static FamilyRow,
    /// The folder of its database.
    pub(super) database: &'a str,
    /// Its name without its extension.
    pub(super) segment: &'a str,
    pub(super) bytes: &'a [u8],
}

impl BodyFile<'_> {
    /// Its name in its folder.
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.segment, self.row.extension)
    }

    /// Where it is, for a report.
    fn path(&self) -> String {
        format!("{}/{}/{}", self.database, self.row.folder, self.name())
    }
}

/// The files of bodies.
pub(super) fn body_files(tree: &Tree) -> impl Iterator<Item = BodyFile<'_>> {
    tree.files.iter().filter_map(|(path, bytes)| {
        let (folder, name) = path.rsplit_once('/')?;
        let (database, folder) = folder.rsplit_once('/')?;
        let row = Family::of_folder(folder)?;
        let is_database = database.strip_prefix(REDIS_DIR).is_some_and(|name| name.starts_with("/db_"));
        is_database.then_some(BodyFile { row, database, segment: name.strip_suffix(row.extension)?, bytes })
    })
}

/// What is under each key.
///
/// # Errors
///
/// A sentence: a file whose name or content says nothing.
pub(super) fn state(tree: &Tree) -> Result<State, String> {
    let mut keys = BTreeMap::new();
    for file in body_files(tree) {
        let problem = |problem: String| format!("{}: {problem}", file.path());
        let user_key = user_key(tree, file.database, file.segment).map_err(problem)?;
        let key = key_state(file.row.family, file.bytes).map_err(problem)?;
        if keys.insert(user_key, key).is_some() {
            return Err(problem("another file names the same user key".to_owned()));
        }
    }
    Ok(State { keys, last_ms: None })
}

fn key_state(family: Family, bytes: &[u8]) -> Result<KeyState, String> {
    let body: Value = serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
    let value = match family {
        Family::List => state::Value::List(list::items(&body)?),
    };
    let expire_at = match body.get("expire_at_ms") {
        None | Some(Value::Null) => None,
        Some(value) => {
            Some(ExpireAtMs(value.as_u64().ok_or_else(|| format!("expire_at_ms {value} is no number of 64 bits"))?))
        }
    };
    Ok(KeyState { value, expire_at })
}

fn user_key(tree: &Tree, database: &str, name: &str) -> Result<Vec<u8>, String> {
    if segment::decode(name) != segment::Decoded::Fallback {
        return key_text::parse(name);
    }
    let keymap = tree.files.get(&format!("{database}/{KEYMAP}")).map(Vec::as_slice).unwrap_or_default();
    let original = keymap.split(|byte| *byte == b'\n').find_map(|line| {
        let line: Value = serde_json::from_slice(line).ok()?;
        let is_it = line.get("encoded").is_some_and(|encoded| encoded == name);
        is_it.then(|| line.get("original").and_then(Value::as_str).and_then(base64)).flatten()
    });
    original.ok_or_else(|| format!("a SHA fallback, and {KEYMAP} does not say of which key"))
}

/// Keys in a few words: `jobs [a b] expires 5`.
pub(super) fn shown_state(state: &State) -> String {
    let shown = |(user_key, key): (&Vec<u8>, &KeyState)| {
        let value = match &key.value {
            state::Value::List(items) => list::shown(items),
        };
        let expiry = key.expire_at.map_or_else(String::new, |expire_at| format!(" expires {}", expire_at.0));
        format!("{} {value}{expiry}", shown_bytes(user_key))
    };
    match state.keys.is_empty() {
        true => "no list".to_owned(),
        false => state.keys.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Tree { files: files.collect(), ..Tree::default() }
    }

    #[test]
    fn form_is_forgiven_and_meaning_is_not() {
        let fallback = segment::encode(b"b64.x").text;
        let keymap = format!("{{\"original\": \"YjY0Lng=\", \"encoded\": \"{fallback}\"}}");
        let read = state(&tree(&[
            ("redis/db_3/lists/a%2fb.json", r#"{"items":["\u003c",{"base64":"/w=="}],"expire_at_ms":5}"#),
            (&format!("redis/db_3/lists/{fallback}.json"), r#"{"items":[]}"#),
            ("redis/db_3/KEYMAP.jsonl", &keymap),
            ("MANIFEST.json", "no business of this"),
        ]));
        let read = read.expect("a state");
        assert_eq!(shown_state(&read), "a/b [< %FF] expires 5, b64.x []");
        for (body, problem) in [
            ("", "not JSON"),
            ("{}", "no array"),
            (r#"{"items":[1]}"#, "item 0 is neither"),
            (r#"{"items":["\ud800"]}"#, "not JSON"),
            (r#"{"items":[],"expire_at_ms":-1}"#, "expire_at_ms -1"),
        ] {
            let error = state(&tree(&[("redis/db_0/lists/k.json", body)])).expect_err(body);
            assert!(error.starts_with("redis/db_0/lists/k.json: ") && error.contains(problem), "{error}");
        }
    }
}
