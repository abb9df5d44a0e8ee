//! The lists of a dump, read as forgivingly as their meaning allows.
//!
//! What is forgiven here (white space, escapes, padding, the case of hex digits) other probes ask for.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tree::Tree;
use crate::format::byte_string::decode_base64;
use crate::format::dump_tree::{BODY_EXTENSION, KEYMAP, LISTS_DIR, REDIS_DIR};
use crate::format::{ExpireAtMs, key_text, segment};
use crate::state::{KeyState, State};

/// The longest part of a key or an item that is shown, in bytes.
const SHOWN_BYTES: usize = 60;

/// Each file of a list: its folder, the name without its extension, its bytes.
pub(super) fn list_files(tree: &Tree) -> impl Iterator<Item = (&str, &str, &[u8])> {
    tree.files.iter().filter_map(|(path, bytes)| {
        let (folder, name) = path.rsplit_once('/')?;
        let database = folder.strip_suffix(LISTS_DIR)?.strip_suffix('/')?;
        let is_database = database.strip_prefix(REDIS_DIR).is_some_and(|name| name.starts_with("/db_"));
        is_database.then_some((database, name.strip_suffix(BODY_EXTENSION)?, bytes.as_slice()))
    })
}

/// The lists.
///
/// # Errors
///
/// A sentence: a file whose name or content says no list.
pub(super) fn lists(tree: &Tree) -> Result<State, String> {
    let mut lists = BTreeMap::new();
    for (database, name, bytes) in list_files(tree) {
        let problem = |problem: String| format!("{database}/{LISTS_DIR}/{name}{BODY_EXTENSION}: {problem}");
        let user_key = user_key(tree, database, name).map_err(problem)?;
        let list = list(bytes).map_err(problem)?;
        if lists.insert(user_key, list).is_some() {
            return Err(problem("another file names the same user key".to_owned()));
        }
    }
    Ok(State { keys: lists, last_ms: None })
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

fn list(bytes: &[u8]) -> Result<KeyState, String> {
    let body: Value = serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
    let items = body.get("items").and_then(Value::as_array).ok_or("there is no array \"items\"")?;
    let items = items.iter().enumerate().map(|(index, value)| {
        item(value).ok_or_else(|| format!("item {index} is neither a string nor an object with \"base64\""))
    });
    let expire_at = match body.get("expire_at_ms") {
        None | Some(Value::Null) => None,
        Some(value) => {
            Some(ExpireAtMs(value.as_u64().ok_or_else(|| format!("expire_at_ms {value} is no number of 64 bits"))?))
        }
    };
    Ok(KeyState::list(items.collect::<Result<_, String>>()?, expire_at))
}

fn item(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        _ => base64(value.get("base64")?.as_str()?),
    }
}

/// Either alphabet, padded or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    decode_base64(&text.trim_end_matches('=').replace('+', "-").replace('/', "_"))
}

/// Lists in a few words: `jobs [a b] expires 5`.
pub(super) fn shown_lists(state: &State) -> String {
    let shown = |(key, list): (&Vec<u8>, &KeyState)| {
        let items: Vec<String> = list.items().iter().map(|item| shown_bytes(item)).collect();
        let expiry = list.expire_at.map_or_else(String::new, |expire_at| format!(" expires {}", expire_at.0));
        format!("{} [{}]{expiry}", shown_bytes(key), items.join(" "))
    };
    match state.keys.is_empty() {
        true => "no list".to_owned(),
        false => state.keys.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

fn shown_bytes(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN_BYTES) {
        _ if bytes.is_empty() => "\"\"".to_owned(),
        Some(start) if start.len() < bytes.len() => format!("{}...", key_text::escaped(start)),
        _ => key_text::escaped(bytes),
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
        let read = lists(&tree(&[
            ("redis/db_3/lists/a%2fb.json", r#"{"items":["\u003c",{"base64":"/w=="}],"expire_at_ms":5}"#),
            (&format!("redis/db_3/lists/{fallback}.json"), r#"{"items":[]}"#),
            ("redis/db_3/KEYMAP.jsonl", &keymap),
            ("MANIFEST.json", "no business of this"),
        ]));
        let read = read.expect("lists");
        assert_eq!(shown_lists(&read), "a/b [< %FF] expires 5, b64.x []");
        for (body, problem) in [
            ("", "not JSON"),
            ("{}", "no array"),
            (r#"{"items":[1]}"#, "item 0 is neither"),
            (r#"{"items":["\ud800"]}"#, "not JSON"),
            (r#"{"items":[],"expire_at_ms":-1}"#, "expire_at_ms -1"),
        ] {
            let error = lists(&tree(&[("redis/db_0/lists/k.json", body)])).expect_err(body);
            assert!(error.starts_with("redis/db_0/lists/k.json: ") && error.contains(problem), "{error}");
        }
    }
}
