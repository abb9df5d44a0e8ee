//! What must come of a snapshot.

use super::leniently::shown_state;
use crate::state::State;

/// What a probe is judged by, and nothing else is.
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// A dump of exactly these keys.
    State(State),
    /// A dump of exactly these keys, or a refusal: the format does not say which.
    StateOrRefusal(State),
    /// A dump in which the body of the one key has these bytes.
    Body(&'static str),
    /// A dump of which the bodies' files have these names.
    Names(Vec<String>),
    /// A dump whose key map has one line, of this user key.
    KeymapLine(Vec<u8>),
    /// A dump whose key map has a line for each of these user keys, in this order.
    KeymapOrder(Vec<Vec<u8>>),
    /// A dump without a key map.
    NoKeymap,
    /// A dump without a folder for Redis.
    NoRedisFolder,
    /// A dump whose checksums are those of its own files.
    Checksums,
    /// A dump with a manifest in canonical form.
    Manifest,
    /// A dump whose manifest names this last commit, or none.
    LastCommitTs(Option<u64>),
    /// A dump of nothing but files that belong in one.
    NothingElse,
    /// No dump, and an exit code that says so.
    Refusal,
}

/// In a few words, for a column.
impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expected::State(state) => f.write_str(&shown_state(state)),
            Expected::StateOrRefusal(state) => write!(f, "{}, or refused", shown_state(state)),
            Expected::Body(_) => f.write_str("the body, byte for byte"),
            Expected::Names(names) => f.write_str(&shown_names(names.iter().map(String::as_str))),
            Expected::KeymapLine(_) => f.write_str("one line in KEYMAP.jsonl"),
            Expected::KeymapOrder(_) => f.write_str("the lines in order"),
            Expected::NoKeymap => f.write_str("no KEYMAP.jsonl"),
            Expected::NoRedisFolder => f.write_str("no redis folder"),
            Expected::Checksums => f.write_str("CHECKSUMS, byte for byte"),
            Expected::Manifest => f.write_str("MANIFEST.json in form"),
            Expected::LastCommitTs(Some(last)) => write!(f, "last_commit_ts {last}"),
            Expected::LastCommitTs(None) => f.write_str("no last_commit_ts"),
            Expected::NothingElse => f.write_str("no other file"),
            Expected::Refusal => f.write_str("refused"),
        }
    }
}

/// File names in a row.
pub(super) fn shown_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "no list file".to_owned() } else { names.join(" ") }
}
