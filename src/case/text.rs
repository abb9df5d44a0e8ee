//! Commands, replies and steps as lines for people.

use crate::command::{Reply, Request};
use crate::format::key_text;
use crate::workload::{Action, Step, write_reply};

/// A command as a line of words, for people.
pub(super) fn command_text(words: &[Vec<u8>]) -> String {
    const SHOWN_WORDS: usize = 12;
    let mut shown: Vec<String> = words.iter().take(SHOWN_WORDS).map(|word| key_text::quoted(word)).collect();
    if words.len() > SHOWN_WORDS {
        shown.push(format!("... ({} words)", words.len()));
    }
    shown.join(" ")
}

/// A reply as its JSON, cut when long.
pub(super) fn reply_text(reply: &Reply) -> String {
    const SHOWN_BYTES: usize = 600;
    let mut json = Vec::new();
    if write_reply(reply, &mut json).is_err() {
        return format!("{reply:?}");
    }
    let text = String::from_utf8_lossy(&json);
    let text = text.trim_end();
    match text.char_indices().nth(SHOWN_BYTES) {
        Some((end, _)) => format!("{}... ({} bytes)", text.get(..end).unwrap_or_default(), text.len()),
        None => text.to_owned(),
    }
}

/// A step as a line, without its time.
pub fn step_text(step: &Step) -> String {
    let key = |key: &crate::command::UserKey| key_text::quoted(key.as_bytes());
    match &step.action {
        Action::Command(request) => words_text(request),
        Action::Transaction(requests) => {
            let commands: Vec<String> = requests.iter().map(words_text).collect();
            format!("MULTI; {}; EXEC", commands.join("; "))
        }
        Action::Compact(of) => format!("(the store compacts {})", key(of)),
        Action::CompactRead(of) => format!("(the store reads {} for a compaction)", key(of)),
        Action::CompactCommit(of) => format!("(the store commits the compaction of {})", key(of)),
        Action::Seed { key: of, head } => format!("(the next item of {} goes to seq {head})", key(of)),
        Action::Upgrade => "(the store is upgraded to 32-byte metas)".to_owned(),
    }
}

/// The name as it is, the words after it in quotes.
fn words_text(request: &Request) -> String {
    let words = request.args();
    let quoted = command_text(&words);
    match words.first().map(|name| (key_text::quoted(name), String::from_utf8_lossy(name))) {
        Some((quoted_name, name)) => quoted.replacen(&quoted_name, &name, 1),
        None => quoted,
    }
}
